"""Edits over HTTP: corrections, names, who is whom, bookmarks; who is told, and who comes too late."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meeting_service.backup import back_up, restore
from meeting_service.client import MeetingClient
from meeting_service.errors import Outdated
from meeting_service.events import BookmarkChanged, BookmarkDeleted, SentenceCorrected, StoredEvent
from meeting_service.exports import formats
from meeting_service.meeting import Checkpoint
from meeting_service.settings import Settings
from tests.web.conftest import Client, Service, StartService
from tests.web.test_events import take, watching
from tests.web.test_meetings import problem

M = "/v1/meetings/m"
ANY = {"If-Match": "*"}


async def hear(service: Service) -> tuple[str, str]:
    """A live meeting in which Ann and Bob talk at once; the ids of what they say."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 2_000, "We ship the bat.")
    await service.say("bob", 500, 1_500, "Which one?")
    first, second = (await service.sessions.get_transcript("m")).sentences
    return first.id, second.id


async def read(client: Client, path: str = f"{M}/transcript") -> dict[str, Any]:
    """JSON that must be there."""
    response = await client.get(path)
    assert 200 == response.status
    found: dict[str, Any] = await response.json()
    return found


def pick(fields: dict[str, Any], *keys: str) -> tuple[Any, ...]:
    """Some of what was answered."""
    return tuple(fields[key] for key in keys)


async def test_a_sentence_is_corrected_and_back(service: Service, client: Client) -> None:
    """With an ETag to go on from, what was recognised beside it, and its history."""
    first, _ = await hear(service)
    before = await client.get(f"{M}/sentences/{first}")
    corrected = await client.patch(
        f"{M}/sentences/{first}",
        json={"text": " We ship\r\nthe\tbet. "},
        headers={"If-Match": before.headers["ETag"]},
    )
    shown = await corrected.json()
    undone = await client.post(f"{M}/sentences/{first}/undo", headers={"If-Match": 'W/"1"'})
    nothing = await client.post(f"{M}/sentences/{first}/undo", headers=ANY)

    assert ('"0"', '"1"', '"2"') == tuple(r.headers["ETag"] for r in (before, corrected, undone))
    assert ("We ship the bet.", "We ship the bat.", True, 1, "Ann") == pick(
        shown, "text", "original", "edited", "version", "participant"
    )
    assert [(1, "We ship the bet."), (0, "We ship the bat.")] == [
        (one["version"], one["text"]) for one in shown["history"]
    ]
    assert (False, "We ship the bat.") == pick(await undone.json(), "edited", "text")
    assert (409, "conflict") == (await problem(nothing))[:2]


async def test_the_second_of_two_editors_is_refused(service: Service, client: Client) -> None:
    """With 412 and what is there; nobody may change anything without saying what."""
    first, _ = await hear(service)
    path, version = f"{M}/sentences/{first}", {"If-Match": '"0"'}
    await client.patch(path, json={"text": "Ann's."}, headers=version)
    late = await client.patch(path, json={"text": "Bob's."}, headers=version)
    said = await late.json()
    blind = await client.patch(path, json={"text": "Anybody's."})
    unclear = await client.patch(path, json={"text": "Anybody's."}, headers={"If-Match": "1"})

    assert (412, '"1"') == (late.status, late.headers["ETag"])
    assert ("outdated", {"text": "Ann's.", "edited": True, "version": 1}) == (said["code"], said["current"])
    assert (428, "unconditional") == (await problem(blind))[:2]
    assert (422, "invalid_request") == (await problem(unclear))[:2]
    assert "Ann's." == (await read(client))["sentences"][0]["text"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "visible"),
        ("\u200b \u202e", "visible"),
        ("a\x00b", "U\\+0000"),
        ("a\x1b[31mb", "U\\+001B"),
        ("x" * 2_001, "over 2000"),
    ],
)
async def test_text_that_nobody_could_read_is_refused(
    service: Service, client: Client, text: str, said: str
) -> None:
    """In words, and nothing is changed."""
    first, _ = await hear(service)
    refused = await client.patch(f"{M}/sentences/{first}", json={"text": text}, headers=ANY)
    status, _, detail = await problem(refused)

    assert 422 == status
    assert said.replace("\\", "") in detail
    assert not (await read(client))["sentences"][0]["edited"]


