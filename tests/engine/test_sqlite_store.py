"""What only SQLite has to prove: durability, the inbox that never waits, the log that is cut, one server a directory."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.engine.cast import alert, incident, request, state
from tests.migrated import migrated_directory
from tocsin.engine.store.data_directory import DataDirectoryBusy, inbox_file, lock_data_directory, main_file
from tocsin.engine.store.open import open_store
from tocsin.engine.store.protocol import AlertFilter, StoreUnavailable, Transaction
from tocsin.engine.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return migrated_directory(tmp_path / "data")


@pytest.fixture
def store(data: Path):
    opened = SqliteStore(data, lambda topics: None)
    yield opened
    opened.close()


def test_every_connection_is_durable_and_never_checkpoints_in_a_commit(store: SqliteStore) -> None:
    for connection in (store._main, store.inbox._connection):
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_accepting_does_not_wait_for_a_decision_under_way(store: SqliteStore) -> None:
    def work(tx: Transaction) -> list[int]:
        tx.incidents.put([incident(1)])
        tx.incidents.without_timer(1)  # the write lock is held and used
        accepted: list[int] = []
        accepting = threading.Thread(target=lambda: accepted.append(store.inbox.append([request()])))
        accepting.start()
        accepting.join(5)
        return accepted

    assert store.run(work) == [1]


def test_a_decision_sees_what_was_accepted_while_it_was_under_way(store: SqliteStore) -> None:
    def work(tx: Transaction) -> int:
        assert tx.inbox.after(0, 10) == []
        store.inbox.append([request()])
        return len(tx.inbox.after(0, 10))

    assert store.run(work) == 1


def test_reading_does_not_wait_for_writing_and_sees_one_instant(store: SqliteStore) -> None:
    store.run(lambda tx: tx.incidents.put([incident(1)]))

    def look(tx: Transaction) -> tuple[int, int]:
        before = len(tx.incidents.peek([1, 2]))
        writing = threading.Thread(target=lambda: store.run(lambda tx: tx.incidents.put([incident(2)])))
        writing.start()
        writing.join(5)
        return before, len(tx.incidents.peek([1, 2]))

    assert store.read(look) == (1, 1)
    assert len(store.read(lambda tx: tx.incidents.peek([1, 2]))) == 2


def test_many_threads_may_read_at_once(store: SqliteStore) -> None:
    store.run(lambda tx: tx.incidents.put([incident(n) for n in range(1, 50)]))
    seen: list[int] = []

    def look() -> None:
        for _ in range(20):
            seen.append(len(store.read(lambda tx: tx.incidents.peek(range(1, 50)))))

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == [49] * 120


def test_what_was_committed_is_there_after_the_process_was_killed(data: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from tests.engine.cast import incident, request
from tocsin.engine.store.sqlite import SqliteStore
store = SqliteStore(Path({str(data)!r}), lambda topics: None)
store.inbox.append([request(b"accepted")])
store.run(lambda tx: tx.incidents.put([incident(1)]))
store.run(lambda tx: (tx.incidents.put([incident(2)]), tx.incidents.without_timer(1), os.kill(os.getpid(), signal.SIGKILL)))
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -9
    store = SqliteStore(data, lambda topics: None)
    assert [row.body for row in store.read(lambda tx: tx.inbox.after(0, 10))] == [b"accepted"]
    assert store.read(lambda tx: tx.incidents.peek([1, 2])).keys() == {1}
    assert store.inbox.append([request()]) == 2
    store.close()


def test_ids_of_requests_go_on_after_everything_was_forgotten_and_the_server_restarted(data: Path) -> None:
    store = SqliteStore(data, lambda topics: None)
    store.inbox.append([request(at=1), request(at=1)])
    store.inbox.drop_before(100, 2, 10)
    store.close()
    store = SqliteStore(data, lambda topics: None)
    assert store.inbox.append([request()]) == 3
    store.close()


def test_the_log_begins_anew_when_it_is_calm_and_only_then(store: SqliteStore) -> None:
    log, rows = store._log, range(1, 20_001)
    store.tidy()
    store.run(
        lambda tx: (
            tx.alerts.add([alert(n) for n in rows]),
            tx.alerts.put_states([state(n) for n in rows]),
        )
    )
    store.tidy()
    assert log.used() > 1024 * 1024
    store.tidy()
    store.run(lambda tx: tx.alerts.add([alert(20_001)]))
    assert log.used() < 100 * 1024
    assert len(store.read(lambda tx: tx.alerts.search(AlertFilter(limit=100_000)))) == 20_000


def test_the_log_gets_its_room_before_it_is_needed_and_the_tables_stay_as_they_were(
    store: SqliteStore,
) -> None:
    store.inbox.append([request()])
    store.tidy()
    store.inbox.tidy()
    for log in (store._log, store.inbox._log):
        assert log.size() >= 16 * 1024 * 1024
        assert log.used() < 100 * 1024
    assert store.read(lambda tx: tx.inbox.quarantined(10)) == []
    assert [row.id for row in store.read(lambda tx: tx.inbox.after(-10, 10))] == [1]


def test_other_processes_may_come_and_go_after_tidying(data: Path) -> None:
    """In a process of its own: one that lost its locks on the wal-index dies of a bus error."""
    server = """
