"""Exporting from a data folder, and migrating it."""

import asyncio
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.cli.choices import parse_offset
from meeting_service.cli.recording import AUDIO_FORMATS
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.ledger import Ledger
from meeting_service.meeting import NewMeeting
from meeting_service.playback import AudioFormat
from meeting_service.storage import Store
from tests.cli.conftest import Invoke

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one meeting in it."""

    async def fill() -> None:
        store = await Store.open(tmp_path / "data" / STORE_FILE, SystemClock())
        await store.create_meeting(NewMeeting(id="weekly-7", title="Weekly", started_at=NOON))
        await store.put_participant("weekly-7", "ann", "Ann")
        await store.close()

    asyncio.run(fill())
    return tmp_path / "data"


def test_a_meeting_is_exported(invoke: Invoke, data: Path) -> None:
    """The transcript is written in the format asked for."""
    ended = invoke("export", "weekly-7", "--format", "vtt", "--data", data)

    assert ended.code == 0
    assert ended.out.startswith("WEBVTT")


def test_a_file_is_written(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    """With --out nothing goes to standard output."""
    ended = invoke("export", "weekly-7", "--data", data, "--out", "weekly.txt")

    assert (ended.code, ended.out) == (0, "")
    assert "Weekly" in (tmp_path / "weekly.txt").read_text()


def test_a_document_is_written(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    """Formats that are no text go to a file as they are; a ZIP holds a file for everybody."""
    invoke("export", "weekly-7", "--data", data, "--format", "docx", "--out", "weekly.docx")
    invoke("export", "weekly-7", "--data", data, "--format", "md", "--per-participant", "--out", "weekly.zip")

    assert "word/document.xml" in zipfile.ZipFile(tmp_path / "weekly.docx").namelist()
    assert ["Ann.md"] == zipfile.ZipFile(tmp_path / "weekly.zip").namelist()


def test_options_choose_what_is_written(invoke: Invoke, data: Path) -> None:
    """As over HTTP; a live meeting says of when its text is."""
    ended = invoke("export", "weekly-7", "--data", data, "--no-names", "--from", "1:30", "--to", "0:01:30.5")

    assert ended.code == 0
    assert "not over yet: the text as of " in ended.out
    assert "Ann" not in ended.out


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [
        (("--format", "doc"), 2, "not one of txt, md"),
        (("--preset", "mine"), 2, "not one of netflix"),
        (("--from", "soon"), 2, "no time such as 90"),
        (("--from", "90", "--to", "1:30"), 2, "ends after it begins"),
        (("--participant", "Carla"), 1, "nobody called 'Carla'"),
    ],
)
def test_an_option_that_does_not_fit_is_told(
    invoke: Invoke, data: Path, option: tuple[str, ...], code: int, said: str
) -> None:
    """In one line or as wrong usage, before anything is written."""
    ended = invoke("export", "weekly-7", "--data", data, *option)

    assert (code, "") == (ended.code, ended.out)
    assert said in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("text", "ms"), [("0", 0), ("90", 90_000), ("1:30", 90_000), ("1:01:30.5", 3_690_500), ("0.025", 25)]
)
def test_times_are_read_as_people_write_them(text: str, ms: int) -> None:
    """Seconds, minutes, hours."""
    assert ms == parse_offset(text)


def test_a_revision_is_exported(invoke: Invoke, data: Path) -> None:
    """By its number; one that is not there is one line."""
    first = invoke("export", "weekly-7", "--revision", "1", "--data", data)
    third = invoke("export", "weekly-7", "--revision", "3", "--data", data)

    assert "Weekly" in first.out
    assert (1, "meeting-service: meeting weekly-7 has no revision 3\n") == (third.code, third.err)


def test_a_running_service_does_not_matter(invoke: Invoke, data: Path) -> None:
    """The export reads while another process, here another connection, holds the database for writing."""

    async def export_beside() -> int:
        store = await Store.open(data / STORE_FILE, SystemClock())
        try:
            return (await asyncio.to_thread(invoke, "export", "weekly-7", "--data", data)).code
        finally:
            await store.close()

    assert asyncio.run(export_beside()) == 0


def test_an_unknown_meeting_lists_the_latest(invoke: Invoke, data: Path) -> None:
    """Who mistypes an id sees those there are."""
    ended = invoke("export", "weekly-8", "--data", data)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"meeting-service: there is no meeting weekly-8 in {data}, where the latest are weekly-7 (Weekly): "
        "choose another folder with --data\n"
    )


def test_a_folder_without_meetings_is_told(invoke: Invoke, tmp_path: Path) -> None:
    """A wrong data folder is named and not made."""
    ended = invoke("export", "weekly-7", "--data", "other")

    assert ended.code == 1
    assert f"there are no meetings in {tmp_path / 'other'}: choose another folder with --data" in ended.err
    assert not (tmp_path / "other").exists()


def test_migrating_twice_changes_once(invoke: Invoke, tmp_path: Path) -> None:
    """The first run makes the database, the second finds it up to date."""
    first = invoke("migrate", "--data", tmp_path / "data")
    second = invoke("migrate", "--data", tmp_path / "data")

    assert "made, at revision" in first.out
    assert "already at revision" in second.out


@pytest.fixture
def spoken(data: Path) -> Pcm:
    """What Ann says in that meeting, from its first second on."""
    pcm = np.random.default_rng(1).integers(-9_000, 9_000, 40_001, dtype=np.int16)

    async def fill() -> None:
        store = await Store.open(data / STORE_FILE, SystemClock())
        stream, _ = await store.open_stream("weekly-7", "ann", 16_000, 1_000)
        await store.end_stream(stream.id)
        await store.close()
        ledger = Ledger.open(data / LEDGER_FILE)
        await ledger.append([AudioChunk(stream.id, 0, pcm)])
        await ledger.close()

    asyncio.run(fill())
    return pcm


def test_audio_is_exported(invoke: Invoke, data: Path, spoken: Pcm, tmp_path: Path) -> None:
    """All of it bit for bit in the meeting's time; a part of one participant's; in every format."""
    whole = invoke("export", "weekly-7", "--data", data, "--format", "wav", "--out", "a.wav")
    options = ("--participant", "Ann", "--from", "2", "--to", "3")
    invoke("export", "weekly-7", "--data", data, "--format", "wav", *options, "--out", "part.wav")
    for form in AUDIO_FORMATS[1:]:
        assert 0 == invoke("export", "weekly-7", "--data", data, "-f", form, "-o", f"a.{form}").code
    heard = np.frombuffer((tmp_path / "a.wav").read_bytes()[44:], "<i2")

    assert (0, "") == (whole.code, whole.out)
    assert (not heard[:16_000].any(), True) == (True, np.array_equal(spoken, heard[16_000:]))
    assert spoken[16_000:32_000].tobytes() == (tmp_path / "part.wav").read_bytes()[44:]
    assert (b"fLaC", b"OggS") == tuple(
        (tmp_path / f"a.{form}").read_bytes()[:4] for form in AUDIO_FORMATS[1:]
    )
    assert list(AUDIO_FORMATS) == list(AudioFormat)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """This process writes none that is larger, in bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_that_is_there_stays_until_another_is_whole(
    invoke: Invoke, data: Path, spoken: Pcm, tmp_path: Path
) -> None:
    """One that cannot be written further leaves it as it was, and nothing beside it; a link stays one."""
    options = ("export", "weekly-7", "--data", data, "--format", "wav", "--out", "a.wav")
    assert 0 == invoke(*options).code
    whole = (tmp_path / "a.wav").read_bytes()
    with files_of_at_most(len(whole) // 2):
        failed = invoke(*options)

    assert (1, True) == (failed.code, "a.wav cannot be written: File too large" in failed.err)
    assert whole == (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(b"old")
    (tmp_path / "link.wav").symlink_to("a.wav")
    assert 0 == invoke(*options[:-1], "link.wav").code
    assert whole == (tmp_path / "a.wav").read_bytes()
    assert {"a.wav", "data", "link.wav"} == {path.name for path in tmp_path.iterdir()}


def test_audio_that_cannot_be_written_is_told(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    """A meeting without audio, a file for everybody at once; no file is left."""
    silent = invoke("export", "weekly-7", "--data", data, "--format", "flac", "--out", "a.flac")
    options = ("--format", "wav", "--per-participant", "--out", "a.zip")
    zipped = invoke("export", "weekly-7", "--data", data, *options)

    assert (1, "meeting-service: no audio came in this meeting\n") == (silent.code, silent.err)
    assert (2, True) == (zipped.code, "one at a time" in zipped.err)
    assert not list(tmp_path.glob("a.*"))
