"""Asks the machine process in the reader's name, and says on the next page what came of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from tocsin.apps.asking import ask
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, Request


def told(request: HttpRequest, wanted: Request) -> Any:
    """The answer, with its sentence as a message; None when it was refused, which is said as well."""
    try:
        answer = ask(request, wanted)
    except (Refused, NotAnswering) as failed:
        messages.error(request, f"Not done: {failed}.")
        return None
    messages.success(request, answer.said)
    return answer


def wrong_with(request: HttpRequest, wanted: Request) -> tuple[Any, dict[str, str]]:
    """The answer and nothing, or None and what is wrong by field; "" is the whole form."""
    try:
        answer = ask(request, wanted)
    except Refused as refused:
        return None, {refused.field: refused.message}
    except NotAnswering as failed:
        return None, {"": f"{failed}"}
    messages.success(request, answer.said)
    return answer, {}
