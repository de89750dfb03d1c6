"""CSV (RFC 4180): a row for each sentence, for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from meeting_service.exports.marks import mark_stretches
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean, speaker_name
from meeting_service.exports.timestamps import clock_time
from meeting_service.transcript import Sentence, Transcript, find_overlaps

# Spreadsheets take these for the beginning of a formula, which could send what is in the sheet elsewhere.
_FORMULA = tuple("=+-@\t\r|%")
# Excel takes a file without it for one in the machine's own old encoding.
_MARK = "\ufeff"


def write_csv(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as a table with a head; without names or times those columns are left out."""
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(_row(options, ["start", "end", "start_ms", "end_ms"], ["participant_id", "participant"]))
    overlapping = find_overlaps(transcript.sentences)
    for sentence in mark_stretches(transcript):
        rows.writerow(_sentence(transcript, sentence, options, overlaps=sentence.id in overlapping))
    return _MARK + written.getvalue()


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _sentence(
    transcript: Transcript, sentence: Sentence, options: ExportOptions, *, overlaps: bool
) -> list[str]:
    start_ms, end_ms = max(sentence.start_ms, 0), max(sentence.end_ms, 0)
    times = [clock_time(start_ms, "."), clock_time(end_ms, "."), str(start_ms), str(end_ms)]
    who = [harmless(sentence.participant_id), harmless(speaker_name(transcript, sentence.participant_id))]
    rest = [harmless(clean(sentence.text)), f"{sentence.confidence:.3f}", "yes" if overlaps else "no"]
    return _row(options, times, who, rest)


def _row(
    options: ExportOptions,
    times: Sequence[str],
    who: Sequence[str],
    rest: Sequence[str] = ("text", "confidence", "overlaps"),
) -> list[str]:
    return [*(times if options.times else ()), *(who if options.names else ()), *rest]
