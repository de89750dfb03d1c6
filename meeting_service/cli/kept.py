"""Meetings in the data folder, as commands read them; the service may run or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from meeting_service.errors import NotFound

if TYPE_CHECKING:
    from meeting_service.storage import Store

_RECENT = 5


@asynccontextmanager
async def open_store(folder: Path, meeting_id: str) -> AsyncIterator["Store"]:
    """The folder's database, which holds this meeting.

    Raises:
        NotFound: it does not; names the folder that was looked in.
    """
    from meeting_service.clock import SystemClock
    from meeting_service.data_folder import STORE_FILE
    from meeting_service.storage import Store

    if not (folder / STORE_FILE).exists():
        raise _not_found("there are no meetings", folder)
    store = await Store.open_to_read(folder / STORE_FILE, SystemClock())
    try:
        if await store.find_meeting(meeting_id) is None:
            raise _not_found(f"there is no meeting {meeting_id}", folder, await _list_recent(store))
        yield store
    finally:
        await store.close()


async def _list_recent(store: "Store") -> str:
    page = await store.list_meetings(limit=_RECENT)
    if not page.meetings:
        return ", nor any other"
    return ", where the latest are " + ", ".join(f"{m.id} ({m.title})" for m in page.meetings)


def _not_found(what: str, folder: Path, others: str = "") -> NotFound:
    return NotFound(f"{what} in {folder.absolute()}{others}: choose another folder with --data")
