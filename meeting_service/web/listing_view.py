"""What the list of meetings shows: rows with what was found in them, and what was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from meeting_service.meeting import Meeting, Participant
from meeting_service.search import Found, Hit, Part, Search, mark, parse_query
from meeting_service.web.view import MeetingRow, meeting_to_row

MAX_Q_CHARS = 200
SNIPPET_CHARS = 180
BEFORE_CHARS = 50
"""of a snippet that stand before what was found"""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What the form of the list says; what makes no sense there is passed over."""

    q: str
    speaker: str
    since: str
    """a day as the form writes it, or nothing"""
    until: str
    """likewise; that day too"""
    zone: str
    """of the reader, for the days; UTC without it"""
    cursor: str | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ListQuery":
        """What an address asks for."""
        given = {name: query.get(name, "").strip()[:MAX_Q_CHARS] for name in ("q", "speaker", "zone")}
        days = {"since": _to_day(query.get("from")), "until": _to_day(query.get("to"))}
        return cls(**given, **days, cursor=query.get("cursor") or None)

    @property
    def asked(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or self.filtered)

    @property
    def filtered(self) -> bool:
        """Whether more than words does."""
        return bool(self.speaker or self.since or self.until)

    @property
    def quoted(self) -> bool:
        """Whether words are to stand next to each other."""
        return any(" " in phrase.folded for phrase in self.search.phrases)

    @property
    def search(self) -> Search:
        """As the store takes it."""
        zone = _to_zone(self.zone)
        since = datetime.combine(date.fromisoformat(self.since), time(), zone) if self.since else None
        until = datetime.combine(date.fromisoformat(self.until), time(), zone) if self.until else None
        return Search(
            parse_query(self.q),
            self.speaker or None,
            since,
            None if until is None else until + timedelta(days=1),
        )

    @property
    def unfiltered(self) -> str:
        """The address of what the words alone find."""
        return "/?" + urlencode({"q": self.q})

    def link(self, *, cursor: str = "") -> str:
        """The address of another page of the same list; the first without a cursor."""
        asked = {"q": self.q, "speaker": self.speaker, "from": self.since, "to": self.until}
        if self.since or self.until:
            asked["zone"] = self.zone
        asked["cursor"] = cursor
        return "/?" + urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True)
class HitRow:
    """A sentence that was found."""

    sentence_id: str
    participant: str
    start_ms: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class ListRow:
    """A meeting in the list, with what was found in it."""

    meeting: MeetingRow
    title: Sequence[Part]
    hits: Sequence[HitRow]
    more: int
    """how many sentences were found that are not shown"""
    still_more: bool
    """whether there are more of them than were counted"""


def meeting_to_list_row(
    meeting: Meeting, people: Mapping[str, Participant], search: Search, found: Found | None, now: datetime
) -> ListRow:
    """A meeting with its people, and the first of what was found in it, as of `now`."""
    named = list({person.id: person for person in people.values()}.values())
    hits = [hit_to_row(hit, search) for hit in found.hits] if found else []
    return ListRow(
        meeting_to_row(meeting, named, now),
        mark(meeting.title, search.phrases),
        hits,
        more=found.count - len(hits) if found else 0,
        still_more=found is not None and found.more,
    )


def hit_to_row(hit: Hit, search: Search) -> HitRow:
    """A hit, no longer than a snippet is."""
    return marked_to_row(hit, mark(hit.text, search.phrases))


def marked_to_row(hit: Hit, parts: Sequence[Part]) -> HitRow:
    """The same of one that is marked already."""
    return HitRow(hit.sentence_id, hit.participant, hit.start_ms, shorten(parts))


def shorten(parts: Sequence[Part]) -> list[Part]:
    """A long text from shortly before what was found in it, and no longer than a snippet."""
    before = parts[0].text if parts and not parts[0].match else ""
    if len(before) + sum(len(part.text) for part in parts if part.match) <= SNIPPET_CHARS // 2 + BEFORE_CHARS:
        before = ""
    skipped = max(0, before.rfind(" ", 0, max(0, len(before) - BEFORE_CHARS)) + 1) if before else 0
    shown = [Part("…", match=False)] if skipped else []
    left = SNIPPET_CHARS
    for at, part in enumerate(parts):
        text = part.text[skipped:] if at == 0 else part.text
        if len(text) > left:
            return [*shown, Part(text[:left].rstrip() + "…", match=part.match)]
        left -= len(text)
        shown.append(Part(text, part.match))
    return shown


def _to_day(typed: str | None) -> str:
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return ""
    return day.isoformat() if 1990 <= day.year <= 2100 else ""


def _to_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC
