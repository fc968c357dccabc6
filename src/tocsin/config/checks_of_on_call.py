"""What will bite on call within the coming weeks. It walks through every schedule, so it is asked of whole files, where
somebody waits for an answer, never where a decision does."""

from tocsin.config.subject import Subject
from tocsin.core.oncall.warnings import Level, warnings
from tocsin.core.reasons import Reason

TOLD_ELSEWHERE = (Reason.UNREACHABLE_ON_CALL, Reason.GAP_AHEAD)  # together; and by the check of schedules


def check_on_call(subject: Subject) -> None:
    """Those who cannot be reached are told of together: in a new house it is everybody."""
    found = warnings(subject.configuration, subject.now)
    unreachable = [each.people[0] for each in found if each.reason is Reason.UNREACHABLE_ON_CALL]
    if unreachable:
        people = ", ".join(unreachable[:5]) + (", ..." if len(unreachable) > 5 else "")
        subject.warning(
            f"people.{unreachable[0]}",
            f"on call without a verified contact method that pages use: {people}",
        )
    for each in found:
        if each.level is Level.WARNING and each.reason not in TOLD_ELSEWHERE:
            path = f"schedules.{each.schedule}" if each.schedule else f"teams.{each.team}"
            subject.warning(path, " ".join((each.text, *each.helps)))