import subprocess, sqlite3, sys
from pathlib import Path
from tests.engine.cast import due
from tocsin.engine.store.sqlite import SqliteStore

data = Path(sys.argv[1])
visit = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT COUNT(*) FROM agenda').fetchall()"
store = SqliteStore(data, lambda topics: None)
for turn in range(5):
    store.run(lambda tx: tx.agenda.schedule([due("incident.step", f"{turn}.{n}", n) for n in range(1000)]))
    store.tidy()
    subprocess.run([sys.executable, "-c", visit, str(data / "tocsin.sqlite3")], check=True)
print(sum(store.read(lambda tx: tx.agenda.count()).values()))
"""
    done = subprocess.run(
        [sys.executable, "-c", server, str(data)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "5000"), done.stderr


def test_a_log_that_was_copied_back_is_left_alone_until_something_is_written(store: SqliteStore) -> None:
    store.run(lambda tx: tx.alerts.add([alert(n) for n in range(1, 20_001)]))
    for _ in range(3):
        store.tidy()
    seen: list[str] = []
    store._main.set_trace_callback(seen.append)
    store.tidy()
    assert seen == []


def test_a_reader_in_the_log_neither_blocks_tidying_nor_loses_its_view(store: SqliteStore) -> None:
    rows = range(1, 20_001)
    store.run(lambda tx: tx.alerts.add([alert(n) for n in rows]))

    def look(tx: Transaction) -> int:
        before = tx.alerts.max_id()
        store.run(lambda tx: tx.alerts.add([alert(20_001)]))
        store.tidy()
        store.tidy()
        store.run(lambda tx: tx.alerts.add([alert(20_002)]))
        assert tx.alerts.max_id() == before
        return before

    assert store.read(look) == 20_000
    assert store.read(lambda tx: tx.alerts.max_id()) == 20_002


def test_a_full_disk_is_said_to_be_unavailable_and_nothing_is_half_written(store: SqliteStore) -> None:
    store.run(lambda tx: tx.incidents.put([incident(1)]))
    pages = store._main.execute("PRAGMA page_count").fetchone()[0]
    store._main.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable, match="full"):
        store.run(lambda tx: tx.incidents.put([incident(n, "x" * 5000) for n in range(1, 50)]))
    store._main.execute("PRAGMA max_page_count = 1000000")
    assert store.run(lambda tx: tx.incidents.load(range(1, 50))) == {1: incident(1)}


def test_a_directory_that_was_never_migrated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="migrate"):
        open_store(tmp_path, None, on_wake=lambda topics: None)


def test_our_own_mistakes_are_not_taken_for_an_unavailable_store(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.run(lambda tx: tx.incidents._session.query("SELECT * FROM nowhere"))  # type: ignore[attr-defined]


def test_one_server_a_data_directory(tmp_path: Path) -> None:
    first = lock_data_directory(tmp_path / "new")
    with pytest.raises(DataDirectoryBusy, match=str(os.getpid())):
        lock_data_directory(tmp_path / "new")
    first.release()
    with lock_data_directory(tmp_path / "new"):
        pass


def test_files_of_a_data_directory_are_beside_each_other(tmp_path: Path) -> None:
    assert main_file(tmp_path).parent == inbox_file(tmp_path).parent == tmp_path
