"""How much detection takes at once follows from how long it takes."""

from tocsin.engine.helpings import AIM, LEAST, MOST, Helpings


def test_it_begins_small_and_doubles_while_it_is_quick() -> None:
    helpings = Helpings()
    seen = []
    for _ in range(6):
        seen.append(helpings.alerts)
        helpings.took(helpings.alerts, AIM / 100)
    assert seen == [LEAST, 2 * LEAST, 4 * LEAST, 8 * LEAST, 16 * LEAST, MOST]


def test_it_shrinks_to_what_fits_when_every_alert_is_much_work() -> None:
    helpings = Helpings()
    for _ in range(6):
        helpings.took(helpings.alerts, AIM / 100)
    helpings.took(1_000, 5 * AIM)
    assert helpings.alerts == 200
    helpings.took(200, 100.0)
    assert helpings.alerts == LEAST


def test_little_that_was_quick_says_nothing_about_much() -> None:
    helpings = Helpings()
    helpings.took(LEAST, AIM / 100)
    helpings.took(3, AIM / 2)
    assert helpings.alerts == 2 * LEAST


def test_after_a_rest_it_begins_anew() -> None:
    helpings = Helpings()
    helpings.took(LEAST, AIM / 100)
    helpings.rested()
    assert helpings.alerts == LEAST
