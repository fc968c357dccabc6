"""What went before: on an incident's page how earlier ones ended; on the first page what ends soon."""

from django.test import Client

from tests.scenarios.house import House
from tests.web.test_pages import page
from tocsin.apps.incidents.queries import earlier_alike
from tocsin.control.requests import Act
from tocsin.core.respond.incident import Resolve


def test_earlier_incidents_say_how_they_ended_and_the_nearest_come_first(
    browser: Client, house: House
) -> None:
    house.fires("APIHighLatency", severity="critical", service="task-api")
    house.ends("APIHighLatency", severity="critical", service="task-api")
    house.ask(Act((1,), Resolve("", note="Rolled back abc123.")), "bob", "web")
    house.fires("QueueLong", severity="critical", service="task-api")
    house.passes(hours=2)
    house.fires("APIHighLatency", severity="critical", service="task-api")
    newest = house.incident()
    assert newest.id == 3
    assert [(one.incident.id, one.by) for one in earlier_alike(newest)] == [(1, "group"), (2, "service")]
    shown = page(browser, "/incidents/3")
    assert "the same group" in shown and "resolved by" in shown


def test_the_first_page_says_what_ends_soon(browser: Client, house: House) -> None:
    house.silences('alertname="DiskFull"', hours=2)
    house.silences('alertname="Later"', hours=48)
    house.maintains("billing", hours=1)
    shown = page(browser, "/")
    assert "Ends soon" in shown and "Maintenance of billing" in shown
    assert "DiskFull" in shown and "Later" not in shown
