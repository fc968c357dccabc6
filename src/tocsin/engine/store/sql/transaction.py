"""One transaction of either database: the aggregates' tables over one session, and what is told after the commit."""

from tocsin.engine.store.protocol import (
    AgendaTable,
    AlertTable,
    ConfigurationTable,
    GroupTable,
    HeardTable,
    HeartbeatTable,
    InboxTable,
    IncidentTable,
    NotificationTable,
    OnCallTable,
    OwnershipTable,
    PageTable,
    RecordTable,
    SecondFactorTable,
    TimelineTable,
    TokenTable,
    WebhookTable,
)
from tocsin.engine.store.sql.agenda import AgendaSql
from tocsin.engine.store.sql.alerts import AlertSql
from tocsin.engine.store.sql.configuration import ConfigurationSql
from tocsin.engine.store.sql.groups import GroupSql
from tocsin.engine.store.sql.heard import HeardSql
from tocsin.engine.store.sql.heartbeats import HeartbeatSql
from tocsin.engine.store.sql.inbox import InboxSql
from tocsin.engine.store.sql.incidents import IncidentSql
from tocsin.engine.store.sql.notifications import NotificationSql
from tocsin.engine.store.sql.oncall import OnCallSql
from tocsin.engine.store.sql.ownership import OwnershipSql
from tocsin.engine.store.sql.pages import PageSql
from tocsin.engine.store.sql.records import RecordSql
from tocsin.engine.store.sql.second_factors import SecondFactorSql
from tocsin.engine.store.sql.session import Session
from tocsin.engine.store.sql.timeline import TimelineSql
from tocsin.engine.store.sql.tokens import TokenSql
from tocsin.engine.store.sql.webhooks import WebhookSql


class SqlTransaction:
    """Implements protocol.Transaction. `requests` is where the inbox lives."""

    def __init__(self, session: Session, requests: Session) -> None:
        self._session = session
        self.topics: set[str] = set()
        fresh: set[int] = set()  # incidents begun in this transaction
        agenda = AgendaSql(session)
        alerts, groups = AlertSql(session), GroupSql(session)
        incidents, timeline = IncidentSql(session, fresh, agenda.flush), TimelineSql(session)
        pages, notifications = PageSql(session, fresh), NotificationSql(session)
        # Always in this order, so that two transactions never wait for each other.
        self._held_back = (alerts, groups, incidents, timeline, pages, notifications, agenda)

        self.configuration: ConfigurationTable = ConfigurationSql(session)
        self.inbox: InboxTable = InboxSql(session, requests)
        self.ownership: OwnershipTable = OwnershipSql(session)
        self.alerts: AlertTable = alerts
        self.groups: GroupTable = groups
        self.incidents: IncidentTable = incidents
        self.timeline: TimelineTable = timeline
        self.pages: PageTable = pages
        self.notifications: NotificationTable = notifications
        self.agenda: AgendaTable = agenda
        self.heartbeats: HeartbeatTable = HeartbeatSql(session)
        self.heard: HeardTable = HeardSql(session)
        self.records: RecordTable = RecordSql(session)
        self.webhooks: WebhookTable = WebhookSql(session)
        self.tokens: TokenTable = TokenSql(session)
        self.second_factors: SecondFactorTable = SecondFactorSql(session)
        self.oncall: OnCallTable = OnCallSql(session)

    def now(self) -> int:
        return self._session.now()

    def wake(self, topic: str) -> None:
        self.topics.add(topic)

    def flush(self) -> None:
        """Write out what was held back."""
        for table in self._held_back:
            table.flush()
