"""Public holidays by place: a country (`DE`, `GB`, `US`) or a part of one (`DE-BY`, `GB-SCT`, `US-CA`).

Computed once for each place and process, for years that schedules, pay and fairness ever look at.
"""

import difflib
import warnings
from functools import cache

from tocsin.core.oncall.away import Holidays

FIRST_YEAR, LAST_YEAR = 2015, 2040
LANGUAGE = "en_US"  # of the names, where the country has them in it; else its own
LONGEST = 40  # characters of a place that is worth looking up


def place_of(text: str) -> str:
    """The place as it is kept, `de-by` as `DE-BY`. Raises ValueError with the nearest known places."""
    place = _known().get(text.strip().casefold()) if len(text) <= LONGEST else None
    if place is None:
        raise ValueError(f"unknown place {text[:LONGEST]!r}{_nearest(text)}")
    return place


@cache
def holidays_of(place: str) -> Holidays:
    """By date, with their names. Raises ValueError for a place that is not known."""
    import holidays  # a fifth of a second, and most houses start without

    country, _, part = place_of(place).partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moon-bound ones (of India) are known for fewer years
        found = holidays.country_holidays(
            country, subdiv=part or None, years=range(FIRST_YEAR, LAST_YEAR + 1), language=LANGUAGE
        )
    return dict(sorted(found.items()))


def places() -> tuple[str, ...]:
    """Every code."""
    return tuple(sorted(set(_known().values())))


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """(code, name) by name, for people to choose from."""
    found = {code: name for name, code in _names().items()}
    return tuple(sorted(found.items(), key=lambda each: each[1]))


@cache
def _known() -> dict[str, str]:
    """Places by how they are written in any case."""
    import holidays

    known: dict[str, str] = {}
    for country, parts in holidays.list_supported_countries(include_aliases=False).items():
        for place in (country, *(f"{country}-{part}" for part in parts)):
            known[place.casefold()] = place
    return known


@cache
def _names() -> dict[str, str]:
    """Countries' codes by their English names: `Germany` -> `DE`."""
    from holidays.registry import COUNTRIES

    known = set(_known().values())
    names: dict[str, str] = {}
    for name, code, *_ in COUNTRIES.values():
        if code in known:
            spaced = "".join(f" {c}" if c.isupper() and n else c for n, c in enumerate(name))
            names[spaced.replace("_", " ")] = code
    return names


def _nearest(text: str) -> str:
    wanted = text.strip()[:LONGEST].casefold()
    names = {name.casefold(): code for name, code in _names().items()}
    codes = [names[each] for each in difflib.get_close_matches(wanted, names, n=2, cutoff=0.75)]
    codes += [_known()[each] for each in difflib.get_close_matches(wanted, _known(), n=3, cutoff=0.6)]
    country = wanted.partition("-")[0]
    if not codes and country in _known():
        codes = [place for place in places() if place.casefold().startswith(f"{country}-")][:8]
    if codes:
        return f"; did you mean {' or '.join(repr(code) for code in dict.fromkeys(codes))}?"
    return "; expected a country or a part of one, such as DE, DE-BY, GB-SCT or US-CA"
