"""Calendar feeds: who may read whose shifts by an address alone."""

from django.db import models

from tocsin.apps.columns import InstantField, KeyField, OptionalInstantField
from tocsin.apps.people.models import Account


class Feed(models.Model):
    """The shifts of one person, schedule or team (`kind`, `subject`), of one layer alone where `layer` says so. Only the
    SHA-256 of its token is kept. `reminder` is minutes before a shift, 0 for none; with `gaps` hours without anybody are
    events, too."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="feeds")
    kind = KeyField()
    subject = KeyField()
    layer = KeyField(default="")
    reminder = models.PositiveIntegerField(default=0)
    gaps = models.BooleanField(default=False)
    digest = KeyField(unique=True)
    created_at = InstantField()
    read_at = OptionalInstantField()

    class Meta:
        db_table = "feed"
        default_permissions = ()
        indexes = [models.Index(fields=["account", "kind", "subject"], name="feed_account")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
