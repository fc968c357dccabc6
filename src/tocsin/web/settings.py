"""Django's settings for the people's side: which database, and the key that signs.

The environment says where: TOCSIN_DATABASE_URL (postgresql://...) or else SQLite under TOCSIN_DATA (default `./data`).
The signing key comes from TOCSIN_SECRET_KEY, TOCSIN_SECRET_KEY_FILE, or a file in the data directory that is made once.
"""

import os
from pathlib import Path

from tocsin.web.databases import databases
from tocsin.web.secret import secret_key

DATA = Path(os.environ.get("TOCSIN_DATA", "data"))
SECRET_KEY = secret_key(os.environ, DATA)
DEBUG = False
ALLOWED_HOSTS = ["*"]  # Tocsin stands behind its own machine process and whatever proxy its owner chose

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "tocsin.apps.people",
    "tocsin.apps.services",
    "tocsin.apps.oncall",
    "tocsin.apps.alerts",
    "tocsin.apps.incidents",
    "tocsin.apps.configuration",
    "tocsin.apps.engine",
    "tocsin.apps.inbox",
]
AUTH_USER_MODEL = "people.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = databases(os.environ.get("TOCSIN_DATABASE_URL"), DATA)
DATABASE_ROUTERS = ["tocsin.web.databases.InboxRouter"]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
