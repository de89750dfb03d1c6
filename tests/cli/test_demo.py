"""The demo: the whole service, the bundled model and the bundled meeting, as a newcomer starts them."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from meeting_service.cli.demo import DEFAULT_PORT, HOST, choose_port
from meeting_service.cli.performance import describe_time
from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.script import Script
from meeting_service.errors import CannotStart
from meeting_service.exports.check import check_srt
from tests.cli.conftest import Invoke
from tests.cli.running import clean_environment, run_command

WER_BOUND_PERCENT = 8.0


def test_the_demo_plays_reports_and_exits(tmp_path: Path) -> None:
    """Every sentence is printed as it comes, the files are right, and the word error rate is low."""
    ended = run_command("demo", "--speed", "20", "--exit", "--out", tmp_path / "out", cwd=tmp_path)
    reported = re.search(r"word error rate ([\d.]+) % of (\d+) words", ended.stdout)
    srt = (tmp_path / "out" / "transcript.srt").read_bytes().decode()

    assert ended.returncode == 0, ended.stderr
    assert reported is not None
    assert float(reported[1]) < WER_BOUND_PERCENT
    assert re.search(r"watch it live: http://127\.0\.0\.1:\d+/meetings/\S+\n", ended.stdout)
    assert check_srt(srt).violations == []
    for speaker in Script.load(MEETING_FOLDER).participants:
        assert f"{speaker.name}:" in (tmp_path / "out" / "transcript.txt").read_text(encoding="utf-8")
        assert re.search(rf"^ +\d+:\d\d  {speaker.name} ", ended.stdout, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_interrupt_ends_the_demo_quietly(tmp_path: Path) -> None:
    """Ctrl-C while it plays ends with 130, without a traceback and with no process left behind."""
    with subprocess.Popen(
        [sys.executable, "-m", "meeting_service", "demo", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as process:
        assert process.stdout is not None
        while "watch it live" not in process.stdout.readline():
            assert process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()

    assert process.returncode == 130
    assert "Traceback" not in err
    assert children
    assert not psutil.wait_procs(children, timeout=20)[1]


def test_the_usual_port_is_not_insisted_on() -> None:
    """Where the usual port is taken, a free one is used."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else's listener serves as well
            listener.bind((HOST, DEFAULT_PORT))
            listener.listen()

        assert choose_port(None) != DEFAULT_PORT


def test_a_wanted_port_is_insisted_on() -> None:
    """A port that was asked for is used or refused."""
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(CannotStart, match=f"port {port}"):
            choose_port(port)


def test_a_folder_that_cannot_be_made_is_told_first(invoke: Invoke, tmp_path: Path) -> None:
    """Where the files could not be written, nothing is started."""
    (tmp_path / "taken").touch()
    ended = invoke("demo", "--out", tmp_path / "taken")

    assert ended.code == 1
    assert "the folder" in ended.err
    assert "starting" not in ended.err


def test_times_are_minutes_and_seconds() -> None:
    """Times in the demo's lines read as a clock."""
    assert [describe_time(ms) for ms in (999, 61_000, 3_600_000)] == ["0:00", "1:01", "60:00"]
