"""Under which address people reach this installation."""

from urllib.parse import urlsplit

from django.conf import settings

from tocsin.apps.configuration.queries import facts

ANYWHERE = ("0.0.0.0", "::", "[::]", "")


def said_url() -> str:
    """What its owner says: TOCSIN_PUBLIC_URL, else the configuration's base_url, else ""."""
    return str(settings.PUBLIC_URL) or facts().defaults.base_url.rstrip("/")


def base_url() -> str:
    """The address to put before a path; where the server listens when nobody says better."""
    said = said_url()
    if said:
        return said
    host, _, port = str(settings.LISTEN).rpartition(":")
    return f"http://{'127.0.0.1' if host in ANYWHERE else host}:{port}"


def is_https_here(host: str) -> bool:
    """Whether a request under this name came over https: a proxy in front ended the encryption, and its owner said so."""
    parts = urlsplit(said_url())
    return parts.scheme == "https" and parts.netloc.casefold() == host.casefold()
