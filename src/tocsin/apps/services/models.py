"""What happened to services: change events (deploys, flags, migrations), so that "what changed?" is answered first."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField


class Change(models.Model):
    id = models.BigAutoField(primary_key=True)
    integration = models.TextField()
    at = InstantField()
    received_at = InstantField()
    summary = models.TextField()
    source = models.TextField()
    service = models.TextField(null=True)
    document = DocumentField()

    class Meta:
        db_table = "change_event"
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="change_event_at")]
