"""`python -m tests.faults.front PLACE:n LINK LISTENING BELL`: the real front process with a trap at its appends.

Where it dies, the machine process dies with it, as when a host loses its power.
"""

import os
import signal
import sys

from tests.faults.kill_points import Trap, lay_on_appending
from tocsin.engine.store.postgres_inbox import PostgresInbox
from tocsin.engine.store.sqlite_inbox import SqliteInbox
from tocsin.web.front.serve import main


def die() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    trap = Trap(sys.argv[1], die)
    for inbox in (PostgresInbox, SqliteInbox):
        lay_on_appending(trap, inbox)
    main(sys.argv[2:])
