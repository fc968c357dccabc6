"""`tocsin doctor`: what is unsafe is said, what is well is not complained of."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.migrated import migrated_database, migrated_directory
from tests.postgres import Postgres
from tests.scenarios.house import House, configured
from tests.scenarios.provider import Provider
from tocsin.control.actor import Actor
from tocsin.control.examining import Examiner, accounts, calendars, house, installation
from tocsin.control.perform import Performer, status
from tocsin.control.requests import Examine, Finding
from tocsin.core.configuration import Configuration, Defaults, Integration
from tocsin.core.instants import micros
from tocsin.core.oncall.calendar import Calendar, Serves
from tocsin.core.oncall.schedule import Schedule
from tocsin.core.people import ContactMethod, NotifyRule, Person
from tocsin.engine.clock import VirtualClock
from tocsin.engine.oncall.calendars import Standing
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import PeopleStanding

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
STANDING = PeopleStanding(accounts=1, newest_audit=micros(NOW), database="3.45.1")
EMPTY = Configuration()
GOOD_KEY = "Zk3" * 30 + "abcdefgh"
Levels = dict[str, set[str]]


def levels(found: Any) -> Levels:
    told: Levels = {}
    for each in found:
        told.setdefault(each.about, set()).add(each.level)
    return told


def around(
    tmp_path: Path,
    facts: Configuration = EMPTY,
    people: PeopleStanding = STANDING,
    store_now: datetime = NOW,
    postgres: bool = False,
    **environment: str,
) -> Levels:
    tmp_path.chmod(0o700)
    place = installation.Place({"TOCSIN_SECRET_KEY": GOOD_KEY, **environment}, tmp_path, postgres)
    return levels(installation.findings(place, facts, people, micros(store_now), NOW))


def test_a_short_secret_key_is_bad_and_a_file_good(tmp_path: Path) -> None:
    assert around(tmp_path, TOCSIN_SECRET_KEY="secret")["secret key"] == {"bad"}
    assert around(tmp_path, TOCSIN_SECRET_KEY="a" * 64)["secret key"] == {"bad"}
    (tmp_path / "key").write_text(GOOD_KEY)
    file = str(tmp_path / "key")
    assert around(tmp_path, TOCSIN_SECRET_KEY="", TOCSIN_SECRET_KEY_FILE=file)["secret key"] == {"good"}
    assert around(tmp_path, TOCSIN_SECRET_KEY="", TOCSIN_SECRET_KEY_FILE="/no")["secret key"] == {"bad"}


def test_files_that_others_may_read_are_bad(tmp_path: Path) -> None:
    assert around(tmp_path)["data directory"] == {"good"}
    (tmp_path / "api-token").write_text("x")
    (tmp_path / "api-token").chmod(0o644)
    assert around(tmp_path)["data directory"] == {"good"}, "nobody else gets as far as the file"
    tmp_path.chmod(0o755)
    place = installation.Place({"TOCSIN_SECRET_KEY": GOOD_KEY}, tmp_path, False)
    said = [each.says for each in installation.findings(place, Configuration(), STANDING, micros(NOW), NOW)]
    assert sum("is open to other users" in each for each in said) == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://tocsin.example", {"good", "note"}),
        ("http://tocsin.example", {"bad"}),
        ("http://127.0.0.1:9190", {"warning"}),
        ("", {"warning"}),
    ],
)
def test_an_address_without_encryption_is_bad(url: str, said: set[str], tmp_path: Path) -> None:
    assert around(tmp_path, TOCSIN_PUBLIC_URL=url)["public address"] == said
    assert around(tmp_path, Configuration(defaults=Defaults(base_url=url)))["public address"] == said


def test_people_paged_by_mail_without_a_mail_server_is_bad(tmp_path: Path) -> None:
    alice = Person("alice", "Alice", contact=(ContactMethod("mail", "email", "a@example.com"),))
    facts = Configuration(people={"alice": alice})
    assert around(tmp_path, facts)["mail"] == {"bad"}
    assert around(tmp_path, facts, TOCSIN_EMAIL_HOST="mx")["mail"] == {"good"}
    assert around(tmp_path)["mail"] == {"note"}


def test_a_full_disk_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, said in ((10**7, "bad"), (10**9, "warning"), (10**11, "good")):
        monkeypatch.setattr(installation.shutil, "disk_usage", lambda _, free=free: _Usage(free))
        assert around(tmp_path)["disk"] == {said}


class _Usage(msgspec.Struct):
    free: int


def test_clocks_that_disagree_are_bad(tmp_path: Path) -> None:
    off = NOW + timedelta(seconds=5)
    assert around(tmp_path)["clock"] == {"good"}
    assert around(tmp_path, store_now=off, postgres=True, people=_with(database="16.1"))["clock"] == {"bad"}
    ahead = _with(newest_audit=micros(NOW + timedelta(hours=1)))
    assert around(tmp_path, people=ahead)["clock"] == {"bad"}


def test_an_old_database_and_an_open_audit_log_are_bad(tmp_path: Path) -> None:
    assert around(tmp_path)["database"] == {"good"}
    assert around(tmp_path, people=_with(database="3.31.0"))["database"] == {"bad"}
    assert around(tmp_path, people=_with(database="12.4 (Debian 12.4-1)"), postgres=True)["database"] == {
        "bad"
    }
    assert around(tmp_path, people=_with(audit_protected=False))["audit log"] == {"bad"}


def _with(**changed: Any) -> PeopleStanding:
    return msgspec.structs.replace(STANDING, **changed)


# --- the house -------------------------------------------------------------------------------------------------------


def test_an_empty_house_is_bad() -> None:
    assert levels(house.findings(Configuration(), (), frozenset(), NOW))["people"] == {"bad"}


def test_whoever_has_no_rule_for_high_urgency_is_named() -> None:
    facts = Configuration(people={"alice": Person("alice", "Alice")})
    found = [each for each in house.findings(facts, (), frozenset(), NOW) if each.level == "bad"]
    assert any("alice has no rule for high urgency" in each.says for each in found)


def test_methods_that_nobody_verified_are_named() -> None:
    method = ContactMethod("phone", "ntfy", "https://ntfy.example/x")
    facts = Configuration(
        people={"alice": Person("alice", "Alice", contact=(method,), notify_high=(NotifyRule("phone"),))}
    )
    assert levels(house.findings(facts, (), frozenset(), NOW))["contact methods"] == {"note"}


def test_a_schedule_with_nobody_is_bad() -> None:
    facts = Configuration(schedules={"empty": Schedule("empty")})
    assert levels(house.findings(facts, (), frozenset(), NOW))["schedules"] == {"bad"}


def test_a_sender_that_was_never_heard_is_named() -> None:
    facts = Configuration(integrations={"prom": Integration("prom", "alertmanager", secret="x")})
    assert levels(house.findings(facts, (), frozenset(), NOW))["integrations"] == {"warning"}
    assert "integrations" not in levels(house.findings(facts, (), frozenset({"prom"}), NOW))


# --- accounts --------------------------------------------------------------------------------------------------------


def test_accounts_without_a_second_factor_and_tokens_without_an_end_are_named() -> None:
    standing = PeopleStanding(
        accounts=2, without_second_factor=("bob@example.com",), tokens_without_end=("ci (a service)",)
    )
    found = list(accounts.findings(standing))
    assert "bob@example.com" in found[0].says and "ci (a service)" in found[1].says


# --- together --------------------------------------------------------------------------------------------------------


def examined(store: Any, data: Path | None, postgres: bool) -> list[Finding]:
    clock = VirtualClock(datetime.now(UTC))
    tested = House(store, clock, configured(), Provider())
    environment = {"TOCSIN_SECRET_KEY": GOOD_KEY}
    performer = Performer(
        tested.world.engine,
        lambda departures: None,
        status("0", "test", "tests"),
        Examiner(environment, data, postgres),
    )
    answer = performer.perform(Examine(), Actor("dan", "cli"), tested.now)
    assert isinstance(answer, list)
    return answer


def test_on_sqlite_the_worst_comes_first(tmp_path: Path) -> None:
    data = migrated_directory(tmp_path / "data")
    store = open_store(data, None, on_wake=lambda topics: None)
    found = examined(store, data, postgres=False)
    order = [("bad", "warning", "note", "good").index(each.level) for each in found]
    assert order == sorted(order)
    told = levels(found)
    assert "good" in told["database"] and "audit log" not in told
    assert told["integrations"] == {"warning"} and told["accounts"] == {"warning"}
    store.close()


def test_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    store = open_store(None, migrated_database(postgres), on_wake=lambda topics: None)
    told = levels(examined(store, None, postgres=True))
    assert "good" in told["database"] and told["clock"] == {"good"} and "audit log" not in told
    store.close()


# --- calendars -------------------------------------------------------------------------------------------------------


def test_a_calendar_that_cannot_be_read_is_named_with_since_when_and_why() -> None:
    hr = Calendar("hr", "https://hr.example.com/hush", Serves.LEAVE)
    facts = Configuration(calendars={"hr": hr})
    since = NOW - timedelta(hours=3)
    failing = Standing("hr", good_at=since, failing_since=since, why="its server answered 500")
    (found,) = calendars.findings(facts, {"hr": failing}, NOW)
    assert (found.about, found.level) == ("calendars", "warning")
    assert "since 3h: its server answered 500; the leave it last told of stay in force" in found.says
    never = msgspec.structs.replace(failing, good_at=None)
    assert levels(calendars.findings(facts, {"hr": never}, NOW)) == {"calendars": {"bad"}}
    assert levels(calendars.findings(facts, {"hr": Standing("hr", good_at=NOW)}, NOW)) == {
        "calendars": {"good"}
    }
    assert levels(calendars.findings(EMPTY, {}, NOW)) == {}
