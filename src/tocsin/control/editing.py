"""Nouns of the configuration made, changed and removed by people."""

from datetime import datetime

from tocsin.config.edit import NotEdited, put_noun, remove_noun
from tocsin.control.requests import NounView, PutNoun, Refused, RemoveNoun
from tocsin.engine.store.protocol import Transaction


def edit(tx: Transaction, request: PutNoun | RemoveNoun, actor: str, now: datetime) -> NounView:
    """Raises Refused."""
    kind, name, seen = request.kind, request.name, request.revision
    try:
        if isinstance(request, PutNoun):
            edited = put_noun(tx, kind, name, request.noun, seen, actor, now)
        else:
            edited = remove_noun(tx, kind, name, seen, actor, now)
    except NotEdited as refused:
        raise Refused(refused.code, refused.message, refused.field) from None
    return NounView(kind, name, edited.entry.origin, edited.noun, edited.revision, edited.warnings)
