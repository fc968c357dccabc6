"""Every folder with a send.py is a channel, and each keeps the contract."""

import json
from pathlib import Path

import pytest

from tocsin.channels import registry
from tocsin.channels.http import DEADLINE


def test_every_channel_of_the_house_is_found_by_its_folder() -> None:
    assert set(registry.names()) == {"console", "email", "mattermost", "ntfy", "slack", "webhook", "webpush"}


def test_a_channel_carries_the_name_of_its_folder() -> None:
    assert all(registry.channel(name).name == name for name in registry.names())


def test_a_new_channel_is_one_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tocsin.channels

    (tmp_path / "carrier_pigeon").mkdir()
    (tmp_path / "carrier_pigeon" / "send.py").write_text(
        "class Pigeon:\n    name = 'carrier_pigeon'\n    concurrency = 1\nCHANNEL = Pigeon()\n"
    )
    monkeypatch.setattr(registry, "FOLDER", tmp_path)
    monkeypatch.setattr(tocsin.channels, "__path__", [str(tmp_path)])
    registry.names.cache_clear()
    try:
        assert registry.names() == ("carrier_pigeon",)
        assert registry.channel("carrier_pigeon").concurrency == 1
    finally:
        registry.names.cache_clear()


def test_an_unknown_channel_names_those_that_exist() -> None:
    with pytest.raises(registry.UnknownChannel, match="'smoke' is not a channel; there are console, email"):
        registry.channel("smoke")


@pytest.mark.parametrize("name", registry.names())
def test_every_channel_explains_its_set_up(name: str) -> None:
    readme = registry.FOLDER / name / "README.md"
    assert f"{name}:" in readme.read_text(encoding="utf-8")  # the YAML that one writes


@pytest.mark.parametrize("name", registry.names())
def test_every_deadline_lies_well_under_the_lease_of_thirty_seconds(name: str) -> None:
    assert registry.channel(name).deadline == DEADLINE <= 10  # type: ignore[attr-defined]


def test_house_options_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    environ = {
        "TOCSIN_EMAIL_HOST": "mx.example.com",
        "TOCSIN_EMAIL_PASSWORD_FILE": str(secret),
        "TOCSIN_WEBHOOK_SECRET": "other",
        "TOCSIN_URL": "http://x",
        "PATH": "/bin",
    }
    assert registry.house_options("email", environ) == {"host": "mx.example.com", "password": "s3cret"}
    assert registry.house_options("ntfy", environ) == {}


def test_a_missing_secret_file_fails_loudly(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        registry.house_options("email", {"TOCSIN_EMAIL_PASSWORD_FILE": str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("webhook", "ftp://example.com"),
        ("webhook", "https://"),
        ("webhook", "https://example.com/a b"),
        ("slack", "hooks.slack.com/services/T/B/x"),
        ("mattermost", "#town-square"),
        ("ntfy", "https://ntfy.example.com/"),
        ("ntfy", "https://ntfy.example.com/a/b c"),
        ("ntfy", "alice"),
        ("email", "alice"),
        ("email", "alice@example.com, eve@example.com"),
        ("email", "alice@example.com\nBcc: eve@example.com"),
    ],
)
def test_an_address_that_cannot_work_is_named_before_it_is_used(name: str, address: str) -> None:
    assert registry.channel(name).check(address, {}) != ""


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("webhook", "http://127.0.0.1:9911/alice"),
        ("slack", "https://hooks.slack.com/services/T000/B000/abc"),
        ("mattermost", "https://chat.example.com/hooks/abc"),
        ("ntfy", "https://ntfy.example.com/alice-x8Qz"),
        ("email", "alice@example.com"),
        ("console", "alice"),
    ],
)
def test_an_address_that_can_work_passes(name: str, address: str) -> None:
    assert registry.channel(name).check(address, {}) == ""


def test_the_webhooks_schema_is_valid_json() -> None:
    json.loads((registry.FOLDER / "webhook" / "payload.schema.json").read_text(encoding="utf-8"))
