"""The forms of accounts: what is asked, and what is wrong with an answer, named by its field."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tocsin.apps.people.models import Account, login_of

LONGEST_PASSWORD = 1000  # hashing megabytes is work for nothing


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

    name = forms.CharField(
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
