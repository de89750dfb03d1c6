"""The strict checker: what is right passes, and every broken rule is found where it is."""

import pytest

from meeting_service.exports.check import Voice, check_srt, check_vtt, measure

GOOD_SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\nAnn: Hello,\r\nWorld.\r\n\r\n"
    "2\r\n00:00:02,500 --> 100:00:00,000\r\n42\r\n\r\n"
)

BROKEN_SRT = [
    ("byte-order-mark", 1, "\ufeff" + GOOD_SRT),
    ("line-end", 3, GOOD_SRT.replace("Ann: Hello,\r\n", "Ann: Hello,\n")),
    ("line-end", 2, GOOD_SRT.replace("02,500\r\n", "02,500\r")),
    ("line-end", 8, GOOD_SRT[:-4]),
    ("blank", 10, GOOD_SRT + "\r\n"),
    ("blank", 1, "\r\n" + GOOD_SRT),
    ("blank", 8, GOOD_SRT[:-2]),
    ("index", 1, GOOD_SRT.replace("1\r\n", "0\r\n", 1)),
    ("index", 6, GOOD_SRT.replace("\r\n2\r\n", "\r\n3\r\n")),
    ("index", 1, GOOD_SRT.replace("1\r\n", "01\r\n", 1)),
    ("times", 2, GOOD_SRT.replace("02,500\r\n", "02.500\r\n")),
    ("times", 2, GOOD_SRT.replace("01,000 -->", "01,000  -->")),
    ("times", 2, GOOD_SRT.replace("00:00:01,000", "00:01,000")),
    ("times", 2, GOOD_SRT.replace("00:00:01,000", "00:60:01,000")),
    ("times", 2, GOOD_SRT.replace("00:00:01,000", "0:00:01,000")),
    ("times", 2, GOOD_SRT.replace("00:00:01,000", "٠٠:00:01,000")),
    ("times", 2, GOOD_SRT.replace("02,500\r\n", "02,500 X1:0\r\n")),
    ("times", 1, "1\r\n\r\n"),
    ("cue-duration", 2, GOOD_SRT.replace("00:00:01,000", "00:00:02,500")),
    ("cue-order", 7, GOOD_SRT.replace("00:00:02,500 -->", "00:00:00,500 -->")),
    ("overlap", 7, GOOD_SRT.replace("00:00:02,500 -->", "00:00:02,499 -->")),
    ("lines", 2, GOOD_SRT.replace("World.", "World.\r\nAgain.")),
    ("lines", 7, GOOD_SRT.replace("42\r\n", "")),
    ("space", 3, GOOD_SRT.replace("Hello,", "Hello, ")),
    ("space", 8, GOOD_SRT.replace("42", " ")),
    ("markup", 3, GOOD_SRT.replace("Hello", "<i>Hello")),
    ("markup", 3, GOOD_SRT.replace("Hello", "{\\an8}Hello")),
    ("markup", 3, GOOD_SRT.replace("Hello", "{y:i}Hello")),
    ("markup", 3, GOOD_SRT.replace("Hello", "-->")),
    ("character", 3, GOOD_SRT.replace("Hello", "Hel\x07lo")),
    ("character", 4, GOOD_SRT.replace("World", "\x85")),
    ("character", 4, GOOD_SRT.replace("World", "\ud800")),
    ("character", 4, GOOD_SRT.replace("World", "\ufeffx")),
]

GOOD_VTT = """WEBVTT - any text

NOTE
of any kind

STYLE
::cue { color: red }

REGION
id:fred

first
00:01.000 --> 00:00:02.500 align:start position:10%,line-left line:-1 size:50% vertical:rl region:fred
<v.loud Ann &amp; Bob>Hello &lt; <i>World</i>
<00:00:02.000>and <b.x.y>you</b> &nbsp;&#33;

00:02.000\t-->\t100:00:00.000
<v Ann>one</v> <v Bob>two</v> <ruby>a<rt>b</rt></ruby> <lang en>c</lang>

NOTE the end

00:03.000 --> 00:04.000
a > b
"""

