"""`serve`: what must be so before a machine process may run, and what is let go after it: the data directory's lock, the
schema, the keys, the store, the port.
"""

import asyncio
import os
import subprocess
import sys

import structlog
import uvloop

from tocsin.config import sealing
from tocsin.config.resealing import reseal
from tocsin.control.live_updates import Hub
from tocsin.engine.facts import Unusable
from tocsin.engine.store.data_directory import lock_data_directory
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import Transaction
from tocsin.web.front.whence import trusted_proxies
from tocsin.web.listening import CannotStart, open_port
from tocsin.web.machine import Machine, Settings
from tocsin.web.secret import MissingSecret, encryption_keys
from tocsin.web.tuning import tune

log = structlog.get_logger()


def migrate(settings: Settings) -> None:
    """In a process of its own, so that this one never loads Django. Raises CannotStart."""
    done = subprocess.run(
        [sys.executable, "-m", "tocsin.web.migrate"],
        env={**os.environ, **settings.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise CannotStart(done.stderr.strip() or "the database could not be migrated")
    if done.stdout:
        log.info("the database was migrated", migrations=len(done.stdout.splitlines()))


def _free_all(tx: Transaction) -> None:
    """The data directory's lock proves that whoever leased anything is gone, so neither detection nor a page that was on its
    way waits for a lease to run out."""
    owner = tx.ownership.current()
    if owner is not None:
        tx.ownership.release(owner.node)
    tx.agenda.free_leases(tx.now())


def serve(settings: Settings) -> None:
    """Run until told to stop. Raises CannotStart, DataDirectoryBusy."""
    try:
        trusted_proxies(os.environ)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    os.umask(0o077)  # databases, sockets and keys are nobody else's
    tune()
    # The lock comes first: a newer version must not migrate under a server that runs.
    with lock_data_directory(settings.data):
        try:
            sealing.use(encryption_keys(os.environ, settings.data))
        except (MissingSecret, OSError) as error:
            raise CannotStart(str(error)) from None
        migrate(settings)
        hub = Hub()
        woken: list[Machine] = []
        store = open_store(
            settings.data,
            settings.database_url,
            on_wake=lambda topics: woken[0].woken(topics) if woken else None,
        )
        try:
            store.tidy()  # the log gets its room before the first page wants to be written
            if not settings.database_url:
                store.run(_free_all)
            if resealed := store.run(reseal).stale:
                log.info("secrets were encrypted with the current key", secrets=resealed)
            machine = Machine(settings, store, hub)
            woken.append(machine)
            with (
                open_port(settings.host, settings.port) as port,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                runner.run(machine.run(port))
        except (MissingSecret, Unusable) as error:
            raise CannotStart(str(error)) from None
        finally:
            store.close()
