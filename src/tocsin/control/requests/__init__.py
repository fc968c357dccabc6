"""Every request that a door may bring and every answer it gets, as tagged values (JSON on the wire), one file a subject.

`perform.py` carries them out; `http.py` brings them over HTTP and over the data directory's socket. A refused request raises
Refused, which a door shows with its field and sentence.
"""

from tocsin.config.answers import ConfigFile as ConfigFile
from tocsin.config.answers import PlanLine as PlanLine
from tocsin.config.answers import PlanView as PlanView
from tocsin.config.answers import Problem as Problem
from tocsin.control.requests.away import AddLeave as AddLeave
from tocsin.control.requests.away import CalendarView as CalendarView
from tocsin.control.requests.away import EndLeave as EndLeave
from tocsin.control.requests.away import LeaveView as LeaveView
from tocsin.control.requests.away import ListLeaves as ListLeaves
from tocsin.control.requests.away import ReadCalendar as ReadCalendar
from tocsin.control.requests.configuration import ApplyConfiguration as ApplyConfiguration
from tocsin.control.requests.configuration import ExportConfiguration as ExportConfiguration
from tocsin.control.requests.configuration import NounView as NounView
from tocsin.control.requests.configuration import PlanConfiguration as PlanConfiguration
from tocsin.control.requests.configuration import PutNoun as PutNoun
from tocsin.control.requests.configuration import RemoveNoun as RemoveNoun
from tocsin.control.requests.contacts import ContactView as ContactView
from tocsin.control.requests.contacts import PreferencesView as PreferencesView
from tocsin.control.requests.contacts import PutContactMethod as PutContactMethod
from tocsin.control.requests.contacts import PutPreferences as PutPreferences
from tocsin.control.requests.contacts import RemoveContactMethod as RemoveContactMethod
from tocsin.control.requests.contacts import SendContactCode as SendContactCode
from tocsin.control.requests.contacts import VerifyContactMethod as VerifyContactMethod
from tocsin.control.requests.contacts import WantedRule as WantedRule
from tocsin.control.requests.fairness import FairnessView as FairnessView
from tocsin.control.requests.fairness import HealthView as HealthView
from tocsin.control.requests.fairness import ListOnCallWarnings as ListOnCallWarnings
from tocsin.control.requests.fairness import MeasureView as MeasureView
from tocsin.control.requests.fairness import OnCallWarning as OnCallWarning
from tocsin.control.requests.fairness import ShareView as ShareView
from tocsin.control.requests.fairness import ShowFairness as ShowFairness
from tocsin.control.requests.fairness import ShowHealth as ShowHealth
from tocsin.control.requests.fairness import StandingView as StandingView
from tocsin.control.requests.fields import Id as Id
from tocsin.control.requests.fields import Kept as Kept
from tocsin.control.requests.fields import Limit as Limit
from tocsin.control.requests.handoffs import AcceptHandoff as AcceptHandoff
from tocsin.control.requests.handoffs import EditHandoff as EditHandoff
from tocsin.control.requests.handoffs import HandoffView as HandoffView
from tocsin.control.requests.handoffs import ListHandoffs as ListHandoffs
from tocsin.control.requests.handoffs import OfferHandoff as OfferHandoff
from tocsin.control.requests.handoffs import ShowHandoff as ShowHandoff
from tocsin.control.requests.handoffs import WriteHandoff as WriteHandoff
from tocsin.control.requests.house import Examine as Examine
from tocsin.control.requests.house import Finding as Finding
from tocsin.control.requests.house import RotateSecrets as RotateSecrets
from tocsin.control.requests.house import SecretsView as SecretsView
from tocsin.control.requests.house import Status as Status
from tocsin.control.requests.house import StatusView as StatusView
from tocsin.control.requests.incidents import Accepted as Accepted
from tocsin.control.requests.incidents import Act as Act
from tocsin.control.requests.incidents import Acted as Acted
from tocsin.control.requests.incidents import AlertView as AlertView
from tocsin.control.requests.incidents import AttemptView as AttemptView
from tocsin.control.requests.incidents import ChangeView as ChangeView
from tocsin.control.requests.incidents import Explain as Explain
from tocsin.control.requests.incidents import Explanation as Explanation
from tocsin.control.requests.incidents import IncidentView as IncidentView
from tocsin.control.requests.incidents import ListAlerts as ListAlerts
from tocsin.control.requests.incidents import ListIncidents as ListIncidents
from tocsin.control.requests.incidents import NotificationView as NotificationView
from tocsin.control.requests.incidents import OpenIncident as OpenIncident
from tocsin.control.requests.incidents import PendingTimer as PendingTimer
from tocsin.control.requests.incidents import PlannedPage as PlannedPage
from tocsin.control.requests.incidents import RouteView as RouteView
from tocsin.control.requests.incidents import SendAlert as SendAlert
from tocsin.control.requests.incidents import SendSample as SendSample
from tocsin.control.requests.incidents import ShowIncident as ShowIncident
from tocsin.control.requests.incidents import TestPage as TestPage
from tocsin.control.requests.incidents import TimelineLine as TimelineLine
from tocsin.control.requests.oncall import GapView as GapView
from tocsin.control.requests.oncall import LayerView as LayerView
from tocsin.control.requests.oncall import ScheduleView as ScheduleView
from tocsin.control.requests.oncall import ShiftView as ShiftView
from tocsin.control.requests.oncall import ShowSchedules as ShowSchedules
from tocsin.control.requests.oncall import Who as Who
from tocsin.control.requests.oncall import WhoView as WhoView
from tocsin.control.requests.operational import AddMaintenance as AddMaintenance
from tocsin.control.requests.operational import AddOverride as AddOverride
from tocsin.control.requests.operational import AddSilence as AddSilence
from tocsin.control.requests.operational import ChangeEnd as ChangeEnd
from tocsin.control.requests.operational import EndOperational as EndOperational
from tocsin.control.requests.operational import ListOperational as ListOperational
from tocsin.control.requests.operational import OperationalView as OperationalView
from tocsin.control.requests.pay import AdjustPay as AdjustPay
from tocsin.control.requests.pay import ClosePay as ClosePay
from tocsin.control.requests.pay import PayView as PayView
from tocsin.control.requests.pay import ShowPay as ShowPay
from tocsin.control.requests.refused import Refused as Refused
from tocsin.control.requests.swaps import AcceptSwap as AcceptSwap
from tocsin.control.requests.swaps import AskCover as AskCover
from tocsin.control.requests.swaps import DeclineSwap as DeclineSwap
from tocsin.control.requests.swaps import ListSwaps as ListSwaps
from tocsin.control.requests.swaps import OfferSwap as OfferSwap
from tocsin.control.requests.swaps import PartWanted as PartWanted
from tocsin.control.requests.swaps import SayUnreachable as SayUnreachable
from tocsin.control.requests.swaps import SwapView as SwapView
from tocsin.control.requests.swaps import WithdrawSwap as WithdrawSwap
from tocsin.control.requests.webhooks import ResendDelivery as ResendDelivery
from tocsin.control.requests.webhooks import SendTestEvent as SendTestEvent

Request = (
    Act
    | ListIncidents
    | ShowIncident
    | ListAlerts
    | SendAlert
    | SendSample
    | TestPage
    | OpenIncident
    | Explain
    | Who
    | ShowSchedules
    | AddSilence
    | AddMaintenance
    | AddOverride
    | ListOperational
    | EndOperational
    | ChangeEnd
    | PlanConfiguration
    | ApplyConfiguration
    | ExportConfiguration
    | PutNoun
    | RemoveNoun
    | SendTestEvent
    | ResendDelivery
    | PutContactMethod
    | RemoveContactMethod
    | SendContactCode
    | VerifyContactMethod
    | PutPreferences
    | ListHandoffs
    | ShowHandoff
    | WriteHandoff
    | EditHandoff
    | OfferHandoff
    | AcceptHandoff
    | OfferSwap
    | AskCover
    | AcceptSwap
    | DeclineSwap
    | WithdrawSwap
    | SayUnreachable
    | ListSwaps
    | AddLeave
    | EndLeave
    | ListLeaves
    | ReadCalendar
    | ShowPay
    | ShowFairness
    | ShowHealth
    | ListOnCallWarnings
    | ClosePay
    | AdjustPay
    | Status
    | Examine
    | RotateSecrets
)
