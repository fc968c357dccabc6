"""The engine: makes the core's decisions durable and carries them out. Claim, decide, commit, only then perform."""
