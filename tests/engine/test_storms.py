"""Very much at once: the page that matters most still leaves first."""

import pytest

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.engine import sending
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import Store


def test_however_many_pages_wait_another_services_first_page_leaves_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SEEN", 50)
    house = House(store, VirtualClock(START), configured(), Provider())
    house.fire([(f"Disk{n}Full", {"severity": "critical"}) for n in range(200)])
    assert [page.message.person for page in house.pages()] == ["alice"]
    house.passes(seconds=1)
    house.fires("Payments", severity="critical", service="billing")
    assert "Payments" in house.pages()[-1].said
