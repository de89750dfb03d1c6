"""Single findings."""

import socket
import sqlite3
import threading
from pathlib import Path

import pytest

from meeting_service.doctor import Finding, Level, disk, examine
from meeting_service.settings import Settings, load_settings


def settings(folder: Path, model: str = "demo", port: int = 0) -> Settings:
    """Settings for a data folder, a model and a port."""
    return load_settings(
        overrides={"data": {"directory": folder}, "model": {"name": model}, "server": {"port": port}}
    )


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ((3, 34, 1), Level.PROBLEM),
        ((3, 40, 1), Level.NOTICE),
        ((3, 44, 6), Level.OK),
        ((3, 45, 0), Level.NOTICE),
        ((3, 50, 6), Level.NOTICE),
        ((3, 50, 7), Level.OK),
        ((3, 51, 2), Level.NOTICE),
        ((3, 51, 3), Level.OK),
        ((4, 0, 0), Level.OK),
    ],
)
def test_sqlite_versions(version: tuple[int, int, int], level: Level) -> None:
    """Versions with the fault are a notice, those without pass, and those too old are a problem."""
    assert disk.judge_sqlite(version).level is level


def test_this_sqlite_is_looked_at(tmp_path: Path) -> None:
    """The finding names the version in use."""
    assert sqlite3.sqlite_version in disk.check_sqlite(settings(tmp_path)).found


@pytest.mark.parametrize(
    ("free_bytes", "level"), [(20 << 30, Level.OK), (5 << 30, Level.NOTICE), (1 << 20, Level.PROBLEM)]
)
def test_room_on_the_disk(free_bytes: int, level: Level) -> None:
    """Little room is a notice, hardly any a problem, both with what an hour takes."""
    finding = disk.judge_space(free_bytes)

    assert finding.level is level
    assert ("an hour" in finding.advice) is (level is not Level.OK)


@pytest.mark.parametrize(("took_ms", "level"), [(3.0, Level.OK), (45.0, Level.NOTICE)])
def test_a_slow_disk_is_a_notice(took_ms: float, level: Level) -> None:
    """Slow syncing delays acknowledgements and loses nothing."""
    assert disk.judge_sync(took_ms).level is level


def serve_once(answer: bytes) -> int:
    """A listener that gives one HTTP answer, and its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def respond() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(4_096)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n"
            connection.sendall(head.encode() + answer)

    threading.Thread(target=respond).start()
    return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"status": "ok", "version": "9.9"}', "meeting-service 9.9 is running"),
        (b"<html>", "is in use"),
        (b"[]", "is in use"),
    ],
)
def test_a_port_that_a_service_has_is_no_problem(tmp_path: Path, answer: bytes, found: str) -> None:
    """A running service is told apart from another program on its port."""
    taken = settings(tmp_path, port=serve_once(answer))
    findings = {finding.check: finding for finding in examine(taken)}

    assert found in findings["port"].found
    assert (findings["port"].level is Level.OK) is ("running" in found)


def test_checks_leave_nothing_behind(tmp_path: Path) -> None:
    """A data folder that is not there is looked at and not made."""
    folder = tmp_path / "data"
    findings = [disk.check_data_folder(settings(folder)), disk.check_sync(settings(folder))]

    assert [f.level for f in findings if f.check == "data folder"] == [Level.OK]
    assert "will be made" in findings[0].found
    assert list(tmp_path.iterdir()) == []


def test_a_model_folder_without_weights_is_a_problem(tmp_path: Path) -> None:
    """What a check refuses becomes a problem in its own words; the other checks go on."""
    findings = {f.check: f for f in examine(settings(tmp_path, str(tmp_path)))}

    assert findings["model"].level is Level.PROBLEM
    assert "no model.safetensors" in findings["model"].found
    assert findings["sqlite"].level is not Level.PROBLEM


def test_every_model_is_looked_at(tmp_path: Path) -> None:
    """Of several, the one that is amiss is told."""
    two = load_settings(
        overrides={"data": {"directory": tmp_path}, "model": {"name": "demo", "others": [str(tmp_path)]}}
    )
    findings = {f.check: f for f in examine(two)}

    assert findings["model"].level is Level.PROBLEM
    assert str(tmp_path) in findings["model"].found


def test_every_finding_that_needs_doing_says_what(tmp_path: Path) -> None:
    """On this machine, each notice comes with advice."""
    findings: list[Finding] = examine(settings(tmp_path))

    assert [f.check for f in findings if f.level is Level.NOTICE and not f.advice] == []
