"""`restore`: puts a backup into a data folder that no service uses."""

from pathlib import Path
from typing import Annotated

import typer

from meeting_service.cli.console import progress, remark
from meeting_service.cli.options import Config, Data, read_settings

EXAMPLES = "meeting-service restore /backups/meetings-2026-05-01.tar --data /srv/meetings"


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Lose the meetings that are in the data folder.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Put a backup into a data folder that no service uses."""
    settings = read_settings(config, data={"directory": data})
    from meeting_service.backup import restore

    folder = settings.data.directory
    with progress(f"restoring {file}", size=True) as update:
        manifest = restore(file, folder, replace=replace, on_progress=update)
    print(f"{folder}: restored as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")
    remark("what was deleted after that is back: delete it again")
