"""`backup` and `restore` as a person runs them."""

import asyncio
import re
from pathlib import Path

from meeting_service.clock import SystemClock
from meeting_service.data_folder import STORE_FILE
from meeting_service.meeting import NewMeeting
from meeting_service.storage import Store
from tests.cli.running import run_command


async def make(folder: Path) -> None:
    """A data folder with a meeting in it."""
    store = await Store.open(folder / STORE_FILE, SystemClock())
    await store.create_meeting(NewMeeting(id="m"))
    await store.close()


def test_there_and_back(tmp_path: Path) -> None:
    """A line each, exit code 0; what cannot be is one line and 1."""
    asyncio.run(make(tmp_path / "data"))
    file = tmp_path / "backup.tar"
    taken = run_command("backup", file, "--data", tmp_path / "data")
    again = run_command("backup", file, "--data", tmp_path / "data")
    restored = run_command("restore", file, "--data", tmp_path / "new")
    twice = run_command("restore", file, "--data", tmp_path / "new")

    assert (0, 1, 0, 1) == (taken.returncode, again.returncode, restored.returncode, twice.returncode)
    assert re.fullmatch(rf"{file}: meetings\.db as of .* UTC, 0\.\d MB\n", taken.stdout)
    assert again.stderr.endswith("allow it to be replaced with --replace\n")
    assert re.fullmatch(rf"{tmp_path / 'new'}: restored as of .* UTC\n", restored.stdout)
    assert "what was deleted after that is back: delete it again" in restored.stderr
    assert "is not empty" in twice.stderr
    assert "Traceback" not in again.stderr + twice.stderr
