"""Records: a mapping with known keys as one noun, and back. An unknown key is a mistake, shown with the nearest known."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from tocsin.config.document import Node, Scalar
from tocsin.config.forms import Json, Names, Reading, Tree, Wrong, entries_of, nearest

T = TypeVar("T")


class Field(NamedTuple):
    """One key of a record. `attribute` is the noun's own name for it where that differs."""

    key: str
    form: Any  # Form[anything]: the record's `make` gives the types back
    attribute: str = ""
    required: bool = False


class Record(Generic[T]):
    """A mapping with known keys, built into a noun.

    `make` gets the values that were written, by attribute; what was not written keeps the noun's default. `parts` is its
    inverse: the values to write, by attribute; those equal to `defaults` are left out.
    """

    def __init__(
        self,
        noun: type[T],
        *fields: Field,
        make: Callable[[dict[str, Any]], T] | None = None,
        parts: Callable[[T], dict[str, Any]] | None = None,
        check: Callable[[T], str] | None = None,
        named: str = "",
    ) -> None:
        self._noun = noun
        self._fields = {field.key: field for field in fields}
        self._make = make or (lambda values: noun(**values))
        self._parts = parts or (lambda value: {f: getattr(value, f) for f in value.__struct_fields__})  # type: ignore[attr-defined]
        self._check = check
        self._named = named
        self._defaults = {
            field.name: field.default
            if field.default is not msgspec.NODEFAULT
            else _made(field.default_factory)
            for field in msgspec.structs.fields(cast(Any, noun))
        }

    def read(self, node: Node, reading: Reading) -> T:
        return self._built(self.values(node, reading), node, reading)

    def read_as(self, name: str, node: Node, reading: Reading) -> T:
        values = (
            {}
            if isinstance(node, Scalar) and node.absent and not self._needs()
            else self.values(node, reading)
        )
        return self._built({self._named: name, **values}, node, reading)

    def values(self, node: Node, reading: Reading) -> dict[str, Any]:
        """What was written, by attribute. Raises Wrong after reading all of it."""
        values: dict[str, Any] = {}
        spoiled = False
        written: set[str] = set()
        for key, value in entries_of(node, reading):
            field = self._fields.get(key.text)
            written.add(key.text)
            if field is None:
                reading.findings.error(
                    key.place, f"unknown key {key.text!r}{nearest(key.text, self._fields)}"
                )
                spoiled = True
            elif (
                isinstance(value, Scalar) and value.absent and not getattr(field.form, "takes_nothing", False)
            ):
                continue
            else:
                try:
                    values[field.attribute or field.key] = field.form.read(value, reading)
                except Wrong:
                    spoiled = True
        for field in self._fields.values():
            if field.required and field.key not in written:
                reading.findings.error(node.place, f"{field.key!r} is missing{_as(field)}")
                spoiled = True
        if spoiled:
            raise Wrong
        return values

    def _built(self, values: dict[str, Any], node: Node, reading: Reading) -> T:
        missing = [
            f.key for f in self._fields.values() if f.required and (f.attribute or f.key) not in values
        ]
        if missing:
            raise reading.findings.error(
                node.place, f"{missing[0]!r} is missing{_as(self._fields[missing[0]])}"
            )
        value = self._make(values)
        wrong = self._check(value) if self._check else ""
        if wrong:
            raise reading.findings.error(node.place, wrong)
        return value

    def _needs(self) -> bool:
        return any(field.required for field in self._fields.values())

    def write(self, value: T, names: Names) -> Tree:
        parts = self._parts(value)
        written: dict[str, Tree] = {}
        for field in self._fields.values():
            name = field.attribute or field.key
            if name in parts and (field.required or parts[name] != self._defaults.get(name)):
                written[field.key] = field.form.write(parts[name], names)
        return written

    def schema(self) -> Json:
        schema: Json = {
            "type": "object" if self._needs() or not self._named else ["object", "null"],
            "properties": {field.key: field.form.schema() for field in self._fields.values()},
            "additionalProperties": False,
        }
        required = [field.key for field in self._fields.values() if field.required]
        return {**schema, "required": required} if required else schema


def _made(factory: Any) -> Any:
    return factory() if factory is not msgspec.NODEFAULT else msgspec.NODEFAULT


def _as(field: Field) -> str:
    expected = getattr(field.form, "expected", "")
    return f"; expected {expected}" if expected else ""
