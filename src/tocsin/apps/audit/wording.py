"""What an entry of the audit log is called on screen."""

import re

DOORS = (
    ("web", "On screen"),
    ("api", "API"),
    ("cli", "Command line"),
    ("link", "Link in a message"),
    ("webpush", "Push notification"),
    ("email", "E-mail"),
    ("ntfy", "ntfy"),
)
_WORDS = {
    "PutNoun": "Edited the configuration",
    "RemoveNoun": "Removed from the configuration",
    "ApplyConfiguration": "Applied configuration files",
    "AddSilence": "Added a silence",
    "AddMaintenance": "Added a maintenance window",
    "AddOverride": "Added an override",
    "EndOperational": "Ended early",
    "ChangeEnd": "Moved an end",
    "SendAlert": "Sent an alert",
    "SendSample": "Sent a sample event",
    "IntegrationKeyShown": "Looked at an integration's key",
    "OpenIncident": "Reported a problem",
    "SendTestEvent": "Tested a webhook",
    "ResendDelivery": "Sent to a webhook again",
    "TestPage": "Asked for a test page",
    "OfferSwap": "Offered a shift",
    "AskCover": "Asked for cover",
    "AcceptSwap": "Took an offered shift",
    "DeclineSwap": "Declined an offered shift",
    "WithdrawSwap": "Withdrew an offered shift",
    "SayUnreachable": "Said that nobody can reach them",
    "FirstAdministrator": "Made the first administrator",
    "SignedIn": "Signed in",
    "PasswordChanged": "Changed the password",
    "PersonChosen": "Chose who they are",
}
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def in_words(what: str) -> str:
    """`Act.AddNote` as "Add note"; what nobody named is taken apart at its capitals."""
    known = _WORDS.get(what)
    if known is not None:
        return known
    return " ".join(_CAPITALS.split(what.removeprefix("Act."))).capitalize()
