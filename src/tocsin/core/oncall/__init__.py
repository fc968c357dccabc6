"""Who is on call: rotations, layers, restrictions, overrides -> shifts."""
