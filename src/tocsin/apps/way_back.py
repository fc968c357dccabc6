"""Back to the page on which a button was pressed."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def back_of(given: str) -> str:
    """The address if it is one of this house, else ""."""
    return given if given.startswith("/") and url_has_allowed_host_and_scheme(given, None) else ""


def back_or(request: HttpRequest, name: str, *arguments: object) -> HttpResponseRedirect:
    """To what the form says in `back`, else to the page of that name."""
    back = back_of(request.POST.get("back", ""))
    return redirect(back) if back else redirect(name, *arguments)
