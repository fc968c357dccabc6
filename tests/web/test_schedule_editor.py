"""The schedule's editor: layers, people and hours put together by buttons, looked at before they are saved."""

import re
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.test_oncall_pages import facts
from tests.web.test_pages import page
from tocsin.apps.oncall.patterns import PATTERNS, begun
from tocsin.apps.oncall.schedule_draft import Draft, of_schedule, place_of, written
from tocsin.config.edit import try_noun
from tocsin.control.requests import PutNoun
from tocsin.core.oncall.schedule import Schedule
from tocsin.core.oncall.shifts import gaps
from tocsin.core.oncall.wall_clock import zone
from tocsin.engine.store.protocol import Entry

NEW, EDIT = "/schedules/~new", "/schedules/shop/edit"
BERLIN = zone("Europe/Berlin")
WEEKLY: dict[str, Any] = {
    "key": "shop",
    "team": "platform",
    "time_zone": "Europe/Berlin",
    "layer": ["0"],
    "every-0": "1",
    "unit-0": "week",
    "day-0": ["Tue"],
    "time-0": "10:30",
    "starts-0": "2026-06-09",
    "person-0": ["bob", "carol", ""],
}
TURNS = {
    "every": "1 week",
    "handoff": "Mon 09:00",
    "from": "2026-06-08",
    "people": ["alice", ["bob", "carol"]],
}
DAYS = {"every": "1 day", "handoff": "Mon-Fri 09:00", "from": "2026-06-08", "people": ["dan"]}
OFFICE = [
    {"days": "Mon-Fri", "from": "09:00", "to": "17:00"},
    {"days": "Sat", "from": "10:00:15", "to": "24:00"},
]
NOUN: dict[str, Any] = {
    "team": "platform",
    "time_zone": "Europe/Berlin",
    "layers": [
        {"name": "always", "rotation": TURNS},
        {
            "name": "office",
            "rotation": {**DAYS, "until": "2030-01-01T08:00:30Z"},
            "restrictions": OFFICE,
            "time_zone": "America/New_York",
            "beside": True,
        },
    ],
}


def made(house: House, noun: dict[str, Any] = NOUN) -> Schedule:
    house.ask(PutNoun("schedules", "shop", noun), "dan", "web")
    return facts(house).schedules["shop"]


