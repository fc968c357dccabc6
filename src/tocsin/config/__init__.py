"""Configuration in Git: YAML files become checked nouns, entries in the store, and the facts that decisions read."""
