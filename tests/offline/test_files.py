"""Audio files, read piece by piece."""

from pathlib import Path

import numpy as np
import pytest

from meeting_service.errors import InvalidAudio
from meeting_service.offline import AudioFile
from tests.offline.voices import bursts, write_wav


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    """The pieces together are the file's samples; size and progress are bytes of the file."""
    pcm = bursts(1, 44_100, 5)
    with AudioFile(write_wav(tmp_path / "a.wav", pcm, 44_100)) as file:
        blocks = []
        while (block := file.read()) is not None:
            blocks.append(block)

        assert np.array_equal(np.concatenate(blocks)[:, 0], pcm)
        assert len(blocks) > 1
        assert (file.rate_hz, file.channels) == (44_100, 1)
        assert file.read_bytes == file.size_bytes


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    """The format is seen from the content."""
    path = write_wav(tmp_path / "recording.mp3", bursts(1, 16_000, 1), 16_000)

    with AudioFile(path) as file:
        assert file.rate_hz == 16_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Dear diary, today I learned", "it looks like text"),
        (b"", "it is empty"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "inside its header"),
    ],
)
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """The complaint names the file and what it seems to be."""
    path = tmp_path / "talk.wav"
    path.write_bytes(content)

    with pytest.raises(InvalidAudio, match=rf"talk\.wav.*{reason}"):
        AudioFile(path)


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    """A header alone is no recording."""
    path = write_wav(tmp_path / "empty.wav", np.empty(0, np.int16), 16_000)

    with pytest.raises(InvalidAudio, match="holds no audio"):
        AudioFile(path)


@pytest.mark.parametrize(("name", "reason"), [("none.wav", "No such file"), ("", "Is a directory")])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    """A missing file and a folder are told apart."""
    with pytest.raises(InvalidAudio, match=f"cannot be read: {reason}"):
        AudioFile(tmp_path / name)
