"""How a page asks the machine process: in the reader's name, over the data directory's socket."""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest

from tocsin.apps.audit.whence import whence
from tocsin.apps.configuration.queries import facts, look_again
from tocsin.apps.people.reader import reader_of
from tocsin.control import client
from tocsin.control.authority import authorise
from tocsin.control.requests import Request


def ask(http_request: HttpRequest, request: Request) -> Any:
    """The answer to the request. Raises Refused (also when the reader may not), NotAnswering."""
    reader = reader_of(http_request)
    oneself = reader.person.key if reader.person else ""
    authorise(request, reader.grants, facts(), oneself)
    actor = msgspec.structs.replace(reader.actor, address=whence().address)
    try:
        return client.ask(settings.DATA, request, actor)
    finally:
        look_again()
