"""Forms that ask for one noun of the configuration and answer with its written form. What is right the machine process says:
the same checks as for a file, each mistake shown at its field."""

import re
import unicodedata
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from tocsin.channels import plain
from tocsin.config.schema.kinds import Noun
from tocsin.control.requests import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person

Choices = list[tuple[str, str]]
NONE = ("", "—")
AS_CHECKBOXES = 24  # choices; more of them are a list to scroll
LONGEST_NAME = 64
LONGEST_TEXT = 1000


class NounForm(forms.Form):
    """`covers` are the keys of the written form that are asked for here; what it does not ask for stays as it is. `at` says
    at which field a mistake in a key is shown, where the two are called differently."""

    kind = ""
    covers: tuple[str, ...] = ()
    at: Mapping[str, str] = {}
    example = "task-api"  # a short name
    title_field = "title"  # what a name is made from when none is given

    def __init__(self, facts: Configuration, data: QueryDict | None = None, new: bool = True, **given: Any):
        super().__init__(data, **given)
        self.facts = facts
        self.ask_about(facts)
        if new:
            self.fields["key"] = forms.CharField(
                label="Short name",
                required=self.title_field not in self.fields,
                max_length=LONGEST_NAME,
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
                help_text=f"How other things refer to it, for example {self.example}. It cannot be changed later."
                + (" Made from the name when empty." if self.title_field in self.fields else ""),
            )
            first = self.title_field if self.title_field in self.fields else ""
            self.order_fields([name for name in (first, "key") if name])

    def ask_about(self, facts: Configuration) -> None:
        """Fill in what there is to choose from."""

    @classmethod
    @abstractmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        """What the form shows of a noun."""

    @abstractmethod
    def written(self) -> dict[str, Any]:
        """What was asked for, as it is written; keys without a value are left out."""

    def noun(self, before: Any) -> dict[str, Any]:
        kept = before if isinstance(before, dict) else {}
        rest = {key: value for key, value in kept.items() if key not in self.covers}
        return {**rest, **self.written()}

    def key(self) -> str:
        given = str(self.cleaned_data.get("key", "")).strip()
        return given or slug(str(self.cleaned_data.get(self.title_field, "")))

    def refuse(self, refused: Refused) -> None:
        """Show why at the field that it is about."""
        first = re.split(r"[.\[]", refused.field, maxsplit=1)[0]
        field = self.at.get(first, first)
        if field in self.fields:
            self.add_error(field, refused.message)
        elif "cannot be a name" in refused.message and "key" in self.fields:
            self.add_error("key", refused.message)
        else:
            self.add_error(None, f"{refused.field}: {refused.message}" if refused.field else refused.message)


def slug(text: str) -> str:
    """`Task API (EU)` -> `task-api-eu`."""
    plain_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain_text.lower()).strip("-")[:LONGEST_NAME]


def given(**values: Any) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {}, ())}


# --- what there is to choose from ------------------------------------------------------------------------------------


def named(nouns: Mapping[str, Any]) -> Choices:
    """By what they are called, with the short name where it differs."""
    shown = [(key, plain.line(_said(key, noun), 80)) for key, noun in nouns.items()]
    return sorted(shown, key=lambda each: each[1].casefold())


def or_none(choices: Iterable[tuple[str, str]], words: str = "—") -> Choices:
    return [("", words), *choices]


def people(facts: Configuration) -> Choices:
    return named(facts.people)


def _said(key: str, noun: Any) -> str:
    name = getattr(noun, "name", "")
    if not name or name == key:
        return key
    return name if isinstance(noun, Person) and slug(name) == key else f"{name} ({key})"


def several(label: str, help_text: str = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, help_text=help_text)


def choose_several(field: forms.Field, choices: Choices) -> None:
    assert isinstance(field, forms.MultipleChoiceField)
    field.widget = forms.CheckboxSelectMultiple() if len(choices) <= AS_CHECKBOXES else forms.SelectMultiple()
    field.choices = choices


def choose_one(field: forms.Field, choices: Choices) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def title(label: str, example: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_TEXT,
        required=False,
        help_text=f"For people, for example {example}.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def choice(label: str, help_text: str = "", required: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=required, help_text=help_text)


def text(label: str, help_text: str = "", required: bool = False, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_TEXT,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


def lines(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=20_000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )


def as_pairs(values: Mapping[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())


def checked_pairs(said: str) -> str:
    """Raises ValidationError for a line that is no pair."""
    for line in split_lines(said):
        if not line.partition("=")[0].strip() or "=" not in line:
            raise forms.ValidationError(f"Expected name=value, found {line[:80]!r}.")
    return said


def pairs_of(said: str) -> dict[str, str]:
    """Lines of name=value; quotes around a value are taken off."""
    pairs = [line.partition("=") for line in split_lines(said)]
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def split_lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]
