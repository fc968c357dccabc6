"""The deciding core: pure functions and frozen values. No clock, randomness, I/O or Django, ever."""
