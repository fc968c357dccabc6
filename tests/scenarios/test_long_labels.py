"""Labels as long as a sender may make them are no reason not to page: PostgreSQL indexes some 2,700 bytes at most."""

import random

from tests.scenarios.house import House


def noise(letters: int) -> str:
    """What no database can compress."""
    chosen = random.Random(7)
    return "".join(chr(chosen.randrange(0x4E00, 0x9FFF)) for _ in range(letters))


def test_an_alert_whose_labels_are_very_long_pages(house: House) -> None:
    house.fires(
        noise(5000), severity="critical", namespace=noise(5000), service=noise(5000), team=noise(5000)
    )
    assert len(house.pages()) == 1
    house.passes(minutes=11)
    assert len(house.pages()) >= 2
    house.ends(noise(5000), severity="critical", namespace=noise(5000), service=noise(5000), team=noise(5000))
    assert not house.incident().is_open
