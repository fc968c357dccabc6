"""Which type answers which request, and how an answer or a refusal is read from the JSON that a door brought."""

from functools import cache
from typing import Any

import msgspec

from tocsin.control import requests as r
from tocsin.core.oncall.handoff.handoff import Handoff
from tocsin.core.oncall.pay.closed import Adjustment
from tocsin.core.respond.incident import Incident

ANSWERS: dict[type[Any], Any] = {
    r.Act: list[r.Acted],
    r.ListIncidents: list[Incident],
    r.ShowIncident: r.IncidentView,
    r.ListAlerts: list[r.AlertView],
    r.SendAlert: r.Accepted,
    r.SendSample: r.Accepted,
    r.TestPage: r.Accepted,
    r.OpenIncident: r.Accepted,
    r.Explain: r.Explanation,
    r.Who: list[r.WhoView],
    r.ShowSchedules: list[r.ScheduleView],
    r.AddSilence: r.OperationalView,
    r.AddMaintenance: r.OperationalView,
    r.AddOverride: r.OperationalView,
    r.ListOperational: list[r.OperationalView],
    r.EndOperational: r.OperationalView,
    r.ChangeEnd: r.OperationalView,
    r.PlanConfiguration: r.PlanView,
    r.ApplyConfiguration: r.PlanView,
    r.ExportConfiguration: r.ConfigFile,
    r.PutNoun: r.NounView,
    r.RemoveNoun: r.NounView,
    r.SendTestEvent: r.Accepted,
    r.ResendDelivery: r.Accepted,
    r.PutContactMethod: r.ContactView,
    r.RemoveContactMethod: r.ContactView,
    r.SendContactCode: r.ContactView,
    r.VerifyContactMethod: r.ContactView,
    r.PutPreferences: r.PreferencesView,
    r.ListHandoffs: list[Handoff],
    r.ShowHandoff: r.HandoffView,
    r.WriteHandoff: r.HandoffView,
    r.EditHandoff: r.HandoffView,
    r.OfferHandoff: r.HandoffView,
    r.AcceptHandoff: r.HandoffView,
    r.OfferSwap: r.SwapView,
    r.AskCover: r.SwapView,
    r.AcceptSwap: r.SwapView,
    r.DeclineSwap: r.SwapView,
    r.WithdrawSwap: r.SwapView,
    r.SayUnreachable: r.SwapView,
    r.ListSwaps: list[r.SwapView],
    r.AddLeave: r.LeaveView,
    r.EndLeave: r.LeaveView,
    r.ListLeaves: list[r.LeaveView],
    r.ReadCalendar: r.CalendarView,
    r.ShowPay: r.PayView,
    r.ClosePay: r.PayView,
    r.AdjustPay: Adjustment,
    r.ShowFairness: list[r.FairnessView],
    r.ShowHealth: list[r.HealthView],
    r.ListOnCallWarnings: list[r.OnCallWarning],
    r.Status: r.StatusView,
    r.Examine: list[r.Finding],
    r.RotateSecrets: r.SecretsView,
}


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Refused on the wire."""

    code: str
    message: str
    field: str = ""


def decode_answer(request: r.Request, body: bytes) -> Any:
    """The answer to this request, as the type in ANSWERS. Raises msgspec.DecodeError."""
    return _answer_decoder(type(request)).decode(body)


def decode_refusal(body: bytes) -> r.Refused | None:
    """The Refused that travelled in an error's body; None when it holds none."""
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return r.Refused(refusal.code, refusal.message, refusal.field)


@cache
def _answer_decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(ANSWERS[kind])
