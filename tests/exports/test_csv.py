"""Tables for spreadsheets."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.exports import ExportOptions
from meeting_service.exports.csv import harmless, write_csv
from meeting_service.exports.plain import clean
from meeting_service.transcript import Transcript
from tests.exports.meetings import PLAIN
from tests.exports.transcripts import transcripts


def read(text: str) -> list[dict[str, str]]:
    """The rows by the head's names."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_row_for_each_sentence() -> None:
    """When, who and what; Excel is told that it is UTF-8."""
    written = write_csv(PLAIN)

    assert written.startswith("\ufeffstart,end,")
    assert written.endswith("\r\n")
    assert {
        "start": "00:00:14.500",
        "end": "00:00:14.770",
        "start_ms": "14500",
        "end_ms": "14770",
        "participant_id": "bob",
        "participant": "Bob",
        "text": "Yes.",
        "confidence": "0.900",
        "overlaps": "no",
    } == read(written)[2]


def test_columns_can_be_left_out() -> None:
    """Those of the times, those of the people."""
    options = ExportOptions(names=False, times=False)

    assert ["text", "confidence", "overlaps"] == list(read(write_csv(PLAIN, options))[0])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)", "|x", "%0"])
def test_a_formula_is_text(text: str) -> None:
    """What a spreadsheet would calculate is quoted as it asks for; other text is not touched."""
    assert f"'{text}" == harmless(text)
    assert f"a{text}" == harmless(f"a{text}")


@settings(deadline=None)
@given(transcripts(), st.booleans())
def test_any_text_is_read_back(transcript: Transcript, names: bool) -> None:
    """Every sentence is one row, with nothing in it that could be a formula."""
    rows = read(write_csv(transcript, ExportOptions(names=names)))

    assert [harmless(clean(s.text)) for s in transcript.sentences] == [row["text"] for row in rows]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in rows for cell in row.values())
