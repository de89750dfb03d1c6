"""The command line inside the test's own process, for what needs no process of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from meeting_service.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Invoke = Callable[..., Ended]


@pytest.fixture
def invoke(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    restored_logging: None,
    tmp_path: Path,
) -> Invoke:
    """Runs a command in an empty working folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as exited:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ended(int(exited.value.code or 0), out, err)

    return run
