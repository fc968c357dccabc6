"""The machine on which the example is applied has its two keys."""

import pytest

from tests.config.house import KEYS


@pytest.fixture(autouse=True)
def keys_of_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
