"""What is found out before anything is loaded."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from meeting_service.errors import CannotStart
from meeting_service.preflight import check_folder, check_port, existing_parent, find_free_port

NOBODY = 65_534


def test_a_free_port_is_accepted() -> None:
    """A port that nobody listens on passes, and port 0 always does."""
    check_port("127.0.0.1", find_free_port("127.0.0.1"))
    check_port("localhost", 0)


def test_a_port_in_use_is_named() -> None:
    """The complaint names port and host and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(CannotStart, match=f"port {port} on 127.0.0.1 is in use.*--port"):
            check_port("127.0.0.1", port)


def test_a_foreign_address_is_named() -> None:
    """An address of another machine cannot be listened on (TEST-NET-1 belongs to nobody)."""
    with pytest.raises(CannotStart, match=r"192\.0\.2\.1 is no address of this machine"):
        check_port("192.0.2.1", 0)


def test_an_unknown_host_is_named() -> None:
    """A host that has no address is told apart from one that is not ours."""
    with pytest.raises(CannotStart, match=r"the host not a host is not known"):
        check_port("not a host", 0)


def test_a_folder_to_be_made_is_accepted(tmp_path: Path) -> None:
    """A folder that can be made passes, and is not made."""
    check_folder(tmp_path / "new" / "data")

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A data folder that is a file is refused with the reason."""
    (tmp_path / "data").touch()

    with pytest.raises(CannotStart, match=r"data cannot be written \(Not a directory\): .*--data"):
        check_folder(tmp_path / "data")


@contextmanager
def _unprivileged() -> Iterator[None]:
    """Root may write everywhere, so root becomes somebody else."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    """A folder without the right to write is refused."""
    tmp_path.chmod(0o500)

    with _unprivileged(), pytest.raises(CannotStart, match="Permission denied"):
        check_folder(tmp_path / "data")


def test_existing_parent_of_a_relative_path() -> None:
    """A path relative to the working folder has a parent too."""
    assert existing_parent(Path("nowhere/at/all")) == Path.cwd()
