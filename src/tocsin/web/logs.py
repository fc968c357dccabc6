"""How the people process logs: the same lines as the machine process, from Python's own logging."""

import json
import logging
from datetime import UTC, datetime


class Line(logging.Formatter):
    """One JSON line a record, or plain text for a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__("%(levelname)-7s %(name)s: %(message)s")
        self._terminal = terminal

    def format(self, record: logging.LogRecord) -> str:
        if self._terminal:
            return super().format(record)
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
            "process": "people",
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
