"""A bell that other processes can ring: a pipe, so that whoever waits is woken by the kernel and not by a thread between."""

import contextlib
import os
import select


class Bell:
    def __init__(self) -> None:
        self._heard_at, self.rung_at = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._heard_at, select.POLLIN)

    def ring(self) -> None:
        """From any thread. A bell that is full rings already."""
        ring(self.rung_at)

    def clear(self) -> None:
        """What rang so far was heard."""
        with contextlib.suppress(BlockingIOError):
            while len(os.read(self._heard_at, 65_536)) == 65_536:
                pass

    def wait(self, seconds: float) -> None:
        """Until rung, or that long."""
        self._poll.poll(seconds * 1000)

    def close(self) -> None:
        os.close(self._heard_at)
        os.close(self.rung_at)


def ring(rung_at: int) -> None:
    """By the descriptor alone, as a child process has it."""
    with contextlib.suppress(OSError):
        os.write(rung_at, b"\0")
