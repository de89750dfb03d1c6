"""`send`: plays files into a running service, as a bot would."""

EXAMPLES = "meeting-service send http://127.0.0.1:8080 ann.flac ben.flac --name Ann --name Ben"


def command() -> None:
    """Play files into a running service, as bots would."""
