"""A colour for each person: the same on every page, and on one schedule's page never the same for two of few people."""

from collections.abc import Iterable, Mapping

from tocsin.core.configuration import Configuration

HUES = 8  # how many colours of people the style sheet has


def hues_of(facts: Configuration) -> dict[str, int]:
    return {key: number % HUES for number, key in enumerate(sorted(facts.people))}


def hues_among(people: Iterable[str], house: Mapping[str, int]) -> dict[str, int]:
    """Theirs in the house, but the next that is free where another of these people has it already."""
    chosen: dict[str, int] = {}
    for person in sorted(set(people)):
        wanted = house.get(person, 0)
        free = [hue for hue in range(HUES) if hue not in chosen.values()]
        chosen[person] = (
            wanted if wanted in free or not free else min(free, key=lambda hue: (hue - wanted) % HUES)
        )
    return chosen
