"""What on-call keeps of swaps, handoffs and the like."""

from msgspec.structs import replace

from tocsin.engine.store.protocol import OnCallFilter, OnCallRow, Store


def row(row_id: str, starts_at: int = 10, **changed) -> OnCallRow:
    return replace(
        OnCallRow("swap", row_id, "platform", "open", starts_at, starts_at + 10, b"{}", 1), **changed
    )


def found(store: Store, **wanted) -> list[str]:
    return [r.id for r in store.read(lambda tx: tx.oncall.search(OnCallFilter("swap", **wanted)))]


def keep(store: Store, *rows: OnCallRow) -> None:
    store.run(lambda tx: tx.oncall.put(rows))


def test_a_row_comes_back_whole_and_is_replaced_by_its_kind_and_id(store: Store) -> None:
    keep(store, row("a"), row("a", kind="handoff"))
    keep(store, row("a", state="accepted", document=b'{"x":1}', updated_at=2))
    assert store.run(lambda tx: tx.oncall.load("swap", ["a", "b"])) == {
        "a": row("a", state="accepted", document=b'{"x":1}', updated_at=2)
    }


def test_rows_are_found_by_subject_state_and_span_the_latest_first(store: Store) -> None:
    keep(store, row("a", 10), row("b", 30, subject="data"), row("c", 50, state="accepted"))
    assert found(store) == ["c", "b", "a"]
    assert found(store, subjects=("platform",)) == ["c", "a"]
    assert found(store, states=("open",)) == ["b", "a"]
    assert found(store, since=20, until=50) == ["b"]
    assert found(store, since=19, until=31) == ["b", "a"]


def test_pages_follow_each_other_without_loss_where_starts_are_equal(store: Store) -> None:
    keep(store, *(row(name) for name in "abcde"))
    assert found(store, limit=2) == ["e", "d"]
    assert found(store, limit=2, before=(10, "d")) == ["c", "b"]


def test_a_removed_row_is_gone_and_a_missing_one_is_no_matter(store: Store) -> None:
    keep(store, row("a"), row("b"))
    store.run(lambda tx: tx.oncall.remove("swap", ["a", "z"]))
    assert found(store) == ["b"]
