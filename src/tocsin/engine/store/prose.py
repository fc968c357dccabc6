"""Prose as every store can hold it."""


def clean(text: str) -> str:
    """PostgreSQL's text knows no NUL; where a sender put one, the replacement character stands."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
