"""A fake incoming webhook of Slack (or Mattermost): answers a bare `ok`, or a word that says what was wrong."""

import json
from typing import Any

from aiohttp import web

from tests.providers.sink import Mode, Received, Sink

WORDS = {
    400: "invalid_payload",
    403: "action_prohibited",
    404: "no_service",
    410: "channel_is_archived",
    429: "rate_limited",
}


class SlackSink(Sink):
    def refusal(self, mode: Mode) -> bytes:
        return WORDS.get(mode.status or 500, "rollup_error").encode()

    def respond(self, one: Received) -> web.Response:
        try:
            sent = json.loads(one.body)
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        if not isinstance(sent, dict):
            return web.Response(status=400, text="invalid_payload")
        if not (sent.get("text") or sent.get("blocks") or sent.get("attachments")):
            return web.Response(status=400, text="no_text")
        if not _blocks_hold(sent.get("blocks", [])):
            return web.Response(status=400, text="invalid_blocks")
        return web.Response(text="ok")


def _blocks_hold(blocks: list[dict[str, Any]]) -> bool:
    """Slack's limits, as far as senders run into them."""
    if len(blocks) > 50:
        return False
    for block in blocks:
        fields, elements = block.get("fields", []), block.get("elements", [])
        if block.get("type") not in ("section", "context", "header", "divider", "actions"):
            return False
        if block["type"] == "section" and not (block.get("text") or fields):
            return False
        if len(fields) > 10 or len(elements) > 10 or (block["type"] == "context" and not elements):
            return False
        if any(not 0 < len(text["text"]) <= 2000 for text in fields):
            return False
        if "text" in block and not 0 < len(block["text"]["text"]) <= 3000:
            return False
    return True
