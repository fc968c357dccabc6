"""Straight on the store, when no server runs on it; on PostgreSQL also beside those that do, which the commit wakes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tocsin.config.load import load
from tocsin.control.actor import Actor
from tocsin.control.examining import Examiner
from tocsin.control.perform import Performer, status
from tocsin.control.requests import Refused, Request
from tocsin.core.configuration import Configuration
from tocsin.core.respond.delivery import Offer
from tocsin.engine.clock import SharedClock
from tocsin.engine.counters import Counters
from tocsin.engine.engine import Engine
from tocsin.engine.facts import Facts
from tocsin.engine.store.data_directory import DataDirectoryBusy, lock_data_directory
from tocsin.engine.store.open import open_store

UNUSABLE = 4  # what tocsin.web.migrate exits with when the database cannot be reached, or is none


class _NoLinks:
    """Nothing leaves the house from here, so no message is composed."""

    def incident(self, incident: int) -> str:
        return ""

    def acknowledge(self, incidents: tuple[int, ...], person: str) -> str:
        return ""

    def resolve(self, incidents: tuple[int, ...], person: str) -> str:
        return ""

    def screen(self, path: str) -> str:
        return ""

    def offer(self, offer: Offer, person: str) -> str:
        return ""


def ask(data: Path | None, database_url: str | None, request: Request, actor: Actor) -> object:
    """Migrate if need be, perform, close. What becomes due waits for a server. Raises Refused (`unreachable`, too)."""
    _migrate(data, database_url)
    if database_url:
        return _ask(data, database_url, request, actor)
    if data is None:
        raise Refused(
            "invalid",
            "name a data directory (--data), a database (TOCSIN_DATABASE_URL) or a server (TOCSIN_URL)",
        )
    try:
        lock = lock_data_directory(data)
    except DataDirectoryBusy as busy:
        raise Refused("conflict", f"{busy}, but it does not answer on its socket yet; try again") from None
    with lock:
        return _ask(data, None, request, actor)


def _migrate(data: Path | None, database_url: str | None) -> None:
    told = {"TOCSIN_DATA": str(data)} if data is not None else {}
    if database_url:
        told["TOCSIN_DATABASE_URL"] = database_url
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.web.migrate"],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["the database could not be migrated"]
        raise Refused("unreachable" if done.returncode == UNUSABLE else "conflict", said[-1])


def _ask(data: Path | None, database_url: str | None, request: Request, actor: Actor) -> object:
    store = open_store(data, database_url, on_wake=lambda topics: None)
    try:
        engine = Engine(store, Facts(store, load), _links, Counters(), room=dict)
        performer = Performer(
            engine,
            lambda departures: None,
            status(version("tocsin"), "none", "PostgreSQL" if database_url else "SQLite"),
            Examiner(os.environ, data, database_url is not None),
        )
        return performer.perform(request, actor, SharedClock().now())
    finally:
        store.close()


def _links(facts: Configuration) -> _NoLinks:
    return _NoLinks()
