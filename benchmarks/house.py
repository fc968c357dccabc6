"""The same house for both: one configuration of Tocsin, and Alertmanager's of the same shape.

Warnings go to a chat, critical alerts page: each desk has a person with a pager of their own, and platform has one for
all the rest. Every pager and chat is the sink.
"""

from pathlib import Path

DESKS = 100
KEY = "bench-key"

_TOCSIN = """
people:
  alice: {{name: Alice Ames, email: alice@example.com, time_zone: Europe/Berlin,
          contact: {{hook: {{webhook: "{sink}/alice"}}}}, notify: {{high: [hook], low: [hook]}}}}
  bob:   {{name: Bob Brandt, email: bob@example.com, time_zone: America/New_York,
          contact: {{hook: {{webhook: "{sink}/bob"}}}}, notify: {{high: [hook], low: [hook]}}}}
{people}
teams: {{platform: {{members: [alice, bob]}}}}
schedules:
  platform-primary:
    team: platform
    time_zone: Europe/Berlin
    layers: [{{rotation: {{every: 1 week, handoff: Mon 09:00, from: 2026-06-01, people: [alice, bob]}}}}]
  platform-secondary: {{team: platform, secondary_of: platform-primary}}
policies:
  platform:
    steps: [{{page: platform-primary, wait: 10m}}, {{page: platform-secondary, wait: 10m}}]
    repeat: 2
    last_resort: [bob]
{policies}
services: {{task-api: {{team: platform, policy: platform}}}}
chats:
  alerts: {{webhook: "{sink}/alerts"}}
  alerts-low-priority: {{webhook: "{sink}/low"}}
integrations:
  prom: {{type: prometheus, key: {{env: PROM_KEY}}}}
routes:
  group_by: [alertname, namespace]
  group_wait: 0s
  chat: alerts
  routes:
    - matchers: ['severity="critical"']
      severity: SEV2
      page: platform
      routes:
{routes}
    - {{matchers: ['severity="warning"'], chat: alerts-low-priority}}
"""

_ALERTMANAGER = """
route:
  receiver: alerts
  group_by: [alertname, namespace]
  group_wait: 0s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - matchers: ['severity="critical"']
      receiver: platform
      routes:
{routes}
    - {{matchers: ['severity="warning"'], receiver: alerts-low-priority}}
receivers:
  - {{name: alerts, webhook_configs: [{{url: "{sink}/alerts"}}]}}
  - {{name: alerts-low-priority, webhook_configs: [{{url: "{sink}/low"}}]}}
  - {{name: platform, webhook_configs: [{{url: "{sink}/alice"}}]}}
{receivers}
"""


def tocsin(directory: Path, sink_port: int) -> Path:
    sink = f"http://127.0.0.1:{sink_port}"
    people = [
        f"  desk-{n}: {{name: Desk {n}, email: desk-{n}@example.com, time_zone: Europe/Berlin,"
        f' contact: {{hook: {{webhook: "{sink}/desk-{n}"}}}}, notify: {{high: [hook], low: [hook]}}}}'
        for n in range(DESKS)
    ]
    policies = [
        f"  desk-{n}: {{steps: [{{page: {{person: desk-{n}}}, wait: 10m}}], last_resort: [bob]}}"
        for n in range(DESKS)
    ]
    routes = [f"        - {{matchers: ['desk=\"{n}\"'], page: desk-{n}}}" for n in range(DESKS)]
    return _write(
        directory / "tocsin.yaml",
        _TOCSIN.format(sink=sink, people=_lines(people), policies=_lines(policies), routes=_lines(routes)),
    )


def alertmanager(directory: Path, sink_port: int) -> Path:
    sink = f"http://127.0.0.1:{sink_port}"
    routes = [f"        - {{matchers: ['desk=\"{n}\"'], receiver: desk-{n}}}" for n in range(DESKS)]
    receivers = [
        f'  - {{name: desk-{n}, webhook_configs: [{{url: "{sink}/desk-{n}"}}]}}' for n in range(DESKS)
    ]
    return _write(
        directory / "alertmanager.yml",
        _ALERTMANAGER.format(sink=sink, routes=_lines(routes), receivers=_lines(receivers)),
    )


def _lines(lines: list[str]) -> str:
    return "\n".join(lines)


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
