"""Audio that was in work when a child died, and what is to be done about it.

What crashes the recogniser three times is given up: it becomes a stretch without text, and the meeting goes
on. Only the first crash may be in company: what was in work then is suspected, is recognised alone from then
on, and is cleared when that goes well. So a verdict says nothing of the neighbours. Before that try the child
shows that it can do as much with silence; where it cannot, the device is broken and no audio is to
blame.

It is written down whenever it changes, for whoever kills the recogniser may take the service with it, as when
the memory of both runs out: then it is found again at the next start. A service may also be killed for other
reasons, so its death gives nothing up: the last crash must be seen by one that lives. Losing what is written
costs three more crashes.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import structlog

from meeting_service.worker.blackboard import Item, Kind
from meeting_service.worker.messages import OpenStream

log = structlog.get_logger()

MOST_CRASHES = 3
"""after which audio is given up"""
MOST_KEPT = 1_000
"""suspects that are remembered; the oldest is forgotten for one more"""


class Suspects:
    """Counts crashes by what was in work. Owned by the service's event loop.

    Args:
        path: where it is written down; nowhere without one.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._crashes: dict[Item, int] = {}
        self._offences: Counter[int] = Counter()
        """what was given up, by stream"""
        if path is not None:
            with suppress(OSError, ValueError, TypeError):
                rows = json.loads(path.read_bytes())
                self._crashes = {Item(Kind(kind), *where): crashes for kind, *where, crashes in rows}

    def accuse(self, items: Iterable[Item], *, seen: bool = True) -> list[Item]:
        """These were in work when a child died; returns what is given up with it.

        Args:
            items: what was in work.
            seen: whether the child died alone; nothing is given up when its service died too.
        """
        accused = list(items)
        for item in accused:
            before = self._crashes.pop(item, 0)
            self._crashes[item] = before + 1 if seen else max(before, min(before + 1, MOST_CRASHES - 1))
        for item in list(self._crashes)[: max(0, len(self._crashes) - MOST_KEPT)]:
            del self._crashes[item]
        self._write(changed=bool(accused))
        given_up = [item for item in accused if seen and self._crashes.get(item) == MOST_CRASHES]
        self._offences.update(item.stream_id for item in given_up)
        return given_up

    def clear(self, item: Item) -> None:
        """It was done, alone."""
        self._write(changed=self._crashes.pop(item, None) is not None)

    def advance(self, stream_id: int, resume: int) -> None:
        """All of a stream before `resume` is final."""
        mine = (item for item in self._crashes if item.stream_id == stream_id)
        self._forget(item for item in mine if item.is_final(resume))

    def finish(self, stream_id: int) -> None:
        """All of a stream is final."""
        self._offences.pop(stream_id, None)
        self._forget(item for item in self._crashes if item.stream_id == stream_id)

    def brief(self, command: OpenStream) -> OpenStream:
        """The command with what is known about the stream's audio."""
        own = [
            (item, crashes) for item, crashes in self._crashes.items() if item.stream_id == command.stream.id
        ]
        offences = self._offences[command.stream.id]
        if not own and not offences:
            return command
        lost = [item for item, crashes in own if crashes >= MOST_CRASHES]
        given_up = {item.start for item in lost if item.kind is Kind.WINDOW}
        return replace(
            command,
            checkpoint=replace(
                command.checkpoint, given_up=tuple(sorted(given_up.union(command.checkpoint.given_up)))
            ),
            offences=offences,
            unheard=tuple(sorted(item.start for item in lost if item.kind is Kind.BLOCK)),
            suspects=tuple((item.kind, item.start, n) for item, n in own if n < MOST_CRASHES),
        )

    def _forget(self, items: Iterable[Item]) -> None:
        gone = list(items)
        for item in gone:
            del self._crashes[item]
        self._write(changed=bool(gone))

    def _write(self, *, changed: bool) -> None:
        if self._path is None or not changed:
            return
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            beside.write_text(json.dumps([[*item, crashes] for item, crashes in self._crashes.items()]))
            os.replace(beside, self._path)
        except OSError as error:
            log.warning("suspects_not_written", error=error.strerror)
