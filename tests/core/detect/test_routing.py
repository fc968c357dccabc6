from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.configuration import Route
from tocsin.core.detect.index.gathering import Landing
from tocsin.core.detect.matchers import holds, parse_matchers
from tocsin.core.detect.routing import ResolvedRoute, RoutingTree, group_key, group_labels
from tocsin.core.severity import Severity

FLAP = timedelta(minutes=30)


def route(path: str, *matchers: str, **fields: object) -> Route:
    return Route(path=path, matchers=tuple(m for text in matchers for m in parse_matchers(text)), **fields)  # type: ignore[arg-type]


def paths(root: Route, **labels: str) -> list[str]:
    return [landing.path for landing in RoutingTree(root, FLAP).landings(labels)]


def test_the_first_child_that_accepts_takes_the_alert() -> None:
    root = route("", routes=(route("0", "a=x"), route("1", "a=~x|y"), route("2")))
    assert paths(root, a="x") == ["0"]
    assert paths(root, a="y") == ["1"]
    assert paths(root, a="z") == ["2"]


def test_a_child_that_goes_on_lets_its_siblings_look_too() -> None:
    root = route("", routes=(route("0", "a=x", goes_on=True), route("1", "b=y"), route("2")))
    assert paths(root, a="x") == ["0", "2"]
    assert paths(root, a="x", b="y") == ["0", "1"]


def test_a_node_whose_children_refuse_takes_it_itself() -> None:
    root = route("", routes=(route("0", "a=x", routes=(route("0.0", "b=y"),)),))
    assert paths(root, a="x") == ["0"]
    assert paths(root, a="x", b="y") == ["0.0"]
    assert paths(root, b="y") == [""]


def test_a_missing_label_is_an_empty_one() -> None:
    root = route("", routes=(route("0", 'a!="x"', routes=(route("0.0", 'b=""'),)),))
    assert paths(root) == ["0.0"]


def test_a_child_inherits_what_it_does_not_say() -> None:
    root = route(
        "",
        group_by=("alertname",),
        group_wait=timedelta(seconds=5),
        chat="alerts",
        severity=Severity.SEV3,
        mute_time_intervals=("night",),
        routes=(
            route("0", "a=x", page="platform", group_by=()),
            route("1", repeat_interval=timedelta(hours=1)),
        ),
    )
    _, paging, quiet = RoutingTree(root, FLAP).routes
    assert paging.action == "page platform"
    assert (paging.group_by, paging.group_wait) == ((), timedelta(seconds=5))
    assert paging.severity is Severity.SEV3
    assert paging.mute_time_intervals == ()
    assert paging.group_interval == timedelta(minutes=5)
    assert paging.repeat_interval == timedelta(hours=4)
    assert quiet.action == "chat alerts"
    assert quiet.group_by == ("alertname",)
    assert quiet.repeat_interval == timedelta(hours=1)


def test_nothing_is_an_action_that_children_inherit() -> None:
    root = route("", chat="alerts", routes=(route("0", "a=x", nothing=True, routes=(route("0.0", "b=y"),)),))
    tree = RoutingTree(root, FLAP)
    assert tree.landings({"a": "x", "b": "y"})[0].action == "nothing"


def test_a_route_is_named_by_its_matchers_so_that_reordering_keeps_groups() -> None:
    one, other = route("0", "a=x"), route("1", "b=y", "c=z")
    swapped = (route("0", "b=y", "c=z"), route("1", "a=x"))
    before = {r.id for r in RoutingTree(route("", routes=(one, other)), FLAP).routes}
    after = {r.id for r in RoutingTree(route("", routes=swapped), FLAP).routes}
    assert before == after == {"{}", '{}/{a="x"}', '{}/{b="y",c="z"}'}


def test_siblings_with_the_same_matchers_are_told_apart() -> None:
    root = route("", routes=(route("0", "a=x", goes_on=True), route("1", "a=x")))
    assert [r.id for r in RoutingTree(root, FLAP).landings({"a": "x"})] == ['{}/{a="x"}', '{}/{a="x"}#2']


def test_a_group_is_named_by_the_labels_it_groups_by() -> None:
    at = ResolvedRoute(path="0", id='{}/{team=~"db"}', group_by=("cluster", "alertname"))
    labels = group_labels(at, {"alertname": "HighErr", "cluster": "c1", "pod": "x"})
    assert group_key(at, labels) == '{}/{team=~"db"}:{alertname="HighErr", cluster="c1"}'


