"""The README's five minutes, word for word: its files, its commands, its order. Addresses are the test's own, and so is
Alertmanager's waiting, which is half a minute for everybody else.
"""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Stage
from tests.e2e.programs import Program, answers, eventually, free_port, installed
from tests.e2e.tocsin import Tocsin

pytestmark = pytest.mark.e2e

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
HOUSE, ALERTMANAGER = [text for kind, text in BLOCKS if kind == "yaml"]
COMMANDS = [
    line.partition(" #")[0].strip() for kind, text in BLOCKS if not kind for line in text.splitlines()
]
TOPIC = "tocsin-pick-your-own-9f31"
KEY = "the-key-that-was-chosen"


def test_five_minutes_lead_from_nothing_to_a_page_and_its_timeline(stage: Stage) -> None:
    amtool, server = installed("amtool", "prometheus-alertmanager"), stage.directory / "data"
    tocsin = Tocsin(server, {"PROM_KEY": KEY}, free_port())
    stage.programs.append(tocsin.start())
    tocsin.await_ready()
    (stage.directory / "tocsin.yaml").write_text(HOUSE.replace("https://ntfy.sh", stage.phones.url))

    typed(tocsin, ".venv/bin/tocsin apply tocsin.yaml", "--yes")
    assert "alice Alice Ames" in typed(tocsin, ".venv/bin/tocsin who")
    alertmanager = run_alertmanager(stage, tocsin)
    (add,) = [line for line in COMMANDS if line.startswith("amtool")]
    words = [amtool, *shlex.split(add.replace("http://127.0.0.1:9093", alertmanager))[1:]]
    subprocess.run(words, check=True, capture_output=True)

    (push,) = eventually(lambda: stage.phones.sent_to(TOPIC), "the phone rings")
    assert push.json["title"].startswith("[SEV2] task-api: APIHighLatency")
    assert "paging alice" in typed(tocsin, ".venv/bin/tocsin incidents list")
    assert "alice acknowledged it" in typed(tocsin, ".venv/bin/tocsin incidents ack 1 --as alice")
    shown = typed(tocsin, ".venv/bin/tocsin incidents show 1")
    for told in (
        "Paged alice (platform-primary, step 1 of 1)",
        "Notified alice by phone",
        "alice acknowledged it",
    ):
        assert told in shown
    send = [line for line in COMMANDS if "tocsin send" in line]
    assert "Accepted" in typed(tocsin, *send)


def typed(tocsin: Tocsin, line: str, *more: str) -> str:
    """A command of the README, in the folder where its `tocsin.yaml` is, without what PROM_KEY was."""
    assert line in COMMANDS, f"the README no longer says: {line}"
    words = [
        str(tocsin.data.parent / word) if word == "tocsin.yaml" else word for word in shlex.split(line)[1:]
    ]
    tocsin.environment.pop("PROM_KEY", None)
    return tocsin.command(*words, *more)


def run_alertmanager(stage: Stage, tocsin: Tocsin) -> str:
    """On the README's configuration; its URL."""
    program = installed("prometheus-alertmanager", "prometheus-alertmanager")
    config = ALERTMANAGER.replace("http://127.0.0.1:9190", tocsin.url).replace("THE-KEY", KEY)
    path = stage.directory / "alertmanager.yml"
    path.write_text(config.replace("  receiver: tocsin\n", "  receiver: tocsin\n  group_wait: 100ms\n", 1))
    url = f"http://127.0.0.1:{free_port()}"
    started = Program(
        "alertmanager",
        [
            program,
            f"--config.file={path}",
            f"--storage.path={stage.directory / 'alertmanager'}",
            f"--web.listen-address={url.removeprefix('http://')}",
            "--cluster.listen-address=",
        ],
        stage.directory / "alertmanager.log",
    ).start()
    stage.programs.append(started)
    started.await_that(lambda: answers(f"{url}/-/ready")[0] == 200, "is ready")
    return url
