"""A sender's instants are compared with each other, not with a clock of ours that may differ."""

from tests.core.detect.desk import HOUR, MINUTE, START, Desk, critical, firing, resolved


def test_a_sender_whose_clock_is_ahead_can_end_what_it_began() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START + HOUR))
    desk.report(resolved(critical(), starts_at=START + HOUR, ends_at=START + HOUR + MINUTE))
    assert desk.state_of(critical()).status == "resolved"
    assert desk.state_of(critical()).ends_at == START