async def test_text_of_any_script_is_kept_as_it_is_written(service: Service, client: Client) -> None:
    """Right to left, joined emoji, marks of direction; composed, and on one line."""
    first, _ = await hear(service)
    text = "כן, נתחיל עם \u200fBudget\u200f 👩\u200d👩\u200d👧 ce\u0301"
    await client.patch(f"{M}/sentences/{first}", json={"text": text}, headers=ANY)

    shown = (await read(client))["sentences"][0]
    assert text.replace("e\u0301", "é") == shown["text"] == " ".join(word["text"] for word in shown["words"])


async def test_pages_of_others_change_nothing(service: Service, client: Client) -> None:
    """As with everything that changes something."""
    first, _ = await hear(service)
    foreign = {**ANY, "Origin": "https://evil.example"}
    for method, path in (
        ("PATCH", f"/sentences/{first}"),
        ("POST", f"/sentences/{first}/undo"),
        ("PATCH", "/participants/ann"),
        ("PUT", "/participants/ann/merge"),
        ("DELETE", "/participants/ann/merge"),
        ("POST", "/bookmarks"),
        ("PATCH", "/bookmarks/1"),
        ("DELETE", "/bookmarks/1"),
    ):
        assert 403 == (await client.request(method, M + path, headers=foreign, json={})).status


async def test_every_edit_is_told_once_with_its_number(service: Service, client: Client) -> None:
    """To who watches, and to who comes back: the same, whatever was in between."""
    first, _ = await hear(service)
    after = await service.sessions.store.last_seq("m")
    async with watching(client, f"?after={after}") as events:
        await client.patch(f"{M}/sentences/{first}", json={"text": "Better."}, headers=ANY)
        await client.patch(f"{M}/sentences/{first}", json={"text": "Better."}, headers=ANY)
        await client.patch(f"{M}/participants/ann", json={"name": "Anna"}, headers=ANY)
        mark = await (await client.post(f"{M}/bookmarks", json={"at_ms": 5, "note": "Here"})).json()
        live = await take(events, 3)
    async with watching(client, "", {"Last-Event-ID": str(after)}) as events:
        again = await take(events, 3)

    assert [("sentence", str(after + 1)), ("participant", str(after + 2)), ("bookmark", str(after + 3))] == [
        (event.kind, event.id) for event in live
    ]
    told = live[0].data
    assert (first, "Better.", True, 1, 1, True) == pick(
        told, "id", "text", "edited", "version", "revision", "overlaps"
    )
    assert ("Anna", 1) == (live[1].data["name"], live[1].data["version"])
    assert mark == live[2].data
    assert [(e.kind, e.id, e.data | {"participant": ""}) for e in live] == [
        (e.kind, e.id, e.data | {"participant": ""}) for e in again
    ]


async def hear_again(service: Service) -> None:
    """The meeting is over and was transcribed again; this time Bob seems to have waited."""
    store = service.sessions.store
    await service.sessions.end_meeting("m")
    revision, _ = await store.create_revision("m", "demo", (), 20)
    times = {"ann": (0, 1_000), "bob": (1_200, 1_500)}
    for stream, sentence in zip(
        await store.list_streams("m"), (await store.get_transcript("m")).sentences, strict=True
    ):
        start_ms, end_ms = times[stream.participant_id]
        heard = replace(sentence, start_ms=start_ms, end_ms=end_ms)
        await store.commit_revised(stream, revision.number, [heard], Checkpoint(stream.id, 99_000))
    await store.finish_revision("m", revision.number)


async def test_a_page_of_a_former_revision_corrects_the_current_one(service: Service, client: Client) -> None:
    """Where the same was recognised; the answer says so, and each is told with who spoke in its revision."""
    first, _ = await hear(service)
    await hear_again(service)
    after = await service.sessions.store.last_seq("m")
    async with watching(client, f"?after={after}") as events:
        answer = await client.patch(f"{M}/sentences/{first}", json={"text": "Better."}, headers=ANY)
        told = await take(events, 2)
    own = await read(client, f"{M}/sentences/r2-{first}")

    assert (1, False, f"r2-{first}") == pick(await answer.json(), "revision", "current", "current_id")
    assert (2, True, f"r2-{first}", 1) == pick(own, "revision", "current", "current_id", "version")
    assert [(first, 1, "Better.", True), (f"r2-{first}", 2, "Better.", False)] == [
        pick(event.data, "id", "revision", "text", "overlaps") for event in told
    ]
    assert "Better." == (await read(client))["sentences"][0]["text"]


