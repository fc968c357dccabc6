"""Change events of accepted reports, as rows: kept, they open nothing."""

from collections.abc import Iterable

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.detect.signal import Report
from tocsin.engine.store.protocol import ChangeRow

PER_REPORT = 1000  # ids derive from the inbox id, so that a report taken again writes the same rows


def change_rows(reports: Iterable[Report], facts: Configuration) -> list[ChangeRow]:
    return [
        ChangeRow(
            id=report.inbox_id * PER_REPORT + n,
            integration=report.integration,
            at=change.at if change.at is not None else report.received_at,
            received_at=report.received_at,
            summary=change.summary,
            source=change.source,
            service=facts.integrations[report.integration].service
            if report.integration in facts.integrations
            else None,
            document=msgspec.json.encode(change),
        )
        for report in reports
        for n, change in enumerate(report.parsed.changes[:PER_REPORT])
    ]