BROKEN_VTT = [
    ("signature", 1, ""),
    ("signature", 1, GOOD_VTT.replace("WEBVTT", "WEBVT")),
    ("signature", 1, GOOD_VTT.replace("WEBVTT -", "WEBVTT-")),
    ("signature", 1, "\n" + GOOD_VTT),
    ("signature", 2, GOOD_VTT.replace("text\n\n", "text\n", 1)),
    ("line-end", 23, GOOD_VTT[:-1]),
    ("character", 4, GOOD_VTT.replace("any kind", "any\x00kind")),
    ("block-order", 20, GOOD_VTT.replace("NOTE the end", "STYLE\n::cue {}")),
    ("times", 20, GOOD_VTT.replace("NOTE the end", "NOTES")),
    ("times", 21, GOOD_VTT.replace("NOTE the end", "NOTE\na -->")),
    ("times", 20, GOOD_VTT.replace("NOTE the end", "a\nb\n00:03.000 --> 00:04.000\nx")),
    ("times", 22, GOOD_VTT.replace("00:03.000", "00:03,000")),
    ("times", 22, GOOD_VTT.replace("00:03.000", "0:03.000")),
    ("times", 22, GOOD_VTT.replace("00:03.000", "00:03.00")),
    ("times", 22, GOOD_VTT.replace("00:03.000", "00:60.000")),
    ("times", 22, GOOD_VTT.replace("00:03.000 -->", "00:03.000-->")),
    ("settings", 13, GOOD_VTT.replace("align:start", "align:middle")),
    ("settings", 13, GOOD_VTT.replace("size:50%", "size:101%")),
    ("settings", 13, GOOD_VTT.replace("size:50%", "colour:red")),
    ("settings", 13, GOOD_VTT.replace("size:50%", "align:end")),
    ("identifier", 20, GOOD_VTT.replace("NOTE the end\n\n", "first\n")),
    ("cue-duration", 22, GOOD_VTT.replace("00:04.000", "00:03.000")),
    ("cue-order", 22, GOOD_VTT.replace("00:03.000", "00:01.999")),
    ("payload", 22, GOOD_VTT.replace("a > b\n", "")),
    ("payload", 23, GOOD_VTT.replace("a > b", "<v Ann>")),
    ("arrow", 23, GOOD_VTT.replace("a > b", "a --> b")),
    ("tag", 23, GOOD_VTT.replace("a > b", "a < b")),
    ("tag", 23, GOOD_VTT.replace("a > b", "<blink>a</blink>")),
    ("tag", 23, GOOD_VTT.replace("a > b", "<i>a")),
    ("tag", 23, GOOD_VTT.replace("a > b", "a</i>")),
    ("tag", 23, GOOD_VTT.replace("a > b", "<i><b>a</i></b>")),
    ("tag", 23, GOOD_VTT.replace("a > b", "a <v Ann>b")),
    ("tag", 23, GOOD_VTT.replace("a > b", "<rt>a</rt>")),
    ("annotation", 23, GOOD_VTT.replace("a > b", "<v>a")),
    ("annotation", 23, GOOD_VTT.replace("a > b", "<v Ann & Bob>a")),
    ("annotation", 23, GOOD_VTT.replace("a > b", "<v Ann\nBob>a")),
    ("annotation", 23, GOOD_VTT.replace("a > b", "<i x>a</i>")),
    ("entity", 23, GOOD_VTT.replace("a > b", "a & b")),
    ("entity", 23, GOOD_VTT.replace("a > b", "a &b c")),
    ("timestamp", 14, GOOD_VTT.replace("<00:00:02.000>", "<00:00:02.500>")),
    ("timestamp", 14, GOOD_VTT.replace("<00:00:02.000>", "<00:00:02.000>x<00:00:01.500>")),
]


def test_good_srt_passes() -> None:
    """A file by the rules is read as it is meant."""
    report = check_srt(GOOD_SRT)

    assert [] == report.violations
    assert [(1_000, 2_500), (2_500, 360_000_000)] == [(c.start_ms, c.end_ms) for c in report.cues]
    assert ["Ann: Hello,", "World."] == report.cues[0].lines
    assert [] == check_srt("").violations


def test_overlap_may_be_allowed_in_srt() -> None:
    """It is legal, though many players show one caption only."""
    overlapping = GOOD_SRT.replace("00:00:02,500 -->", "00:00:02,499 -->")

    assert [] == check_srt(overlapping, may_overlap=True).violations


def test_good_vtt_passes() -> None:
    """Everything that the grammar allows is read: comments, styles, settings, tags, entities, voices."""
    report = check_vtt("\ufeff" + GOOD_VTT)

    assert [] == report.violations
    assert [(1_000, 2_500), (2_000, 360_000_000), (3_000, 4_000)] == [
        (c.start_ms, c.end_ms) for c in report.cues
    ]
    assert ["Hello < World", "and you \u00a0!"] == report.cues[0].lines
    assert report.cues[0].voices[0] == Voice("Ann & Bob", "Hello < ")
    assert {"Ann", "Bob", None} == {voice.speaker for voice in report.cues[1].voices}
    assert ["first", "", ""] == [cue.identifier for cue in report.cues]
    assert [] == check_vtt("WEBVTT\r\n\r\n").violations
    assert [] == check_vtt(GOOD_VTT.replace("\n", "\r")).violations


@pytest.mark.parametrize(("rule", "line", "text"), BROKEN_SRT)
def test_broken_srt_is_found(rule: str, line: int, text: str) -> None:
    """Each rule, broken, is reported at its line."""
    found = [(v.rule, v.line) for v in check_srt(text).violations]

    assert (rule, line) in found


@pytest.mark.parametrize(("rule", "line", "text"), BROKEN_VTT)
def test_broken_vtt_is_found(rule: str, line: int, text: str) -> None:
    """Each rule, broken, is reported at its line."""
    found = [(v.rule, v.line) for v in check_vtt(text).violations]

    assert (rule, line) in found


def test_violation_reads_as_a_line() -> None:
    """What is told fits a terminal and quotes nothing that was said."""
    [violation] = check_srt(GOOD_SRT.replace("Hello", "<Secret")).violations

    assert str(violation) == "line 3: players take this for markup (markup)"


def test_figures_of_readability() -> None:
    """Shares of cues that fit, stay long enough, not too long, and at a pace; no cues is no blame."""
    figures = measure(check_srt(GOOD_SRT).cues, line_chars=10)

    assert (0.5, 1.0, 0.5, 1.0) == (
        figures.fitting,
        figures.long_enough,
        figures.short_enough,
        figures.unhurried,
    )
    assert measure([]).fitting == 1
