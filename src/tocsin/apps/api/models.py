"""What the API remembers: the answers to writes that carried an idempotency key."""

from django.db import models

from tocsin.apps.columns import InstantField, KeyField


class KeptAnswer(models.Model):
    """One write by one token under one key. `status` is null while it is under way; kept for a day."""

    id = models.BigAutoField(primary_key=True)
    owner = KeyField()
    key = KeyField()
    fingerprint = models.TextField()
    status = models.IntegerField(null=True)
    body = models.BinaryField(default=b"")
    headers = models.TextField(default="{}")
    begun_at = InstantField()

    class Meta:
        db_table = "api_kept_answer"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="api_kept_answer_key")]
        indexes = [models.Index(fields=["begun_at"], name="api_kept_answer_begun")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
