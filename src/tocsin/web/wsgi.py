"""The people process's one WSGI application: Django, made ready before the first request."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tocsin.web.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def begin() -> None:
    """What the start owes: a way in while nobody has one, and no rows that time has made worthless."""
    import logging

    from django.conf import settings
    from django.contrib.sessions.models import Session
    from django.db import DatabaseError, connections
    from django.utils import timezone

    from tocsin.apps.people import first_link, sessions, throttle
    from tocsin.apps.public_url import base_url

    now = timezone.now()
    try:
        link = first_link.first_link(settings.DATA, now, base_url())
        if link is not None:
            print(first_link.box(link), file=sys.stdout, flush=True)
        Session.objects.filter(expire_date__lt=now).delete()
        sessions.forget_gone()
        throttle.forget_old(now)
    except DatabaseError as error:  # pages say so themselves, and come back when the database does
        logging.getLogger(__name__).error("the database did not answer at start: %s", error)
    finally:
        connections.close_all()


begin()
