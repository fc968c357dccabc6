"""Configuration: as files, and one noun at a time."""

from typing import Any

import msgspec

from tocsin.config.answers import ConfigFile, Problem
from tocsin.control.requests.fields import Kept


class PlanConfiguration(msgspec.Struct, frozen=True, tag="plan", omit_defaults=True):
    """What applying these files would change. `origin`: people when they are brought in on screen or by the API, so that
    they may be edited there; what Git keeps then stays. Answer: PlanView."""

    files: tuple[ConfigFile, ...]
    prune: bool = False
    origin: Kept = "git"


class ApplyConfiguration(msgspec.Struct, frozen=True, tag="apply", omit_defaults=True):
    """Answer: PlanView, of what was done."""

    files: tuple[ConfigFile, ...]
    prune: bool = False
    origin: Kept = "git"


class ExportConfiguration(msgspec.Struct, frozen=True, tag="export", omit_defaults=True):
    """`origins`: a comment above each noun says where it comes from. Answer: ConfigFile."""

    origins: bool = False


class PutNoun(msgspec.Struct, frozen=True, tag="put_noun", omit_defaults=True):
    """Make or change one noun of the configuration on screen: `kind` and `name` as in the YAML, `noun` its written form as
    JSON. Refused for what Git keeps. `revision`: refuse when the configuration moved on since. Answer: NounView."""

    kind: str
    name: str
    noun: dict[str, Any]
    revision: int | None = None


class RemoveNoun(msgspec.Struct, frozen=True, tag="remove_noun", omit_defaults=True):
    """Answer: NounView, as it was."""

    kind: str
    name: str
    revision: int | None = None


class NounView(msgspec.Struct, frozen=True):
    """One noun in its written form; secrets are named or marked as stored, never shown."""

    kind: str
    name: str
    origin: str  # git or people
    noun: dict[str, Any]
    revision: int
    problems: tuple[Problem, ...] = ()  # warnings
