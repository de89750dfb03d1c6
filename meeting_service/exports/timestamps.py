"""Times as people and players write them; hours grow as they must."""


def clock_time(ms: int, separator: str) -> str:
    """`HH:MM:SS` and milliseconds after the separator."""
    seconds, ms = divmod(ms, 1000)
    return f"{whole_time(seconds)}{separator}{ms:03}"


def whole_time(seconds: int) -> str:
    """`HH:MM:SS`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"
