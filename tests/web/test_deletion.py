"""One participant deleted over HTTP: what goes, who is told, who goes on."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from meeting_service.client import MeetingClient
from meeting_service.errors import NotFound, ParticipantGone
from meeting_service.events import ParticipantDeleted, StoredEvent
from meeting_service.protocol import SUBPROTOCOL
from tests.audio_service import RATE_HZ, AudioService, Bot, noise, to_bytes
from tests.web.test_socket import ANN, BOB, Socket

SECOND = to_bytes(noise(RATE_HZ))
SPEECH = noise(4 * RATE_HZ)


@pytest.fixture
async def client(audio_service: AudioService) -> AsyncIterator[MeetingClient]:
    """Ours, as a bot's author uses it."""
    async with MeetingClient(audio_service.url) as client:
        yield client


@pytest.fixture
async def http(audio_service: AudioService) -> AsyncIterator[ClientSession]:
    """Anybody's."""
    async with ClientSession() as session:
        yield session


async def test_everything_of_theirs_goes(audio_service: AudioService, client: MeetingClient) -> None:
    """Name, text, events and audio of one; the other's stay, and the transcript is the other's alone."""
    for name in ("ann", "bob"):
        async with client.open_stream("m1", name, rate=RATE_HZ, name=name.title()) as stream:
            await stream.write(to_bytes(SPEECH))
    await client.end("m1")
    await client.delete_participant("m1", "ann")
    transcript = await client.transcript("m1")
    told = repr(await audio_service.sessions.store.list_events("m1", 0))

    assert ["bob"] == [p.id for p in transcript.participants]
    assert {"bob"} == {s.participant_id for s in transcript.sentences}
    assert "ann" not in told.lower()
    assert ([], 1) == (await audio_service.stored("ann"), len(await audio_service.stored("bob")))
    with pytest.raises(NotFound):
        await client.delete_participant("m1", "ann")


async def test_watchers_are_told_that_somebody_was_deleted(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """Not who; and one who comes later is told nothing that was theirs."""
    await client.put_participant("m1", "ann", "Ann")
    seen: list[object] = []
    async for event in client.events("m1"):
        seen.append(event.event if isinstance(event, StoredEvent) else event)
        if len(seen) == 2:
            await client.delete_participant("m1", "ann")
        if ParticipantDeleted() in seen:
            break

    assert ParticipantDeleted() == seen[-1]
    later = await audio_service.sessions.store.list_events("m1", 0)
    assert ["MeetingChanged", "ParticipantDeleted"] == [type(event.event).__name__ for event in later]


async def test_a_socket_goes_on_with_the_others(
    audio_service: AudioService, client: MeetingClient, http: ClientSession
) -> None:
    """The stream of who was deleted is refused for good, the other one is acknowledged on."""
    async with http.ws_connect(f"{audio_service.url}/v1/meetings/m1/audio", protocols=(SUBPROTOCOL,)) as ws:
        socket = Socket(ws)
        await socket.hello(ANN, BOB)
        await socket.audio(0)
        await socket.hear("ack", stream=1, through=8_000)
        await client.delete_participant("m1", "ann")
        await socket.hear("error", stream=1, code="participant_gone")
        await socket.audio(8_000)
        await socket.audio(0, stream=2)
        await socket.hear("ack", stream=2, through=8_000)

    assert [] == await audio_service.stored("ann")


async def test_a_socket_without_anybody_left_is_closed(
    audio_service: AudioService, client: MeetingClient, http: ClientSession
) -> None:
    """With 4410, and so is one that asks for who was deleted again, also after a restart."""
    url = f"{audio_service.url}/v1/meetings/m1/audio"
    async with http.ws_connect(url, protocols=(SUBPROTOCOL,)) as ws:
        socket = Socket(ws)
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", stream=1, through=8_000)
        await client.delete_participant("m1", "ann")
        assert 4410 == await socket.closed()
    await audio_service.stop()
    await audio_service.start()
    async with http.ws_connect(url, protocols=(SUBPROTOCOL,)) as ws:
        socket = Socket(ws)
        await socket.say("hello", streams=[ANN])
        assert 4410 == await socket.closed()

    assert [] == await client_names(audio_service)


async def test_posts_are_refused_until_somebody_asks_for_them(
    audio_service: AudioService, client: MeetingClient, http: ClientSession
) -> None:
    """With 409; a PUT makes the participant again, as a new one."""
    bot = Bot(http, audio_service.url)
    await bot.post(SECOND)
    await client.delete_participant("m1", "ann")
    refused = await bot.post(SECOND)
    await client.put_participant("m1", "ann", "Ann")
    taken = await bot.post(SECOND)

    assert (409, "participant_gone") == (refused.status, refused.body["code"])
    assert (200, RATE_HZ) == (taken.status, taken.body["through"])


async def test_our_client_gives_up(client: MeetingClient) -> None:
    """With an error that says why; it does not come back."""
    stream = client.open_stream("m1", "ann", rate=RATE_HZ)
    await stream.write(SECOND)
    await stream.drain()
    await client.delete_participant("m1", "ann")

    with pytest.raises(ParticipantGone, match="was deleted"):
        await stream.finish()


async def client_names(audio_service: AudioService) -> list[str]:
    """Who is in the meeting."""
    return [person.name for person in await audio_service.sessions.list_participants("m1")]
