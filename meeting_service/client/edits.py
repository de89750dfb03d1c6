"""What people change by hand, for programs that help them: corrections, names, who is whom, bookmarks."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from yarl import URL

from meeting_service.client.requests import Question, Requests, id_of, path_of
from meeting_service.client.shapes import json_to_bookmark, json_to_participant
from meeting_service.meeting import Meeting, Participant
from meeting_service.transcript import Bookmark


class Edits:
    """Edits of any meeting; `MeetingClient.edits`. Each request is made once and raises.

    `version` is that of what is changed, as it was read; None overwrites whatever there is. Where somebody
    else was quicker, `Outdated` has what there is now in `current`.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    async def correct_sentence(
        self, meeting: Meeting | str, sentence_id: str, text: str | None, version: int | None
    ) -> int:
        """Show another text; None: as it was recognised. Its version now."""
        path = path_of(meeting, "sentences", sentence_id)
        return int((await self._change("PATCH", path, version, {"text": text}))["version"])

    async def undo_correction(self, meeting: Meeting | str, sentence_id: str, version: int | None) -> int:
        """Show the text before the last correction; when asked again, the one before that."""
        path = path_of(meeting, "sentences", sentence_id, "undo")
        return int((await self._change("POST", path, version))["version"])

    async def rename_participant(
        self, meeting: Meeting | str, participant: str, name: str | None, version: int | None
    ) -> Participant:
        """Give a name that senders do not take back; None: what those call them."""
        path = path_of(meeting, "participants", participant)
        return json_to_participant(id_of(meeting), await self._change("PATCH", path, version, {"name": name}))

    async def merge_participant(
        self, meeting: Meeting | str, participant: str, into: str, version: int | None
    ) -> Participant:
        """Show a participant as the same person as another."""
        path = path_of(meeting, "participants", participant, "merge")
        return json_to_participant(id_of(meeting), await self._change("PUT", path, version, {"into": into}))

    async def part_participant(
        self, meeting: Meeting | str, participant: str, version: int | None
    ) -> Participant:
        """Show them as a person of their own again."""
        path = path_of(meeting, "participants", participant, "merge")
        return json_to_participant(id_of(meeting), await self._change("DELETE", path, version))

    async def add_bookmark(self, meeting: Meeting | str, at_ms: int, note: str = "") -> Bookmark:
        """Mark a moment."""
        given = json.dumps({"at_ms": at_ms, "note": note}).encode()
        question = Question("POST", path_of(meeting, "bookmarks"), given)
        return json_to_bookmark(await self._requests.ask_json(question))

    async def change_bookmark(
        self, meeting: Meeting | str, bookmark: Bookmark, *, at_ms: int | None = None, note: str | None = None
    ) -> Bookmark:
        """Move a mark as it was read, or write another note."""
        given = {"at_ms": at_ms, "note": note}
        path = path_of(meeting, "bookmarks", str(bookmark.id))
        return json_to_bookmark(await self._change("PATCH", path, bookmark.version, given))

    async def delete_bookmark(self, meeting: Meeting | str, bookmark: Bookmark) -> None:
        """Remove a mark as it was read."""
        path = path_of(meeting, "bookmarks", str(bookmark.id))
        await self._requests.ask(Question("DELETE", path, headers=_if_match(bookmark.version)))

    async def list_bookmarks(self, meeting: Meeting | str) -> Sequence[Bookmark]:
        """All of a meeting, by time."""
        found = await self._requests.ask_json(Question("GET", path_of(meeting, "bookmarks")))
        return [json_to_bookmark(fields) for fields in found["bookmarks"]]

    async def _change(
        self, method: str, path: URL, version: int | None, given: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        body = b"" if given is None else json.dumps(given).encode()
        return await self._requests.ask_json(Question(method, path, body, headers=_if_match(version)))


def _if_match(version: int | None) -> dict[str, str]:
    return {"If-Match": "*" if version is None else f'"{version}"'}
