"""`version`: which release this is."""

EXAMPLES = "meeting-service version"


def command() -> None:
    """Print the version."""
    from meeting_service import __version__

    print(f"meeting-service {__version__}")
