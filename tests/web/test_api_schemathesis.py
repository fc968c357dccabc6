"""schemathesis reads the OpenAPI document and asks the live server what it allows and what it does not: it finds nothing."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import ChecksConfig

from tests.e2e.programs import answers, free_port
from tests.e2e.tocsin import Tocsin
from tests.migrated import migrated_database, migrated_directory
from tests.scenarios.house import configured
from tests.web.test_browser import fires
from tocsin.control.callers import digest_of
from tocsin.core.instants import micros
from tocsin.core.roles import Permission
from tocsin.engine.store.data_directory import main_file
from tocsin.web.api import openapi

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TOKEN = "tocsin_of_the_tests"
EXAMPLES = 2  # of each operation, some ninety of them, beside the documented example
# What a schema cannot say (which people exist, that an end comes after its start) is refused with 422.
REFUSED_BY_MEANING = ["2xx", "304", "404", "409", "412", "422"]
REFUSED_BY_FORM = ["400", "404", "405", "409", "412", "413", "415", "422"]

schema = schemathesis.openapi.from_dict(openapi())
schema.config.update(headers={"Authorization": f"Bearer {TOKEN}"})
schema.config.checks = ChecksConfig.from_dict(
    {
        "positive_data_acceptance": {"expected-statuses": REFUSED_BY_MEANING},
        "negative_data_rejection": {"expected-statuses": REFUSED_BY_FORM},
        # Wrong tokens are limited by address, so that most would be told 429; tests/web/api asks every operation itself.
        "ignored_auth": {"enabled": False},
    }
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with an incident of its own, on each database."""
    data: Path = tmp_path_factory.mktemp("api") / "data"
    told = {"TOCSIN_SECRET_KEY": "of the tests"}
    if request.param == "sqlite":
        _give_token_to_alice(migrated_directory(data))
    else:
        url = migrated_database(request.getfixturevalue("postgres"))
        with psycopg.connect(url) as database:
            for statement in _alice("true"):
                database.execute(statement.encode())
        told["TOCSIN_DATABASE_URL"] = url
        data.mkdir()
    node = Tocsin(data, told, free_port())
    node.start()
    try:
        node.await_ready()
        node.await_that(lambda: answers(f"{node.url}/api/v1/openapi.json")[0] == 200, "shows the document")
        house = data.with_name("house.yaml")
        house.write_text(configured())
        node.command("apply", str(house), "--yes")
        fires(node, "APIHighLatency")
        yield node.url
    finally:
        node.stop()


def _give_token_to_alice(data: Path) -> None:
    with sqlite3.connect(main_file(data)) as database:
        for statement in _alice("1"):
            database.execute(statement)
    database.close()


def _alice(yes: str) -> tuple[str, str]:
    """Her account and her token: she administers, and is the configured person of that e-mail address."""
    now = micros(datetime.now(UTC))
    return (
        "INSERT INTO account (id, login, password, name, is_admin, is_active, created_at)"
        f" VALUES (1, 'alice@example.com', '', 'Alice', {yes}, {yes}, {now})",
        "INSERT INTO api_token (id, digest, account_id, name, scopes, created_at)"  # a number that no request revokes
        f" VALUES (4242424242, '{digest_of(TOKEN)}', 1, 'tests', '{' '.join(Permission)}', {now})",
    )


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_live_server_keeps_to_its_document(case: schemathesis.Case, live: str) -> None:
    case.call_and_validate(base_url=live)
