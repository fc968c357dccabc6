"""The fake provider does what the tests that lean on it believe."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import aiohttp
import pytest

from tests.providers.sink import Sink


def post(url: str, body: bytes, key: str = "k") -> int:
    request = urllib.request.Request(url, body, {"Idempotency-Key": key, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_as_a_process_it_writes_each_request_down_before_it_answers(tmp_path: Path) -> None:
    log = tmp_path / "received.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.providers.sink", "--port", "0", "--log", str(log)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as sink:
        try:
            assert sink.stdout is not None
            url = sink.stdout.readline().split()[-1]
            assert post(f"{url}/alice", b'{"id": "7.1.1"}', "7.1.1") == 200
            (entry,) = [json.loads(row) for row in log.read_text().splitlines()]
            assert (entry["path"], entry["key"], entry["body"]) == ("/alice", "7.1.1", {"id": "7.1.1"})
            assert post(f"{url}/-/mode", b'{"mode": "fail", "status": 502}') == 200
            assert post(f"{url}/alice", b"{}") == 502
            assert post(f"{url}/-/mode", b'{"mode": "restore"}') == 200
            assert post(f"{url}/bob", b"not json") == 200
            assert [json.loads(row)["status"] for row in log.read_text().splitlines()] == [200, 502, 200]
        finally:
            sink.kill()


def test_in_a_thread_it_serves_a_blocking_test() -> None:
    with Sink().in_thread() as sink:
        assert post(sink.address("alice"), b"{}") == 200
        assert [one.path for one in sink.wait_for(1)] == ["/alice"]
        sink.fail(503)
        assert post(sink.address("alice"), b"{}") == 503
        sink.restore()
        assert post(sink.address("alice"), b"{}") == 200
    assert [one.status for one in sink.requests] == [200, 503, 200]


async def test_it_can_fail_for_one_address_and_work_for_the_others(http: aiohttp.ClientSession) -> None:
    async with Sink() as sink:
        sink.reject(404, only="alice")
        async with http.post(sink.address("alice")) as refused, http.post(sink.address("bob")) as taken:
            assert (refused.status, taken.status) == (404, 200)
        assert sink.sent_to("alice") == []
        assert len(sink.sent_to("bob")) == 1


async def test_what_hangs_arrived_but_was_not_taken_and_is_dropped_on_restore(
    http: aiohttp.ClientSession,
) -> None:
    async with Sink() as sink:
        sink.hang()
        with pytest.raises(TimeoutError):
            async with http.post(sink.address("alice"), timeout=aiohttp.ClientTimeout(0.05)):
                pass
        assert len(sink.requests) == 1
        assert sink.messages == []
        sink.restore()
        async with http.post(sink.address("alice")) as taken:
            assert taken.status == 200
