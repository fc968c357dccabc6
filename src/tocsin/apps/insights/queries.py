"""What insights will be drawn from: since when incidents are remembered. One look at the first of them."""

from datetime import datetime

from tocsin.apps.incidents.models import Incident


def remembered_since() -> datetime | None:
    """When the oldest incident that is still kept opened; None before the first. Tests count in no statistic."""
    first = Incident.objects.filter(test=False).order_by("id").values_list("opened_at", flat=True).first()
    return first if isinstance(first, datetime) else None