async def test_a_name_given_by_hand_is_not_taken_back(service: Service, client: Client) -> None:
    """By a bot that says what it has always said; null is what it says. A new name of its own counts."""
    await hear(service)
    given = await client.patch(f"{M}/participants/ann", json={"name": "Dr. Ann"}, headers={"If-Match": '"0"'})
    await service.join("ann", "Ann")
    await client.put(f"{M}/participants/ann", json={"name": "Ann"})
    kept = (await read(client))["sentences"][0]["participant"]
    late = await client.patch(f"{M}/participants/ann", json={"name": "Anna"}, headers={"If-Match": '"0"'})
    back = await client.patch(f"{M}/participants/ann", json={"name": None}, headers=ANY)
    await client.put(f"{M}/participants/ann", json={"name": "Ann B."})

    assert (200, '"1"') == (given.status, given.headers["ETag"])
    assert ("Dr. Ann", "Ann") == (kept, (await back.json())["name"])
    assert {"name": "Dr. Ann", "merged_into": "", "version": 1} == (await late.json())["current"]
    assert "Ann B." == (await read(client))["sentences"][0]["participant"]


async def test_two_ids_of_one_person_are_one(service: Service, client: Client) -> None:
    """In the transcript, in figures, in every file, and they do not talk over themselves."""
    await hear(service)
    before = await read(client, M)
    merged = await client.put(
        f"{M}/participants/bob/merge", json={"into": "ann"}, headers={"If-Match": '"0"'}
    )
    transcript, meeting = await read(client), await read(client, M)
    files = {name: await (await client.get(f"{M}/transcript.{name}")).read() for name in formats}
    only = await (await client.get(f"{M}/transcript.txt?participant=bob")).text()

    assert ("bob", "ann") == pick(await merged.json(), "id", "merged_into")
    assert [("ann", ["bob"])] == [(p["id"], p["aliases"]) for p in transcript["participants"]]
    assert [("ann", "Ann", False)] * 2 == [
        (s["participant_id"], s["participant"], s["overlaps"]) for s in transcript["sentences"]
    ]
    (ann,) = meeting["participants"]
    assert sum(p["received_ms"] for p in before["participants"]) == ann["received_ms"]
    assert [name for name, content in files.items() if b"Bob" in content] == []
    assert "Which one?" in only


async def test_senders_go_on_under_both_ids(service: Service, client: Client) -> None:
    """Who watches is told of one person: what they say, what they seem to say, that they are here."""
    await hear(service)
    await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
    after = await service.sessions.store.last_seq("m")
    async with watching(client, f"?after={after}") as events:
        service.worker.draft("ann", 3_000, 3_400, "And so")
        await take(events, 1)
        service.worker.draft("bob", 3_500, 3_900, "what")
        draft = (await take(events, 1))[0]
        await service.say("bob", 3_500, 4_000, "What now?")
        said = (await take(events, 1))[0]
        await service.sessions.end_participant("m", "bob")
        left = next(e for e in await take(events, 3) if e.kind == "participant")

    assert ("ann", 3_000, 3_900, "And so what") == pick(
        draft.data, "participant_id", "start_ms", "end_ms", "text"
    )
    assert ("ann", "Ann") == (said.data["participant_id"], said.data["participant"])
    assert ("ann", ["bob"], True) == pick(left.data, "id", "aliases", "present")


async def test_a_merge_is_told_and_undone(service: Service, client: Client) -> None:
    """Of the person with other aliases; then of both. Nothing was changed, so all is as it was."""
    await hear(service)
    before, after = await read(client), await service.sessions.store.last_seq("m")
    async with watching(client, f"?after={after}") as events:
        await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
        merged = await take(events, 1)
        await client.delete(f"{M}/participants/bob/merge", headers={"If-Match": '"1"'})
        parted = await take(events, 2)

    assert [("ann", "Ann", ["bob"])] == [(e.data["id"], e.data["name"], e.data["aliases"]) for e in merged]
    assert [("bob", []), ("ann", [])] == [(e.data["id"], e.data["aliases"]) for e in parted]
    assert before["sentences"] == (await read(client))["sentences"]


