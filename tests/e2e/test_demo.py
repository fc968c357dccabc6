"""`tocsin demo` and `make run`'s script: what a newcomer sees first, as they see it."""

from pathlib import Path

import pytest

from tests.e2e.programs import Program, answers, free_port, lacking
from tests.e2e.tocsin import command

pytestmark = pytest.mark.e2e
REPOSITORY = Path(__file__).parents[2]


def test_the_demo_shows_a_page_and_its_acknowledgement_and_leaves_nothing_running(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    told = ("--yes", "--pace", "instant", "--port", str(port), "--data", str(data))
    done = command("demo", *told, data=data, person="demo")
    assert done.returncode == 0, done.stdout + done.stderr

    story, _, live = done.stdout.partition("Starting a server on")
    as_it_went, _, unanswered = story.partition("And had nobody answered?")
    in_order(as_it_went, "alice's phone rings  [SEV2] task-api", "alice acknowledged it", "alice resolved it")
    in_order(
        unanswered, "alice's phone rings", "bob's phone rings", "Paged bob (platform-secondary, step 2 of 2)"
    )
    in_order(
        live,
        "[SEV2] task-api: p99 latency of task-api is above 2 s",
        "to Alice Ames at",
        "Incident #1 is open, and alice was paged",
        "demo acknowledged it",
        "demo resolved it",
        "The timeline of #1",
        "Paged alice (platform-primary, step 1 of 2)",
        f"http://127.0.0.1:{port}/incidents/1",
    )
    assert answers(f"http://127.0.0.1:{port}/-/ready")[0] == 0


def test_make_run_starts_a_server_and_names_the_demo_when_nothing_is_configured(tmp_path: Path) -> None:
    if not (REPOSITORY / ".venv/bin/tocsin").exists():
        lacking("`make install` was not run here")
    port = free_port()
    script = Program(
        "make run",
        [REPOSITORY / "scripts/run", tmp_path / "data"],
        tmp_path / "log",
        {"TOCSIN_PORT": str(port)},
    ).start()
    try:
        script.await_that(lambda: answers(f"http://127.0.0.1:{port}/-/ready")[0] == 200, "is ready")
        assert (
            "Nothing is configured yet. To see one alert travel the whole way: .venv/bin/tocsin demo"
            in script.said
        )
    finally:
        assert script.stop() == 0


def in_order(text: str, *expected: str) -> None:
    at = 0
    for wanted in expected:
        at = text.find(wanted, at)
        assert at >= 0, (wanted, text)