def test_no_group_by_is_one_group_and_an_alert_without_its_labels_is_alone() -> None:
    together = ResolvedRoute(path="", id="{}", group_by=())
    assert group_labels(together, {"a": "1"}) == {}
    apart = ResolvedRoute(path="", id="{}", group_by=("alertname",))
    assert group_labels(apart, {"source": "db1"}) == {"source": "db1"}
    everything = ResolvedRoute(path="", id="{}", group_by=("...",))
    assert group_labels(everything, {"b": "2", "a": "1"}) == {"a": "1", "b": "2"}


def test_severity_comes_from_the_route_then_the_label_then_what_the_route_does() -> None:
    pages = ResolvedRoute(path="", id="{}", page="platform")
    assert pages.severity_of({}) is Severity.SEV2
    assert pages.severity_of({"severity": "critical"}) is Severity.SEV2
    assert pages.severity_of({"severity": "sev1"}) is Severity.SEV1
    assert (
        ResolvedRoute(path="", id="{}", page="p", severity=Severity.SEV3).severity_of({"severity": "SEV1"})
        is Severity.SEV3
    )
    assert ResolvedRoute(path="", id="{}", ticket="platform").severity_of({}) is Severity.SEV3
    assert ResolvedRoute(path="", id="{}", chat="alerts").severity_of({}) is None


def test_an_unset_wait_is_nothing_for_a_sender_that_has_grouped() -> None:
    unset = ResolvedRoute(path="", id="{}")
    assert unset.wait(pregrouped=True) == timedelta(0)
    assert unset.wait(pregrouped=False) == timedelta(seconds=30)
    assert ResolvedRoute(path="", id="{}", group_wait=timedelta(seconds=5)).wait(True) == timedelta(seconds=5)


def brute_force(node: Route, labels: dict[str, str]) -> list[str]:
    """Alertmanager's algorithm, written from its description."""
    taken: list[str] = []
    for child in node.routes:
        if all(holds(m)(labels) for m in child.matchers):
            taken += brute_force(child, labels)
            if not child.goes_on:
                break
    return taken or [node.path]


names = st.sampled_from(["a", "b"])
values = st.sampled_from(["", "x", "y"])
lines = st.builds(
    "{}{}{}".format, names, st.sampled_from(["=", "!=", "=~", "!~"]), st.sampled_from(["x", "y", "x|y"])
)
trees = st.recursive(
    st.builds(lambda ms, on: ("", ms, on, ()), st.lists(lines, max_size=2), st.booleans()),
    lambda children: st.builds(
        lambda ms, on, kids: ("", ms, on, tuple(kids)),
        st.lists(lines, max_size=2),
        st.booleans(),
        st.lists(children, max_size=3),
    ),
    max_leaves=8,
)


def planted(tree: tuple[str, list[str], bool, tuple[object, ...]], path: str = "") -> Route:
    _, ms, on, kids = tree
    children = tuple(planted(kid, f"{path}.{n}" if path else str(n)) for n, kid in enumerate(kids))  # type: ignore[arg-type]
    return route(path, *ms, goes_on=on, routes=children)


@given(trees, st.dictionaries(names, values))
def test_routing_is_alertmanagers(
    tree: tuple[str, list[str], bool, tuple[object, ...]], labels: dict[str, str]
) -> None:
    root = planted(tree)
    assert paths(root, **labels) == brute_force(root, labels)


@given(
    st.lists(st.sampled_from(["a", "b", "c", "..."]), max_size=3, unique=True),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), values),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), values),
)
def test_the_index_of_a_route_tells_groups_apart_exactly_as_their_keys_do(
    group_by: list[str], one: dict[str, str], other: dict[str, str]
) -> None:
    at = ResolvedRoute(path="", id="{}", group_by=tuple(group_by))
    landing = Landing(at)
    same_key = group_key(at, group_labels(at, one)) == group_key(at, group_labels(at, other))
    assert (landing.values(one) == landing.values(other)) == same_key


def test_an_alert_that_groups_alone_never_meets_a_group_with_the_same_values() -> None:
    landing = Landing(ResolvedRoute(path="", id="{}", group_by=("a", "b", "c")))
    assert landing.values({"b": "x", "c": "y"}) != landing.values({"x": "y"})
    assert landing.labels(landing.values({"x": "y"}), {"x": "y"}) == {"x": "y"}
