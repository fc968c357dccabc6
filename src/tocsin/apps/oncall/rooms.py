"""What stands inside On-call: its tabs, in the order in which people need them, and the addresses that belong to it.

A tab whose address is not there, or that the reader may not see, is left out. Whoever builds another page adds its line.
"""

import msgspec


class Tab(msgspec.Struct, frozen=True):
    """`name` is the name of an address without parts to fill in."""

    name: str
    word: str


# The order: Board, Schedules, Mine, Swaps, Leave, Handoffs, Fairness, Health, Pay, Policies.
TABS = (
    Tab("oncall", "Board"),
    Tab("schedules", "Schedules"),
    Tab("my-shifts", "Mine"),
    Tab("swaps", "Swaps"),
    Tab("leave", "Leave"),
    Tab("handoffs", "Handoffs"),
    Tab("fairness", "Fairness"),
    Tab("health", "Health"),
    Tab("pay", "Pay"),
    Tab("policies", "Policies"),
)
UNDER = ("on-call", "oncall", "schedules", "policies", "calendars")
