"""The JSON Schema (draft 2020-12) of a configuration file, for completion and red underlines in editors.

It is generated from the same forms that read the files. It knows shapes, not names: whether a person exists is `validate`'s
to say.
"""

from typing import Any

from tocsin.config.schema.kinds import KINDS
from tocsin.config.schema.routing import ROUTES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of one file."""
    properties: dict[str, Any] = {}
    for kind in KINDS.values():
        noun = kind.schema()
        if kind.single:
            properties[kind.name] = noun
            continue
        named = {"type": ["object", "null"], "additionalProperties": noun}
        properties[kind.name] = (
            {"anyOf": [named, _as_list(kind.name, noun)]} if kind.name in _LISTS else named
        )
    return {
        "$schema": DIALECT,
        "title": "Tocsin configuration",
        "type": ["object", "null"],
        "properties": properties,
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "$defs": {"route": ROUTES.schema_branch()},
    }


_LISTS = ("time_intervals", "inhibitions")  # Alertmanager writes these as lists


def _as_list(kind: str, noun: dict[str, Any]) -> dict[str, Any]:
    name = {"name": {"type": "string"}}
    if kind == "time_intervals":
        item: dict[str, Any] = {
            "type": "object",
            "properties": {**name, "time_intervals": noun},
            "required": ["name", "time_intervals"],
            "additionalProperties": False,
        }
    else:
        item = {**noun, "properties": {**noun["properties"], **name}}
    return {"type": "array", "items": item}
