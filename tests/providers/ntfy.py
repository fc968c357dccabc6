"""A fake ntfy server: takes JSON at its root only, checks it as ntfy does, and answers with ntfy's own documents."""

import hashlib
import json

from aiohttp import web

from tests.providers.sink import Mode, Received, Sink

ERRORS = {
    429: (42901, "limit reached: too many requests, please be nice"),
    401: (40101, "unauthorized"),
    403: (40301, "forbidden"),
    413: (41303, "JSON body too large"),
    500: (50001, "internal server error"),
}


class NtfySink(Sink):
    def recipient(self, one: Received) -> str:
        """The topic."""
        try:
            return str(json.loads(one.body).get("topic", ""))
        except (ValueError, AttributeError):
            return ""

    def refusal(self, mode: Mode) -> bytes:
        code, error = ERRORS.get(mode.status or 500, ((mode.status or 500) * 100, "told to fail"))
        return _error(mode.status or 500, code, error)

    def respond(self, one: Received) -> web.Response:
        if one.path != "/" or one.method not in ("POST", "PUT"):
            return _refuse(404, 40401, "page not found: this fake takes JSON at its root")
        if len(one.body) > 8192:
            return _refuse(413, 41303, "JSON body too large")
        try:
            sent = json.loads(one.body)
            wrong = _wrong(sent)
        except (ValueError, AttributeError, TypeError):
            wrong = (40024, "invalid request: request body must be valid JSON")
        if wrong:
            return _refuse(400, *wrong)
        told = {
            "id": hashlib.sha256(one.body).hexdigest()[:12],
            "time": int(one.at),
            "expires": int(one.at) + 43_200,
            "event": "message",
            **{
                name: sent[name] for name in ("topic", "title", "message", "priority", "tags") if name in sent
            },
        }
        if len(sent.get("message", "").encode()) > 4096:
            told["message"] = "You received a file: attachment.txt"
        return web.json_response(told)


def _wrong(sent: dict[str, object]) -> tuple[int, str] | None:
    topic, actions, title = sent.get("topic"), sent.get("actions", []), sent.get("title", "")
    if not isinstance(topic, str) or not topic or len(topic) > 64:
        return 40009, "invalid request: topic invalid"
    if sent.get("priority", 3) not in (1, 2, 3, 4, 5):
        return 40007, "invalid request: priority invalid"
    if not isinstance(title, str) or len(title.encode()) > 1024:
        return 40057, "invalid request: title too long"
    if not isinstance(sent.get("message", ""), str) or not isinstance(sent.get("tags", []), list):
        return 40024, "invalid request: request body must be valid JSON"
    if not isinstance(actions, list) or len(actions) > 3:
        return 40018, "invalid request: actions invalid, only 3 actions allowed"
    for action in actions:
        if action.get("action") not in ("view", "http", "broadcast", "copy") or not action.get("label"):
            return 40018, "invalid request: actions invalid"
        if action["action"] in ("view", "http") and not action.get("url"):
            return 40018, "invalid request: actions invalid, parameter 'url' is required"
    return None


def _error(status: int, code: int, error: str) -> bytes:
    return json.dumps({"code": code, "http": status, "error": error, "link": "https://ntfy.sh/docs"}).encode()


def _refuse(status: int, code: int, error: str) -> web.Response:
    return web.Response(status=status, body=_error(status, code, error), content_type="application/json")