@pytest.mark.parametrize(
    ("who", "into", "status"),
    [("ann", "ann", 409), ("ann", "bob", 409), ("bob", "eve", 404), ("eve", "ann", 404)],
)
async def test_nobody_is_merged_in_a_circle(
    service: Service, client: Client, who: str, into: str, status: int
) -> None:
    """Nor with somebody who is not there."""
    await hear(service)
    await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
    response = await client.put(f"{M}/participants/{who}/merge", json={"into": into}, headers=ANY)

    assert status == response.status


@pytest.mark.parametrize(
    "merges",
    [("ann>eve", "ann>ann"), ("bob>ann", "ann>eve", "ann>bob"), ("bob>ann", "eve>bob", "ann>eve")],
)
async def test_nobody_is_merged_in_a_longer_circle(
    service: Service, client: Client, merges: tuple[str, ...]
) -> None:
    """Whoever is shown as somebody else already; and the meeting can be read."""
    await service.open_meeting("ann", "bob", "eve")
    answers = []
    for who, _, into in (merge.partition(">") for merge in merges):
        answer = await client.put(f"{M}/participants/{who}/merge", json={"into": into}, headers=ANY)
        answers.append(answer.status)

    assert [*[200] * (len(merges) - 1), 409] == answers
    assert 200 == (await client.get(M)).status


async def test_a_person_who_became_more_is_not_deleted_unseen(service: Service, client: Client) -> None:
    """With If-Match nobody goes who was not known of; without it whoever they are goes."""
    await service.open_meeting("ann", "bob", "eve")
    ann = next(p for p in (await read(client, M))["participants"] if p["id"] == "ann")
    await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
    await client.put(f"{M}/participants/eve/merge", json={"into": "bob"}, headers=ANY)
    late = await client.delete(f"{M}/participants/ann", headers={"If-Match": f'"{ann["version"]}"'})
    said, kept = await late.json(), (await read(client, M))["participants"]
    unclear = await client.delete(f"{M}/participants/ann", headers={"If-Match": "2"})
    known = await client.delete(f"{M}/participants/ann", headers={"If-Match": late.headers["ETag"]})

    assert (0, 412, "outdated", 2) == (ann["version"], late.status, said["code"], said["current"]["version"])
    assert [("ann", 2, ["bob", "eve"])] == [pick(p, "id", "version", "aliases") for p in kept]
    assert (422, 204) == (unclear.status, known.status)
    assert [] == (await read(client, M))["participants"]


async def test_who_is_parted_is_of_another_version(service: Service, client: Client) -> None:
    """And so is who they were shown as, before and after; watchers know of it."""
    await service.open_meeting("ann", "bob", "eve")
    after = await service.sessions.store.last_seq("m")
    async with watching(client, f"?after={after}") as events:
        await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
        await client.put(f"{M}/participants/bob/merge", json={"into": "eve"}, headers=ANY)
        await client.delete(f"{M}/participants/bob/merge", headers=ANY)
        told = await take(events, 4)

    assert [("ann", 1), ("eve", 1), ("bob", 3), ("eve", 2)] == [pick(e.data, "id", "version") for e in told]
    assert [2, 3, 2] == [p["version"] for p in (await read(client, M))["participants"]]


async def test_a_deleted_person_is_deleted_under_every_id(service: Service, client: Client) -> None:
    """Both senders are refused from then on, and nothing is told of either."""
    await hear(service)
    await client.put(f"{M}/participants/bob/merge", json={"into": "ann"}, headers=ANY)
    assert 204 == (await client.delete(f"{M}/participants/ann")).status

    assert ([], []) == pick(await read(client), "participants", "sentences")
    told = repr(await service.sessions.store.list_events("m", 0)).lower()
    assert "'ann'" not in told
    assert "'bob'" not in told
    for who in ("ann", "bob"):
        posted = await client.post(
            f"{M}/participants/{who}/audio", data=b"\0\0", headers={"Content-Type": "audio/L16;rate=16000"}
        )
        assert 409 == posted.status


