"""Everything behind the web, wired: ledger, store, worker, sessions. They stop in the reverse order.

The ledger's lock on its file is the lock on the data folder: one service writes to it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from meeting_service.clock import Clock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE, settle
from meeting_service.errors import CannotStart, StorageFailed
from meeting_service.ledger import Ledger, check_lock
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.storage.sqlite import lock_for_writing
from meeting_service.worker.home import ChildWorker, Worker
from meeting_service.worker.messages import Configure

log = structlog.get_logger()


def check_unused(folder: Path) -> None:
    """See whether the data folder is nobody else's, before anything is loaded.

    Raises:
        CannotStart: another process is using it.
    """
    if folder.is_dir():
        check_lock(folder / LEDGER_FILE)


def settle_folder(folder: Path) -> None:
    """Finish what a restore left undone, before anything in the folder is opened.

    Raises:
        CannotStart: another process is using the folder, or it cannot be written.
    """
    if not folder.is_dir():
        return
    try:
        with lock_for_writing(folder / STORE_FILE):
            settle(folder)
    except OSError as error:
        raise CannotStart(f"the folder {folder} cannot be written: {error.strerror}") from error


@asynccontextmanager
async def run_sessions(settings: Settings, worker: Worker, clock: Clock) -> AsyncIterator[SessionManager]:
    """Everything behind the web, running.

    Raises:
        CannotStart: the data folder, a database or the model does not work.
    """
    async with AsyncExitStack() as stack:
        folder = settings.data.directory
        await asyncio.to_thread(settle_folder, folder)
        await _check_audio_is_there(folder, clock)
        # What SQLite puts in temporary files is text too: it stays on the disk that was chosen for it.
        os.environ.setdefault("SQLITE_TMPDIR", os.fspath(folder.absolute()))
        min_free_bytes = settings.data.min_free_mb << 20
        ledger = Ledger.open(folder / LEDGER_FILE, min_free_bytes=min_free_bytes)
        stack.push_async_callback(ledger.close)
        store = await Store.open(folder / STORE_FILE, clock, min_free_bytes=min_free_bytes)
        stack.push_async_callback(store.close)
        stack.push_async_callback(worker.stop)
        await worker.start()
        sessions = SessionManager(settings, store, ledger, worker, clock)
        stack.push_async_callback(sessions.stop)
        try:
            await sessions.start()
        except StorageFailed as error:
            raise CannotStart(f"{error.detail}; restore a backup if that does not pass") from error
        yield sessions


async def _check_audio_is_there(folder: Path, clock: Clock) -> None:
    """Tell a ledger that was lost from one that is yet to be made.

    Raises:
        CannotStart: it was emptied, which nobody does on purpose. One that was moved away is only told of.
    """
    ledger = folder / LEDGER_FILE
    is_there = ledger.exists()
    if (is_there and ledger.stat().st_size) or not (folder / STORE_FILE).exists():
        return
    store = await Store.open(folder / STORE_FILE, clock)
    try:
        if not await store.counts_on_audio():
            return
    finally:
        await store.close()
    told = f"meetings.db tells of audio, and {ledger} is {'empty' if is_there else 'not there'}"
    if is_there:
        raise CannotStart(
            f"{told}: put the one back that belongs to it, or restore a backup; to go on without any audio, "
            "move audio.db away"
        )
    log.error("audio_lost", detail=f"{told}: what it held is neither recognised nor kept")


def child_worker(settings: Settings) -> ChildWorker:
    """The default home of the recogniser."""
    return ChildWorker(configure_child(settings), notes=settings.data.directory)


def configure_child(settings: Settings) -> Configure:
    """What a child is told first."""
    return Configure(
        ledger_path=str(settings.data.directory / LEDGER_FILE),
        models=settings.model.names,
        weights=settings.model.weights,
        recognition=settings.recognition.model_dump(),
        segmenter=settings.segmenter.model_dump(),
        logging=settings.logging.model_dump(by_alias=True),
    )
