"""From where the request under way came and through which door, so that no act has to be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

API = "/api/"


class Whence(msgspec.Struct, frozen=True):
    """`address` is "" where nothing came over the network. `via` as in control.actor."""

    address: str = ""
    via: str = "web"


_NOWHERE = Whence()
_now: ContextVar[Whence] = ContextVar("whence", default=_NOWHERE)


def whence() -> Whence:
    return _now.get()


@contextmanager
def coming_from(address: str, path: str) -> Iterator[None]:
    token = _now.set(Whence(address[:64], "api" if path.startswith(API) else "web"))
    try:
        yield
    finally:
        _now.reset(token)
