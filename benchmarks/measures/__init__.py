"""The benchmarks, one file a question."""
