"""How many alerts detection takes in one transaction: as many as it gets through while a page can wait for it.

A thousand alerts that each open an incident take as long as ten thousand that only join a group, and a page leaves with the
commit of its transaction. So the size follows from how long the last ones took.
"""

AIM = 0.02  # seconds
LEAST = 64
MOST = 2_000  # beyond it nothing is saved, and what was parsed no longer fits the processor's cache


class Helpings:
    """Begins small: what comes after a calm may be a storm, whose first page is in the first helping."""

    def __init__(self) -> None:
        self.alerts = LEAST

    def took(self, alerts: int, seconds: float) -> None:
        """So many were taken in that time."""
        if alerts >= self.alerts or seconds > AIM:
            fitting = int(alerts * AIM / seconds) if seconds else MOST
            self.alerts = min(max(fitting, LEAST), 2 * self.alerts, MOST)

    def rested(self) -> None:
        """Everything was taken."""
        self.alerts = LEAST
