"""The written form of each family of nouns: read, written back and described to editors from one table each."""
