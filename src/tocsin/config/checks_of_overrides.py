"""Overrides in files that would take one seat at the same time: which of the two is meant cannot be told."""

from tocsin.config.subject import Subject
from tocsin.core.oncall.overlaps import overlapped
from tocsin.core.oncall.schedule import Override


def check_overrides(subject: Subject) -> None:
    """What has ended counts no more, and what people made on screen only beside one of a file."""
    by_schedule: dict[str, list[Override]] = {}
    for override in subject.configuration.overrides:
        if override.over_at is None or override.over_at > subject.now:
            by_schedule.setdefault(override.schedule, []).append(override)
    for overrides in by_schedule.values():
        here = [each for each in overrides if subject.place(f"overrides.{each.id}").file]
        elsewhere = [each for each in overrides if each not in here] if here else []
        for number, mine in enumerate(here):
            for other in (*here[:number], *elsewhere):
                found = None if other.on_top else overlapped(mine, (other,))
                if found is not None:
                    subject.error(
                        f"overrides.{mine.id}.starts",
                        f"from {found[1]:%Y-%m-%d %H:%M} UTC on it takes the same seat as overrides.{other.id}; "
                        "let them follow each other, or write on_top: true in the one that is meant to win",
                    )
