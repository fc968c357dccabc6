from collections.abc import AsyncIterator

import pytest

from tests.ingest.knocking import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    house.held.set()
    await house.accept.close()
