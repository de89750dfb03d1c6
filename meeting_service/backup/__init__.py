"""Backups: one file with everything the service keeps, taken while it runs, and put back.

`snapshot` copies the databases of one moment, `archive` is the file with its checksums, `taking` makes it and
`restoring` puts it back. Nothing here needs the service, and nothing writes to what it uses.
"""

from meeting_service.backup.archive import SUFFIX, Manifest
from meeting_service.backup.restoring import restore
from meeting_service.backup.taking import back_up

__all__ = ["SUFFIX", "Manifest", "back_up", "restore"]
