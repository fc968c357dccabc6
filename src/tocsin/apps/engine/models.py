"""What the engine keeps for itself: the agenda of durable timers and the lease of detection."""

from django.db import models

from tocsin.apps.columns import DocumentField, InstantField, KeyField, OptionalInstantField, RowIdField


class AgendaEntry(models.Model):
    """A durable timer. While it is leased, `token` is set and `due_at` is the lease's end: that is when it is due again.

    `again_at` marks that it was asked for while leased; whoever consumes it makes it due at that instant.
    """

    id = models.BigAutoField(primary_key=True)
    kind = KeyField()
    subject = KeyField()
    due_at = InstantField()
    document = DocumentField()
    token = models.TextField()
    again_at = OptionalInstantField()

    class Meta:
        db_table = "agenda"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="agenda_kind_subject")]
        indexes = [models.Index(fields=["kind", "due_at"], name="agenda_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Ownership(models.Model):
    """The one row that says which node detects; `cursor` is the last inbox id whose consequences are committed."""

    id = RowIdField(primary_key=True)
    node = models.TextField()
    epoch = models.BigIntegerField()
    until = InstantField()
    cursor = models.BigIntegerField()

    class Meta:
        db_table = "detection_ownership"
        default_permissions = ()
