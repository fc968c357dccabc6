"""task-api, as far as Prometheus sees it: a latency histogram and an error count, both of which a test turns up and down.

Each scrape finds as many more requests done, at the latency of the moment, so that nothing here runs in the background.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REQUESTS = 50  # done between two scrapes
BUCKETS = (0.05, 0.1, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


class TaskApi:
    def __init__(self) -> None:
        self.latency = 0.28  # seconds
        self.errors = 0.0  # the share of requests answered 500
        self._registry = CollectorRegistry()
        self._durations = Histogram(
            "http_request_duration_seconds", "Latency.", buckets=BUCKETS, registry=self._registry
        )
        self._requests = Counter("http_requests", "Requests.", ["code"], registry=self._registry)
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"127.0.0.1:{self._server.server_address[1]}"

    def scraped(self) -> bytes:
        for _ in range(REQUESTS):
            self._durations.observe(self.latency)
        failed = round(REQUESTS * self.errors)
        self._requests.labels("500").inc(failed)
        self._requests.labels("200").inc(REQUESTS - failed)
        return generate_latest(self._registry)

    @contextmanager
    def running(self) -> Iterator["TaskApi"]:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"task_api": self}))
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    task_api: TaskApi

    def do_GET(self) -> None:
        body = self.task_api.scraped()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # a busy machine: Prometheus did not wait
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
