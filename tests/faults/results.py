"""What came of the campaigns: one file, an entry for each, written by whichever run comes."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"


def keep_result(path: Path, result: Mapping[str, Any]) -> None:
    """Have a campaign's result take the place of its former one in a file; the others' stay.

    Runs that write at the same time wait for one another, and who reads meanwhile sees one state or the next.
    """
    with _alone(path.parent):
        known = json.loads(path.read_text(encoding="utf-8"))["campaigns"] if path.exists() else []
        by_name = {entry["name"]: entry for entry in [*known, result]}
        entries = [by_name[name] for name in sorted(by_name)]
        new = path.with_name(f".{path.name}.new")
        text = json.dumps({"campaigns": entries}, indent=1, ensure_ascii=False)
        new.write_text(f"{text}\n", encoding="utf-8")
        new.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
