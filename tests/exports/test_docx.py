"""Documents for word processors."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import docx
from hypothesis import given, settings

from meeting_service.exports import ExportOptions
from meeting_service.exports.docx import write_docx
from meeting_service.exports.plain import clean
from meeting_service.transcript import Transcript
from tests.exports.meetings import LIVE, MARKUP, MEETINGS, PLAIN
from tests.exports.transcripts import transcripts

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_text(content: bytes) -> str:
    """A document's paragraphs, a line each, as another program reads them."""
    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)


def test_minutes_read_like_a_conversation() -> None:
    """Title, facts, then turns with times and names, gaps where they were."""
    lines = read_text(write_docx(PLAIN)).splitlines()

    assert ["Weekly", "2026-03-04 09:00 UTC, 00:01:00 long", "Participants: Ann, Bob"] == lines[:3]
    assert lines[3].startswith("00:00:01  Ann: Good morning")
    assert [
        "00:00:14  Bob: Yes.",
        "00:00:16  [no audio from Bob, 3.2 s]",
        "00:00:21  Ann: Then let us begin.",
    ] == lines[4:]


def test_looks_are_there() -> None:
    """The title is one, names are bold; programs that list documents see title and date."""
    document = docx.Document(io.BytesIO(write_docx(PLAIN)))

    title = document.paragraphs[0].style

    assert title is not None
    assert "Title" == title.name
    assert ["Ann: "] == [run.text for run in document.paragraphs[3].runs if run.bold]
    assert ("Weekly", datetime(2026, 3, 4, 9, tzinfo=UTC)) == (
        document.core_properties.title,
        document.core_properties.created,
    )


def test_times_can_be_left_out() -> None:
    """As in plain text."""
    assert "Bob: Yes." in read_text(write_docx(PLAIN, ExportOptions(times=False))).splitlines()


def test_a_meeting_that_goes_on_says_so() -> None:
    """With the time its text is of."""
    options = ExportOptions(as_of=datetime(2026, 3, 4, 14, 5, tzinfo=UTC))

    assert "not over yet: the text as of 14:05 UTC" in read_text(write_docx(LIVE, options))


def test_markup_is_text() -> None:
    """What looks like XML is read as it was said."""
    assert "<script>alert(1)</script> & <b>bold</b> &amp;" in read_text(write_docx(MARKUP))


def test_scripts_keep_their_direction() -> None:
    """Paragraphs of Arabic and Hebrew run from right to left, others do not."""
    for meeting, leftwards in (("rtl", True), ("plain", False)):
        archive = zipfile.ZipFile(io.BytesIO(write_docx(MEETINGS[meeting])))
        last = list(ElementTree.fromstring(archive.read("word/document.xml")).iter(f"{W}p"))[-1]

        assert leftwards is (last.find(f"{W}pPr/{W}bidi") is not None)
        assert leftwards is (last.find(f"{W}r/{W}rPr/{W}rtl") is not None)


@settings(deadline=None)
@given(transcripts())
def test_any_text_is_carried(transcript: Transcript) -> None:
    """Control characters and halves of characters break no document; all the rest is there."""
    said = [clean(sentence.text) for sentence in transcript.sentences]
    text = read_text(write_docx(replace(transcript, participants=())))

    for part in said:
        assert part.translate({0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}) in text
