"""What people write becomes nouns; every mistake is found at once, with file, line, field and the nearest name."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.config.house import EXAMPLE, checked, edited, errors, problems, warnings
from tocsin.core.configuration import TimeRange
from tocsin.core.detect.matchers import Matcher, MatchOp
from tocsin.core.oncall.schedule import Restriction, Unit
from tocsin.core.people import ContactMethod, NotifyRule, Secret
from tocsin.core.respond.policy import Target, TargetKind
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen, Severity

# --- the walking example ---------------------------------------------------------------------------------------------


def test_the_example_is_without_errors() -> None:
    assert errors(EXAMPLE) == []


def test_the_example_says_who_is_paged_how_and_when() -> None:
    house = checked(EXAMPLE).configuration
    alice = house.people["alice"]
    assert alice.contact[0] == ContactMethod(
        name="hook", channel="webhook", address="http://127.0.0.1:9911/alice"
    )
    assert alice.notify_high == (NotifyRule("hook"), NotifyRule("mail", timedelta(minutes=1)))
    rotation = house.schedules["platform-primary"].layers[0].rotation
    assert (rotation.every, rotation.unit, rotation.handoff_day, rotation.handoff_at) == (
        1,
        Unit.WEEK,
        0,
        time(9),
    )
    assert (rotation.starts, rotation.people) == (date(2026, 6, 1), (("alice",), ("bob",)))
    policy = house.policies["platform"]
    assert policy.steps[0].targets == (Target(TargetKind.SCHEDULE, "platform-primary"),)
    assert (policy.steps[0].wait, policy.repeat) == (timedelta(minutes=10), 2)
    assert policy.last_resort == (Target(TargetKind.PERSON, "bob"),)
    assert house.integrations["prom"].secret == Secret(env="PROM_KEY")
    assert house.route.group_wait == timedelta(0)
    critical, warning = house.route.routes
    assert critical.matchers == (Matcher("severity", MatchOp.EQUAL, "critical"),)
    assert (critical.path, critical.page, critical.severity) == ("0", "platform", Severity.SEV2)
    assert (warning.path, warning.chat) == ("1", "alerts-low-priority")


# --- names -----------------------------------------------------------------------------------------------------------


def test_an_unknown_person_is_named_with_its_field_and_the_nearest_name() -> None:
    (problem,) = [
        p
        for p in problems(edited("{page: platform-primary, wait", "{page: alcie, wait"))
        if p.level == "error"
    ]
    assert (problem.file, problem.line, problem.field) == ("a.yaml", 15, "policies.platform.steps[0].page")
    assert (
        problem.message == "unknown person 'alcie' in policies.platform.steps[0].page; did you mean 'alice'?"
    )


def test_the_nearest_name_decides_what_kind_of_thing_is_unknown() -> None:
    (said,) = errors(edited("{page: platform-primary, wait: 10m}", "{page: platform-primry, wait: 10m}"))
    assert "unknown schedule 'platform-primry'" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("chat: alerts  ", "chat: alert  ", "unknown chat 'alert' in routes.chat; did you mean 'alerts'?"),
        ("page: platform}", "page: plattform}", "unknown policy 'plattform'"),
        ("members: [alice, bob]", "members: [alice, bbo]", "'bbo' in teams.platform.members[1]; did you mean 'bob'?"),
        ("secondary_of: platform-primary", "secondary_of: platform-primar", "unknown schedule 'platform-primar'"),
        ("{team: platform, policy: platform}", "{team: platfrom, policy: platform}", "unknown team 'platfrom'"),
        ("type: alertmanager", "type: alertmanger", "unknown type of integration 'alertmanger'"),
        ('{webhook: "http://127.0.0.1:9911/low"}', '{webhok: "http://x"}', "'webhok'; did you mean 'webhook'?"),
        ("severity: SEV2", "severity: SEV5", "expected SEV1 or SEV2 or SEV3 or SEV4, found 'SEV5'"),
        ("time_zone: America/New_York", "time_zone: America/NewYork", "did you mean 'America/New_York'?"),
        ("repeat: 2", "repaet: 2", "unknown key 'repaet'; did you mean 'repeat'?"),
        ("teams:", "taems:", "unknown key 'taems'; did you mean 'teams'?"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_known_gets_the_nearest_one(old: str, new: str, said: str) -> None:
    assert any(said in each for each in errors(edited(old, new)))


def test_a_noun_with_a_mistake_in_it_is_still_known_by_its_name() -> None:
    assert errors(edited("time_zone: Europe/Berlin\n", "time_zone: Mars\n")) == [
        "11 schedules.platform-primary.time_zone: unknown time zone 'Mars'; known: Africa/Abidjan, Africa/Accra, "
        "Africa/Addis_Ababa, Africa/Algiers, Africa/Asmara, Africa/Asmera, Africa/Bamako, Africa/Bangui, ..."
    ]


def test_a_name_of_two_kinds_must_say_which() -> None:
    ambiguous = edited("{page: platform-primary, wait: 10m}", "{page: platform, wait: 10m}").replace(
        "platform-secondary: {team", "platform: {team"
    )
    (said, *_) = errors(ambiguous)
    assert "'platform' is a schedule and a team; write {schedule: platform} or {team: platform}" in said


def test_a_target_may_say_what_kind_it_is() -> None:
    house = checked(
        edited("{page: platform-primary, wait: 10m}", "{page: [{team: platform}, bob], wait: 10m}")
    ).configuration
    assert house.policies["platform"].steps[0].targets == (
        Target(TargetKind.TEAM, "platform"),
        Target(TargetKind.PERSON, "bob"),
    )


def test_all_mistakes_are_found_at_once_and_in_the_order_of_the_file() -> None:
    text = (
        EXAMPLE.replace("wait: 10m}, {", "wait: soon}, {")
        .replace("group_wait: 0s", "group_wait: -1s")
        .replace("repeat: 2", "repeat: x")
    )
    found = [problem.field for problem in problems(text)]
    assert found == ["policies.platform.steps[0].wait", "policies.platform.repeat", "routes.group_wait"]


# --- shapes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people: [alice]", "expected a mapping from names to people, found a list"),
        ("people: {alice: [x]}", "expected a mapping, found a list"),
        ("people: {'a/b': {}}", "'a/b' cannot be a name"),
        ("policies: {platform: }", "expected a mapping, found nothing"),
        ("policies: {platform: {}}", "'steps' is missing"),
        ("policies: {platform: {steps: [{wait: 5m}]}}", "a step pages somebody or tells a chat"),
        ("policies: {platform: {steps: []}}", "a policy needs at least one step"),
        ("teams: {platform: {members: alice}}", "expected a list, found 'alice'"),
        ("people: {alice: {admin: yes}}", "expected true or false, found 'yes'"),
        ("people: {alice: {contact: {hook: {}}}}", "unknown channel ''"),
        ("people: {alice: {contact: {hook: {webhook: http://a, email: b}}}}", "one channel each"),
        ("people: {alice: {notify: {urgent: [x]}}}", "unknown urgency 'urgent'"),
        ("schedules: {s: {}}", "either layers or secondary_of"),
        ("services: {s: {runbook_url: nowhere}}", "expected a URL"),
        ("teams: {t: {business_hours: {hours: '9 to 5'}}}", "expected hours such as 09:00-17:00"),
        ("teams: {t: {business_hours: {days: Mon-Fryday}}}", "expected a day such as Mon or Mon-Fri, found 'Fryday'"),
        ("silences: {s: {matchers: [a=b]}}", "'ends' is missing"),
        ("silences: {s: {matchers: [], ends: 2026-07-01T00:00Z}}", "a silence needs at least one matcher"),
        ("silences: {s: {matchers: [a=b], ends: 2026-07-01}}", "expected an instant such as"),
        ("silences: {s: {matchers: [a=b], starts: 2026-07-02T00:00Z, ends: 2026-07-01T00:00Z}}", "'ends' must be after"),
        ("silences: {s: {matchers: ['a=~(?=x)'], ends: 2026-07-01T00:00Z}}", "RE2"),
        ("routes: {chat: a, matchers: [x=y]}", "unknown key 'matchers'"),
        ("routes: {nothing: true, routes: [{group_by: [a, a]}]}", "group_by names a label twice"),
        ("routes: {nothing: true, routes: [{group_by: [..., a]}]}", "stands alone in group_by"),
        ("routes: {nothing: true, routes: [{group_interval: 0s}]}", "must be longer than nothing"),
        ("severities: {SEV9: {}}", "unknown severity 'SEV9'"),
        ("integrations: {p: {type: pagerduty}}", "'key' is missing"),
        ("integrations: {p: {type: pagerduty, key: {env: A, file: /b}}}", "exactly one of env and file"),
        ("integrations: {p: {type: pagerduty, key: {file: relative}}}", "expected an absolute path"),
        ("integrations: {p: {type: pagerduty, key: {env: 'A B'}}}", "no name of an environment variable"),
        ("heartbeats: {h: {every: 0}}", "must be longer than nothing"),
        ("time_intervals: {n: [{weekdays: ['saturday:sunday']}]}", "write two entries"),
        ("time_intervals: {n: [{times: [{start_time: '22:00', end_time: '06:00'}]}]}", "write two entries"),
    ],
)  # fmt: skip
def test_a_wrong_shape_says_what_was_expected(text: str, said: str) -> None:
    found = errors(text)
    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    ("rotation", "said"),
    [
        ("{every: fortnight, handoff: Mon 09:00, from: 2026-06-01, people: [alice]}", "such as 1 week"),
        ("{every: 0 weeks, handoff: Mon 09:00, from: 2026-06-01, people: [alice]}", "such as 1 week"),
        ("{every: 1 day, handoff: Mon 09:00, from: 2026-06-01, people: [alice]}", "write the time alone"),
        ("{every: 1 week, handoff: Mon 9, from: 2026-06-01, people: [alice]}", "a time of day such as 09:00"),
        (
            "{every: 1 week, handoff: Mon 25:00, from: 2026-06-01, people: [alice]}",
            "a time of day such as 09:00",
        ),
        (
            "{every: 1 week, handoff: Noday 09:00, from: 2026-06-01, people: [alice]}",
            "a day such as Mon or Mon-Fri",
        ),
        ("{every: 4 hours, handoff: Mon 09:00, from: 2026-06-01, people: [alice]}", "write the time alone"),
        (
            "{every: 1 month, handoff: 'Mon,Fri 09:00', from: 2026-06-01, people: [alice]}",
            "write the time alone",
        ),
        ("{every: 1 week, handoff: Mon 09:00, from: 0001-01-01, people: [alice]}", "expected a date such as"),
        ("{every: 1 week, handoff: Mon 09:00, from: 2026-06-01, people: [[]]}", "a rotation needs people"),
        ("{every: 1 week, handoff: Mon 09:00, from: 2026-06-31, people: [alice]}", "expected a date such as"),
        ("{every: 1 week, handoff: Mon 09:00, from: 0001-01-01, people: [alice]}", "expected a date such as"),
        ("{every: 1 week, handoff: Mon 09:00, from: 9999-12-31, people: [alice]}", "expected a date such as"),
        ("{every: 1 week, handoff: Mon 09:00, from: 2026-06-01, people: []}", "a rotation needs people"),
        ("{every: 1 week, handoff: Mon 09:00, from: 2026-06-01}", "'people' is missing"),
    ],
)
def test_a_rotation_that_cannot_turn_says_why(rotation: str, said: str) -> None:
    found = errors(f"people: {{alice: {{}}}}\nschedules: {{s: {{layers: [{{rotation: {rotation}}}]}}}}")
    assert any(said in each for each in found), found


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_what_repeats_does_not_begin_at_an_end_of_the_calendar(day: str) -> None:
    at = f"starts: {day}T20:00:00Z, ends: {day}T21:00:00Z"
    override = f"schedule: s, person: alice, {at}, repeat: {{every: 1 week, time_zone: Asia/Tokyo}}"
    found = errors(
        f"people: {{alice: {{}}}}\nschedules: {{s: {{secondary_of: s}}}}\noverrides: {{o: {{{override}}}}}"
    )
    assert any("what repeats begins in a year" in each for each in found), found


# --- the forms -------------------------------------------------------------------------------------------------------


def test_a_channel_takes_options_and_secrets_beside_its_address() -> None:
    person = checked(
        "people: {alice: {contact: {phone: {ntfy: https://ntfy.example/alice, token: {env: NTFY}, verified: true}}}}"
    ).configuration.people["alice"]
    assert person.contact == (
        ContactMethod(
            "phone", "ntfy", "https://ntfy.example/alice", {"token": Secret(env="NTFY")}, verified=True
        ),
    )


def test_a_person_without_a_name_is_called_by_the_key() -> None:
    assert checked("people: {alice: }").configuration.people["alice"].name == "alice"


def test_business_hours_know_their_zone_days_hours_and_holidays() -> None:
    hours = checked(
        "teams: {platform: {business_hours: {time_zone: Europe/Berlin, days: Sat-Mon, hours: 08:30-24:00,"
        " holidays: [2026-12-25]}}}"
    ).configuration.teams["platform"].business_hours  # fmt: skip
    assert (hours.days, hours.start, hours.end, hours.holidays) == (
        (0, 5, 6),
        time(8, 30),
        time(0),
        (date(2026, 12, 25),),
    )


def test_layers_take_groups_restrictions_and_their_own_zone() -> None:
    layer = checked(
        """
        people: {alice: , bob: , carol: }
        schedules:
          day:
            layers:
              - name: days
                time_zone: America/New_York
                rotation: {every: 12 hours, handoff: 09:00, from: 2026-06-01, until: 2026-07-01 09:00 Europe/Berlin,
                           people: [alice, [bob, carol]]}
                restrictions: [{days: "Mon,Wed", from: 09:00, to: 24:00}]
        """
    ).configuration.schedules["day"].layers[0]  # fmt: skip
    assert layer.rotation.people == (("alice",), ("bob", "carol"))
    assert (layer.rotation.every, layer.rotation.unit) == (12, Unit.HOUR)
    assert layer.rotation.until == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert layer.restrictions == (Restriction(days=(0, 2), start=time(9), end=time(0)),)


def test_a_severity_changes_only_what_is_written() -> None:
    rule = checked(
        "severities: {SEV3: {page: at once, ack_target: 30m, update_every: none}}"
    ).configuration.severities
    assert rule[Severity.SEV3].page is PageWhen.AT_ONCE
    assert rule[Severity.SEV3].ack_target == timedelta(minutes=30)
    assert rule[Severity.SEV3].update_every is None
    assert rule[Severity.SEV3].criteria == DEFAULT_SEVERITIES[Severity.SEV3].criteria
    assert rule[Severity.SEV1] == DEFAULT_SEVERITIES[Severity.SEV1]


def test_time_intervals_are_alertmanagers_in_both_of_its_shapes() -> None:
    ranges = """[{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['monday:friday', sunday],
                  days_of_month: ['-3:-1', '1'], months: ['may:august', '12'], years: ['2026:2028'],
                  location: Europe/Berlin}]"""
    expected = TimeRange(
        times=((1320, 1440),),
        weekdays=((1, 5), (0, 0)),
        days_of_month=((-3, -1), (1, 1)),
        months=((5, 8), (12, 12)),
        years=((2026, 2028),),
        location="Europe/Berlin",
    )
    for text in (
        f"time_intervals: {{nights: {ranges}}}",
        f"time_intervals: [{{name: nights, time_intervals: {ranges}}}]",
    ):
        assert checked(text).configuration.time_intervals["nights"].ranges == (expected,)


def test_an_inhibition_without_a_name_is_named_by_its_matchers() -> None:
    text = "inhibitions: [{source_matchers: [a=b], target_matchers: ['c=~d'], equal: [cluster]}]"
    (rule,) = checked(text).configuration.inhibitions
    assert rule.key == '{a="b"} > {c=~"d"} per cluster'
    assert rule.equal == ("cluster",)


def test_the_same_unnamed_inhibition_twice_is_an_error() -> None:
    rule = "{source_matchers: [a=b], target_matchers: [c=d]}"
    assert any(
        "is written here and in a.yaml, line 1" in said for said in errors(f"inhibitions: [{rule}, {rule}]")
    )


def test_labels_are_texts_whatever_they_look_like() -> None:
    house = checked(
        "heartbeats: {watchdog: {every: 1m, matchers: [alertname=Watchdog], labels: {tier: 1, on: no}}}"
    ).configuration
    assert house.heartbeats["watchdog"].labels == {"tier": "1", "on": "no"}


def test_what_begins_with_x_is_left_to_the_writer() -> None:
    text = "x-rules: &rules {high: [hook]}\npeople: {alice: {contact: {hook: {webhook: http://a}}, notify: *rules}}"
    assert checked(text).configuration.people["alice"].notify_high == (NotifyRule("hook"),)


# --- several files ---------------------------------------------------------------------------------------------------


def test_several_files_are_put_together() -> None:
    house = checked(
        "people: {alice: }", "people: {bob: }\nteams: {platform: {members: [alice, bob]}}"
    ).configuration
    assert sorted(house.people) == ["alice", "bob"]
    assert house.teams["platform"].members == ("alice", "bob")


def test_the_same_noun_in_two_files_names_both() -> None:
    found = problems("people:\n  alice: {}", "teams: {}\npeople:\n  alice: {}")
    (clash,) = [p for p in found if "alice" in p.message and p.level == "error" and "written" in p.message]
    assert (clash.file, clash.line, clash.field) == ("b.yaml", 3, "people.alice")
    assert clash.message == "people.alice is written here and in a.yaml, line 2"


def test_routes_stand_in_one_file_only() -> None:
    assert any(
        "routes is written here and in a.yaml, line 1" in said
        for said in errors("routes: {nothing: true}", "routes: {nothing: true}")
    )


def test_one_unreadable_file_does_not_hide_the_mistakes_of_another() -> None:
    found = errors("people: [", "people: {alice: {admn: true}}")
    assert any("not YAML" in said for said in found)
    assert any("unknown key 'admn'" in said for said in found)


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_a_key_in_the_clear_is_taken_with_a_warning_and_a_webhook_without() -> None:
    text = edited("key: {env: PD_KEY}", "key: r4nd0m-and-long")
    assert [said for said in warnings(text) if "in the clear" in said] == [
        "22 integrations.pd.key: a secret in the clear; {env: NAME} or {file: PATH} keeps it out of Git"
    ]
    assert checked(text).configuration.integrations["pd"].secret == "r4nd0m-and-long"


def test_a_chats_incoming_hook_is_a_key_too() -> None:
    assert any(
        "in the clear" in said
        for said in warnings("chats: {alerts: {slack: https://hooks.slack.example/T0/B0/x}}")
    )


# --- layers and overrides --------------------------------------------------------------------------------------------

WEEKLY = "{every: 1 week, handoff: Mon 09:00, from: 2026-06-01, people: [alice]}"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("[{name: nothing}]", "either a rotation or a calendar"),
        (f"[{{rotation: {WEEKLY}, beside: true, shadow: true}}]", "either beside those below it or a shadow"),
        (f"[{{rotation: {WEEKLY}, shadow: true}}]", "a layer that is not a shadow"),
        (f"[{{rotation: {WEEKLY}, beside: maybe}}]", "true or false"),
        (f"[{{rotation: {WEEKLY}, time_zone: Mars/Olympus}}]", "unknown time zone"),
    ],
)
def test_a_layer_that_nobody_could_stand_in_says_why(layers: str, said: str) -> None:
    found = errors(f"people: {{alice: {{}}}}\nschedules: {{s: {{layers: {layers}}}}}")
    assert any(said in each and "schedules.s" in each for each in found), found


@pytest.mark.parametrize(
    ("override", "field", "said"),
    [
        ("repeat: {every: 1 month, time_zone: UTC}", "repeat.every", "days or weeks"),
        ("repeat: {every: 1 week}", "repeat", "'time_zone' is missing"),
        ("repeat: {every: 1 week, time_zone: Mars/Olympus}", "repeat.time_zone", "unknown time zone"),
        ("repeat: {every: 1 day, time_zone: UTC, until: 2026-05-01T00:00Z}", "o", "until before it starts"),
        ("on_top: perhaps", "on_top", "true or false"),
    ],
)
def test_an_override_that_cannot_hold_names_the_field(override: str, field: str, said: str) -> None:
    text = f"""
    people: {{alice: {{}}, bob: {{}}}}
    schedules: {{s: {{layers: [{{rotation: {WEEKLY}}}]}}}}
    overrides:
      o: {{schedule: s, person: bob, starts: 2026-06-03T00:00Z, ends: 2026-06-04T00:00Z, {override}}}
    """
    found = errors(text)
    assert any(said in each and f"{field}: " in each for each in found), found


def test_two_overrides_of_one_seat_at_once_name_each_other() -> None:
    text = f"""
    people: {{alice: {{}}, bob: {{}}}}
    routes: {{nothing: true}}
    schedules: {{s: {{layers: [{{rotation: {WEEKLY}}}]}}}}
    overrides:
      lunch: {{schedule: s, person: bob, starts: 2026-07-03T11:00Z, ends: 2026-07-03T13:00Z,
              repeat: {{every: 1 week, time_zone: UTC}}}}
      week: {{schedule: s, person: bob, starts: 2026-07-09T00:00Z, ends: 2026-07-12T00:00Z}}
    """
    (found,) = errors(text)
    assert (
        "overrides.week.starts: from 2026-07-10 11:00 UTC on it takes the same seat as overrides.lunch"
        in found
    )
    assert errors(text.replace("2026-07-12T00:00Z}", "2026-07-12T00:00Z, on_top: true}")) == []
