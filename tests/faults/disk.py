"""What may be left on a disk when the power goes: what was synced, and any part of what was not.

The writes and syncs of a traced run are replayed up to a moment. Until a file is synced, each of its writes
may have come to the disk or not, in any order, also in part: a disk writes sectors. Names come in the order
in which they were made, as on file systems with a journal, and are certain once their folder is synced.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.tracing import Call

SECTOR = 512
PAGE = 4_096
_FORGOTTEN = ("-shm", ".lock")
"""of these nothing is asked after a start of the machine"""


@dataclass(frozen=True, slots=True)
class _Change:
    """A write, or where the file was cut off."""

    call: Call
    at: int
    data: bytes | None
    """None: the file ends at `at`"""

    def pages(self) -> range:
        """The numbers of the pages it writes; where the file was cut off, of the one that is cut."""
        return range(self.at // PAGE, -(-(self.at + len(self.data or b"x")) // PAGE))

    def clip(self, page: int) -> "_Change":
        """Its part in a page; where the file was cut off, all of it."""
        if self.data is None:
            return self
        first, last = max(self.at, page * PAGE), min(self.at + len(self.data), (page + 1) * PAGE)
        return _Change(self.call, first, self.data[first - self.at : max(first, last) - self.at])

    def apply(self, content: bytearray, chance: random.Random | None = None) -> None:
        """Make it; with `chance` only some of its sectors."""
        if self.data is None:
            del content[self.at :]
            content.extend(bytes(self.at - len(content)))
            return
        end = self.at + len(self.data)
        if not self.data:
            return
        content.extend(bytes(max(0, end - len(content))))
        first = self.at
        while first < end:
            last = min((first // SECTOR + 1) * SECTOR, end)
            if chance is None or chance.random() < 0.5:
                content[first:last] = self.data[first - self.at : last - self.at]
            first = last


@dataclass(slots=True)
class _File:
    """What is on disk of a file for certain, and what may be."""

    synced: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)
    """as whoever reads it sees it"""
    pending: list[_Change] = field(default_factory=list)
    forgotten: list[_Change] = field(default_factory=list)
    """of a sync that failed, by page: a later one does not write it, for the system takes it for written"""

    def change(self, change: _Change) -> None:
        """Write, or cut off."""
        self.pending.append(change)
        change.apply(self.seen)

    def sync(self, call: Call) -> None:
        """What ended before the sync began is on disk; or forgotten, if the sync failed."""
        covered = [change for change in self.pending if change.call.ended < call.begun]
        self.pending = [change for change in self.pending if change.call.ended >= call.begun]
        if call.is_sync:
            self._keep(covered)
        else:
            self.forgotten += [change.clip(page) for change in covered for page in change.pages()]

    def _keep(self, covered: list[_Change]) -> None:
        for change in covered:
            change.apply(self.synced)
        for page in {page for change in covered for page in change.pages()}:  # written as a whole
            first, last = page * PAGE, min((page + 1) * PAGE, len(self.seen))
            self.synced[first:last] = self.seen[first:last]
            self.forgotten = [change for change in self.forgotten if change.at // PAGE != page]

    def pick(self, chance: random.Random, share: float) -> bytearray:
        """One of the ways it may look; each uncertain change is there with the probability `share`."""
        content = bytearray(self.synced)
        for change in (*self.forgotten, *self.pending):
            if chance.random() < share:
                change.apply(content, chance if chance.random() < 0.3 else None)
        return content


class Disk:
    """The disk under one folder. Give it calls in the order in which they began, up to the cut.

    Args:
        folder: whose files they are about.
        before: a copy of it as it was on disk before the first call; None: there was none.
    """

    def __init__(self, folder: Path, before: Path | None = None) -> None:
        self._folder = str(folder)
        self._open: dict[str, _File] = {}
        """by the names there are now"""
        self._certain: dict[str, _File] = {}
        """by the names that are on disk"""
        self._names: list[tuple[Call, str, _File | None]] = []
        """names made or removed (None) that may not be"""
        for file in before.iterdir() if before else ():
            self._certain[str(folder / file.name)] = _File(
                bytearray(file.read_bytes()), bytearray(file.read_bytes())
            )
        self._open.update(self._certain)

    def replay(self, calls: Iterable[Call]) -> None:
        """Do what they did."""
        for call in calls:
            if not call.file.startswith(self._folder) or (call.result < 0 and "sync" not in call.name):
                continue
            if call.file == self._folder:
                if call.is_sync:
                    self._sync_names(call)
            elif not call.file.endswith(_FORGOTTEN):
                self._do(call)

    def leave(self, to: Path, chance: random.Random) -> None:
        """Write what the power cut leaves, one of the many ways it may be, as files."""
        share = chance.choice([0.0, 0.0, 0.5, 0.9])
        names = dict(self._certain)
        for _, name, file in self._names[: round(len(self._names) * chance.choice([0, share, 1]))]:
            _rename(names, name, file)
        for name, file in names.items():
            (to / Path(name).name).write_bytes(file.pick(chance, share))

    def _do(self, call: Call) -> None:
        if call.name == "openat":
            if (
                "O_CREAT" in call.arguments[-2 if len(call.arguments) > 1 else -1]
                and call.file not in self._open
            ):
                self._open[call.file] = _File()
                self._names.append((call, call.file, self._open[call.file]))
        elif call.name == "unlink":
            self._open.pop(call.file, None)
            self._names.append((call, call.file, None))
        elif "sync" in call.name:
            self._open[call.file].sync(call)
        elif call.name == "pwrite64":
            self._open[call.file].change(_Change(call, int(call.arguments[-1]), call.data))
        elif call.name == "ftruncate":
            self._open[call.file].change(_Change(call, int(call.arguments[-1]), None))
        else:
            raise AssertionError(f"{call.name} of {call.file} is not understood")

    def _sync_names(self, sync: Call) -> None:
        for call, name, file in self._names:
            if call.ended < sync.begun:
                _rename(self._certain, name, file)
        self._names = [change for change in self._names if change[0].ended >= sync.begun]


def _rename(names: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file
