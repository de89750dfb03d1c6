"""A meeting that is transcribed again, by somebody who insists whatever happens to the service."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from tests.faults.room import RETRY_S, Away, Room, persist

AGAIN = 2
"""the number of the revision"""


async def transcribe_again(where: Room) -> None:
    """Have a meeting that has ended transcribed again, once; returns when the new text is the current one.

    Raises:
        AssertionError: it failed, or it was made more than once.
    """
    await persist(lambda: _begin(where))
    known = await wait_until_made(where)
    assert [(AGAIN, "done"), (1, "done")] == [(r["number"], r["state"]) for r in known], f"{known}"


async def check_revisions(where: Room) -> AsyncIterator[str]:
    """What is wrong with a meeting's revisions, all by one model: each is made, and says the same."""
    known = await wait_until_made(where)
    texts = {r["number"]: await where.download(f"txt?revision={r['number']}") for r in known}
    for revision in known:
        if (revision["state"], texts[revision["number"]]) != ("done", texts[1]):
            yield f"revision {revision['number']} is {revision['state']}, or has another text"


async def wait_until_made(where: Room) -> list[dict[str, Any]]:
    """All revisions, once none is being made."""
    while (known := await list_revisions(where))[0]["state"] == "running":  # noqa: ASYNC110
        await asyncio.sleep(RETRY_S)  # a bot can only ask
    return known


async def list_revisions(where: Room) -> list[dict[str, Any]]:
    """All of a meeting, the newest first."""
    told: list[dict[str, Any]] = json.loads(await where.ask("GET", where.path("/revisions")))["revisions"]
    return told


async def _begin(where: Room) -> None:
    """Ask once, unless it has begun: an answer that was lost does not say that nothing was."""
    if len(await list_revisions(where)) > 1:
        return
    async with where.http.post(where.path("/retranscribe")) as response:
        if response.status not in (202, 409):
            raise Away(f"status {response.status}: {await response.text()}")
