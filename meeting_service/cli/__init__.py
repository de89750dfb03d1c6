"""The command line: one module per command, `program` joins them, `console` speaks to the person.

Commands import what they need when they run, so that help and version answer at once.
"""

from meeting_service.cli.program import main

__all__ = ["main"]
