"""`python -m tests.faults.migrate_and_die N`: the real migration, killed right before its N-th statement."""

import os
import signal
import sys
from typing import Any

from django.db.backends.utils import CursorWrapper

from tocsin.web import migrate


def main() -> int:
    left = int(sys.argv[1])
    execute = CursorWrapper.execute

    def counted(self: CursorWrapper, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(self, *args, **kwargs)

    CursorWrapper.execute = counted  # type: ignore[method-assign]
    return migrate.main()


if __name__ == "__main__":
    sys.exit(main())
