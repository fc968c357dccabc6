"""The durable inbox: every request that was answered 2xx, as it came. On SQLite it lives in a file of its own."""

from django.db import models

from tocsin.apps.columns import InstantField, RowIdField


class Request(models.Model):
    """Ids are contiguous and become visible in order, so that one cursor says what was processed."""

    id = RowIdField(primary_key=True)
    received_at = InstantField()
    integration = models.TextField()
    source = models.TextField()
    body = models.BinaryField()

    class Meta:
        db_table = "inbox"
        default_permissions = ()


class Counter(models.Model):
    """The one row whose lock puts appending nodes in order; `last` is the last id given out."""

    id = RowIdField(primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        db_table = "inbox_counter"
        default_permissions = ()
