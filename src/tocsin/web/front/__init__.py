"""The front process: it owns the port, accepts alerts durably, and passes everything else on to its neighbours.

A process of its own, because accepting and deciding are each worth an interpreter.
"""
