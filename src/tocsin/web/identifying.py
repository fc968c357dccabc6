"""Who calls with a token over HTTP: the operator with the installation's own, a person or a service with theirs."""

from collections.abc import Callable, Coroutine
from typing import Any

from tocsin.control.callers import PREFIX, Caller, caller_of, digest_of, operator, use_is_news
from tocsin.core.instants import micros
from tocsin.engine.clock import Clock
from tocsin.engine.engine import Engine

Run = Callable[..., Coroutine[Any, Any, Any]]


class Identifying:
    """`reading` and `writing` run a call on a thread for each."""

    def __init__(self, engine: Engine, clock: Clock, reading: Run, writing: Run) -> None:
        self._engine = engine
        self._clock = clock
        self._reading = reading
        self._writing = writing

    async def caller(self, operators: str, token: str, address: str) -> Caller | None:
        """None when the token is no good. A personal or service token's last use is written at most once a minute."""
        caller = operator(token, operators, address)
        if caller is not None or not token.startswith(PREFIX):
            return caller
        store, digest = self._engine.store, digest_of(token)
        row = await self._reading(store.read, lambda tx: tx.tokens.find(digest))
        if row is None:
            return None
        now = self._clock.now()
        caller = caller_of(row, self._engine.facts.current, now, address)
        if caller is not None and use_is_news(row, now):
            await self._writing(store.run, lambda tx: tx.tokens.used(row.id, micros(now)))
        return caller
