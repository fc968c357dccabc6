"""The clock was set back: whatever lies ahead was reckoned by the old time, and comes as much nearer.

What only seems to lie ahead, because it happened in the time that is now lived again, moves with it.
"""

from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

T = TypeVar("T")


def set_back(state: T, now: datetime, by: timedelta) -> T:
    """The same value with every instant later than `now` moved back. Structs, tuples and dicts are looked through."""
    moved: T = _moved(state, now, by)
    return moved


def _moved(value: Any, now: datetime, by: timedelta) -> Any:
    match value:
        case datetime():
            return value - by if value > now else value
        case tuple():
            return tuple(_moved(one, now, by) for one in value)
        case dict():
            return {key: _moved(one, now, by) for key, one in value.items()}
        case msgspec.Struct():
            before = {name: getattr(value, name) for name in value.__struct_fields__}
            after = {name: _moved(one, now, by) for name, one in before.items()}
            return replace(value, **{name: one for name, one in after.items() if one != before[name]})
        case _:
            return value
