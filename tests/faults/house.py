"""The house that the faults strike: twelve people, six chains of two steps and a last resort, waits of seconds.

Every alert names its chain, so that whoever reads what arrived at the sink knows who was owed a page without asking Tocsin.
"""

from dataclasses import dataclass

PEOPLE = (
    "alice",
    "bob",
    "carol",
    "dan",
    "erin",
    "frank",
    "grace",
    "heidi",
    "ivan",
    "judy",
    "kim",
    "leo",
)
SERVICES = 24
STEP_WAIT = 2  # seconds
SECRETS = {
    "PROM_KEY": "prom-key-of-the-faults",
    "PD_KEY": "0123456789abcdef0123456789abcdef",
    "TOCSIN_TOKEN": "token-of-the-faults",
    "TOCSIN_SECRET_KEY": "one-secret-key-for-all-nodes-of-the-faults",
}


@dataclass(frozen=True)
class Chain:
    """Who is owed a page when nobody answers, in order."""

    name: str
    first: str
    second: str
    last: str

    @property
    def people(self) -> tuple[str, str, str]:
        return (self.first, self.second, self.last)


CHAINS = tuple(
    Chain(f"chain-{n}", PEOPLE[n], PEOPLE[(n + 3) % 12], PEOPLE[6 + (n + 5) % 6]) for n in range(6)
)
BY_NAME = {chain.name: chain for chain in CHAINS}


def configuration(sink: str, step_wait: int = STEP_WAIT, more: str = "") -> str:
    """The YAML. `sink` is the URL of the process that every message goes to; `more` are further top-level nouns."""
    people = "\n".join(
        f"  {name}: {{name: {name.capitalize()}, email: {name}@example.com, "
        f'contact: {{hook: {{webhook: "{sink}/{name}"}}}}, notify: {{high: [hook], low: [hook]}}}}'
        for name in PEOPLE
    )
    policies = "\n".join(
        f"  {c.name}: {{steps: [{{page: {c.first}, wait: {step_wait}s}}, {{page: {c.second}, wait: {step_wait}s}}], "
        f"repeat: 0, last_resort: [{c.last}]}}"
        for c in CHAINS
    )
    services = "\n".join(f"  task-api-{n}: {{team: platform, policy: chain-0}}" for n in range(SERVICES))
    branches = "\n".join(
        f"    - {{matchers: ['severity=\"critical\"', 'group=\"{c.name}\"'], severity: SEV2, page: {c.name}}}"
        for c in CHAINS
    )
    return f"""\
people:
{people}
teams: {{platform: {{members: [{", ".join(PEOPLE)}]}}}}
policies:
{policies}
services:
{services}
chats:
  alerts: {{webhook: "{sink}/alerts"}}
  quiet: {{webhook: "{sink}/quiet"}}
integrations:
  prom: {{type: alertmanager, key: {{env: PROM_KEY}}}}
  pd: {{type: pagerduty, key: {{env: PD_KEY}}}}
routes:
  group_by: [alertname]
  group_wait: 0s
  chat: alerts
  routes:
{branches}
    - {{matchers: ['severity="warning"'], chat: quiet}}
{more}"""
