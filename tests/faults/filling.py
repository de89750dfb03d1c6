"""Disks that become full under a meeting and have room again, and what everybody is told meanwhile."""

from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

from meeting_service.data_folder import STORE_FILE
from tests.faults.checker import Exports
from tests.faults.room import Room
from tests.faults.script import Script
from tests.faults.service import FaultService
from tests.faults.small_disk import SmallDisk, mount_small_disk
from tests.faults.troubled import Troubled, hold

DISK_MB = 64
RESERVE_MB = 8
SPEED = 5.0
"""of the bots: they are to have something to say all the while"""
SECONDS_A_ROUND = 8.0
"""of speech that takes"""


class Fullness(StrEnum):
    """What is full."""

    RESERVE = "reserve"
    """there is room, but no more than is kept for text and deleting"""
    AUDIO = "audio"
    """nothing fits where the audio is"""
    TEXT = "text"
    """nothing fits where the text is"""
    BOTH = "both"
    """nothing fits anywhere"""


async def hold_with_full_disks(
    folder: Path, script: Script, rounds: Sequence[Fullness]
) -> tuple[Exports, list[str]]:
    """A meeting in which disks are filled and freed again; its files, and all that was wrong."""
    data, text = folder / "data", folder / "text"
    with ExitStack() as disks:
        audio_disk = disks.enter_context(mount_small_disk(data, DISK_MB))
        text_disk = disks.enter_context(mount_small_disk(text, DISK_MB))
        (data / STORE_FILE).symlink_to(text / STORE_FILE)
        service = FaultService(folder, data={"min_free_mb": RESERVE_MB})

        async def trouble(seen: Troubled) -> None:
            for number, fullness in enumerate(rounds):
                await seen.wait_for_audio()
                try:
                    _fill(fullness, audio_disk, text_disk)
                    await _check_full(seen, fullness)
                    if number < len(seen.doomed) - 1:
                        await _check_deleting(seen, fullness, seen.doomed[number])
                finally:
                    audio_disk.free()
                    text_disk.free()
                await seen.wait_for_state("ready", "catching_up")
                await seen.wait_until_told("ready")

        return await hold(service, script, trouble, speed=SPEED)


def _fill(fullness: Fullness, audio: SmallDisk, text: SmallDisk) -> None:
    if fullness is Fullness.RESERVE:
        audio.fill(leave_bytes=(RESERVE_MB - 1) << 20)
    if fullness in (Fullness.AUDIO, Fullness.BOTH):
        audio.fill()
    if fullness in (Fullness.TEXT, Fullness.BOTH):
        text.fill()


async def _check_full(seen: Troubled, fullness: Fullness) -> None:
    """Everybody is told, audio is refused as it should be, reading goes on."""
    said = await seen.wait_for_state("storage_full")
    seen.expect(said["status"] == 503 and not said["database"], f"{fullness}: /readyz says {said}")
    await seen.wait_until_told("storage_full")
    if fullness is not Fullness.TEXT:  # then audio has room, and is taken
        status, problem = await seen.post()
        refused = (status, problem.get("code")) == (507, "disk_full")
        seen.expect(refused, f"{fullness}: a post is answered with {status} {problem}")
    await seen.check_reading()


async def _check_deleting(seen: Troubled, fullness: Fullness, doomed: Room) -> None:
    """Deleting makes room, so there is some kept for it; where somebody else took that, it is refused."""
    fine = (204,) if fullness is Fullness.RESERVE else (204, 507)
    async with doomed.http.delete(doomed.path()) as response:
        seen.expect(response.status in fine, f"{fullness}: deleting is answered with {response.status}")
