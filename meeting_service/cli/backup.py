"""`backup`: writes everything the service keeps to one file; the service may run or not."""

from pathlib import Path
from typing import Annotated

import typer

from meeting_service.cli.console import progress
from meeting_service.cli.options import Config, Data, read_settings

EXAMPLES = (
    "meeting-service backup /backups/meetings-2026-05-01.tar\n\n"
    "meeting-service backup /backups/text-only.tar --no-audio --replace"
)


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; not in the data folder.")],
    no_audio: Annotated[
        bool, typer.Option("--no-audio", help="Only meetings, names and text, no audio.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write everything the service keeps to one file, also while it runs."""
    settings = read_settings(config, data={"directory": data})
    from meeting_service.backup import back_up

    with progress(f"backing up to {file}", size=True) as update:
        manifest = back_up(
            settings.data.directory, file, audio=not no_audio, replace=replace, on_progress=update
        )
    kept, size_mb = ", ".join(manifest.files), file.stat().st_size / 1e6
    print(f"{file}: {kept} as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, {size_mb:.1f} MB")
