"""How work reaches the database: writes one after another, reads beside them, errors as our own."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from meeting_service import metrics
from meeting_service.errors import MeetingServiceError, SearchTooSlow, StorageFailed
from meeting_service.failpoints import interrupt
from meeting_service.storage import sqlite
from meeting_service.storage.renewal import REST_S, Outcome, Renewal, has_room

ERASE_STEPS = 20
"""of an erasure before its caller is let go; others' writes come between them"""
ERASE_RETRY_S = 1.0
"""how long after a reader was in the way the log is to be emptied again"""
SEARCHES = 2
"""at a time; what else is read never waits for them"""
SEARCH_S = 5.0
"""that a search may take, and again that it may wait for others"""

T = TypeVar("T")


class Database:
    """One database file, open. Belongs to the event loop that opened it.

    A unit of work is a plain function over a connection and runs as one transaction. It goes on to its
    end when its caller is cancelled, so that nothing is half done. Writers wait their turn in the order
    they came; no more of them wait than there are callers.
    """

    def __init__(
        self,
        path: Path,
        erase_step: Callable[[Connection], bool] | None = None,
        *,
        read_only: bool = False,
        min_free_bytes: int = 0,
        rest_s: float = REST_S,
        search_s: float = SEARCH_S,
    ) -> None:
        """Open the file at `path`.

        Args:
            path: there is a database.
            erase_step: has the tables let go of some of what was deleted, and says whether it was the rest.
            read_only: nothing is ever written.
            min_free_bytes: of the disk, which writing the file anew leaves free.
            rest_s: from one time that it is written anew to the next.
            search_s: after which a search is ended.
        """
        self._path = path
        self._erase_step = erase_step
        self._writer = sqlite.make_readers(path) if read_only else sqlite.make_writer(path)
        self._readers = sqlite.make_readers(path)
        self._searchers = sqlite.make_readers(path)
        self._search_s = search_s
        self._search_turns = asyncio.Semaphore(SEARCHES)
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._erasing: asyncio.Task[None] | None = None
        """tries until nobody reads what was deleted"""
        self._min_free_bytes = min_free_bytes
        self._renewal = Renewal(lambda: self._to_its_end(self._renew(), "store renew"), rest_s)
        self._closing = False
        self.failure: StorageFailed | None = None
        """why the last write did not go well; None if it did"""
        self.damage: str | None = None
        """what was found not to be as it was written; a start forgets it, if it is mended"""

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction of its own; durable when this returns.

        Raises:
            DiskFull, StorageFailed: nothing of it is kept.
        """
        return await self._to_its_end(self._write(work), "store write")

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do `work` on one moment of the database; all that was written before is in it."""
        return await self._to_its_end(self._read(work), "store read")

    async def search(self, work: Callable[[Connection], T]) -> T:
        """The same for what may have to walk far: no other reader waits for it, and it is ended in time.

        Raises:
            SearchTooSlow: it took too long, or had to wait for others for too long.
        """
        return await self._to_its_end(self._search(work), "store search")

    async def delete(self, work: Callable[[Connection], T]) -> T:
        """Do `work`, which deletes rows; nothing of them is left in the files, as `erase_deleted` says.

        Raises:
            StorageFailed: nothing is deleted, or a copy that an upgrade left could not be removed.
        """

        def delete(db: Connection) -> T:
            sqlite.mark_for_renewal(db)
            return work(db)

        await self._remove_copies()
        done = await self.write(delete)
        await self.erase_deleted()
        return done

    async def _remove_copies(self) -> None:
        try:
            await asyncio.to_thread(sqlite.remove_copies, self._path)
        except OSError as error:
            raise StorageFailed(f"a copy of {self._path} could not be removed: {error.strerror}") from error

    async def erase_deleted(self) -> None:
        """Leave no trace of deleted rows in the files; while somebody reads them, as soon as nobody does.

        What SQLite left of them in pages when it moved rows goes soon after. Never fails.
        """
        if self._closing:
            return  # the next start does it
        erased = await self._to_its_end(self._erase(), "store erase")
        if not self._closing:
            self._renewal.ask()
            if not erased:
                self._erase_in_time()

    async def look_for_damage(self) -> None:
        """Read the whole file once, and take down what is not as it must be."""
        with suppress(StorageFailed):
            found = await self.read(sqlite.find_damage)
            self.damage = self.damage or (f"the database {self._path} is damaged: {found}" if found else None)

    async def close(self) -> None:
        """Let running work end, then close every connection and its thread."""
        self._closing = True
        await self._renewal.close()
        if self._erasing is not None:
            self._erasing.cancel()
            await asyncio.wait({self._erasing})
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._searchers.dispose()
        await self._readers.dispose()
        await self._writer.dispose()

    async def _to_its_end(self, work: Coroutine[Any, Any, T], name: str) -> T:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._settle)
        return await asyncio.shield(task)

    def _settle(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # seen, also where the caller has left

    async def _write(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._turn:
                async with self._writer.begin() as db:
                    done = await db.run_sync(work)
                if interrupt("in_text_checkpoint"):
                    async with self._writer.connect() as db:
                        await db.run_sync(sqlite.erase)
        except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise self._note(self._explain(error)) from error
        self.failure = None
        return done

    def _note(self, told: MeetingServiceError) -> MeetingServiceError:
        if isinstance(told, StorageFailed):
            self.failure = told
            metrics.storage_failures.labels("text", told.code).inc()
        return told

    async def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            async with self._readers.connect() as db:
                return await db.run_sync(work)
        except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise self._explain(error) from error

    async def _search(self, work: Callable[[Connection], T]) -> T:
        try:
            async with asyncio.timeout(self._search_s):
                await self._search_turns.acquire()
        except TimeoutError as error:
            raise SearchTooSlow("other searches are under way: try again") from error
        try:
            async with self._searchers.connect() as db:
                return await db.run_sync(sqlite.do_within, work, self._search_s)
        except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            if sqlite.is_interrupted(error):
                raise SearchTooSlow("ask for rarer words, or for a shorter span of time") from error
            raise self._explain(error) from error
        finally:
            self._search_turns.release()

    def _explain(self, error: BaseException) -> MeetingServiceError:
        if sqlite.is_damage(error):
            self.damage = self.damage or f"the database {self._path} is damaged: {sqlite.reason(error)}"
        return sqlite.explain(error, self._path)

    async def _renew(self) -> Outcome:
        outcome = Outcome.FAILED
        with suppress(SQLAlchemyError, sqlite3.Error, OSError):
            async with self._turn, self._writer.connect() as db:
                outcome = await db.run_sync(self._renew_if_due)
        if outcome is Outcome.DONE and not await self._empty_log() and not self._closing:
            self._erase_in_time()
        return outcome

    def _renew_if_due(self, db: Connection) -> Outcome:
        due = sqlite.is_to_be_renewed(db)
        db.rollback()
        if not due:
            return Outcome.NOT_DUE
        if not has_room(self._path, self._min_free_bytes):
            return Outcome.FAILED
        sqlite.renew(db, lambda: self._closing)
        return Outcome.DONE

    def _erase_in_time(self) -> None:
        if self._erasing is None:
            self._erasing = asyncio.create_task(self._erase_later(), name="store erase later")

    async def _erase_later(self) -> None:
        while not await self._to_its_end(self._erase(), "store erase"):  # noqa: ASYNC110 readers tell nobody
            await asyncio.sleep(ERASE_RETRY_S)
        self._erasing = None
        self._renewal.ask()

    async def _erase(self) -> bool:
        for _ in range(ERASE_STEPS):
            if await self._erase_some():
                return await self._empty_log()
        return False

    async def _erase_some(self) -> bool:
        if self._erase_step is None:
            return True
        with suppress(SQLAlchemyError, sqlite3.Error):
            async with self._turn, self._writer.begin() as db:
                return await db.run_sync(self._erase_step)
        return False

    async def _empty_log(self) -> bool:
        with suppress(SQLAlchemyError, sqlite3.Error):
            async with self._turn, self._writer.connect() as db:
                return await db.run_sync(sqlite.erase)
        return False
