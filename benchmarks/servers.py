"""The two contenders, each started fresh for every measurement and alone on the machine while it lasts."""

import contextlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from benchmarks import house
from benchmarks.processes import DoesNotStart, cpu_seconds, free_port, get, memory, running, wait_until

DRAINED_WITHIN = 900.0


class NeverDone(Exception):
    """The server did not get through what it had accepted; a sentence."""


class Server:
    """One running contender. `path` takes alerts as Prometheus posts them; `accepted` and `processed` are its own counts of
    alerts: taken at the door, and routed, grouped and (Tocsin) committed."""

    def __init__(
        self,
        name: str,
        port: int,
        path: str,
        process: psutil.Process,
        accepted: re.Pattern[bytes],
        processed: re.Pattern[bytes],
        backlog: re.Pattern[bytes] | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self.path = path
        self.process = process
        self._accepted = accepted
        self._processed = processed
        self._backlog = backlog

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def accepted(self) -> int:
        return _total(self._accepted, self._metrics())

    def processed(self) -> int:
        return _total(self._processed, self._metrics())

    def wait_until_processed(self, poll: float = 0.02) -> int:
        """Until all that was accepted is routed and grouped; how many that is in all. Raises NeverDone."""
        deadline = time.monotonic() + DRAINED_WITHIN
        while True:
            page = self._metrics()
            accepted, processed = _total(self._accepted, page), _total(self._processed, page)
            if processed >= accepted and (self._backlog is None or not _total(self._backlog, page)):
                return processed
            if time.monotonic() > deadline:
                raise NeverDone(f"{self.name} processed {processed} of {accepted} alerts")
            time.sleep(poll)

    def memory(self) -> float:
        return memory(self.process)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process)

    def _metrics(self) -> bytes:
        status, page = get(self.port, "/metrics")
        if status != 200:
            raise NeverDone(f"{self.name} answers {status} to /metrics")
        return page


def _total(pattern: re.Pattern[bytes], page: bytes) -> int:
    return round(sum(float(value) for value in pattern.findall(page)))


class Contenders:
    """Starts either, as often as wanted. `directory` must be on a real disk: what is promised durable is measured so."""

    def __init__(self, directory: Path, sink_port: int, profiles: Path | None = None) -> None:
        self._directory = directory
        self._profiles = profiles
        self._tocsin = house.tocsin(directory, sink_port)
        self._alertmanager = house.alertmanager(directory, sink_port)
        self._template = directory / "template"
        self._environment = {
            "PROM_KEY": house.KEY,
            "TOCSIN_LOG_LEVEL": "WARNING",
            "TOCSIN_TOKEN": "bench-token",
            "TOCSIN_SECRET_KEY": "bench-secret-key-of-no-other-use-0123456789abcdef",
        }
        self._program = Path(sys.executable).with_name("tocsin")
        self._apply(self._template)

    @contextlib.contextmanager
    def tocsin(self) -> Iterator[Server]:
        """All its processes, on SQLite."""
        with self._data() as data:
            shutil.copytree(self._template, data, dirs_exist_ok=True)
            with self._serving(data, {}) as server:
                yield server

    @contextlib.contextmanager
    def tocsin_on(self, database_url: str) -> Iterator[Server]:
        """All its processes, on a PostgreSQL database that `prepare` was called for, or a copy of it."""
        with self._data() as data, self._serving(data, {"TOCSIN_DATABASE_URL": database_url}) as server:
            yield server

    def prepare(self, database_url: str) -> None:
        """Schema and configuration into an empty database."""
        with self._data() as data:
            self._apply(data, TOCSIN_DATABASE_URL=database_url)

    def data_directory(self, to: Path) -> None:
        """A data directory with schema and configuration, for a store that a benchmark opens by itself."""
        shutil.copytree(self._template, to, dirs_exist_ok=True)

    @contextlib.contextmanager
    def alertmanager(self) -> Iterator[Server]:
        port = free_port()
        with self._data() as data:
            log = data / "alertmanager.log"
            command = (
                "prometheus-alertmanager",
                f"--config.file={self._alertmanager}",
                f"--storage.path={data}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
                "--log.level=warn",
            )
            with running(command, {}, log) as process:
                wait_until(lambda: get(port, "/-/ready")[0] == 200, process, log)
                yield Server(
                    "Alertmanager",
                    port,
                    "/api/v2/alerts",
                    process,
                    accepted=re.compile(
                        rb'^alertmanager_alerts_received_total\{.*version="v2"\} (\S+)$', re.M
                    ),
                    processed=re.compile(
                        rb"^alertmanager_dispatcher_alert_processing_duration_seconds_count (\S+)$", re.M
                    ),
                )

    @contextlib.contextmanager
    def _serving(self, data: Path, environment: dict[str, str]) -> Iterator[Server]:
        port = free_port()
        log = data / "tocsin.log"
        command = (self._program, "serve", "--data", data, "--port", str(port))
        with running(command, {**self._environment, **environment}, log) as process:
            wait_until(lambda: get(port, "/-/ready")[0] == 200, process, log)
            # The people process loads beside it; its start must not be measured with the alerts.
            wait_until(lambda: 0 < get(port, "/")[0] < 500, process, log, poll=0.2)
            with self._profiled(process):
                yield Server(
                    "Tocsin",
                    port,
                    f"/am/{house.KEY}/api/v2/alerts",
                    process,
                    accepted=re.compile(rb"^tocsin_alerts_accepted_total\{.*\} (\S+)$", re.M),
                    processed=re.compile(rb"^tocsin_alerts_processed_total (\S+)$", re.M),
                    backlog=re.compile(rb"^tocsin_inbox_backlog (\S+)$", re.M),
                )

    @contextlib.contextmanager
    def _profiled(self, process: psutil.Process) -> Iterator[None]:
        """py-spy on the machine process, where asked for: stacks by thread, one file a server."""
        if self._profiles is None:
            yield
            return
        command = ["py-spy", "record", "--format", "raw", "--threads", "--duration", "3600"]
        command += ["--pid", str(process.pid), "--output", str(self._profiles / f"{process.pid}.txt")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as profiler:
            try:
                yield
            finally:
                profiler.send_signal(signal.SIGINT)

    def _apply(self, data: Path, **environment: str) -> None:
        log = self._directory / "apply.log"
        command = (self._program, "apply", self._tocsin, "--data", data, "--yes")
        with running(command, {**self._environment, **environment}, log) as process:
            code = process.wait(timeout=120)
        if code:
            raise DoesNotStart(f"tocsin apply failed: {log.read_text(errors='replace')[-2000:]}")

    @contextlib.contextmanager
    def _data(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._directory, ignore_cleanup_errors=True) as data:
            yield Path(data)


Starting = Callable[[], contextlib.AbstractContextManager[Server]]


class Shown(msgspec.Struct):
    alerts: list[msgspec.Raw] = []


def shown_in_groups(server: Server) -> int:
    """How many alerts Alertmanager's own API lists in groups."""
    _, page = get(server.port, "/api/v2/alerts/groups", timeout=300.0)
    return sum(len(group.alerts) for group in msgspec.json.decode(page, type=list[Shown]))
