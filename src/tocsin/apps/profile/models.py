"""Calendar feeds: who may read whose shifts by an address alone."""

from django.db import models

from tocsin.apps.columns import InstantField, KeyField, OptionalInstantField
from tocsin.apps.people.models import Account


class CalendarFeed(models.Model):
    """One for each account. Only the SHA-256 of its token is kept; a new one takes the place of the old."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="feed")
    digest = KeyField(unique=True)
    created_at = InstantField()
    read_at = OptionalInstantField()

    class Meta:
        db_table = "calendar_feed"
        default_permissions = ()
