"""The store of the simulated world: dicts and heaps, a virtual clock, transactions that really roll back."""

from tocsin.engine.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
