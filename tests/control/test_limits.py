"""How often one address may try."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.control.limits import Limit, Rate, network_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_and_then_one_has_to_wait() -> None:
    clock = Clock()
    limit = Limit(Rate(burst=3, every=2.0), clock)
    assert [limit.take("192.0.2.1") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < limit.take("192.0.2.1") <= 2.0
    clock.now += 2.0
    assert limit.take("192.0.2.1") == 0.0
    assert limit.take("192.0.2.1") > 0


def test_one_address_does_not_wait_for_another() -> None:
    limit = Limit(Rate(burst=1, every=60.0), Clock())
    assert limit.take("192.0.2.1") == limit.take("192.0.2.2") == 0.0


def test_a_network_of_ipv6_is_one_and_a_mapped_address_is_what_it_maps() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_memory_is_bounded() -> None:
    limit = Limit(Rate(burst=1, every=60.0), Clock(), most=100)
    for number in range(1000):
        limit.take(f"10.0.{number // 256}.{number % 256}")
    assert len(limit) == 100


@given(st.lists(st.floats(min_value=0, max_value=10), max_size=60))
def test_never_more_than_the_burst_and_what_refilled(steps: list[float]) -> None:
    clock = Clock()
    limit, began, taken = Limit(Rate(burst=5, every=1.0), clock), clock.now, 0
    for step in steps:
        clock.now += step
        taken += limit.take("192.0.2.1") == 0.0
        assert taken <= 5 + (clock.now - began) + 1e-6


@given(st.text(max_size=300))
def test_no_address_whatever_makes_it_stumble(address: str) -> None:
    assert len(network_of(address)) <= 64
