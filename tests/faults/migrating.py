"""Migrates copies of a former database and is killed at the n-th statement, for n = 1, 1 + STRIDE, …

Run as `python -m tests.faults.migrating SAMPLE FOLDER STRIDE` with failpoints on; prints for each place the
folder of its database and the status of the process that was to be killed. Forks: a step costs no start.
"""

import os
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from meeting_service.data_folder import STORE_FILE
from meeting_service.failpoints import FAILPOINTS
from meeting_service.storage import migrate
from tests.storage.test_migrate import make_former


def main(sample: str, folder: Path, stride: int) -> None:
    """One database and one child for each place."""
    orders = Path(os.environ[FAILPOINTS])
    for place in _places(stride):
        path = folder / place.replace(" ", "-") / STORE_FILE
        make_former(path, sample)
        orders.write_text(place)
        child = os.fork()
        if child == 0:
            migrate(path)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(path.parent, status, flush=True)  # noqa: T201 - what the campaign reads
        if place.startswith("in_migration") and status == 0:
            return


def _places(stride: int) -> Iterator[str]:
    yield "before_migration 1"
    yield "before_migration_commit 1"
    yield from (f"in_migration {number}" for number in count(1, stride))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
