"""Django's settings for the people's side: which database, the key that signs, and what every page is held to.

The environment says where: TOCSIN_DATABASE_URL (postgresql://...) or else SQLite under TOCSIN_DATA (default `./data`).
The signing key comes from TOCSIN_SECRET_KEY, TOCSIN_SECRET_KEY_FILE, or a file in the data directory that is made once.
TOCSIN_PUBLIC_URL says how people reach this installation; TOCSIN_LISTEN is told by the machine process.
"""

import os
import sys
from pathlib import Path

from tocsin.apps.people.oidc import allauth_providers, provider_of
from tocsin.config import sealing
from tocsin.web.databases import databases
from tocsin.web.secret import encryption_keys, secret_key

ROOT = Path(__file__).parent
DATA = Path(os.environ.get("TOCSIN_DATA", "data"))
PUBLIC_URL = os.environ.get("TOCSIN_PUBLIC_URL", "").rstrip("/")
LISTEN = os.environ.get("TOCSIN_LISTEN", "127.0.0.1:9190")
SECRET_KEY = secret_key(os.environ, DATA)
sealing.use(encryption_keys(os.environ, DATA))
DEBUG = False
# Any name: Tocsin cannot know what its owner calls it, and a pager that answers "bad host" at 3am is worse than what the
# check guards against. Nothing trusts the name: links in messages are built from TOCSIN_PUBLIC_URL or the configuration, no
# shared cache stands in front, and a form is taken only with its token and from the page's own origin.
ALLOWED_HOSTS = ["*"]
OIDC = provider_of(os.environ)  # the identity provider, or none

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *(["allauth.socialaccount.providers.openid_connect"] if OIDC else []),
    "tocsin.apps.people",
    "tocsin.apps.profile",
    "tocsin.apps.services",
    "tocsin.apps.oncall",
    "tocsin.apps.alerts",
    "tocsin.apps.incidents",
    "tocsin.apps.insights",
    "tocsin.apps.audit",
    "tocsin.apps.api",
    "tocsin.apps.configuration",
    "tocsin.apps.engine",
    "tocsin.apps.inbox",
    "tocsin.apps.webhooks",
]
MIDDLEWARE = [
    "tocsin.web.middleware.Trust",
    "django.middleware.gzip.GZipMiddleware",
    "tocsin.web.static_files.ServeStaticFiles",
    "tocsin.web.middleware.Unavailable",
    "tocsin.web.middleware.PublicScheme",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tocsin.web.middleware.SignedIn",  # every page, unless its view says otherwise
    "django.contrib.messages.middleware.MessageMiddleware",
    "tocsin.web.middleware.PublicLimits",
    "tocsin.web.middleware.Authority",
    "tocsin.web.middleware.Reader",
]
ROOT_URLCONF = "tocsin.web.urls"
WSGI_APPLICATION = "tocsin.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "tocsin.web.frame.frame",
            ],
            "builtins": ["django.templatetags.static", "tocsin.web.marks"],
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {"staticfiles": {"BACKEND": "tocsin.web.static_files.HashedNames"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.*$"  # every file is served under its content's name

AUTH_USER_MODEL = "people.Account"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("login", "name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "now"

# allauth does the second factor, passkeys, sessions and the identity provider, under our own pages (apps/people/).
ACCOUNT_ADAPTER = "tocsin.apps.people.adapters.Accounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_TIMEOUT = 900  # seconds between password and second factor
ACCOUNT_RATE_LIMITS = False  # apps/people/throttle.py counts in the database, for all nodes
MFA_ADAPTER = "tocsin.apps.people.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = False
MFA_TOTP_ISSUER = "Tocsin"
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "tocsin.apps.people.adapters.Providers"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = allauth_providers(OIDC)

SESSION_COOKIE_NAME = "tocsin_session"
SESSION_COOKIE_AGE = 30 * 24 * 3600  # a responder woken at night must not look for a password
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "tocsin_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "tocsin.web.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
# The machine process sets this header itself; nobody else reaches the people process's socket.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = databases(os.environ.get("TOCSIN_DATABASE_URL"), DATA)
DATABASE_ROUTERS = ["tocsin.web.databases.InboxRouter"]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tocsin.web.logs.Line", "terminal": sys.stderr.isatty()}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("TOCSIN_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # 404s and refused forms are the reader's affair.
        "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        "fido2": {"handlers": [], "level": "WARNING", "propagate": True},  # says each credential otherwise
        "django.security.csrf": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}