def form_of(shown: str) -> dict[str, Any]:
    """What a browser would send of the page."""
    said: dict[str, list[str]] = {}
    body = shown.partition('class="editor"')[2].partition("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        box = re.search(r'type="(checkbox|radio)"', tag)
        if name and (not box or " checked" in tag):
            said.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        said.setdefault(name, []).append((chosen or first)[1])  # type: ignore[index]
    return said


def save(browser: Client, address: str, form: dict[str, Any], status: int = 302, do: str = "save") -> str:
    answer = browser.post(address, {**form, "do": do})
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


# --- making ----------------------------------------------------------------------------------------------------------


def test_a_weekly_rotation_is_made(browser: Client, house: House) -> None:
    save(browser, NEW, WEEKLY)
    rotation = facts(house).schedules["shop"].layers[0].rotation
    assert rotation.people == (("bob",), ("carol",))
    assert (rotation.handoff_day, rotation.handoff_at) == (1, time(10, 30))


@pytest.mark.parametrize("also", [{}, {"effective_from": "2026-01-01T00:00:00Z"}], ids=["", "from then on"])
def test_what_the_form_shows_it_saves_again_unchanged(
    also: dict[str, str], browser: Client, house: House
) -> None:
    before = made(house, {**NOUN, **also})
    save(browser, EDIT, form_of(page(browser, EDIT)))
    assert facts(house).schedules["shop"] == before


def test_keys_that_the_form_does_not_ask_for_stay(browser: Client, house: House) -> None:
    made(house, {**NOUN, "handoff": False})
    save(browser, EDIT, {**form_of(page(browser, EDIT)), "time_zone": "Europe/London"})
    after = facts(house).schedules["shop"]
    assert after.time_zone == "Europe/London" and after.handoff is False


def test_a_second_seat_is_made_along(browser: Client, house: House) -> None:
    save(browser, NEW, {**WEEKLY, "also_secondary": "yes"})
    assert facts(house).schedules["shop-secondary"].secondary_of == "shop"


def test_a_second_seat_of_another_has_no_layers(browser: Client, house: House) -> None:
    save(browser, NEW, {**WEEKLY, "secondary_of": "platform-primary"})
    made = facts(house).schedules["shop"]
    assert made.secondary_of == "platform-primary" and made.layers == ()


def test_an_edit_may_wait_for_its_instant(browser: Client, house: House) -> None:
    made(house)
    form = {**form_of(page(browser, EDIT)), "valid": "later", "valid_from": "2040-03-01T09:00"}
    save(browser, EDIT, {**form, "person-0": ["carol", "carol"]})
    after = facts(house).schedules["shop"]
    assert after.effective_from == datetime(2040, 3, 1, 8, tzinfo=UTC) and after.former
    assert "until then it stays as it was" in page(browser, "/schedules/shop")
    shown = page(browser, EDIT)
    assert 'value="2040-03-01T09:00"' in shown and "counts from" in shown


# --- buttons that are not Save ---------------------------------------------------------------------------------------


def test_a_layer_is_added_on_top_and_moved_and_removed(browser: Client, house: House) -> None:
    shown = save(browser, NEW, WEEKLY, 200, do="add")
    form = form_of(shown)
    assert form["layer"] == ["1", "0"], "the uppermost first"
    assert form["person-1"] == ["bob", "carol", ""]
    form |= {"name-1": ["upper"], "name-0": ["lower"]}
    moved = form_of(save(browser, NEW, form, 200, do="down:1"))
    assert (moved["name-0"], moved["name-1"]) == (["upper"], ["lower"])
    left = form_of(save(browser, NEW, moved, 200, do="remove:1"))
    assert left["layer"] == ["0"] and left["name-0"] == ["upper"]
    assert "shop" not in facts(house).schedules, "nothing is saved by any of it"


def test_people_are_added_moved_grouped_and_taken_out(browser: Client, house: House) -> None:
    form = form_of(save(browser, NEW, WEEKLY, 200, do="person-up:0:1"))
    assert form["person-0"] == ["carol", "bob", ""]
    form = form_of(save(browser, NEW, form, 200, do="person:0"))
    assert form["person-0"] == ["carol", "bob", "", ""]
    form = form_of(save(browser, NEW, form, 200, do="person-drop:0:2"))
    save(browser, NEW, {**form, "with-0": ["1"]})
    assert facts(house).schedules["shop"].layers[0].rotation.people == (("carol", "bob"),)


def test_hours_are_added_and_taken_away(browser: Client, house: House) -> None:
    form = form_of(save(browser, NEW, WEEKLY, 200, do="hours:0"))
    assert form["hours-days-0-0"] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    save(browser, NEW, {**form, "hours-to-0-0": "18:00"})
    (restriction,) = facts(house).schedules["shop"].layers[0].restrictions
    assert (restriction.days, restriction.end) == ((0, 1, 2, 3, 4), time(18))
    assert "hours-0" not in form_of(save(browser, NEW, form, 200, do="hours-drop:0:0"))


@pytest.mark.parametrize(
    "button",
    ["up:9", "remove:-1", "remove:", "person-drop:0:99", "hours-drop:0:7", "pattern:x", "x:y:z", "up:١", ""],
)
def test_a_button_that_means_nothing_changes_nothing(button: str, browser: Client, house: House) -> None:
    form = form_of(save(browser, NEW, WEEKLY, 200, do=button))
    assert form["layer"] == ["0"] and form["person-0"] == ["bob", "carol", ""]


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_every_pattern_is_sound_and_leaves_no_hour_to_nobody(pattern: Any, house: House) -> None:
    draft = begun(Draft(key="shop", time_zone="Europe/Berlin"), pattern.name, ["alice", "bob"], "2026-06-08")
    for layer in draft.layers:
        layer.slots = [slot if slot.person else type(slot)("carol") for slot in layer.slots]
    schedule, _ = try_noun(_entries(house), "schedules", "shop", written(draft, BERLIN), house.now)
    begin, end = datetime(2026, 6, 15, tzinfo=UTC), datetime(2027, 6, 14, tzinfo=UTC)
    assert gaps({"shop": schedule}, "shop", begin, end, ()) == []


def _entries(house: House) -> tuple[Entry, ...]:
    return house.store.run(lambda tx: tuple(tx.configuration.entries()))


def test_a_pattern_fills_the_form_with_the_people_who_are_there(browser: Client, house: House) -> None:
    form = form_of(save(browser, NEW, WEEKLY, 200, do="pattern:weekend"))
    assert form["layer"] == ["1", "0"] and form["person-0"] == ["bob", "carol"]
    assert form["person-1"] == ["carol", "bob"] and form["key"] == ["shop"]


# --- before it is saved ----------------------------------------------------------------------------------------------


def test_the_coming_weeks_are_drawn_before_and_after(browser: Client, house: House) -> None:
    made(house)
    shown = save(browser, EDIT, form_of(page(browser, EDIT)), 200, do="look")
    preview = shown.partition('id="preview"')[2]
    assert preview.count(">Before<") >= 2 or preview.count("Before</bdi>") == 2
    assert "It counts from" in preview


@pytest.mark.parametrize(
    ("change", "beside"),
    [
        ({"key": ""}, "key-wrong"),
        ({"key": "a b/c"}, "key-wrong"),
        ({"key": "platform-primary"}, "key-wrong"),
        ({"time_zone": "Mars/Olympus"}, "time-zone-wrong"),
        ({"team": "nobody"}, "team-wrong"),
    ],
)
def test_a_mistake_in_the_whole_stands_at_its_field(
    change: dict[str, str], beside: str, browser: Client, house: House
) -> None:
    assert f'id="{beside}"' in save(browser, NEW, {**WEEKLY, **change}, 422)
    assert "shop" not in facts(house).schedules


@pytest.mark.parametrize(
    ("change", "before"),
    [
        ({"every-0": "0"}, 'id="unit-0"'),
        ({"unit-0": "fortnight"}, 'id="unit-0"'),
        ({"time-0": "noon"}, 'id="time-0"'),
        ({"starts-0": "soon"}, 'id="starts-0"'),
        ({"starts-0": ""}, 'id="starts-0"'),
        ({"person-0": ["", ""]}, "Who takes turns, in this order"),
        ({"person-0": ["mallory"]}, "Who takes turns, in this order"),
        ({"zone-0": "Mars/Olympus"}, 'id="zone-0"'),
        ({"until-0": "2001"}, 'id="until-0"'),
        ({"part-0": "dances"}, 'id="layer-0-title"'),
        ({"hours-0": ["0"], "hours-days-0-0": [], "hours-from-0-0": "09:00"}, 'id="hours-to-0-0"'),
        ({"hours-0": ["0"], "hours-days-0-0": ["Mon"], "hours-from-0-0": "late"}, 'id="hours-to-0-0"'),
    ],
)
def test_a_mistake_in_a_layer_stands_beside_it(
    change: dict[str, Any], before: str, browser: Client, house: House
) -> None:
    shown = save(browser, NEW, {**WEEKLY, **change}, 422)
    assert 'class="errorlist"' in shown.partition(before)[2][:9000], shown
    assert "shop" not in facts(house).schedules


def test_a_mistake_far_below_is_said_above_with_a_way_to_it(browser: Client, house: House) -> None:
    shown = save(browser, NEW, {**WEEKLY, "name-0": "nights", "person-0": ["", ""]}, 422)
    said = shown.partition('role="alert"')[2].partition("</div>")[0]
    assert "nights: Choose who takes turns." in said and 'href="#layer-0"' in said


def test_a_schedule_without_layers_says_what_it_needs(browser: Client, house: House) -> None:
    said = {name: value for name, value in WEEKLY.items() if name != "layer"}
    assert "It needs a layer" in save(browser, NEW, said, 422)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(browser: Client, house: House) -> None:
    made(house)
    form = form_of(page(browser, EDIT))
    made(house, {**NOUN, "time_zone": "Asia/Tokyo"})
    assert "Somebody changed it while you wrote" in save(browser, EDIT, form, 422)
    assert facts(house).schedules["shop"].time_zone == "Asia/Tokyo"


def test_what_git_keeps_is_not_edited_here(browser: Client, house: House) -> None:
    assert browser.get("/schedules/platform-primary/edit").status_code == 403
    assert "Read-only here" in page(browser, "/schedules/platform-primary")


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("layers[0].rotation.people[1]", "people-0"),
        ("layers[2].restrictions[1].from", "hours-2-1"),
        ("layers[1].rotation.handoff", "time-1"),
        ("layers[1]", "layer-1"),
        ("effective_from", "valid_from"),
        ("time_zone", "time_zone"),
        ("", ""),
    ],
)
def test_a_mistakes_place_is_found_by_the_field_it_is_about(field: str, place: str) -> None:
    assert place_of(field) == place


def test_a_draft_of_what_is_kept_says_the_same(house: House) -> None:
    schedule = made(house)
    draft = of_schedule(schedule, BERLIN, house.now)
    again, _ = try_noun(_entries(house), "schedules", "shop", written(draft, BERLIN), house.now)
    assert again == schedule
