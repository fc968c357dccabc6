"""Keys of senders on a page: made, hidden, or where one lies that Tocsin itself does not keep."""

from tocsin.core.people import Secret

KEY_BYTES = 24
HIDDEN = "YOUR-KEY"


def elsewhere(secret: str | Secret | None) -> str:
    """Where it lies instead; empty when it is kept here."""
    if isinstance(secret, Secret) and secret.env:
        return f"in the environment variable {secret.env} of the server"
    if isinstance(secret, Secret) and secret.file:
        return f"in the file {secret.file} of the server"
    return ""
