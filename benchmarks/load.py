"""wrk at full speed: as many batches as the server takes."""

import subprocess
from pathlib import Path

import msgspec

from benchmarks.alerts import Fleet
from benchmarks.servers import Server

SCRIPT = Path(__file__).with_name("load.lua")


class BrokenRun(Exception):
    """A measurement that measured something else; a sentence."""


class Load(msgspec.Struct, frozen=True):
    """What wrk saw. Latencies in milliseconds."""

    requests: int
    seconds: float
    refused: int  # answers that were not 2xx
    broken: int
    p50: float
    p99: float


def load(
    server: Server, fleet: Fleet, *, batch: int, connections: int, seconds: float, repeated: int = 0
) -> float:
    """Alerts answered 2xx per second. With `repeated`, only that many batches, again and again. Raises BrokenRun."""
    seconds = max(1, round(seconds))
    done = subprocess.run(
        [
            "wrk",
            "--threads=1",
            f"--connections={connections}",
            f"--duration={seconds}s",
            "--timeout=30s",
            f"--script={SCRIPT}",
            server.url,
            "--",
            server.path,
            f"127.0.0.1:{server.port}",
            str(batch),
            str(repeated),
            str(fleet.groups),
            *fleet.pieces,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BrokenRun(f"wrk failed: {done.stdout}{done.stderr}")
    seen = msgspec.json.decode(done.stdout.strip().rpartition("\n")[2], type=Load)
    if seen.refused or seen.broken:
        raise BrokenRun(
            f"{server.name} refused {seen.refused} and broke {seen.broken} of {seen.requests} requests"
        )
    return seen.requests * batch / seen.seconds
