"""Pages on a real SQLite store that the scenarios' house fills, with the real door behind the control socket."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from tests.migrated import migrated_directory
from tests.providers.smtp import SmtpSink
from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tests.web.settled import DATA
from tests.web.stand_in import MachineStandIn
from tocsin.apps.configuration import queries as configuration
from tocsin.apps.people.models import Account
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.open import open_store

PASSWORD = "correct horse battery staple"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(scope="session", autouse=True)
def _swept() -> Iterator[None]:
    yield
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(autouse=True)
def data(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The data directory as after the first start, anew for each test."""
    blocker = request.getfixturevalue("django_db_blocker")  # pytest-django would keep tests from any database
    if blocker is not None:
        blocker.unblock()
    shutil.rmtree(DATA, ignore_errors=True)
    migrated_directory(DATA)
    configuration.forget()
    yield DATA
    connections.close_all()
    if blocker is not None:
        blocker.restore()


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    """The scenarios' house in the same data directory, at this hour; what pages ask of the machine process, it does."""
    store = open_store(data, None, on_wake=lambda topics: None)
    house = House(store, VirtualClock(datetime.now(UTC).replace(microsecond=0)), configured(), Provider())
    with MachineStandIn(data, house):
        yield house
    store.close()


@pytest.fixture
def alice() -> Account:
    """The administrator, and by her e-mail address the configured person alice."""
    account = Account(login="alice@example.com", name="Alice", is_admin=True, created_at=datetime.now(UTC))
    account.set_password(PASSWORD)
    account.save()
    return account


@pytest.fixture
def browser(alice: Account) -> Client:
    """Signed in as alice."""
    client = Client()
    client.force_login(alice, BACKEND)
    return client


@pytest.fixture
def stranger() -> Client:
    """Signed in as nobody."""
    return Client()


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpSink]:
    """The house's mail server."""
    with SmtpSink() as sink:
        for option, value in sink.options.items():
            monkeypatch.setenv(f"TOCSIN_EMAIL_{option.upper()}", value)
        yield sink
