"""Everything that goes wrong in the API is told in one form: application/problem+json (RFC 9457), naming the field.

`type` leads to the docs page's section about that kind of problem; `errors` names each offending input: by JSON pointer into
the body, by query or path parameter, or by header.
"""

import re
from http import HTTPStatus

import msgspec
from django.http import HttpResponse

from tocsin.control.requests import Refused

MEDIA_TYPE = "application/problem+json"
DOCS = "/api/docs"


class Wrong(msgspec.Struct, frozen=True, omit_defaults=True):
    """One input that was not taken, and why."""

    detail: str
    pointer: str | None = None  # JSON pointer into the body, as in RFC 9457's example: "#/matchers/0"
    parameter: str | None = None
    header: str | None = None


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong. `detail` is a sentence for a person; programs look at `type` and `status`."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Wrong, ...] = ()


class Kind(msgspec.Struct, frozen=True):
    status: int
    title: str
    says: str


KINDS = {
    "malformed": Kind(400, "Not readable", "The body is not JSON, or a header is not what it should be."),
    "unauthorised": Kind(401, "Who are you?", "No token, or one that is unknown, expired or revoked."),
    "forbidden": Kind(403, "Not yours to do", "The token's scopes or its owner's roles do not allow it."),
    "not-found": Kind(404, "Nothing is here", "The address or what it names does not exist."),
    "method": Kind(405, "Not done this way", "The address exists, but not for this method; see `Allow`."),
    "conflict": Kind(
        409, "It stands otherwise", "The state of things, or what Git keeps, speaks against it."
    ),
    "precondition": Kind(
        412,
        "It has changed",
        "`If-Match` or `If-None-Match` does not hold: read it again, then decide again.",
    ),
    "too-large": Kind(413, "Too large", "A body has 256 KiB at most."),
    "media-type": Kind(415, "Not JSON", "Send `Content-Type: application/json` in UTF-8."),
    "invalid": Kind(
        422, "Not valid", "Something in it is wrong; `errors` names each field. Nothing was changed."
    ),
    "key-reused": Kind(422, "Key used before", "The same Idempotency-Key came with another request."),
    "under-way": Kind(409, "Still under way", "The first request with this Idempotency-Key is not finished."),
    "too-many": Kind(429, "Too many", "Too many wrong tokens from this address; `Retry-After` says when."),
    "failed": Kind(500, "This failed", "The failure is in the server's log."),
    "unavailable": Kind(
        503, "Not answering", "A part of Tocsin does not answer; try again with the same key."
    ),
}
_OF_REFUSED = {
    "invalid": "invalid",
    "not_found": "not-found",
    "conflict": "conflict",
    "forbidden": "forbidden",
}
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class Stopped(Exception):
    """A request ends here. `kind` is one of KINDS."""

    def __init__(
        self,
        kind: str,
        detail: str,
        errors: tuple[Wrong, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers = kind, detail, errors, headers or {}


def invalid(detail: str, *, pointer: str | None = None, parameter: str | None = None) -> Stopped:
    return Stopped("invalid", detail, (Wrong(detail, pointer=pointer, parameter=parameter),))


def of_refused(refused: Refused) -> Stopped:
    """What a request to the machine process was refused for; its field is a path into the body."""
    kind = _OF_REFUSED.get(refused.code, "invalid")
    errors = (Wrong(refused.message, pointer=pointer_of(refused.field)),) if refused.field else ()
    return Stopped(kind, refused.message, errors)


def pointer_of(path: str) -> str:
    """`matchers[0].name` as `#/matchers/0/name`."""
    steps = [number or name for number, name in _STEP.findall(path)]
    return "#" + "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def problem(
    kind: str,
    detail: str,
    errors: tuple[Wrong, ...] = (),
    headers: dict[str, str] | None = None,
    status: int | None = None,
) -> HttpResponse:
    known = KINDS[kind]
    told = Problem(f"{DOCS}#{kind}", known.title, status or known.status, detail, errors)
    response = HttpResponse(msgspec.json.encode(told), status=told.status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def answered(stopped: Stopped) -> HttpResponse:
    return problem(stopped.kind, stopped.detail, stopped.errors, stopped.headers)


def of_status(status: int, detail: str) -> HttpResponse:
    """For what failed before or outside the API's own code."""
    kind = next((name for name, known in KINDS.items() if known.status == status), "")
    if not kind:
        kind = "failed" if status >= 500 else "malformed"
    return problem(kind, detail or HTTPStatus(status).phrase, status=status)
