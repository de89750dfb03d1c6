"""Starting the service: what is refused before it starts, and how it stops."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from meeting_service.cli.serve import choose_models, is_loopback
from tests.cli.conftest import Invoke
from tests.cli.running import clean_environment, run_command


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_loopback_is_told_apart(host: str, alone: bool) -> None:
    """Only addresses that no other machine reaches count as loopback."""
    assert is_loopback(host) is alone


def test_another_host_needs_a_word(invoke: Invoke) -> None:
    """Listening for others is refused without --insecure, and it is said what that would mean."""
    ended = invoke("serve", "--host", "0.0.0.0")

    assert ended.code == 1
    assert "needs --insecure as well" in ended.err
    assert "delete every meeting" in ended.err


def test_insecure_is_a_warning(invoke: Invoke, tmp_path: Path) -> None:
    """With --insecure the same is said as a warning, and the start goes on to the next check."""
    ended = invoke("serve", "--host", "0.0.0.0", "--insecure", "--port", "0", "--model", tmp_path)

    assert ended.code == 1
    assert "warning: listening on 0.0.0.0" in ended.err
    assert "has no config.json" in ended.err


def test_a_port_in_use_is_one_line(invoke: Invoke) -> None:
    """A port that is taken is named before anything is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = invoke("serve", "--model", "demo", "--port", str(port))

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"meeting-service: port {port} on 127.0.0.1 is in use")
    assert len(ended.err.splitlines()) == 1


def test_a_data_folder_that_cannot_be_written_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    """A data folder that is a file is named with the reason."""
    (tmp_path / "taken").touch()
    ended = invoke("serve", "--model", "demo", "--port", "0", "--data", tmp_path / "taken")

    assert ended.code == 1
    assert "taken cannot be written (Not a directory)" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_data_folder_in_use_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    """Another service's folder is refused before anything is loaded."""
    (tmp_path / "data").mkdir()
    code = (
        "import sys, pathlib; from meeting_service.ledger import Ledger; "
        "ledger = Ledger.open(pathlib.Path(sys.argv[1])); print('open', flush=True); input()"
    )
    path = str(tmp_path / "data" / "audio.db")
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert "open\n" == other.stdout.readline()
        ended = invoke("serve", "--model", "demo", "--port", "0", "--data", tmp_path / "data")
        other.kill()

    assert ended.code == 1
    assert "another process is using the data folder" in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("model", "reason"),
    [("nosuch", "there is no such folder, and it is not a hub name"), (".", "no model.safetensors")],
)
def test_a_missing_model_is_one_line(invoke: Invoke, model: str, reason: str) -> None:
    """A model that cannot be had is named with the reason."""
    ended = invoke("serve", "--port", "0", "--model", model)

    assert ended.code == 1
    assert reason in ended.err
    assert len(ended.err.splitlines()) == 1


def test_several_models_are_chosen() -> None:
    """The first is the default; one alone leaves those of the settings, none leaves all."""
    assert choose_models(["a", "b", "c"]) == {"name": "a", "others": ("b", "c")}
    assert choose_models(["a"]) == {"name": "a", "others": None}
    assert choose_models([]) == {"name": None, "others": None}


def test_each_model_is_looked_for_before_the_start(invoke: Invoke, tmp_path: Path) -> None:
    """A second one that cannot be had stops the start as the first does."""
    ended = invoke("serve", "--port", "0", "--model", "demo", "--model", tmp_path)

    assert ended.code == 1
    assert "has no config.json" in ended.err


def test_a_model_that_is_not_downloaded_says_how_to_go_on(tmp_path: Path) -> None:
    """Without the hub, the default model's absence names the two ways out."""
    ended = run_command("serve", "--port", "0", cwd=tmp_path, HF_HOME=str(tmp_path))

    assert ended.returncode == 1
    assert "meeting-service model fetch" in ended.stderr
    assert "--model demo" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_wrong_setting_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    """A value out of range in a file is named with setting, value and range."""
    config = tmp_path / "mine.toml"
    config.write_text("[limits]\nparticipants = 0\n")
    ended = invoke("serve", "--config", config)

    assert ended.code == 1
    assert "limits.participants = 0" in ended.err
    assert "does not fit: a whole number, 1 to 1000" in ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """It prints its address when it can be used, and stops with exit code 0 when it is asked to."""
    arguments = ["serve", "--model", "demo", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "meeting_service", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        address = ready.partition("http://127.0.0.1:")[2].strip().rstrip("/")
        with socket.create_connection(("127.0.0.1", int(address))):
            os.kill(process.pid, number)
        _, err = process.communicate()

    assert process.returncode == 0
    assert "Traceback" not in err
