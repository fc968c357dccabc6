"""What browsers are told with every answer: where content may come from, and that nobody frames, sniffs or listens."""

from urllib.parse import urlsplit

YEAR = 365 * 24 * 3600  # seconds


def content_policy(provider: str = "") -> str:
    """`provider`: the identity provider's address. Browsers hold a form to `form-action` also where its answer leads, as the
    button of single sign-on does."""
    parts = urlsplit(provider)
    elsewhere = (
        f" {parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
    )
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            f"form-action 'self'{elsewhere}",
            "frame-ancestors 'none'",
        )
    )


def headers(provider: str = "") -> dict[str, str]:
    return {
        "Content-Security-Policy": content_policy(provider),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }


STRICT_TRANSPORT = f"max-age={YEAR}"  # this name only: its owner may have others that know no encryption
