"""A meeting in which processes are killed, and what is left of it; its bots and watchers do not know."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from meeting_service.data_folder import STORE_FILE
from meeting_service.exports import formats
from meeting_service.failpoints import FAILPOINTS
from tests.faults import checker
from tests.faults.bots import play
from tests.faults.checker import Exports
from tests.faults.doomed import DOOMED, DoomedMeetings
from tests.faults.followers import watch, watch_by_client
from tests.faults.history import History, Kind
from tests.faults.revising import transcribe_again
from tests.faults.room import room
from tests.faults.script import Script
from tests.faults.service import DidNotStart, FaultService, Recogniser
from tests.faults.strikes import Kill, Phase, Victim

MEETING_PATIENCE_S = 900.0
"""after which a meeting hangs; on an idle machine it takes a sixtieth"""
LOOK_S = 0.005
"""how often it is looked whether a failpoint was come to"""


@dataclass(frozen=True, slots=True)
class Remains:
    """What came of a meeting."""

    exports: Exports
    failures: Sequence[str]
    lost_samples: int
    killed: Counter[str]
    """how often, by victim and place"""
    back_s: Sequence[float]
    """from each start of the service to the first acknowledgement after it"""
    caught_up_s: Sequence[float]
    """from each start after all audio was acknowledged until all text was final"""


@dataclass(slots=True)
class _Figures:
    killed: Counter[str] = field(default_factory=Counter)
    back_s: list[float] = field(default_factory=list)
    caught_up_s: list[float] = field(default_factory=list)


class KilledMeeting:
    """One meeting, one service, some kills. Owned by one event loop.

    Args:
        folder: its own; data, log and history are there afterwards.
        script: who says what.
        kills: in the order of their phases.
        recogniser: who recognises.
        speed: how many times faster than people the bots speak.
    """

    def __init__(
        self,
        folder: Path,
        script: Script,
        kills: Iterable[Kill] = (),
        *,
        recogniser: Recogniser = Recogniser.HASHING,
        speed: float = 20.0,
    ) -> None:
        self.history = History()
        self._orders = folder / "failpoint"
        self._service = FaultService(
            folder,
            environment={FAILPOINTS: str(self._orders)},
            recogniser=recogniser,
            forked=recogniser is Recogniser.HASHING,
        )
        self._script = script
        self._kills = list(kills)
        self._speed = speed
        self._figures = _Figures()
        self._failures: list[str] = []
        self._inspected = 0
        self._background: list[asyncio.Task[None]] = []

    async def run(self) -> Remains:
        """From the first word to the checks."""
        exports: Exports = {}
        try:
            async with asyncio.timeout(MEETING_PATIENCE_S):
                exports = await self._hold()
        except Exception as error:  # the checks say more
            self._failures.append(f"the meeting did not come to its end: {error!r}")
        finally:
            for task in self._background:
                task.cancel()
            await asyncio.gather(*self._background, return_exceptions=True)
            await self._service.close()
            self.history.write(self._service.folder / "history.jsonl")
        lost = 0
        if exports:
            self._failures += await asyncio.to_thread(self._check, exports)
            lost = checker.count_lost_samples(self._service.data, self._script, self.history)
        figures = self._figures
        return Remains(exports, self._failures, lost, figures.killed, figures.back_s, figures.caught_up_s)

    async def _hold(self) -> Exports:
        await self._start()
        async with (
            room(self._service.url, self.history, self._speed) as where,
            DoomedMeetings(where) as doomed,
        ):
            await doomed.make(self._script[0].pcm)
            await where.create()
            watchers = [self._spawn(watch(where)), self._spawn(watch_by_client(where))]
            speaking = self._spawn(play(self._script, where))
            await self._strike_all(doomed, speaking, (Phase.OPENING, Phase.LEAVING, Phase.SPEAKING))
            await speaking
            ending = self._spawn(where.end())
            await self._strike_all(doomed, ending, (Phase.ENDING,))
            await ending
            await asyncio.gather(*watchers)
            revising = self._spawn(transcribe_again(where))
            await self._strike_all(doomed, revising, (Phase.ASKING, Phase.REVISING, Phase.REVISED))
            await revising
            await doomed.delete_all()
            exports = {name: await where.download(f"{name}?revision=1") for name in formats}
            exports |= {f"{name} again": await where.download(name) for name in formats}
        if code := await self._service.terminate():
            self._failures.append(f"SIGTERM ended the service with {code}")
        return exports

    def _check(self, exports: Exports) -> list[str]:
        data, history, script = self._service.data, self.history, self._script
        return [
            *checker.check_acknowledged(history),
            *checker.check_ledger(data, script, history),
            *checker.check_databases(data),
            *checker.check_accounts(data),
            *checker.check_watcher(history, "watcher", exports["json"]),
            *checker.check_watcher(history, "client", exports["json"]),
            *checker.check_deleted(data, DOOMED),
        ]

    # Kills

    async def _strike_all(
        self, doomed: DoomedMeetings, until: asyncio.Task[None], phases: Sequence[Phase]
    ) -> None:
        """Those of these phases; what is to be come to while `until` runs."""
        for kill in [kill for kill in self._kills if kill.phase in phases]:
            await self._strike(kill, doomed, until)

    async def _strike(self, kill: Kill, doomed: DoomedMeetings, until: asyncio.Task[None]) -> None:
        if kill.starting or kill.place == "in_start":
            await self._strike_start(kill)
        elif not kill.place:
            await asyncio.sleep(kill.after_s)
            await self._kill(kill)
        elif not await self._come_to(kill, doomed, until):
            await self._kill(Kill(kill.victim, kill.phase))
        if not self._service.running:
            await self._inspect()
            await self._start(until if Phase.ENDING is kill.phase else None)

    async def _kill(self, kill: Kill) -> None:
        self._note(kill)
        if kill.victim is not Victim.SERVICE:
            self._service.kill_worker()
        if kill.victim is not Victim.RECOGNISER:
            await self._service.kill()

    async def _strike_start(self, kill: Kill) -> None:
        """The service that runs, and then the one that is to take its place."""
        await self._kill(Kill(Victim.SERVICE, kill.phase))
        if kill.place:
            self._orders.write_text(f"{kill.place} {kill.hit}")
        start = asyncio.create_task(self._service.start(), name="start to be killed")
        if not kill.place:
            await asyncio.wait([start], timeout=kill.after_s)
            await self._service.kill()
        with suppress(DidNotStart):
            await start
        self._note(kill)

    async def _come_to(self, kill: Kill, doomed: DoomedMeetings, until: asyncio.Task[None]) -> bool:
        """Have the process die at a failpoint; whether it did before `until` was done."""
        self._write_orders(kill)
        if kill.place in ("in_sweep", "after_sweep", "in_deletion"):
            doomed.delete_one()
        if kill.place in ("in_shutdown", "before_close"):
            os.kill(self._service.pid, signal.SIGTERM)
        while self._orders.exists() and self._service.running and not until.done():  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)  # a file of another process can only be looked at
        try:
            self._orders.unlink()
        except FileNotFoundError:
            self._note(kill)
            if kill.victim is Victim.SERVICE:
                await self._service.wait_ended()
            return True
        return False

    def _write_orders(self, kill: Kill) -> None:
        new = self._orders.with_suffix(".new")
        new.write_text(f"{kill.place} {kill.hit}")
        new.replace(self._orders)

    def _note(self, kill: Kill) -> None:
        name = f"{kill.victim} {kill.name}"
        self._figures.killed[name] += 1
        self.history.note("campaign", Kind.KILLED, detail=name)

    async def _inspect(self) -> None:
        """While nothing runs: what was acknowledged is held, what was told is stored."""
        with tempfile.TemporaryDirectory() as copy:
            for file in self._service.data.glob("*.db*"):
                with suppress(FileNotFoundError):
                    shutil.copy(file, copy)
            if (Path(copy) / STORE_FILE).exists():
                found = checker.check_told_is_stored(Path(copy), self.history, after=self._inspected)
                kill = next(reversed(list(self.history.of(Kind.KILLED)))).detail
                self._failures += [f"{failure} (after: {kill})" for failure in found]
        self._inspected = len(self.history.entries)

    # Starts

    async def _start(self, ending: asyncio.Task[None] | None = None) -> None:
        """Start, and measure how long it takes until it works again."""
        begun_s = time.monotonic()
        acknowledged = self.history.acknowledgements
        await self._service.start()
        self.history.note("campaign", Kind.READY, end=round(self._service.start_s * 1000))
        if ending is not None and not ending.done():
            ending.add_done_callback(lambda _: self._figures.caught_up_s.append(time.monotonic() - begun_s))
        elif acknowledged:
            self._spawn(self._measure_back(begun_s, acknowledged))

    async def _measure_back(self, begun_s: float, acknowledged: int) -> None:
        while self.history.acknowledgements == acknowledged:
            await self.history.wait()
        self._figures.back_s.append(time.monotonic() - begun_s)

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.append(task)
        return task
