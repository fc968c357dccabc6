"""What every folder of tests may ask for."""

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole session; ask it for databases (`tests.migrated.migrated_database`)."""
    with running_postgres() as server:
        yield server
