"""The docs page, made of the OpenAPI document by our own templates: no script, nothing from elsewhere."""

import shlex
from typing import Any, NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.apps.api.problems import KINDS
from tocsin.apps.public_url import base_url

REF = "#/components/schemas/"
DEEPEST = 4


class Piece(NamedTuple):
    """Of a sentence: what stands between backticks is code."""

    text: str
    code: bool


class Parameter(msgspec.Struct, frozen=True):
    name: str
    where: str
    kind: str
    required: bool
    says: tuple[Piece, ...]


class Told(msgspec.Struct, frozen=True):
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    says: tuple[Piece, ...]
    needs: str
    parameters: tuple[Parameter, ...]
    takes: str
    example: str
    answers: str
    statuses: tuple[tuple[str, str], ...]
    curl: str


def docs_page(request: HttpRequest, document: dict[str, Any]) -> HttpResponse:
    groups: dict[str, list[Told]] = {}
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            tag = details.get("tags", ["Other"])[0]
            groups.setdefault(tag, []).append(_told(path, method.upper(), details, document))
    context = {
        "groups": [
            (tag, tag.lower().replace(",", "").replace(" ", "-"), told) for tag, told in groups.items()
        ],
        "problems": [(name, kind, _pieces(kind.says)) for name, kind in KINDS.items()],
        "schemas": [
            (name, _drawn(schema, document, 0)) for name, schema in document["components"]["schemas"].items()
        ],
        "first": f"curl -H 'Authorization: Bearer tocsin_...' {base_url()}/api/v1/me",
    }
    return render(request, "api/docs.html", context)


def _pieces(text: str) -> tuple[Piece, ...]:
    return tuple(Piece(part, number % 2 == 1) for number, part in enumerate(text.split("`")) if part)


def _told(path: str, method: str, details: dict[str, Any], document: dict[str, Any]) -> Told:
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = body.get("examples", {}).get("usual", {}).get("value")
    answer = next(
        (
            next(iter(told["content"].values()))["schema"]
            for status, told in details["responses"].items()
            if status.startswith("2") and "content" in told
        ),
        None,
    )
    return Told(
        name=details["operationId"],
        method=method,
        path=path,
        summary=details["summary"],
        says=_pieces(" ".join(details.get("description", "").split())),
        needs=details["x-permission"],
        parameters=tuple(_parameter(each) for each in details["parameters"]),
        takes=_drawn(body["schema"], document, 0) if body else "",
        example=_json(example) if example is not None else "",
        answers=_drawn(answer, document, 0) if answer else "",
        statuses=tuple((status, _said(told, document)) for status, told in details["responses"].items()),
        curl=_curl(path, method, example, details["parameters"]),
    )


def _parameter(told: dict[str, Any]) -> Parameter:
    return Parameter(
        told["name"],
        told["in"],
        _kind(told["schema"]),
        bool(told.get("required")),
        _pieces(told.get("description", "")),
    )


def _said(told: dict[str, Any], document: dict[str, Any]) -> str:
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    return str(told["description"])


def _curl(path: str, method: str, example: Any, parameters: list[dict[str, Any]]) -> str:
    for each in parameters:
        if each["in"] == "path":
            shown = str(each.get("example", {"key": "alice"}.get(each["name"], "mail")))
            path = path.replace(f"{{{each['name']}}}", shown)
    words = ["curl", *(["-X", method] if method not in ("GET", "POST") or example is None else [])]
    if method == "GET":
        words = ["curl"]
    lines = [" ".join(words) + " -H 'Authorization: Bearer tocsin_...'"]
    if example is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_compact(example))}"]
    lines.append(base_url() + path)
    return " \\\n  ".join(lines)


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _drawn(schema: dict[str, Any] | None, document: dict[str, Any], depth: int) -> str:
    """A schema as an outline: a line a field, what is inside indented below it."""
    return "\n".join(_lines(schema or {}, document, depth))


def _lines(schema: dict[str, Any], document: dict[str, Any], depth: int) -> list[str]:
    pad = "  " * depth
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        if depth >= DEEPEST:
            return [f"{pad}{name}"]
        return _lines(document["components"]["schemas"].get(name, {}), document, depth)
    properties = schema.get("properties")
    if properties and depth < DEEPEST:
        required = schema.get("required", ())
        lines = []
        for name, inside in properties.items():
            mark = "" if name in required else "?"
            lines.append(f"{pad}{name}{mark}: {_kind(inside)}")
            if _inner(inside) is not None and depth < 1:
                lines += _lines(_inner(inside) or {}, document, depth + 1)
        return lines
    choices = schema.get("anyOf", ())
    if choices and any("$ref" in each for each in choices) and depth < 1:
        lines = []
        for number, each in enumerate(choices):
            lines += [*([f"{pad}or"] if number else []), *_lines(each, document, depth + 1)]
        return lines
    return [f"{pad}{_kind(schema)}"]


def _inner(schema: dict[str, Any]) -> dict[str, Any] | None:
    """What is inside a field and worth drawing: an object, or the items of a list of them."""
    items = schema.get("items", {})
    for each in (schema, items if isinstance(items, dict) else {}, *schema.get("anyOf", ())):
        if "$ref" in each:
            return dict(each)
    return None


def _kind(schema: dict[str, Any]) -> str:
    """`text`, `number 1 to 200`, `list of Incident`, `open | over`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    if "enum" in schema:
        return " | ".join('""' if each == "" else str(each) for each in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    choices = schema.get("anyOf", schema.get("oneOf"))
    if choices:
        return " | ".join(dict.fromkeys(_kind(each) for each in choices))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_WORDS.get(str(each), str(each)) for each in kind)
    if kind == "array":
        items = schema.get("items")
        return f"list of {_kind(items)}" if isinstance(items, dict) and items else "list"
    if kind == "object":
        inside = schema.get("additionalProperties")
        return f"object of {_kind(inside)}" if isinstance(inside, dict) and inside else "object"
    if kind == "string" and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if kind in ("integer", "number") and "maximum" in schema:
        return f"number {schema.get('minimum', '')} to {schema['maximum']}"
    return _WORDS.get(str(kind), str(kind or "anything"))


_WORDS = {
    "string": "text",
    "integer": "number",
    "boolean": "true | false",
    "null": "null",
    "object": "object",
}
_FORMATS = {"date-time": "instant", "time": "time", "date": "date", "duration": "duration"}
