"""How things look in a terminal: colours by severity and state, tables without frames, and what an empty list says.

Colour never says anything alone: every word stands there too.
"""

from collections.abc import Iterable, Mapping

from rich import box
from rich.markup import escape
from rich.table import Table

from tocsin.core.severity import Severity

_SEVERITY = {
    Severity.SEV1: "bold white on red",
    Severity.SEV2: "bold red",
    Severity.SEV3: "yellow",
    Severity.SEV4: "dim",
}
_STATE = {
    "detected": "bold red",
    "acknowledged": "yellow",
    "mitigated": "cyan",
    "resolved": "green",
    "closed": "dim",
    "firing": "red",
    "source_silent": "magenta",
    "active": "green",
    "pending": "cyan",
    "ended": "dim",
    "sent": "green",
    "waiting": "cyan",
    "failed": "bold red",
    "dropped": "dim",
    "add": "green",
    "change": "yellow",
    "remove": "red",
    "keep": "dim",
    "error": "bold red",
    "warning": "yellow",
}


def severity(value: Severity | None) -> str:
    return f"[{_SEVERITY[value]}] {value.value} [/]" if value is not None else "[dim]-[/]"


def state(value: str) -> str:
    """A state or status in its colour, with spaces for underscores."""
    return tinted(value, value.replace("_", " "))


def tinted(name: str, text: str) -> str:
    """Any text in the colour of a state or change."""
    return f"[{_STATE[name]}]{escape(text)}[/]" if name in _STATE else escape(text)


def table(*columns: str) -> Table:
    """A calm table: a rule under the head, no frame. A column named with a trailing `!` never wraps."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False)
    for column in columns:
        made.add_column(column.rstrip("!"), no_wrap=column.endswith("!"), overflow="fold")
    return made


def labels(given: Mapping[str, str], *, without: Iterable[str] = ()) -> str:
    """`{a="b", c="d"}`, as Prometheus writes it, ready to be pasted into `tocsin explain`."""
    left = set(without)
    pairs = (f'{name}="{_quoted(value)}"' for name, value in sorted(given.items()) if name not in left)
    return escape("{" + ", ".join(pairs) + "}")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def people(names: Iterable[str]) -> str:
    return escape(", ".join(names))


def nothing(said: str, next_step: str = "") -> str:
    """For an empty list: what that means, and what to do next."""
    return f"{escape(said)}" + (f"\n[dim]{escape(next_step)}[/]" if next_step else "")
