"""The form in which requests and answers travel through a door: JSON, decoded to its type on both sides.

`ANSWERS` says which type answers which request. A refusal travels as `Refusal` beside a 4xx.
"""

from functools import cache
from typing import Any

import msgspec

from tocsin.control import requests as r
from tocsin.core.respond.incident import Incident

ANSWERS: dict[type[Any], Any] = {
    r.Act: list[r.Acted],
    r.ListIncidents: list[Incident],
    r.ShowIncident: r.IncidentView,
    r.ListAlerts: list[r.AlertView],
    r.SendAlert: r.Accepted,
    r.TestPage: r.Accepted,
    r.Explain: r.Explanation,
    r.Who: list[r.WhoView],
    r.AddSilence: r.OperationalView,
    r.AddMaintenance: r.OperationalView,
    r.AddOverride: r.OperationalView,
    r.ListOperational: list[r.OperationalView],
    r.EndOperational: r.OperationalView,
    r.PlanConfiguration: r.PlanView,
    r.ApplyConfiguration: r.PlanView,
    r.ExportConfiguration: r.ConfigFile,
    r.Status: r.StatusView,
}

PATH = "/api/v1/requests"  # where every door that speaks HTTP takes them, by POST


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Refused on the wire."""

    code: str
    message: str
    field: str = ""


def encode(value: Any) -> bytes:
    """A request, an answer or a refusal as JSON. Instants are RFC 3339, durations ISO 8601."""
    return msgspec.json.encode(value)


def decode_request(body: bytes) -> r.Request:
    """Raises Refused (`invalid`, with the field's path) for what is no request."""
    try:
        return _request_decoder().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise r.Refused("invalid", *_sentence_and_field(str(wrong))) from None


def decode_answer(request: r.Request, body: bytes) -> Any:
    """The answer to this request, as the type in ANSWERS. Raises msgspec.DecodeError."""
    return _answer_decoder(type(request)).decode(body)


def decode_refusal(body: bytes) -> r.Refused | None:
    """The Refused that travelled in an error's body; None when it holds none."""
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return r.Refused(refusal.code, refusal.message, refusal.field)


@cache
def _request_decoder() -> msgspec.json.Decoder[r.Request]:
    return msgspec.json.Decoder(r.Request)


@cache
def _answer_decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(ANSWERS[kind])


def _sentence_and_field(said: str) -> tuple[str, str]:
    """msgspec says "Expected `int`, got `str` - at `$.incidents[0]`"."""
    sentence, _, path = said.partition(" - at `")
    return sentence, path.removesuffix("`").removeprefix("$").removeprefix(".")
