"""Minutes in Markdown."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from markdown_it import MarkdownIt

from meeting_service.exports import ExportOptions
from meeting_service.exports.markdown import write_markdown
from meeting_service.exports.plain import clean
from meeting_service.exports.turns import list_turns, turn_text
from meeting_service.transcript import Transcript, TranscriptGap
from tests.exports.meetings import MARKUP, PLAIN, make_transcript
from tests.exports.transcripts import transcripts

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read(markdown: str) -> list[tuple[str, str]]:
    """Blocks as a reader sees them: what each is, and its text without markup."""
    tokens = MARKDOWN.parse(markdown)
    return [
        (before.tag, "".join(part.content for part in token.children or ()))
        for before, token in pairwise(tokens)
        if token.type == "inline"
    ]


def test_minutes_read_like_a_conversation() -> None:
    """A heading, then a paragraph for each turn and gap."""
    blocks = read(write_markdown(PLAIN))

    assert [
        ("h1", "Weekly"),
        ("p", "2026-03-04 09:00 UTC, 00:01:00 long"),
        ("p", "Participants: Ann, Bob"),
    ] == (blocks[:3])
    assert [
        ("p", "00:00:14 Bob: Yes."),
        ("p", "00:00:16 [no audio from Bob, 3.2 s]"),
        ("p", "00:00:21 Ann: Then let us begin."),
    ] == blocks[4:]
    assert "**Bob:** Yes." in write_markdown(PLAIN)


def test_text_is_no_markup() -> None:
    """Tags, entities and lists stay what was said."""
    texts = [text for _, text in read(write_markdown(MARKUP))]

    assert any("<script>alert(1)</script> & <b>bold</b> &amp;" in text for text in texts)


def test_a_paragraph_may_begin_with_anything() -> None:
    """Without names and times, too: no list, no heading, no rule, no quotation."""
    said = [
        "- one",
        "+ two",
        "3. three",
        "4) four",
        "# five",
        "> six",
        "===",
        "---",
        "```",
        "    seven",
        ": eight",
    ]
    transcript = make_transcript([("a", n * 130_000, text) for n, text in enumerate(said)], {"a": "Ann"})
    blocks = read(write_markdown(transcript, ExportOptions(names=False, times=False)))

    assert [("p", clean(text)) for text in said] == blocks[2:]


@settings(deadline=None)
@given(transcripts())
def test_any_text_is_read_back(transcript: Transcript) -> None:
    """Every turn is one paragraph with its words."""
    transcript = replace(transcript, participants=())
    blocks = read(write_markdown(transcript, ExportOptions(names=False, times=False)))

    turns = [
        turn_text(t) for t in list_turns(transcript) if not isinstance(t, TranscriptGap) and turn_text(t)
    ]
    assert [("p", text.replace("\u00a0", " ").split()) for text in turns] == [
        (kind, text.replace("\u00a0", " ").split()) for kind, text in blocks[2:]
    ]
