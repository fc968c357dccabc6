"""Reasons: the named cause of every decision that delays, suppresses, sends or drops anything.

Shown to people, logged and counted. A new decision gets a new reason here, with the sentence a responder would want.
"""

from enum import StrEnum


class Reason(StrEnum):
    # what became of an alert
    OPENED_INCIDENT = "opened_incident"
    JOINED_INCIDENT = "joined_incident"
    REOPENED_INCIDENT = "reopened_incident"
    GROUP_WAIT = "group_wait"
    SENT_TO_CHAT = "sent_to_chat"
    ROUTE_SAYS_NOTHING = "route_says_nothing"
    TICKET_ONLY = "ticket_only"
    BACKLOG = "backlog"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    MAINTENANCE = "maintenance"
    MUTED = "muted"
    HEARTBEAT = "heartbeat"
    UNCHANGED = "unchanged"
    REPEAT_INTERVAL = "repeat_interval"
    # how an alert ended
    SOURCE_RESOLVED = "source_resolved"
    LEFT_GROUP = "left_group"
    SOURCE_SILENT = "source_silent"
    # escalation
    STEP_STARTED = "step_started"
    STEP_TIMED_OUT = "step_timed_out"
    NOBODY_ON_CALL = "nobody_on_call"
    SHADOW_TOLD = "shadow_told"
    POLICY_REPEATED = "policy_repeated"
    EXHAUSTED = "exhausted"
    LAST_RESORT = "last_resort"
    SEVERITY_RAISED = "severity_raised"
    SEVERITY_LOWERED = "severity_lowered"
    ESCALATED_BY_HAND = "escalated_by_hand"
    REASSIGNED = "reassigned"
    HANDED_OVER = "handed_over"
    RESPONDER_ADDED = "responder_added"
    ACKNOWLEDGED = "acknowledged"
    ACK_QUESTION = "ack_question"
    ACK_EXPIRED = "ack_expired"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    HELD_FOR_BUSINESS_HOURS = "held_for_business_hours"
    RELEASED = "released"
    HELD_FOR_MAINTENANCE = "held_for_maintenance"
    HELD_FOR_QUIET_HOURS = "held_for_quiet_hours"
    QUIET_HOURS_OVER = "quiet_hours_over"
    MAINTENANCE_ENDED = "maintenance_ended"
    NO_POLICY = "no_policy"
    REPAIRED = "repaired"
    SET_ASIDE = "set_aside"
    CLOCK_SET_BACK = "clock_set_back"
    # lifecycle
    MITIGATED = "mitigated"
    RESOLVED_BY_SOURCE = "resolved_by_source"
    RESOLVED_BY_PERSON = "resolved_by_person"
    STILL_FIRING = "still_firing"
    REOPENED = "reopened"
    FLAPPING = "flapping"
    QUIET_AFTER_ACK = "quiet_after_ack"
    CLOSED = "closed"
    NOTED = "noted"
    # pages and notifications
    PAGE_BEGUN = "page_begun"
    RULE_DUE = "rule_due"
    RULES_MERGED = "rules_merged"
    NO_CONTACT_METHOD = "no_contact_method"
    PAGE_STOPPED = "page_stopped"
    STALE = "stale"
    BUNDLED = "bundled"
    PACED = "paced"
    SENT = "sent"
    SEND_FAILED = "send_failed"
    REJECTED = "rejected"
    FAILED_OVER = "failed_over"
    GAVE_UP = "gave_up"
    CALENDAR_UNREAD = "calendar_unread"
    TEST = "test"
    STATUS = "status"
    VERIFICATION = "verification"
    CONTACT_CHANGED = "contact_changed"
    CONTACT_GONE = "contact_gone"
    # on call: what people are told about no incident
    SHIFT_AHEAD = "shift_ahead"
    SHIFT_BEGINS = "shift_begins"
    SHIFT_ENDS = "shift_ends"
    NOTICE_TOO_LATE = "notice_too_late"
    HANDOFF_WRITTEN = "handoff_written"
    HANDOFF_OFFERED = "handoff_offered"
    HANDOFF_REMINDER = "handoff_reminder"
    HANDOFF_ACCEPTED = "handoff_accepted"
    SWAP_OFFERED = "swap_offered"
    SWAP_ANSWERED = "swap_answered"
    SWAP_REMINDER = "swap_reminder"
    COVER_ASKED = "cover_asked"
    COVER_NEEDED = "cover_needed"
    # warnings of on-call
    GAP_AHEAD = "gap_ahead"
    UNREACHABLE_ON_CALL = "unreachable_on_call"
    ON_CALL_ON_LEAVE = "on_call_on_leave"
    DOUBLE_BOOKED = "double_booked"
    MORE_THAN_ONE_WEEK_IN_FOUR = "more_than_one_week_in_four"
    TOO_LITTLE_REST = "too_little_rest"
    ON_CALL_ON_HOLIDAY = "on_call_on_holiday"


