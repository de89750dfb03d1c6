"""SIGKILL at every statement of a migration: the database is the former one or the new one, whole."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from meeting_service.data_folder import STORE_FILE
from meeting_service.failpoints import FAILPOINTS
from meeting_service.storage import migrate
from tests.faults.campaign import Campaign, Order, Outcome
from tests.storage.test_migrate import FORMER, dump, list_parts, make_former

EVERY = 1_000
"""a size with which every statement is one to be killed at"""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
_CLOCK = re.compile(r"""(INSERT INTO "meeting_clocks" VALUES\('[^']*'),\d+""")
_STATEMENTS = 60
"""a migration has about so many"""


async def run(order: Order) -> Outcome:
    """Every former database that there is a sample of, `order.size` kills each, or at every statement."""
    killed, failures = 0, []
    stride = max(1, _STATEMENTS // order.size)
    for sample in sorted(path.stem for path in FORMER.glob("*.sql")):
        folders = await _kill_all(order.folder / sample, sample, stride)
        references = await asyncio.to_thread(_References, order.folder / sample, sample)
        for folder, status in folders:
            if status == -signal.SIGKILL:
                killed += 1
                found = await asyncio.to_thread(list, _check(folder, references))
                failures += [f"{sample}, {folder.name}: {failure}" for failure in found]
            elif status != 0:
                failures.append(f"{sample}, {folder.name}: ended with {status}")
        order.say(f"   from {sample}: {len(folders) - 1} kills")
    return Outcome(killed, failures)


async def _kill_all(folder: Path, sample: str, stride: int) -> list[tuple[Path, int]]:
    folder.mkdir(parents=True)  # noqa: ASYNC240 - nothing else runs yet
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.migrating", sample, str(folder), str(stride)),
        env={**os.environ, FAILPOINTS: str(folder / "failpoint")},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    lines = (line.rsplit(" ", 1) for line in printed.decode().splitlines())
    return [(Path(name), int(status)) for name, status in lines]


class _References:
    """What a database holds that was not migrated, and one that was, undisturbed."""

    def __init__(self, folder: Path, sample: str) -> None:
        path = folder / "undisturbed" / STORE_FILE
        make_former(path, sample)
        self._moments = frozenset(_MOMENT.findall("".join(dump(path))))
        self.former = self.read(path)
        migrate(path)
        self.new = self.read(path)

    def read(self, path: Path) -> list[list[str]]:
        """All that it holds but the moment of its migration; constraints in no order, as they are made in."""
        lines = (_CLOCK.sub(r"\1, now", _MOMENT.sub(self._hide_now, line)) for line in dump(path))
        return [list_parts(line.rstrip(";")) if line.startswith("CREATE") else [line] for line in lines]

    def _hide_now(self, found: re.Match[str]) -> str:
        return found[0] if found[0] in self._moments else "now"


def _check(folder: Path, references: _References) -> Iterator[str]:
    path = folder / STORE_FILE
    with closing(sqlite3.connect(path)) as db:
        if (answer := db.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            yield f"integrity_check says {answer[:3]}"
    if references.read(path) not in (references.former, references.new):
        yield "the database is neither the former nor the new one"
    migrate(path)
    if references.read(path) != references.new:
        yield "migrated again it is not what an undisturbed migration makes"
    shutil.rmtree(folder)


CAMPAIGN = Campaign(
    "migrations",
    promise=1,
    brief="SIGKILL at every statement of an upgrade",
    how="SIGKILL at every statement of an upgrade from each former database; it is the former or the new one",
    run=run,
    size=EVERY,
)
