"""The OpenAPI 3.1 document: ninja knows addresses and parameters, the operations know bodies, answers and errors."""

import re
from typing import Any

import msgspec
from ninja import NinjaAPI

from tocsin.apps.api.operations import OPERATIONS, Operation
from tocsin.apps.api.problems import KINDS, MEDIA_TYPE, Problem
from tocsin.config.schema.routing import ROUTES
from tocsin.core.roles import Permission

REF = "#/components/schemas/"
REASONS = {
    200: "Done",
    201: "Made",
    202: "On its way",
    204: "Done; there is nothing to say",
    304: "You have it already",
}
ETAG = {
    "description": "What this content is called; for `If-None-Match` and `If-Match`.",
    "schema": {"type": "string"},
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key within 24 hours is answered again, not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "2b1f0c2e-deploy-42",
}
MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The ETag you read: refused (412) when it changed since.",
    "schema": {"type": "string"},
}
NO_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The ETag you have: answered 304 while it is still true.",
    "schema": {"type": "string"},
}
ONLY_NEW = {**NO_MATCH, "description": "`*`: refused (412) when it is there already."}
SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "tocsin_...",
    "description": "A token of your own (`/me/tokens`) or of a service (`/settings/tokens`).",
}


def document(api: NinjaAPI, prefix: str) -> dict[str, Any]:
    """The whole document. `prefix` is where the API is mounted, `/api/v1/`."""
    told: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    schemas, refs = _components()
    for path in told["paths"].values():
        for method, details in path.items():
            _complete(details, OPERATIONS[details["operationId"]], method, refs)
    told["components"] = {
        "schemas": schemas,
        "securitySchemes": {"token": SCHEME},
        "responses": _problems(),
    }
    told["security"] = [{"token": []}]
    return told


def _complete(details: dict[str, Any], said: Operation, method: str, refs: dict[str, Any]) -> None:
    details["parameters"] = [_tidy(parameter) for parameter in details.get("parameters", [])]
    if said.once:
        details["parameters"].append(KEY)
    if method == "get":
        details["parameters"].append(NO_MATCH)
    elif said.conditional:
        details["parameters"] += [MATCH, *([ONLY_NEW] if method == "put" else [])]
    details["x-permission"] = said.needs.value
    if said.takes is not None:
        schema = {"$ref": f"{REF}{body_name(said)}"} if said.body_schema else refs[repr(said.takes)]
        content: dict[str, Any] = {"schema": schema}
        if said.example is not None:
            content["examples"] = {"usual": {"value": said.example}}
        details["requestBody"] = {"required": True, "content": {"application/json": content}}
    details["responses"] = _responses(said, method, refs)


def _tidy(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in parameter["schema"].items() if key not in ("title", "example")}
    schema.pop("description", None)
    if schema.get("default") == "":
        del schema["default"]
    if parameter["in"] == "path":
        parameter = {**parameter, "required": True}
    return {**parameter, "schema": schema}


def _responses(said: Operation, method: str, refs: dict[str, Any]) -> dict[str, Any]:
    answers = [said.status, *(status for status in said.refuses if status < 300)]
    told: dict[str, Any] = {str(status): _answer(said, status, method, refs) for status in answers}
    if method == "get":
        told["304"] = {"description": REASONS[304], "headers": {"ETag": ETAG}}
    statuses = {401, 403, 422, 429, 503, *(status for status in said.refuses if status >= 400)}
    if said.takes is not None:
        statuses |= {400, 413, 415}
    if said.once:
        statuses |= {409}
    if said.conditional:
        statuses |= {412}
    if "{" in said.path:
        statuses |= {404}
    for status in sorted(statuses):
        told[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return told


def _answer(said: Operation, status: int, method: str, refs: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": REASONS[status]}
    if said.answers is not None:
        answer["content"] = {said.media: {"schema": refs[repr(said.answers)]}}
    if method == "get" or (said.conditional and said.answers is not None):
        answer["headers"] = {"ETag": ETAG}
    return answer


def _problems() -> dict[str, Any]:
    """One for each status; several kinds may share it."""
    told: dict[str, Any] = {}
    for name, kind in KINDS.items():
        status = str(kind.status)
        line = f"{kind.title}: {kind.says}"
        if status in told:
            told[status]["description"] += f" {line}"
            continue
        example = {
            "type": f"/api/docs#{name}",
            "title": kind.title,
            "status": kind.status,
            "detail": kind.says,
        }
        told[status] = {
            "description": line,
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REF}Problem"}, "example": example}},
        }
    return told


def _components() -> tuple[dict[str, Any], dict[str, Any]]:
    """All schemas by name, and for each type the schema that stands where it is used."""
    types: dict[str, Any] = {repr(Problem): Problem}
    for said in OPERATIONS.values():
        for each in (said.takes if not said.body_schema else None, said.answers):
            if each is not None:
                types[repr(each)] = each
    used, schemas = msgspec.json.schema_components(
        types.values(), schema_hook=lambda kind: {}, ref_template=REF + "{name}"
    )
    for said in OPERATIONS.values():
        if said.body_schema:
            schemas[body_name(said)] = said.body_schema
    schemas["Route"] = ROUTES.schema_branch()
    names = {name: _public(name, schemas) for name in schemas}
    renamed = {names[name]: _renamed(schema, names) for name, schema in schemas.items()}
    return renamed, {key: _renamed(schema, names) for key, schema in zip(types, used, strict=True)}


def body_name(said: Operation) -> str:
    """Of what a noun's file form is called: `ServiceForm`."""
    return "".join(word.capitalize() for word in said.name.removeprefix("put_").split("_")) + "Form"


def _public(name: str, schemas: dict[str, Any]) -> str:
    """What the code calls a view is to a reader the thing itself."""
    if name == "tocsin.config.answers.Problem":
        return "Warning"
    plain = name.rpartition(".")[2].removesuffix("View")
    return plain if plain and plain not in schemas else name


def _renamed(tree: Any, names: dict[str, str]) -> Any:
    if isinstance(tree, dict):
        told = {key: _renamed(value, names) for key, value in tree.items()}
        reference = told.get("$ref")
        if isinstance(reference, str):
            if reference == "#/$defs/route":
                told["$ref"] = f"{REF}Route"
            elif reference.startswith(REF):
                name = reference.removeprefix(REF)
                told["$ref"] = REF + names.get(name, name)
        mapping = told.get("mapping")
        if isinstance(mapping, dict) and "propertyName" in told:
            told["mapping"] = {
                key: re.sub(r"[^/]+$", lambda found: names.get(found[0], found[0]), str(value))
                for key, value in mapping.items()
            }
        return told
    if isinstance(tree, list):
        return [_renamed(value, names) for value in tree]
    return tree


def needed() -> dict[str, Permission]:
    """Which permission each operation needs, by its name."""
    return {name: said.needs for name, said in OPERATIONS.items()}
