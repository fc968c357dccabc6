"""A page's contact plan: rules at their times, merged when overdue together, failing over, never silent."""

from datetime import UTC, datetime

from msgspec.structs import replace

from tocsin.core.people import ContactMethod, NotifyRule, Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Incident, PagePerson
from tocsin.core.respond.page import Notify, PageDecision, PageState
from tocsin.core.respond.pages import begin, due, method_failed, stop
from tocsin.core.severity import Severity, Urgency

from .story import minutes

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
INCIDENT = Incident(id=7, title="API p99 latency above 2s", severity=Severity.SEV2, opened_at=NOW)


def method(name: str, address: str = "") -> ContactMethod:
    return ContactMethod(name=name, channel=name, address=address or f"{name}-of-alice")


ALICE = Person(
    key="alice",
    name="Alice Ames",
    contact=(method("push"), method("sms"), method("call"), method("mail")),
    notify_high=(NotifyRule("push"), NotifyRule("sms", minutes(2)), NotifyRule("push", minutes(4))),
    notify_low=(NotifyRule("mail"),),
)


def page(person: Person | None = ALICE, urgency: Urgency = Urgency.HIGH) -> PageDecision:
    return begin(INCIDENT, PagePerson(1, "alice", urgency, Reason.STEP_STARTED), person, NOW)


def methods(decision: PageDecision) -> list[str]:
    return [notify.method for notify in decision.notify]


def test_immediate_and_delayed_rules_fire_once_each_at_their_time() -> None:
    begun = page()
    assert methods(begun) == ["push"]
    assert begun.remind_at == NOW + minutes(2)
    second = due(begun.page, ALICE, NOW + minutes(2))
    assert methods(second) == ["sms"]
    third = due(second.page, ALICE, NOW + minutes(4))
    assert methods(third) == ["push"]
    assert third.remind_at is None
    assert methods(due(third.page, ALICE, NOW + minutes(9))) == []


def test_notification_ids_follow_from_the_page_and_never_repeat() -> None:
    begun = page()
    later = due(begun.page, ALICE, NOW + minutes(10))
    assert [n.serial for n in (*begun.notify, *later.notify)] == [1, 2, 3]
    assert begun.page.id == "7.1"


def test_the_low_urgency_uses_the_low_rules() -> None:
    assert methods(page(urgency=Urgency.LOW)) == ["mail"]


def test_two_overdue_rules_of_one_contact_are_exactly_one_message() -> None:
    rules = (NotifyRule("push", minutes(1)), NotifyRule("sms", minutes(2)), NotifyRule("push", minutes(3)))
    begun = page(replace(ALICE, notify_high=rules))
    after_outage = due(begun.page, ALICE, NOW + minutes(30))
    assert methods(after_outage) == ["push", "sms"]
    assert [reason for reason, _ in after_outage.lines] == [Reason.RULES_MERGED]


def test_two_names_for_one_address_are_one_contact() -> None:
    one = ContactMethod("work", "sms", "+49 30 1")
    same = ContactMethod("mobile", "sms", "+49 30 1")
    person = replace(ALICE, contact=(one, same), notify_high=(NotifyRule("work"), NotifyRule("mobile")))
    assert methods(page(person)) == ["work"]


def test_an_early_ring_fires_nothing_and_sets_the_timer_again() -> None:
    begun = page()
    early = due(begun.page, ALICE, NOW + minutes(1))
    assert early.notify == ()
    assert early.remind_at == NOW + minutes(2)


def test_a_stopped_page_notifies_nobody_and_keeps_its_first_reason() -> None:
    stopped = stop(page().page, Reason.ACKNOWLEDGED)
    assert stopped.remind_at is None
    assert due(stopped.page, ALICE, NOW + minutes(5)).notify == ()
    assert method_failed(stopped.page, ALICE, "push", NOW).notify == ()
    again = stop(stopped.page, Reason.RESOLVED_BY_SOURCE).page
    assert (again.state, again.stopped_because) == (PageState.STOPPED, Reason.ACKNOWLEDGED)


def test_a_person_without_rules_is_reached_by_every_contact_method_with_a_warning() -> None:
    begun = page(replace(ALICE, notify_high=()))
    assert methods(begun) == ["push", "sms", "call", "mail"]
    assert begun.lines[0][0] is Reason.NO_CONTACT_METHOD
    assert begun.tell_admins == ""


def test_a_rule_that_names_a_method_that_is_gone_is_passed_over() -> None:
    rules = (NotifyRule("pager"), NotifyRule("sms", minutes(1)))
    begun = page(replace(ALICE, notify_high=rules))
    assert begun.notify == ()
    assert begun.remind_at == NOW + minutes(1)


def test_a_person_who_cannot_be_reached_at_all_is_told_to_the_admins() -> None:
    for nobody in (replace(ALICE, contact=()), None):
        begun = page(nobody)
        assert begun.notify == ()
        assert begun.lines[0][0] is Reason.NO_CONTACT_METHOD
        assert "alice cannot be reached" in begun.tell_admins


def test_contact_methods_that_vanish_before_the_delayed_rule_are_told_to_the_admins() -> None:
    rules = (NotifyRule("sms", minutes(1)),)
    begun = page(replace(ALICE, notify_high=rules))
    later = due(begun.page, replace(ALICE, contact=()), NOW + minutes(1))
    assert later.notify == ()
    assert later.tell_admins


def test_a_hard_rejection_moves_to_the_next_method_at_once() -> None:
    failed = method_failed(page().page, ALICE, "push", NOW + minutes(0.1))
    assert failed.notify == (Notify(2, "sms", Reason.FAILED_OVER),)
    assert failed.remind_at == NOW + minutes(4)  # the rule for sms was brought forward, not doubled


def test_after_the_rules_come_methods_that_no_rule_names() -> None:
    first = method_failed(page().page, ALICE, "push", NOW)
    second = method_failed(first.page, ALICE, "sms", NOW)
    third = method_failed(second.page, ALICE, "call", NOW)
    assert methods(second) == ["call"]
    assert methods(third) == ["mail"]


def test_when_no_method_is_left_the_line_says_so_and_admins_are_told() -> None:
    lonely = replace(ALICE, contact=(method("push"),), notify_high=(NotifyRule("push"),))
    failed = method_failed(page(lonely).page, lonely, "push", NOW)
    assert failed.notify == ()
    assert failed.lines[0][0] is Reason.GAVE_UP
    assert "no other contact method is left" in failed.tell_admins


def test_a_method_that_fails_after_another_was_used_does_not_alarm_anybody() -> None:
    person = replace(
        ALICE, contact=(method("push"), method("mail")), notify_high=(NotifyRule("push"), NotifyRule("mail"))
    )
    failed = method_failed(page(person).page, person, "push", NOW)
    assert failed.notify == ()
    assert failed.tell_admins == ""


def test_failing_twice_is_failing_once() -> None:
    failed = method_failed(page().page, ALICE, "push", NOW)
    assert method_failed(failed.page, ALICE, "push", NOW).notify == ()


def test_a_resumed_page_goes_on_with_the_rules_that_were_not_heard() -> None:
    demand = PagePerson(2, "alice", Urgency.HIGH, Reason.FLAPPING, begun_at=NOW, heard_until=NOW + minutes(1))
    resumed = begin(INCIDENT, demand, ALICE, NOW + minutes(3))
    assert methods(resumed) == ["sms"]  # due while it was stopped
    assert resumed.remind_at == NOW + minutes(4)
    assert resumed.page.begun_at == NOW
