"""The forms of accounts: what is asked, and what is wrong with an answer, named by its field."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tocsin.apps.people.models import Account, login_of
from tocsin.channels.plain import line as one_line
from tocsin.core.configuration import Configuration
from tocsin.core.roles import TEAM_ROLES, Role

ROLES = [(Role.MANAGER, "Manager"), (Role.RESPONDER, "Responder"), (Role.OBSERVER, "Observer")]
WHAT_THEY_MAY = "A manager changes the team's things, a responder pages and acknowledges, an observer reads."
assert {role for role, _ in ROLES} == set(TEAM_ROLES)
LONGEST_NAME = 100
LONGEST_PASSWORD = 1000  # hashing megabytes is work for nothing


class Named(forms.CharField):
    """A name of one line, without what turns reading round or hides."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "", LONGEST_NAME)


class SignIn(forms.Form):
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_email(self) -> str:
        return login_of(self.cleaned_data["email"])


class Code(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
        help_text="Six digits from your authenticator app, or one of your recovery codes.",
    )


class Confirm(forms.Form):
    password = forms.CharField(
        label="Your password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasskeyName(forms.Form):
    name = Named(
        label="Name",
        max_length=60,
        help_text="What you will know this device by.",
    )


class Email(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class _NewPassword(forms.Form):
    """Typed twice, and not one that would be guessed."""

    new_password = forms.CharField(
        label="Password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters; a few words are easier to remember than one riddle.",
    )
    again = forms.CharField(
        label="Password again",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password, again = given.get("new_password"), given.get("again")
        if password and again and password != again:
            self.add_error("again", "The two passwords are not the same.")
        return given

    def check_strength(self, owner: Account) -> None:
        """A password is weak that says the name of who has it."""
        password = self.cleaned_data.get("new_password")
        if password:
            try:
                validate_password(password, owner)
            except ValidationError as weak:
                self.add_error("new_password", weak)


class Welcome(_NewPassword):
    field_order = ("name", "email", "new_password", "again")

    name = Named(
        label="Your name",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        help_text="You sign in with it. The person with this address in the configuration is you.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        self.check_strength(Account(login=login_of(given.get("email", "")), name=given.get("name", "")))
        return given


class NewPassword(_NewPassword):
    """For who came by a one-time link, or has none yet."""

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        self.check_strength(self._account)
        return given


class AcceptInvitation(NewPassword):
    field_order = ("name", "new_password", "again")

    name = Named(
        label="Your name",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )


class ChangePassword(_NewPassword):
    field_order = ("password", "new_password", "again")

    password = forms.CharField(
        label="Your password now",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        self.check_strength(self._account)
        return given


# --- for administrators ----------------------------------------------------------------------------------------------


class Rename(forms.Form):
    name = Named(label="Name", max_length=100)


class GiveRole(forms.Form):
    """The teams are the configuration's."""

    team = forms.ChoiceField(label="Team")
    role = forms.ChoiceField(label="Role", choices=ROLES, initial=Role.RESPONDER, help_text=WHAT_THEY_MAY)

    def __init__(self, configuration: Configuration, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = sorted(configuration.teams.values(), key=lambda team: (team.name or team.key).casefold())
        choices = [(team.key, one_line(team.name or team.key)) for team in teams]
        self.fields["team"].choices = choices  # type: ignore[attr-defined]


class LinkPerson(forms.Form):
    """Whom the account is in the configuration, when their addresses differ."""

    person = forms.ChoiceField(label="Is in the configuration", required=False)

    def __init__(self, configuration: Configuration, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = sorted(configuration.people.values(), key=lambda one: (one.name or one.key).casefold())
        choices = [
            (one.key, f"{one_line(one.name or one.key, 60)} ({one_line(one.key, 60)})") for one in people
        ]
        self.fields["person"].choices = [("", "Who has its address"), *choices]  # type: ignore[attr-defined]


class Invite(GiveRole):
    """Without a team whoever is invited follows incidents, and is what the configuration says of their address."""

    field_order = ("email", "name", "team", "role", "admin")

    email = forms.EmailField(label="E-mail address", max_length=254)
    name = Named(label="Name", max_length=100, required=False)
    admin = forms.BooleanField(
        label="Administrator", required=False, help_text="May change everything, accounts as well."
    )

    def __init__(self, configuration: Configuration, *args: Any, **kwargs: Any) -> None:
        super().__init__(configuration, *args, **kwargs)
        team, role = self.fields["team"], self.fields["role"]
        team.choices = [("", "None yet"), *team.choices]  # type: ignore[attr-defined]
        team.required = role.required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("team") and not given.get("role"):
            self.add_error("role", "Say which role in that team.")
        return given
