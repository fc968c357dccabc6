"""Django, settled on a data directory of the tests before any of its models is imported."""

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

import django
from django.apps import apps

DATA = Path(tempfile.mkdtemp(prefix="tocsin-web-"))
_SAID = {
    "TOCSIN_DATA": str(DATA),
    "TOCSIN_DATABASE_URL": "",
    "TOCSIN_LISTEN": "127.0.0.1:9190",
    "TOCSIN_PUBLIC_URL": "",
    "TOCSIN_SECRET_KEY": "of the tests",
    "DJANGO_SETTINGS_MODULE": "tocsin.web.settings",
}

if not apps.ready:
    with patch.dict(
        os.environ, _SAID
    ):  # settings are read once, here; no other test finds these in its environment
        django.setup()
