"""Playing files into a running service from the command line."""

import asyncio
from pathlib import Path

import pytest
import typer

from meeting_service.cli.send import name_sources
from meeting_service.meeting import MeetingState
from tests.audio_service import AudioService
from tests.cli.conftest import Ended, Invoke
from tests.offline.voices import bursts, write_wav


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A few seconds of made-up speech."""
    return write_wav(tmp_path / "ann.wav", bursts(1, 16_000, 4), 16_000)


async def send(invoke: Invoke, *arguments: str | Path) -> Ended:
    """Run the command beside the test's event loop, on which the service runs."""
    return await asyncio.to_thread(invoke, "send", *arguments)


@pytest.mark.parametrize("protocol", ["websocket", "http"])
async def test_files_become_an_ended_meeting(
    invoke: Invoke, tmp_path: Path, recording: Path, protocol: str
) -> None:
    """The address of the meeting's page is printed, and at the end all its text is final."""
    async with AudioService.on(tmp_path) as service:
        ended = await send(invoke, service.url, recording, "--speed", "0", "--protocol", protocol)
        address = ended.out.split()[0]
        meeting = await service.sessions.get_meeting(address.rpartition("/")[2])
        people = await service.sessions.list_participants(meeting.id)

    assert (ended.code, address) == (0, f"{service.url}/meetings/{meeting.id}")
    assert meeting.state is MeetingState.ENDED
    assert [(p.id, p.name, p.received_ms) for p in people] == [("ann", "ann", 4_000)]


async def test_a_meeting_can_be_joined_and_left_open(invoke: Invoke, tmp_path: Path, recording: Path) -> None:
    """With --meeting and --keep-open a participant is added to what is going on."""
    async with AudioService.on(tmp_path) as service:
        await service.create_meeting("weekly")
        await send(
            invoke, service.url, recording, "--speed=0", "--meeting=weekly", "--keep-open", "--name", "Ann/B"
        )
        meeting = await service.sessions.get_meeting("weekly")
        people = await service.sessions.list_participants("weekly")

    assert meeting.state is MeetingState.LIVE
    assert [(p.id, p.name) for p in people] == [("Ann-B", "Ann/B")]


async def test_an_ended_meeting_is_one_line(invoke: Invoke, tmp_path: Path, recording: Path) -> None:
    """What the service refuses is said in its words."""
    async with AudioService.on(tmp_path) as service:
        await service.create_meeting("over")
        await service.sessions.end_meeting("over")
        ended = await send(invoke, service.url.removeprefix("http://"), recording, "--meeting", "over")

    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "meeting-service: the meeting has ended and takes no more audio"


def test_no_service_is_one_line(invoke: Invoke, recording: Path) -> None:
    """Where nothing listens, that is said, with the address."""
    ended = invoke("send", "http://127.0.0.1:9", recording)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "meeting-service: nothing listens at http://127.0.0.1:9: is the service running?\n"


def test_an_unreadable_file_is_told_first(invoke: Invoke, recording: Path, tmp_path: Path) -> None:
    """Before anything is sent, every file must be readable."""
    ended = invoke("send", "http://127.0.0.1:9", recording, tmp_path / "none.wav")

    assert ended.code == 1
    assert "none.wav cannot be read" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("names", "reason"), [(["A", "B", "C"], "3 names for 2 files"), (["b"], "two participants have one name")]
)
def test_names_fit_the_files(names: list[str], reason: str) -> None:
    """Too many names and equal ones are wrong usage."""
    with pytest.raises(typer.BadParameter, match=reason):
        name_sources([Path("a.wav"), Path("b.wav")], names)
