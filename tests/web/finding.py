"""`python -m tests.web.finding DIRECTORY`: fill a house as the benchmarks do, and print what each address finds there."""

import os
import re
import sys
from pathlib import Path

import msgspec

COUNT = 600
ADDRESSES = (
    "/incidents",
    "/incidents?state=all",
    "/incidents?state=all&before=300",
    "/incidents?state=all&after=300",
    "/incidents?state=over&service=task-api&severity=SEV3",
    "/incidents?state=open&team=team-3",
    "/incidents?state=all&text=host-77",
    "/incidents?state=all&text=creating+a+tas",
    "/incidents?state=open&text=alert",
    "/incidents?state=all&label=namespace%3D%22ns-7%22",
    "/incidents?state=all&label=host%3D~%22host-5.%22",
    "/alerts?status=all&label=host%3D%22host-77%22",
    "/alerts?status=all&label=service!%3D%22task-api%22",
    "/alerts?text=host-599",
    "/alerts?status=all&reason=opened_incident&before=100",
    f"/incidents/{COUNT}",
    "/search?q=host-77",
    "/maintenance",
)
FOUND = re.compile(r'href="/incidents/(\d+)"|<bdi>(host-\d+)</bdi>')


def main() -> int:
    from tocsin.web.migrate import migrate

    migrate()
    from benchmarks.measures.page_times import fill, signed_in
    from tocsin.engine.store.open import open_store

    store = open_store(
        Path(sys.argv[1]), os.environ.get("TOCSIN_DATABASE_URL") or None, on_wake=lambda topics: None
    )
    fill(store, COUNT)
    store.close()
    browser = signed_in()

    def finds(address: str) -> list[int | str]:
        answer = browser.get(address)
        return [answer.status_code, *("".join(hit) for hit in FOUND.findall(answer.content.decode()))]

    found = {address: finds(address) for address in ADDRESSES}
    from tocsin.apps.incidents import words

    words.FEW = 0  # as if all words were frequent: PostgreSQL is asked another way
    for address in ADDRESSES:
        if "text=" in address or "label=" in address:
            assert finds(address) == found[address], address
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