async def test_bookmarks_over_http(service: Service, client: Client) -> None:
    """Made, listed, changed, deleted; in the transcript, and in what people and programs take away."""
    await hear(service)
    made = await client.post(f"{M}/bookmarks", json={"at_ms": 61_000, "note": "*Decision*\r\n\r\nnext "})
    mark = await made.json()
    same = await client.post(f"{M}/bookmarks", json={"at_ms": 61_000, "note": "*Decision*\n\nnext"})
    path = made.headers["Location"]
    listed = (await read(client, f"{M}/bookmarks"))["bookmarks"]
    markdown = await (await client.get(f"{M}/transcript.md")).text()
    late = await client.patch(path, json={"note": "x"}, headers={"If-Match": '"7"'})
    changed = await client.patch(path, json={"at_ms": 62_000}, headers={"If-Match": '"1"'})
    gone = await client.delete(path, headers={"If-Match": '"2"'})

    assert (201, 200, "*Decision*\n\nnext") == (made.status, same.status, mark["note"])
    assert [mark] == listed
    assert "## Bookmarks\n\n- `00:01:01` \\*Decision\\* next\n\n## Transcript\n" in markdown
    assert {"at_ms": 61_000, "note": "*Decision*\n\nnext", "version": 1} == (await late.json())["current"]
    assert (62_000, "*Decision*\n\nnext", 2) == pick(await changed.json(), "at_ms", "note", "version")
    assert (204, 404) == (gone.status, (await client.get(path)).status)
    assert [] == (await read(client))["bookmarks"]
    assert "Decision" not in repr(await service.sessions.store.list_events("m", 0))


async def test_bookmarks_after_a_backup_was_put_back(
    start_service: StartService, settings: Settings, tmp_path: Path
) -> None:
    """Their ids are higher then, and they are changed and deleted as any."""
    first, data, backup = await start_service(), settings.data.directory, tmp_path / "backup.tar"
    await first.open_meeting()
    await asyncio.to_thread(back_up, data, backup, on_progress=lambda _done, _total: None)
    await first.client.close()
    await asyncio.to_thread(restore, backup, data, replace=True, on_progress=lambda _done, _total: None)
    client = (await start_service()).client
    made = await client.post(f"{M}/bookmarks", json={"at_ms": 1_000, "note": "Here"})
    path = made.headers["Location"]
    changed = await client.patch(path, json={"note": "There"}, headers=ANY)

    assert (201, 200, "There") == (made.status, changed.status, (await read(client, path))["note"])
    assert 204 == (await client.delete(path, headers=ANY)).status


@pytest.mark.parametrize("body", [{"at_ms": -1}, {"at_ms": 10**13}, {"at_ms": 1, "note": "x" * 1_001}, {}])
async def test_bookmarks_have_limits(service: Service, client: Client, body: dict[str, Any]) -> None:
    """Of time and of length."""
    await service.open_meeting()

    assert 422 == (await client.post(f"{M}/bookmarks", json=body)).status


async def test_our_client_edits(service: Service) -> None:
    """And follows edits as events of their own, so that what was final is not taken for new."""
    first, _ = await hear(service)
    after = await service.sessions.store.last_seq("m")
    async with MeetingClient(service.url) as client:
        assert 1 == await client.edits.correct_sentence("m", first, "Better.", 0)
        with pytest.raises(Outdated) as refused:
            await client.edits.correct_sentence("m", first, "Worse.", 0)
        assert 2 == await client.edits.undo_correction("m", first, 1)
        mark = await client.edits.add_bookmark("m", 1_000, "Here")
        mark = await client.edits.change_bookmark("m", mark, note="There")
        assert [mark] == list(await client.edits.list_bookmarks("m"))
        await client.edits.delete_bookmark("m", mark)
        ann = await client.edits.rename_participant("m", "ann", "Anna", 0)
        assert "ann" == (await client.edits.merge_participant("m", "bob", "ann", 0)).merged_into
        assert None is (await client.edits.part_participant("m", "bob", None)).merged_into
        told = []
        async for event in client.events("m", after):
            if isinstance(event, StoredEvent):
                told.append(event.event)
            if len(told) == 3:
                break

    assert ("Better.", 1) == (refused.value.current["text"], refused.value.version)
    assert ("Anna", 1) == (ann.name, ann.version)
    assert [1, 2] == [event.sentence.version for event in told if isinstance(event, SentenceCorrected)]
    assert isinstance(told[2], BookmarkDeleted)
    assert not any(isinstance(event, BookmarkChanged) for event in told)
