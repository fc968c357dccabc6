"""Places to die at: this process kills itself with SIGKILL at the n-th time it comes by. Nothing in the product knows.

`PLACE:n` names one. A commit's `before` is after all its statements, right before COMMIT; its `after` is when COMMIT has
returned and nobody has been told.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from tocsin.channels.webhook.send import Webhook
from tocsin.core.respond.delivery import Delivered
from tocsin.engine.detecting import Detecting
from tocsin.engine.engine import Engine
from tocsin.engine.store.protocol import Inbox, Store, Transaction

T = TypeVar("T")

COMMITS = {
    "detection": (Detecting, "process"),  # reports, expired leases, flushes
    "ownership": (Detecting, "acquire"),
    "timers": (Engine, "run_due"),  # steps and contact plans
    "departure": (Engine, "depart"),  # leases addresses
    "settle": (Engine, "arrived"),
    "command": (Engine, "submit"),  # an acknowledgement by a person
}
PLACES = (
    "append:before",
    "append:after",
    *(f"{commit}:{side}" for commit in COMMITS for side in ("before", "after")),
    "send:before",
    "send:after",
)

_doing = threading.local()


def kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Trap:
    def __init__(self, told: str, die: Callable[[], None] = kill_this_process) -> None:
        place, _, count = told.rpartition(":")
        if place not in PLACES:
            raise ValueError(f"unknown place {place!r}; known: {', '.join(PLACES)}")
        self.place = place
        self._left = int(count)
        self._die = die
        self._lock = threading.Lock()

    def pass_by(self, place: str) -> None:
        if place != self.place:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                sys.stderr.write(f"killed itself at {place}\n")
                sys.stderr.flush()
                self._die()


def lay_on_appending(trap: Trap, inbox_type: type[Inbox]) -> None:
    """In the front process."""
    inbox_type.append = _around(trap, "append", inbox_type.append)  # type: ignore[method-assign]


def lay(trap: Trap, store_type: type[Store]) -> None:
    """Patch the classes of this process, the machine process, so that `trap` is passed by at every place of it."""
    for name, (owner, method) in COMMITS.items():
        setattr(owner, method, _announced(name, getattr(owner, method)))
    store_type.run = _run(trap, store_type.run)  # type: ignore[method-assign]
    send = Webhook.send

    async def sent(*args: Any, **kwargs: Any) -> Any:
        trap.pass_by("send:before")
        outcome = await send(*args, **kwargs)
        if isinstance(outcome, Delivered):
            trap.pass_by("send:after")
        return outcome

    Webhook.send = sent  # type: ignore[method-assign]


def _announced(name: str, method: Callable[..., T]) -> Callable[..., T]:
    def wrapped(*args: Any, **kwargs: Any) -> T:
        before = getattr(_doing, "name", "")
        _doing.name = name
        try:
            return method(*args, **kwargs)
        finally:
            _doing.name = before

    return wrapped


def _run(trap: Trap, run: Callable[..., T]) -> Callable[..., T]:
    def wrapped(self: Store, work: Callable[[Transaction], T]) -> T:
        name = getattr(_doing, "name", "other")
        worth = True

        def work_then_perhaps_die(tx: Transaction) -> T:
            nonlocal worth
            result = work(tx)
            worth = _changed_something(name, result)
            if worth:
                tx.flush()  # type: ignore[attr-defined]
                trap.pass_by(f"{name}:before")
            return result

        result = run(self, work_then_perhaps_die)
        if worth:
            trap.pass_by(f"{name}:after")
        return result

    return wrapped


def _changed_something(name: str, result: Any) -> bool:
    """Idle turns of a loop are no place to die at: nothing is under way."""
    if name == "timers":
        return bool(result[0])
    if name == "departure":
        return bool(result.done)
    return True


def _around(trap: Trap, name: str, method: Callable[..., T]) -> Callable[..., T]:
    def wrapped(*args: Any, **kwargs: Any) -> T:
        trap.pass_by(f"{name}:before")
        result = method(*args, **kwargs)
        trap.pass_by(f"{name}:after")
        return result

    return wrapped
