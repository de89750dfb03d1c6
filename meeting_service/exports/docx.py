"""DOCX (ECMA-376): minutes for word processors. The few parts such a file needs, without a library."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple
from xml.sax.saxutils import escape

from meeting_service.exports.heading import describe_gap, describe_time, list_names, turn_time
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import meeting_title, speaker_name
from meeting_service.exports.turns import Turn, list_turns, turn_text
from meeting_service.exports.zipped import pack
from meeting_service.transcript import Transcript, TranscriptGap

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_WORD = f"{_OFFICE}/wordprocessingml/2006/main"
_TYPES = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"

_CONTENT_TYPES = f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_WORD_TYPE}.styles+xml"/>
<Override PartName="/docProps/core.xml" ContentType="{_CORE_TYPE}"/>
</Types>"""
_RELATIONSHIPS = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_TYPES}/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>"""
_DOCUMENT_RELATIONSHIPS = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_TYPES}/styles" Target="styles.xml"/>
</Relationships>"""
_STYLES = f"""{_HEAD}<w:styles xmlns:w="{_WORD}">
<w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault>
<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault>
</w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>
<w:rPr><w:b/><w:bCs/><w:sz w:val="36"/><w:szCs w:val="36"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:basedOn w:val="Normal"/>
<w:rPr><w:color w:val="595959"/></w:rPr></w:style>
</w:styles>"""

_BOLD, _GREY, _ITALIC = "<w:b/><w:bCs/>", '<w:color w:val="595959"/>', "<w:i/><w:iCs/>"
# Characters that XML 1.0 cannot hold, beside those that no text here has.
_NOT_IN_XML = str.maketrans({"\ufffe": "\ufffd", "\uffff": "\ufffd"})


class _Run(NamedTuple):
    """A stretch of text of one look."""

    text: str
    look: str = ""


def write_docx(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> bytes:
    """The transcript as a document: title, facts, then a paragraph for every turn and every gap."""
    return pack(
        {
            "[Content_Types].xml": _CONTENT_TYPES.encode(),
            "_rels/.rels": _RELATIONSHIPS.encode(),
            "word/document.xml": _document(transcript, options).encode(),
            "word/_rels/document.xml.rels": _DOCUMENT_RELATIONSHIPS.encode(),
            "word/styles.xml": _STYLES.encode(),
            "docProps/core.xml": _properties(transcript).encode(),
        }
    )


def _document(transcript: Transcript, options: ExportOptions) -> str:
    paragraphs = [
        _paragraph([_Run(meeting_title(transcript))], "Title"),
        _paragraph([_Run(describe_time(transcript, options))], "Subtitle"),
    ]
    if options.names and transcript.participants:
        names = f"Participants: {', '.join(list_names(transcript))}"
        paragraphs.append(_paragraph([_Run(names)], "Subtitle"))
    for item in list_turns(transcript):
        if runs := _runs(transcript, item, options):
            time = [_Run(f"{turn_time(item.start_ms)}  ", _GREY)] if options.times else []
            paragraphs.append(_paragraph([*time, *runs]))
    return f'{_HEAD}<w:document xmlns:w="{_WORD}"><w:body>{"".join(paragraphs)}</w:body></w:document>'


def _runs(transcript: Transcript, item: Turn | TranscriptGap, options: ExportOptions) -> list[_Run]:
    if isinstance(item, TranscriptGap):
        return [_Run(describe_gap(transcript, item, options), _ITALIC)]
    text = turn_text(item)
    name = [_Run(f"{speaker_name(transcript, item.participant_id)}: ", _BOLD)] if options.names else []
    return [*name, _Run(text)] if text else []


def _paragraph(runs: Sequence[_Run], style: str = "") -> str:
    rightwards = not _runs_leftwards(runs[-1].text)
    look = f'<w:pStyle w:val="{style}"/>' if style else ""
    look += "" if rightwards else "<w:bidi/>"
    return f"<w:p><w:pPr>{look}</w:pPr>{''.join(_run(run, rightwards=rightwards) for run in runs)}</w:p>"


def _run(run: _Run, *, rightwards: bool) -> str:
    look = run.look + ("" if rightwards else "<w:rtl/>")
    text = escape(run.text.translate(_NOT_IN_XML))
    return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _runs_leftwards(text: str) -> bool:
    """By the first letter that has a direction, as Unicode's algorithm does (UAX #9, P2)."""
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


def _properties(transcript: Transcript) -> str:
    started_at = transcript.meeting.started_at.astimezone(UTC)
    title = escape(meeting_title(transcript).translate(_NOT_IN_XML))
    namespaces = (
        f'xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    )
    return (
        f"{_HEAD}<cp:coreProperties {namespaces}><dc:title>{title}</dc:title>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{started_at:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>'
        "</cp:coreProperties>"
    )
