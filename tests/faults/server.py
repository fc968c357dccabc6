"""`python -m tests.faults.server`: the real machine process, started in this one so that it can be hurt in precise ways.

    --data DIR --port N [--database URL] [--quick] [--kill PLACE:n] [--clock FILE]

`--quick` shortens what waits (pace.py). `--kill` lays a trap (kill_points.py). `--clock` names a file with seconds by which
this process's wall clock is off, read over and over; the monotonic clock goes on undisturbed, as it does on a real host.
No people process: what it does is not what is proven here.
"""

import argparse
import contextlib
import sys
import threading
import time
from pathlib import Path

from tocsin.engine.store.data_directory import DataDirectoryBusy
from tocsin.web.front.process import COMMAND
from tocsin.web.listening import CannotStart
from tocsin.web.machine import Settings
from tocsin.web.server_logs import configure_logging
from tocsin.web.serving import serve


def bend_the_clock(file: Path) -> None:
    real_ns, real = time.time_ns, time.time
    offset = 0.0

    def follow() -> None:
        nonlocal offset
        while True:
            with contextlib.suppress(OSError, ValueError):
                offset = float(file.read_text())
            time.sleep(0.02)

    with contextlib.suppress(OSError, ValueError):
        offset = float(file.read_text())
    time.time_ns = lambda: real_ns() + int(offset * 1e9)
    time.time = lambda: real() + offset
    threading.Thread(target=follow, daemon=True).start()


def front(kill: str | None) -> tuple[str, ...]:
    """What starts the front process: the product's own command, or one with a trap."""
    if kill is not None and kill.startswith("append:"):
        return (sys.executable, "-m", "tests.faults.front", kill)
    return COMMAND


def main() -> int:
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--data", type=Path, required=True)
    wanted.add_argument("--port", type=int, required=True)
    wanted.add_argument("--database")
    wanted.add_argument("--quick", action="store_true")
    wanted.add_argument("--kill")
    wanted.add_argument("--clock", type=Path)
    told = wanted.parse_args()
    configure_logging(False)
    if told.quick:
        from tests.faults.pace import quicken

        quicken()
    if told.kill:
        from tests.faults.kill_points import Trap, lay

        if told.database:
            from tocsin.engine.store.postgres import PostgresStore as store_type
        else:
            from tocsin.engine.store.sqlite import SqliteStore as store_type
        lay(Trap(told.kill), store_type)
    if told.clock:
        bend_the_clock(told.clock)
    try:
        serve(
            Settings(
                told.data, port=told.port, database_url=told.database, people=False, front=front(told.kill)
            )
        )
    except (CannotStart, DataDirectoryBusy) as error:
        sys.stderr.write(f"Tocsin does not start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
