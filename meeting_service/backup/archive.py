"""The backup's file: a tar archive of databases, and after them a manifest that says what they are.

The manifest comes last, so that an archive without one was never finished.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from meeting_service.backup.files import OnBytes
from meeting_service.errors import StorageFailed

SUFFIX = ".tar"
MANIFEST_FILE = "manifest.json"
MAX_MANIFEST_BYTES = 65_536
PIECE_BYTES = 1 << 20


class FileEntry(BaseModel):
    """One database in the archive."""

    model_config = ConfigDict(frozen=True)

    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup is."""

    model_config = ConfigDict(frozen=True)

    format: Literal["meeting-service-backup"] = "meeting-service-backup"
    version: Literal[1] = 1
    """of this format"""
    service: str
    """the version of the service that took it"""
    taken_at: datetime
    """UTC; everything acknowledged before is in it"""
    revision: str
    """of the database of meetings"""
    files: Mapping[str, FileEntry]
    """by name in the archive"""


class _Hashed(io.RawIOBase):
    """Reads a file, tells how much, and knows the checksum of it."""

    def __init__(self, file: IO[bytes], on_bytes: OnBytes) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self.sha256.update(data)
        self._on_bytes(len(data))
        return data


def write_archive(
    to: IO[bytes],
    files: Mapping[str, Path],
    make_manifest: Callable[[Mapping[str, FileEntry]], Manifest],
    on_bytes: OnBytes,
) -> Manifest:
    """Write files under their names, and the manifest that is made of what they are."""
    entries: dict[str, FileEntry] = {}
    with tarfile.open(fileobj=to, mode="w") as tar:
        tar.copybufsize = PIECE_BYTES  # type: ignore[attr-defined] # documented, not in the stubs
        for name, path in files.items():
            entries[name] = _add(tar, name, path, on_bytes)
        manifest = make_manifest(entries)
        text = manifest.model_dump_json(indent=2).encode()
        tar.addfile(_head(MANIFEST_FILE, len(text)), io.BytesIO(text))
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What a backup says it is.

    Raises:
        StorageFailed: it is no backup, was cut short, or a newer version of the service took it.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            member = tar.extractfile(MANIFEST_FILE)
            return Manifest.model_validate_json(member.read(MAX_MANIFEST_BYTES) if member else b"")
    except (tarfile.TarError, KeyError, ValidationError) as error:
        raise StorageFailed(
            f"{path} is no backup of meeting-service, was cut short, or was made by a newer version"
        ) from error


def extract(path: Path, manifest: Manifest, folder: Path, on_bytes: OnBytes) -> None:
    """Write the databases into a folder, each readable by its owner only, if they are what they were.

    Raises:
        StorageFailed: one of them is damaged.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            for name, entry in manifest.files.items():
                _extract(tar, name, entry, folder / name, on_bytes)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise StorageFailed(f"the backup {path} is damaged") from error


def _add(tar: tarfile.TarFile, name: str, path: Path, on_bytes: OnBytes) -> FileEntry:
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        hashed = _Hashed(file, on_bytes)
        tar.addfile(_head(name, size_bytes), hashed)
    return FileEntry(size_bytes=size_bytes, sha256=hashed.sha256.hexdigest())


def _head(name: str, size_bytes: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size_bytes, 0o600
    return head


def _extract(tar: tarfile.TarFile, name: str, entry: FileEntry, to: Path, on_bytes: OnBytes) -> None:
    member = tar.extractfile(name)
    if member is None:
        raise KeyError(name)
    sha256 = hashlib.sha256()
    to.touch(mode=0o600)
    with member, to.open("wb") as file:
        while data := member.read(PIECE_BYTES):
            sha256.update(data)
            file.write(data)
            on_bytes(len(data))
    if sha256.hexdigest() != entry.sha256:
        raise StorageFailed(f"{name} in the backup is not what was written: its checksum differs")
