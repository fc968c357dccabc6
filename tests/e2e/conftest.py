"""The stage of the walking example: phones and mailboxes, chat rooms, task-api, and Tocsin on a database of its own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.monitoring import alertmanager, prometheus, write
from tests.e2e.programs import Program, free_port
from tests.e2e.task_api import TaskApi
from tests.e2e.tocsin import PD_KEY, PROM_KEY, Tocsin, house
from tests.migrated import migrated_database, migrated_directory
from tests.postgres import Postgres
from tests.providers.ntfy import NtfySink
from tests.providers.sink import Received, Sink
from tests.providers.slack import SlackSink
from tests.providers.smtp import Letter, SmtpSink


@dataclass
class Stage:
    directory: Path
    phones: NtfySink
    mail: SmtpSink
    chats: SlackSink
    outside: Sink  # who watches the watchman
    task_api: TaskApi
    programs: list[Program] = field(default_factory=list)

    # --- programs ----------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PROM_KEY": PROM_KEY,
            "PD_KEY": PD_KEY,
            "NTFY_TOKEN": "tk_ntfy",
            "SLACK_ALERTS": self.chats.address("alerts"),
            "SLACK_LOW": self.chats.address("low"),
            "WATCHDOG_URL": self.outside.address("tocsin-lives"),
            **{f"TOCSIN_EMAIL_{name.upper()}": value for name, value in self.mail.options.items()},
        }

    def tocsin(self, name: str = "tocsin", database: str = "") -> Tocsin:
        """A node, started but hardly awake. `database` is a migrated PostgreSQL's URL."""
        data, environment = self.directory / name, self.environment
        if database:
            environment |= {"TOCSIN_DATABASE_URL": database, "TOCSIN_SECRET_KEY": "shared-by-all-nodes"}
        else:
            migrated_directory(data)
        node = Tocsin(data, environment, free_port())
        self.programs.append(node.start())
        return node

    def furnish(self, node: Tocsin, wait: str = "3s", heartbeat: Mapping[str, str] | None = None) -> None:
        """Apply the example's house through the running server."""
        node.await_ready()
        path = write(self.directory / "tocsin.yaml", house(self.phones.url, wait, heartbeat))
        assert "Applied as revision 1" in node.command("apply", str(path), "--yes")

    def alertmanager(self, file: str, node: Tocsin) -> str:
        """Started on the example's file; its host:port."""
        keys = {"tocsin-key": PROM_KEY, "tocsin-pagerduty-key": PD_KEY}
        program, address = alertmanager(self.directory / "alertmanager", file, node.url, keys)
        self.programs.append(program)
        return address

    def prometheus(self, *alertmanagers: str, path_prefix: str = "") -> Program:
        program = prometheus(self.directory / "prometheus", self.task_api.address, alertmanagers, path_prefix)
        self.programs.append(program)
        return program

    # --- what people heard -------------------------------------------------------------------------------------------

    def pushes(self, person: str) -> list[Received]:
        return self.phones.sent_to(f"oncall-{person}")

    def letters(self, person: str) -> list[Letter]:
        return [one for one in self.mail.letters if one.recipients == [f"{person}@example.com"]]

    def posts(self, room: str) -> list[Received]:
        return self.chats.sent_to(room)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Everything but the programs, which a test starts; they are stopped and heard out at the end."""
    with ExitStack() as stack:
        made = Stage(
            tmp_path,
            stack.enter_context(NtfySink().in_thread()),
            stack.enter_context(SmtpSink()),
            stack.enter_context(SlackSink().in_thread()),
            stack.enter_context(Sink().in_thread()),
            stack.enter_context(TaskApi().running()),
        )
        try:
            yield made
        finally:
            for program in reversed(made.programs):
                program.show()
                stack.callback(program.stop)


@pytest.fixture
def new_database(postgres: Postgres) -> Callable[[], str]:
    """A migrated PostgreSQL database; its URL."""
    return lambda: migrated_database(postgres)
