"""A real `tocsin serve` and the command line beside it, and the walking example's house with waits of seconds."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.monitoring import example
from tests.e2e.programs import STARTS_WITHIN, Program, answers, clean_environment
from tocsin.cli.door import open_door
from tocsin.control.requests import AlertView, IncidentView, ListAlerts, ListIncidents, ShowIncident
from tocsin.core.respond.incident import Incident, State

PROM_KEY, PD_KEY = "prom-key-that-nobody-guesses", "pd-key-that-nobody-guesses"
COMMAND = [sys.executable, "-m", "tocsin.cli.main"]


class Tocsin(Program):
    """One node. `data` is its own directory; nodes that share a database are given its URL in `environment`."""

    def __init__(self, data: Path, environment: Mapping[str, str], port: int = 0) -> None:
        self.data, self.port, self.environment = data, port, dict(environment)
        serve = [*COMMAND, "serve", "--data", data, "--port", port]
        super().__init__(data.name, serve, data.with_suffix(".log"), environment)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def await_ready(self, within: float = STARTS_WITHIN) -> None:
        (ready, *_) = self.await_that(lambda: self.events("ready"), "says that it is ready", within)
        self.port = int(ready["url"].rpartition(":")[2])
        self.await_that(lambda: answers(f"{self.url}/-/ready")[0] == 200, "is ready", within)

    def events(self, name: str) -> list[dict[str, Any]]:
        """What it logged under that name."""
        lines = [line for line in self.said.splitlines() if line.startswith("{") and line.endswith("}")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    # --- asked quickly, through its socket ---------------------------------------------------------------------------

    def incidents(self) -> list[Incident]:
        """All there ever were, the first first."""
        states = tuple(state.value for state in State)
        return list(reversed(self._ask(ListIncidents(states=states))))

    def incident(self, alertname: str = "APIHighLatency") -> Incident | None:
        """The only one of that alert there ever was."""
        found = [one for one in self.incidents() if one.labels.get("alertname") == alertname]
        assert len(found) < 2, found
        return found[0] if found else None

    def is_in(self, state: State, alertname: str = "APIHighLatency") -> bool:
        found = self.incident(alertname)
        return found is not None and found.state is state

    def view(self, incident: int = 1) -> IncidentView:
        found: IncidentView = self._ask(ShowIncident(incident))
        return found

    def alerts(self, alertname: str) -> list[AlertView]:
        """All of that name, whatever became of them."""
        found: list[AlertView] = self._ask(ListAlerts(statuses=("firing", "source_silent", "resolved")))
        return [one for one in found if one.labels["alertname"] == alertname]

    def _ask(self, request: Any) -> Any:
        return open_door(None, None, self.data, None, actor="test").ask(request)

    # --- asked as people do ------------------------------------------------------------------------------------------

    def command(self, *words: str, person: str = "alice") -> str:
        """Type a command beside the server; what it printed. Fails the test unless it went well."""
        done = command(*words, data=self.data, person=person, environment=self.environment)
        assert done.returncode == 0, f"tocsin {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout


def command(
    *words: str, data: Path, person: str = "alice", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    told = {"TOCSIN_DATA": str(data), "TOCSIN_PERSON": person, "TZ": "UTC", "COLUMNS": "200", "TERM": "dumb"}
    return subprocess.run(
        [*COMMAND, *words],
        env={**clean_environment(), **(environment or {}), **told},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def house(phones: str, wait: str, heartbeat: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The example's house, its phones at the ntfy server of that URL. What differs is for the test's sake: alice is primary
    and bob secondary today, whenever that is; bob hears by mail; alice has `wait` to acknowledge; nothing waits to
    gather; and there is the PagerDuty integration of which the example's README speaks.
    """
    house: dict[str, Any] = example("tocsin.yaml")
    del house["defaults"]["base_url"]  # the server knows where it listens
    alice, bob = house["people"]["alice"], house["people"]["bob"]
    alice["contact"]["phone"]["ntfy"] = f"{phones}/oncall-alice"
    bob["contact"]["phone"]["ntfy"] = f"{phones}/oncall-bob"
    alice["notify"]["high"] = ["phone"]
    bob["notify"]["high"] = ["mail"]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    (layer,) = house["schedules"]["platform-primary"]["layers"]
    layer["rotation"] = {
        "every": "30 days",
        "handoff": "00:00",
        "from": yesterday.isoformat(),
        "people": ["alice", "bob"],
    }
    first, second, _ = house["policies"]["platform"]["steps"]
    first["wait"], second["wait"] = wait, "1h"
    house["integrations"]["pd"] = {"type": "pagerduty", "key": {"env": "PD_KEY"}}
    house["heartbeats"]["prometheus"].update(heartbeat or {})
    house["routes"]["group_wait"] = "0s"
    house["dead_mans_switch"]["every"] = "1s"
    return house
