"""What is handed out: one file, or a ZIP of several."""

import io
import zipfile
from dataclasses import replace

import pytest

from meeting_service.exports import ExportOptions, formats, make_download
from meeting_service.exports.check import check_srt
from meeting_service.meeting import Participant
from tests.exports.meetings import OVERLAPS, PLAIN, START


def unpack(content: bytes) -> dict[str, bytes]:
    """The files by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_a_file_is_of_its_format() -> None:
    """Bytes, type and extension."""
    made = make_download(PLAIN, "whisper")

    assert ("application/json", "whisper.json") == (made.media_type, made.extension)
    assert made.content.startswith(b"{")


def test_everybody_has_a_file() -> None:
    """Called like them, with what they say and nothing else, each right by the format's own rules."""
    made = make_download(OVERLAPS, "srt", ExportOptions(per_participant=True))
    files = unpack(made.content)

    assert ("application/zip", "zip") == (made.media_type, made.extension)
    assert ["Ann.srt", "Bob.srt", "Cid.srt"] == list(files)
    assert all(check_srt(content.decode()).violations == [] for content in files.values())
    assert b"Please, one after the other." in files["Cid.srt"]
    assert b"Bob" not in files["Cid.srt"]


@pytest.mark.parametrize("name", formats)
def test_every_format_can_be_packed(name: str) -> None:
    """Also those that are no text; the same ZIP every time."""
    options = ExportOptions(per_participant=True)
    made = make_download(PLAIN, name, options)

    assert [f"Ann.{formats[name].extension}", f"Bob.{formats[name].extension}"] == list(unpack(made.content))
    assert made == make_download(PLAIN, name, options)


def test_files_have_names_that_every_system_takes() -> None:
    """No folders, no two that differ in case only, none that is reserved; without names they are numbered."""
    names = ["../../etc/passwd", "Ann", "ann", "CON", "\x00", "山田"]
    people = [Participant("m1", str(n), name) for n, name in enumerate(names)]
    transcript = replace(PLAIN, participants=people, sentences=(), gaps=())
    named = unpack(make_download(transcript, "txt", ExportOptions(per_participant=True)).content)
    numbered = unpack(
        make_download(transcript, "txt", ExportOptions(per_participant=True, names=False)).content
    )

    assert ["-..-etc-passwd.txt", "Ann.txt", "ann_2.txt", "transcript CON.txt", "4.txt", "山田.txt"] == list(
        named
    )
    assert [f"speaker {n}.txt" for n in range(1, 7)] == list(numbered)


def test_files_are_as_old_as_the_meeting() -> None:
    """Or as old as a ZIP can be."""
    options = ExportOptions(per_participant=True)
    for started_at, moment in (
        (START, (2026, 3, 4, 9, 0, 0)),
        (START.replace(year=1970), (1980, 1, 1, 0, 0, 0)),
    ):
        transcript = replace(PLAIN, meeting=replace(PLAIN.meeting, started_at=started_at))
        content = make_download(transcript, "txt", options).content

        assert {moment} == {i.date_time for i in zipfile.ZipFile(io.BytesIO(content)).infolist()}
