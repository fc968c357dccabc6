"""What is asked for a new token."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms

from tocsin.apps.api.tokens import LONGEST_NAME, OF_SERVICES, SAYS
from tocsin.core.roles import Grants, Permission

LIVES = (
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "A year"),
    ("", "Until it is revoked"),
)
USUAL_SCOPES = (Permission.FOLLOW.value, Permission.READ.value, Permission.RESPOND.value)


class NewToken(forms.Form):
    """Only what the maker may is offered."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        help_text="What it is for, so that you know later which one to revoke.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it may do."},
    )
    lasts = forms.ChoiceField(label="It lasts", choices=LIVES, initial="90", required=False)

    def __init__(self, may: Grants, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [(each.value, words) for each, words in self._offered() if each in may.permissions]
        self.fields["scopes"].choices = allowed  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [value for value in USUAL_SCOPES if value in dict(allowed)]

    def _offered(self) -> Iterable[tuple[Permission, str]]:
        return SAYS.items()

    @property
    def wanted_scopes(self) -> tuple[Permission, ...]:
        return tuple(Permission(each) for each in self.cleaned_data["scopes"])

    def expires_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["lasts"]
        return now + timedelta(days=int(days)) if days else None


class NewServiceToken(NewToken):
    field_order = ("name", "scopes", "team", "lasts")

    team = forms.ChoiceField(
        required=False,
        help_text="Only with “Change a team's things”: whose.",
    )

    def __init__(self, may: Grants, teams: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(may, *args, **kwargs)
        self.fields["team"].choices = [("", "No team"), *((each, each) for each in teams)]  # type: ignore[attr-defined]

    def _offered(self) -> Iterable[tuple[Permission, str]]:
        return [(each, SAYS[each]) for each in OF_SERVICES]
