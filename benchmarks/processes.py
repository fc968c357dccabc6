"""Processes that the benchmarks start: ready, weighed, timed, and gone at the end."""

import contextlib
import http.client
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil  # type: ignore[import-untyped]

P = ParamSpec("P")
T = TypeVar("T")

READY_WITHIN = 90.0


class DoesNotStart(Exception):
    """A sentence, with the end of what the program said."""


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], log: Path
) -> Iterator[psutil.Process]:
    """A process of our own with all its children, killed at the end: what it kept is thrown away anyway."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [str(word) for word in command],
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    root = psutil.Process(process.pid)
    try:
        yield root
    except BaseException:
        code = process.poll()
        lives = "lives" if code is None else f"ended with {code}"
        if said_last := log.read_text(errors="replace")[-4000:]:
            print(f"{log.stem} {lives}; the end of what it said:\n{said_last}", file=sys.stderr)
        raise
    finally:
        family = tree(root)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=10)
        process.wait()


def wait_until(true: Callable[[], bool], process: psutil.Process, log: Path, poll: float = 0.02) -> None:
    """Raises DoesNotStart."""
    deadline = time.monotonic() + READY_WITHIN
    while not true():
        if (
            time.monotonic() > deadline
            or not process.is_running()
            or process.status() == psutil.STATUS_ZOMBIE
        ):
            raise DoesNotStart(f"{log.stem} was not ready within {READY_WITHIN:.0f} s")
        time.sleep(poll)


def tree(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory(root: psutil.Process) -> float:
    """MiB of all its processes, what they share counted once (PSS)."""
    return float(sum(process.memory_full_info().pss for process in tree(root))) / 2**20


def cpu_seconds(root: psutil.Process) -> float:
    times = [process.cpu_times() for process in tree(root)]
    return float(sum(spent.user + spent.system for spent in times))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def get(port: int, path: str, method: str = "GET", timeout: float = 60.0) -> tuple[int, bytes]:
    """Status and body; status 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (ConnectionError, TimeoutError):
        return 0, b""
    finally:
        connection.close()


class Elsewhere:
    """A process to run functions in: whoever generates load must share no interpreter with whoever measures."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._pool.submit(os.getpid).result()  # it is there when the clock starts

    def begin(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return self._pool.submit(work, *args, **kwargs)

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.begin(work, *args, **kwargs).result()

    def __enter__(self) -> "Elsewhere":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
