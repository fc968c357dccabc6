"""Tocsin beside a real Alertmanager: same machine, same bodies, in turn. docs/performance.md explains."""
