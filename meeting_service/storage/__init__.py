"""Storage keeps what is final: meetings, participants, streams, sentences, gaps, checkpoints, events.

`Store` is the only door. Behind it, `meetings`, `participants`, `streams`, `revisions`, `transcripts` and
`events` hold plain functions over a connection, each a part of one transaction; `database` runs them, writes
one after another; `sqlite` holds all that is SQLite's own; `schema` holds the tables, `migrate` makes them.
Nothing of SQLAlchemy leaves this package.
"""

from meeting_service.storage.migrate import migrate
from meeting_service.storage.pages import MeetingPage
from meeting_service.storage.store import Store

__all__ = ["MeetingPage", "Store", "migrate"]
