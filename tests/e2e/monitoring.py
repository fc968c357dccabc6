"""Real Prometheus and Alertmanager on the walking example's own files, with shorter times and addresses of the test.

What is not named here is as shipped in `examples/task-api`: routes, receivers, labels, annotations and expressions.
"""

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.e2e.programs import Program, answers, free_port, installed

EXAMPLE = Path(__file__).parents[2] / "examples" / "task-api"
SCRAPE = "200ms"
EVALUATION = "500ms"
RATE = {"[5m]": "[2s]", "[30m]": "[2s]"}
RESEND = (
    "1s"  # an alert's endsAt is four of these ahead, so a dead Prometheus counts as silent after four seconds
)


def example(name: str) -> Any:
    return YAML(typ="safe").load((EXAMPLE / name).read_text())


def write(path: Path, document: Any) -> Path:
    text = StringIO()
    YAML(typ="safe").dump(document, text)
    path.write_text(text.getvalue())
    return path


def prometheus(
    directory: Path,
    target: str,
    alertmanagers: Sequence[str],
    path_prefix: str = "",
) -> Program:
    """Scrapes `target` and posts to `alertmanagers` (host:port each), started. It sends its first alerts about five seconds
    after its start: its discovery of targets and of alertmanagers looks only that often.
    """
    program = installed("prometheus", "prometheus")
    directory.mkdir()
    rules = example("rules.yml")
    for group in rules["groups"]:
        for rule in group["rules"]:
            for long, short in RATE.items():
                rule["expr"] = rule["expr"].replace(long, short)
            if "for" in rule:
                rule["for"] = "1s"
    write(directory / "rules.yml", rules)

    config = example("prometheus-straight.yml" if path_prefix else "prometheus.yml")
    config["global"] = {
        "scrape_interval": SCRAPE,
        "scrape_timeout": SCRAPE,
        "evaluation_interval": EVALUATION,
    }
    (scraped,) = config["scrape_configs"][0]["static_configs"]
    scraped["targets"] = [target]
    (receiver,) = config["alerting"]["alertmanagers"]
    receiver["static_configs"] = [{"targets": list(alertmanagers)}]
    if path_prefix:
        receiver["path_prefix"] = path_prefix
    write(directory / "prometheus.yml", config)

    port = free_port()
    started = Program(
        "prometheus",
        [
            program,
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--rules.alert.resend-delay={RESEND}",
        ],
        directory / "log",
    ).start()
    started.await_that(lambda: answers(f"http://127.0.0.1:{port}/-/ready")[0] == 200, "is ready")
    return started


def alertmanager(directory: Path, file: str, tocsin: str, keys: Mapping[str, str]) -> tuple[Program, str]:
    """On the example's `file`, sending to the Tocsin at that URL; started, and its host:port. `keys` are what the files that
    it names hold, by their last part.
    """
    program = installed("prometheus-alertmanager", "prometheus-alertmanager")
    directory.mkdir()
    for name, key in keys.items():
        (directory / name).write_text(key + "\n")
    config = example(file)
    routes = [config["route"], *config["route"].get("routes", [])]
    for route in routes:
        for timing in {"group_wait", "group_interval"} & set(route):
            route[timing] = "500ms"
    for receiver in config["receivers"]:
        for sending in (*receiver.get("webhook_configs", []), *receiver.get("pagerduty_configs", [])):
            sending["url"] = sending["url"].replace("http://127.0.0.1:9190", tocsin)
            _point(sending, "routing_key_file", directory)
            _point(sending.get("http_config", {}).get("authorization", {}), "credentials_file", directory)
    write(directory / "alertmanager.yml", config)

    port = free_port()
    started = Program(
        "alertmanager",
        [
            program,
            f"--config.file={directory / 'alertmanager.yml'}",
            f"--storage.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=debug",
        ],
        directory / "log",
    ).start()
    started.await_that(lambda: answers(f"http://127.0.0.1:{port}/-/ready")[0] == 200, "is ready")
    return started, f"127.0.0.1:{port}"


def _point(section: dict[str, Any], field: str, directory: Path) -> None:
    if field in section:
        section[field] = str(directory / Path(section[field]).name)
