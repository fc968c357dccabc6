"""Every sender can be set up by what lies in its source's folder."""

import pytest

from tocsin.core.detect.signal import InboxRow, SignalKind
from tocsin.ingest.keyring import HEARTBEAT
from tocsin.ingest.registry import discover, integration_types
from tocsin.ingest.setups import filled, sample_of, setups, url_of

BASE, KEY = "https://tocsin.example.com", "a-key-of-the-tests"


def test_every_type_of_integration_says_how_it_is_set_up() -> None:
    assert set(setups()) == {*integration_types(), HEARTBEAT}


@pytest.mark.parametrize("name", sorted(setups()))
def test_snippets_hold_the_key_and_leave_no_place_open(name: str) -> None:
    setup = setups()[name]
    url = url_of(setup, BASE, KEY)
    assert url.startswith(BASE + "/")
    texts = [filled(snippet.text, BASE, KEY, url) for snippet in setup.snippets]
    assert texts and not any("{{" in text for text in texts)
    assert any(KEY in text for text in texts)


@pytest.mark.parametrize("name", sorted(integration_types()))
def test_a_sample_is_one_firing_alert_as_its_source_reads_it(name: str) -> None:
    setup = setups()[name]
    body = sample_of(setup, "2026-06-14T14:32:00Z", KEY)
    source = discover()[setup.source]
    assert name in source.opens_for
    (signal,) = source.parse(InboxRow(1, 0, "mine", source.name, body)).signals
    assert signal.kind is SignalKind.FIRING
