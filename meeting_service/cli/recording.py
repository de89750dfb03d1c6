"""A meeting's audio as a file, from the data folder; the service may run or not."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

from meeting_service.cli.console import progress
from meeting_service.errors import MeetingServiceError, StorageFailed

if TYPE_CHECKING:
    from meeting_service.exports import ExportOptions
    from meeting_service.sessions.recordings import Playable

AUDIO_FORMATS = ("wav", "flac", "opus")
"""named here, as they are known before anything is imported that makes them"""


def write_recording(
    folder: Path, meeting_id: str, form: str, out: Path | None, options: "ExportOptions"
) -> None:
    """Write audio to a file or else to standard output; of the options, those that say whom and when.

    Raises:
        NotFound: no such participant, or no audio there.
        AudioRemoved: it is not kept any more.
        MeetingServiceError: it cannot be written.
        typer.BadParameter: it is asked for in a way that does not work.
    """
    from meeting_service.playback import AudioFormat, encode
    from meeting_service.playback.files import BLOCK_S

    if options.per_participant:
        raise typer.BadParameter("audio is written of one at a time: choose with --participant")
    found = asyncio.run(_find(folder, meeting_id, options))
    length_s = found.recording.samples / found.recording.rate_hz
    blocks = encode(AudioFormat(form), found.recording, found.open_reading)
    with _open(out) as file, progress("Writing audio") as update:
        for number, block in enumerate(blocks, 1):
            file.write(block)
            update(min(number * BLOCK_S, length_s), length_s)


async def _find(folder: Path, meeting_id: str, options: "ExportOptions") -> "Playable":
    from meeting_service.clock import SystemClock
    from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
    from meeting_service.playback import Part
    from meeting_service.sessions.recordings import Recordings
    from meeting_service.storage import Store

    store = await Store.open_to_read(folder / STORE_FILE, SystemClock())
    try:
        streams = await store.list_streams(meeting_id)
        held = _count_held(folder / LEDGER_FILE, [stream.id for stream in streams])
        recordings = Recordings(store, folder / LEDGER_FILE, lambda stream_id: held.get(stream_id, 0))
        part = Part(from_ms=options.from_ms or 0, to_ms=options.to_ms)
        return await recordings.find(meeting_id, options.participant, part)
    finally:
        await store.close()


def _count_held(path: Path, stream_ids: list[int]) -> dict[int, int]:
    """Samples that are held now, by stream; nothing where the ledger is not there."""
    from meeting_service.ledger import LedgerReader

    if not path.exists():
        return {}
    with closing(LedgerReader(path)) as reader:
        found = {stream_id: reader.take_inventory(stream_id) for stream_id in stream_ids}
    return {stream_id: inventory.through for stream_id, inventory in found.items() if inventory}


@contextmanager
def _open(out: Path | None) -> Iterator[IO[bytes]]:
    """Where it is written: beside what is there already, which it replaces once it is whole."""
    if out is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    to = out.resolve()
    special = to.exists() and not to.is_file()
    beside = to if special else to.with_name(f".{to.name}.{os.getpid()}")
    try:
        file = beside.open("wb")
    except OSError as error:
        raise MeetingServiceError(f"{out} cannot be written: {error.strerror}") from error
    try:
        with file:
            yield file
        if not special:
            beside.replace(to)
    except OSError as error:
        raise StorageFailed(f"{out} cannot be written: {error.strerror}") from error
    finally:
        if not special:
            beside.unlink(missing_ok=True)
