"""How a server logs: for eyes on a terminal, as JSON lines everywhere else. Level by TOCSIN_LOG_LEVEL."""

import logging
import os
import sys

import structlog
from structlog.typing import Processor


def configure_logging(terminal: bool) -> None:
    level = logging.getLevelNamesMapping().get(
        os.environ.get("TOCSIN_LOG_LEVEL", "INFO").upper(), logging.INFO
    )
    renderer: Processor = structlog.processors.JSONRenderer()
    if terminal:  # tracebacks plain: pretty ones take a second each, and show what variables held
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not terminal:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
