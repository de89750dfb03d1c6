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
_FORGOTTEN = ("-shm", ".lock")
"""of these nothing is asked after a start of the machine"""


@dataclass(frozen=True, slots=True)
class _Change:
    """A write, or where the file was cut off."""

    call: Call
    at: int
    data: bytes | None
    """None: the file ends at `at`"""

    def apply(self, content: bytearray, chance: random.Random | None = None) -> None:
        """Make it; with `chance` only some of its sectors."""
        if self.data is None:
            del content[self.at :]
            content.extend(bytes(self.at - len(content)))
            return
        end = self.at + len(self.data)
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
    pending: list[_Change] = field(default_factory=list)

    def sync(self, call: Call) -> None:
        """All that ended before the sync began is on disk."""
        for change in self.pending:
            if change.call.ended < call.begun:
                change.apply(self.synced)
        self.pending = [change for change in self.pending if change.call.ended >= call.begun]

    def pick(self, chance: random.Random, share: float) -> bytearray:
        """One of the ways it may look; each unsynced change is there with the probability `share`."""
        content = bytearray(self.synced)
        for change in self.pending:
            if chance.random() < share:
                change.apply(content, chance if chance.random() < 0.3 else None)
        return content


class Disk:
    """The disk under one folder. Give it calls in the order in which they began, up to the cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._open: dict[str, _File] = {}
        """by the names there are now"""
        self._certain: dict[str, _File] = {}
        """by the names that are on disk"""
        self._names: list[tuple[Call, str, _File | None]] = []
        """names made or removed (None) that may not be"""

    def replay(self, calls: Iterable[Call]) -> None:
        """Do what they did."""
        for call in calls:
            if call.result < 0 or not call.file.startswith(self._folder):
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
        elif call.is_sync:
            self._open[call.file].sync(call)
        elif call.name == "pwrite64":
            self._open[call.file].pending.append(_Change(call, int(call.arguments[-1]), call.data))
        elif call.name == "ftruncate":
            self._open[call.file].pending.append(_Change(call, int(call.arguments[-1]), None))
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
