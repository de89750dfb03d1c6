"""What can be checked before anything is loaded: the port and the data folder."""

import errno
import os
import socket
import tempfile
from pathlib import Path

from meeting_service.data_folder import sync_path
from meeting_service.errors import CannotStart

BACKLOG = 512
_REFUSALS = {
    errno.EADDRINUSE: "port {port} on {host} is in use: stop what listens there or choose another --port",
    errno.EACCES: "port {port} needs more rights than this user has: choose a --port above 1023",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine: choose another --host",
}


def check_port(host: str, port: int) -> None:
    """See whether the service could listen there.

    Raises:
        CannotStart: when it could not.
    """
    listen(host, port).close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; who connects waits until it is served.

    Raises:
        CannotStart: the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise CannotStart(f"the host {host} is not known: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = _REFUSALS.get(error.errno or 0, "cannot listen on port {port} of {host}: " + str(error))
        raise CannotStart(reason.format(host=host, port=port)) from error
    return listener


def find_free_port(host: str) -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


def check_folder(folder: Path) -> None:
    """See whether files can be made in the folder, or where the folder would be made.

    Raises:
        CannotStart: when they cannot.
    """
    try:
        with tempfile.TemporaryFile(dir=existing_parent(folder)):
            pass
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotStart(
            f"the data folder {folder} cannot be written ({reason}): choose another with --data"
        ) from error


def make_folder(folder: Path) -> None:
    """Make the folder where there is none, and those above it; a power cut does not undo it afterwards.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.absolute().parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_path(made.absolute().parent)


def existing_parent(folder: Path) -> Path:
    """The folder itself, or the closest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
