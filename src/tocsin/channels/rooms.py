"""What incoming webhooks of chat rooms share: how an answer that should be `ok` is read.

Slack answers a bare `ok`, Mattermost too, others of their kind a JSON object; a web page means that somebody else answered.
"""

import msgspec

from tocsin.channels.http import Answer, outcome
from tocsin.channels.plain import line
from tocsin.core.respond.delivery import Failed, Outcome, Rejected


class Said(msgspec.Struct, frozen=True):
    ok: bool = True
    success: bool = True
    error: str = ""
    message: str = ""


def read(answer: Answer | Failed | Rejected, host: str) -> Outcome:
    """What became of a post to a room. Its error words (`no_service`, `invalid_payload`) go into the detail."""
    if not isinstance(answer, Answer):
        return answer
    text = answer.text.strip()
    if text.lower() in ("", "ok"):
        return outcome(answer, host)
    try:
        said = msgspec.json.decode(answer.body, type=Said, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if 200 <= answer.status < 300:
            return Failed(f"{host} answered {answer.status} but not ok: {line(text, 80)}")
        return outcome(answer, host, line(text, 80))
    why = line(said.error or said.message, 120)
    if 200 <= answer.status < 300 and not (said.ok and said.success):
        return Rejected(f"{host} answered not ok" + (f": {why}" if why else ""))
    return outcome(answer, host, why)
