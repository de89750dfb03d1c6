"""`migrate`: brings the database to this release's schema."""

from meeting_service.cli.options import Config, Data, read_settings

EXAMPLES = "meeting-service migrate --data /srv/meetings"


def command(data: Data = None, config: Config = None) -> None:
    """Bring the database to this release's schema, as serve does at its start."""
    settings = read_settings(config, data={"directory": data})
    from meeting_service.data_folder import STORE_FILE
    from meeting_service.storage import migrate

    path = settings.data.directory / STORE_FILE
    before, after = migrate(path)
    if before is None:
        print(f"{path}: made, at revision {after}")
    elif before == after:
        print(f"{path}: already at revision {after}")
    else:
        print(f"{path}: from revision {before} to {after}; a copy of the former is beside it")
