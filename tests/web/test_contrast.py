"""Colours that carry text keep a contrast of 4.5 to 1 in both themes (WCAG 2.2, 1.4.3), lines of inputs 3 to 1 (1.4.11)."""

import re
from pathlib import Path

import pytest

import tocsin.web

TOKENS = (Path(tocsin.web.__file__).parent / "static" / "web" / "tokens.css").read_text()
_LIGHT, _, _REST = TOKENS.partition("@media (prefers-color-scheme: dark)")
_DARK, _, _CHOSEN = _REST.partition(':root[data-theme="dark"]')


def _colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", css))


THEMES = {"light": _colours(_LIGHT), "dark": {**_colours(_LIGHT), **_colours(_DARK)}}
GROUNDS = ("ground", "card", "raised")
TEXT = [
    *((ink, ground) for ink in ("ink", "quiet", "accent", "good", "warn", "bad") for ground in GROUNDS),
    *((f"sev{n}-ink", f"sev{n}") for n in range(1, 5)),
    *(("on-fill", f"{fill}-fill") for fill in ("accent", "good", "bad")),
    *((tone, f"{tone}-soft") for tone in ("accent", "good", "warn", "bad")),
    *(("ink", f"hue{n}") for n in range(8)),
    ("ink", "accent-soft"),
]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_edge_of_an_input_can_be_seen(theme: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours["edge"], colours["card"]) >= 3


def test_the_dark_that_is_chosen_is_the_dark_of_the_system() -> None:
    declared = re.compile(r"(--[a-z0-9-]+): ([^;]+);")
    assert declared.findall(_DARK) == declared.findall(_CHOSEN) != []
