"""On-call through any door, one file a subject. `table.py` says which function answers which request."""
