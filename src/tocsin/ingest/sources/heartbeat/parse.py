"""A plain ping: that it came is all it says. Whoever can call a URL can send it."""

from tocsin.core.detect.signal import InboxRow, Parsed, Unreadable
from tocsin.ingest import source
from tocsin.ingest.keyring import HEARTBEAT
from tocsin.ingest.source import Answer, Door


class Heartbeat(source.Source):
    """Its credentials are the heartbeats' ping keys, so `integration` of its inbox rows is the heartbeat's key."""

    name = "heartbeat"
    opens_for = frozenset({HEARTBEAT})
    doors = (Door("/in/heartbeat/{key}", methods=("GET", "HEAD", "POST")),)

    def parse(self, row: InboxRow) -> Parsed:
        if not row.integration:
            raise Unreadable("integration", "the key of a heartbeat")
        return Parsed(ping=row.integration)

    def bad_key(self) -> Answer:
        return source.text(404, "unknown key; expected the ping key of a heartbeat")
