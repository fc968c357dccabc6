"""The detection index, in parts: who is known, joins, is held back, ends, is forgotten. `Detection` is its door."""

from tocsin.core.detect.index.changes import AcknowledgedSignal, Changes, HeartbeatSeen, Outcome
from tocsin.core.detect.index.detection import Detection

__all__ = ["AcknowledgedSignal", "Changes", "Detection", "HeartbeatSeen", "Outcome"]
