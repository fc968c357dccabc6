"""Silences and maintenance windows: which of them hold an alert back at an instant. Active: starts_at <= now < ends_at."""

from collections.abc import Mapping

from tocsin.core.configuration import Maintenance, Silence
from tocsin.core.detect.matchers import compile_matchers
from tocsin.core.instants import micros


class CompiledSilence:
    """A silence whose matchers are compiled and whose instants are microseconds."""

    __slots__ = ("ends_at", "id", "matches", "silence", "starts_at")

    def __init__(self, silence: Silence) -> None:
        self.silence = silence
        self.id = silence.id
        self.matches = compile_matchers(silence.matchers)
        self.starts_at = micros(silence.starts_at)
        self.ends_at = micros(silence.ends_at)

    def active(self, now: int) -> bool:
        return self.starts_at <= now < self.ends_at


class Window:
    """A maintenance window in microseconds."""

    __slots__ = ("ends_at", "id", "maintenance", "services", "starts_at")

    def __init__(self, maintenance: Maintenance) -> None:
        self.maintenance = maintenance
        self.id = maintenance.id
        self.services = frozenset(maintenance.services)
        self.starts_at = micros(maintenance.starts_at)
        self.ends_at = micros(maintenance.ends_at)

    def active(self, now: int) -> bool:
        return self.starts_at <= now < self.ends_at


def silenced_by(silences: tuple[CompiledSilence, ...], labels: Mapping[str, str], now: int) -> str | None:
    """The first silence, in the order given, that is active and matches; the slow twin of the index."""
    return next((s.id for s in silences if s.active(now) and s.matches(labels)), None)


def under_maintenance(windows: tuple[Window, ...], service: str | None, now: int) -> str | None:
    """The first window that names the service and runs."""
    return next((w.id for w in windows if service in w.services and w.active(now)), None)
