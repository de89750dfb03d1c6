"""A SQLite with other pragmas than the service sets: one that does not sync each commit is what tests of
durability must find out, or they prove nothing; one with a short log checkpoints often.

Python imports this at its start where the folder is on its path. The variable says which, as JSON.
"""

import json
import os
import re
import sqlite3
from functools import partial
from typing import Any

_WANTED: dict[str, str] = json.loads(os.environ.get("MEETING_FAULTS_PRAGMAS", "{}"))
_SETTING = re.compile(r"PRAGMA (\w+) = ")
_LAST = "secure_delete"
"""set by every connection that writes, after which those are set that it does not set itself"""


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *parameters: Any) -> Any:
        name = found[1] if (found := _SETTING.match(sql)) else ""
        if name == _LAST:
            for other, value in _WANTED.items():
                super().execute(f"PRAGMA {other} = {value}")
        return super().execute(f"PRAGMA {name} = {_WANTED[name]}" if name in _WANTED else sql, *parameters)


class _Connection(sqlite3.Connection):
    def cursor(self, *_: Any, **__: Any) -> Any:
        return super().cursor(_Cursor)

    def execute(self, sql: str, *parameters: Any) -> Any:
        return self.cursor().execute(sql, *parameters)


sqlite3.connect = partial(sqlite3.connect, factory=_Connection)  # type: ignore[assignment]