EXPLANATIONS: dict[Reason, str] = {
    Reason.OPENED_INCIDENT: "It opened an incident.",
    Reason.JOINED_INCIDENT: "Its group already had an open incident, so it joined that one and paged nobody anew.",
    Reason.REOPENED_INCIDENT: "It came back within the flap window, so its incident was reopened.",
    Reason.GROUP_WAIT: "Its route waits a moment to gather related alerts.",
    Reason.SENT_TO_CHAT: "Its route posts to a chat and pages nobody.",
    Reason.ROUTE_SAYS_NOTHING: "Its route says that nothing happens.",
    Reason.TICKET_ONLY: "Its route makes a ticket and pages nobody.",
    Reason.BACKLOG: "Its severity goes to the backlog and never pages.",
    Reason.SILENCED: "A silence matches it.",
    Reason.INHIBITED: "A firing alert inhibits it.",
    Reason.MAINTENANCE: "Its service is under maintenance.",
    Reason.MUTED: "Its route is muted at this time.",
    Reason.HEARTBEAT: "It is a heartbeat: its arrival is good news.",
    Reason.UNCHANGED: "Nothing about it changed.",
    Reason.REPEAT_INTERVAL: "It still fires and the repeat interval has passed.",
    Reason.SOURCE_RESOLVED: "Its sender said it is over.",
    Reason.LEFT_GROUP: "Its sender's complete list no longer holds it.",
    Reason.SOURCE_SILENT: "Its sender fell silent; that is not recovery.",
    Reason.STEP_STARTED: "The escalation reached this step.",
    Reason.STEP_TIMED_OUT: "Nobody acknowledged within the step's wait.",
    Reason.NOBODY_ON_CALL: "The schedule had nobody on call, so the next step came at once.",
    Reason.SHADOW_TOLD: "Somebody learns the schedule by looking on: they are told of the page, and asked for nothing.",
    Reason.POLICY_REPEATED: "All steps passed unanswered; the policy starts over.",
    Reason.EXHAUSTED: "All steps and repeats passed unanswered.",
    Reason.LAST_RESORT: "Nobody answered: the last resort and the admins are told.",
    Reason.SEVERITY_RAISED: "The severity was raised.",
    Reason.SEVERITY_LOWERED: "The severity was lowered.",
    Reason.ESCALATED_BY_HAND: "A person escalated it.",
    Reason.REASSIGNED: "A person handed it to somebody else.",
    Reason.HANDED_OVER: "It passed on with the handoff of a shift.",
    Reason.RESPONDER_ADDED: "A person pulled in another responder.",
    Reason.ACKNOWLEDGED: "A person acknowledged it.",
    Reason.ACK_QUESTION: "Acknowledged and silent for long: its owner is asked.",
    Reason.ACK_EXPIRED: "Acknowledged and forgotten: it escalates again.",
    Reason.SNOOZED: "A person snoozed it.",
    Reason.SNOOZE_ENDED: "The snooze ended and it is still open.",
    Reason.HELD_FOR_BUSINESS_HOURS: "Its severity waits for the team's business hours.",
    Reason.RELEASED: "The team's business hours began.",
    Reason.HELD_FOR_QUIET_HOURS: "It is of low urgency and waits for the end of the person's quiet hours.",
    Reason.QUIET_HOURS_OVER: "The person's quiet hours are over.",
    Reason.HELD_FOR_MAINTENANCE: "Held while its service is under maintenance.",
    Reason.MAINTENANCE_ENDED: "The maintenance ended and it still fires.",
    Reason.NO_POLICY: "No escalation policy leads to a person.",
    Reason.REPAIRED: "The invariant checker found it without a pending timer and repaired it.",
    Reason.SET_ASIDE: "A mistake of Tocsin's own kept it from being decided; it is tried again, and the admins are told.",
    Reason.CLOCK_SET_BACK: "The clock was set back; what was pending came as much earlier.",
    Reason.MITIGATED: "The impact is over; a person has yet to resolve it.",
    Reason.RESOLVED_BY_SOURCE: "All its alerts ended.",
    Reason.RESOLVED_BY_PERSON: "A person resolved it.",
    Reason.STILL_FIRING: "A person resolved it while it still fired, so it counts as mitigated for now.",
    Reason.REOPENED: "It is open again.",
    Reason.FLAPPING: "It came back unacknowledged; the escalation goes on where it was.",
    Reason.QUIET_AFTER_ACK: "It came back soon after it was acknowledged, so nobody is paged anew for a while.",
    Reason.CLOSED: "Nothing more is expected of it.",
    Reason.NOTED: "A person wrote this down.",
    Reason.PAGE_BEGUN: "A person is to be reached.",
    Reason.RULE_DUE: "The person's notification rule was due.",
    Reason.RULES_MERGED: "Several overdue rules name the same contact method; one message is enough.",
    Reason.NO_CONTACT_METHOD: "The person has no contact method for this urgency.",
    Reason.PAGE_STOPPED: "The page was no longer needed.",
    Reason.STALE: "Its incident no longer needs anybody, so it was not sent.",
    Reason.BUNDLED: "Several waiting pages went out as one message.",
    Reason.PACED: "This address was messaged moments ago; waiting pages are gathered into one.",
    Reason.SENT: "The provider accepted it.",
    Reason.SEND_FAILED: "The provider could not take it; it is tried again.",
    Reason.REJECTED: "The provider refused it for good.",
    Reason.FAILED_OVER: "The contact method failed, so the person's next one is used at once.",
    Reason.GAVE_UP: "All attempts failed.",
    Reason.CALENDAR_UNREAD: "A calendar could not be read for a day; what it last told of stays in force.",
    Reason.TEST: "Somebody asked for a test.",
    Reason.VERIFICATION: "A code that proves whose contact method it is.",
    Reason.CONTACT_CHANGED: "A person's contact method was changed; the address before is told.",
    Reason.CONTACT_GONE: "The provider no longer knows the contact method, so it was removed.",
    Reason.SHIFT_AHEAD: "A shift of theirs begins in a day.",
    Reason.SHIFT_BEGINS: "A shift of theirs begins.",
    Reason.SHIFT_ENDS: "A shift of theirs ended.",
    Reason.NOTICE_TOO_LATE: "Tocsin was away when a shift's notice was due, and now it is too late to be of use.",
    Reason.HANDOFF_WRITTEN: "Their shift ends soon, and a draft of its handoff is written.",
    Reason.HANDOFF_OFFERED: "A shift is handed over to them.",
    Reason.HANDOFF_REMINDER: "A handoff was not accepted yet.",
    Reason.HANDOFF_ACCEPTED: "The handoff of their shift was accepted.",
    Reason.SWAP_OFFERED: "A colleague offers a shift.",
    Reason.SWAP_ANSWERED: "A swap was accepted, declined, withdrawn, or ran out.",
    Reason.SWAP_REMINDER: "An offered shift still waits for an answer.",
    Reason.COVER_ASKED: "A colleague cannot take their shift and asks the team.",
    Reason.COVER_NEEDED: "Nobody covers a shift whose holder cannot take it.",
    Reason.STATUS: "News about an incident; it never delays a page.",
    Reason.GAP_AHEAD: "Within the coming weeks a schedule has nobody on call.",
    Reason.UNREACHABLE_ON_CALL: "Somebody will be on call whom no page is known to reach.",
    Reason.ON_CALL_ON_LEAVE: "Somebody will be on call while they are on leave.",
    Reason.DOUBLE_BOOKED: "Somebody will be on call on two schedules at once.",
    Reason.MORE_THAN_ONE_WEEK_IN_FOUR: "Somebody is on call more than a quarter of the coming weeks.",
    Reason.TOO_LITTLE_REST: "Somebody has too little rest between two shifts.",
    Reason.ON_CALL_ON_HOLIDAY: "Somebody will be on call on a public holiday of where they live.",
}
