"""How an operation asks the machine process: in the caller's name, after looking whether they may."""

from typing import Any

from django.conf import settings

from tocsin.apps.api.callers import Caller
from tocsin.control import client
from tocsin.control.authority import authorise
from tocsin.control.requests import Request


def ask(caller: Caller, request: Request) -> Any:
    """The answer to the request. Raises Refused (also when the caller may not), NotAnswering."""
    authorise(request, caller.grants, caller.facts, caller.person.key if caller.person else "")
    return client.ask(settings.DATA, request, caller.actor)
