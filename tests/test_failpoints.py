"""Failpoints: nothing where they are off; where they are on, death at the place and hit asked for."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from meeting_service import failpoints
from meeting_service.failpoints import FAILPOINTS, PLACES, reach

PACKAGE = Path(failpoints.__file__).parent
REACHED = re.compile(r'\b(?:reach|interrupt)\(\s*"([a-z_]+)"')
CHILD = """
from meeting_service.failpoints import interrupt, reach
for number in range({hits}):
    reach("before_ack")
    reach("before_commit", lambda: print("last", flush=True))
    print(number, flush=True)
while interrupt("in_audio_commit"):
    signal.pause()
"""


def run_child(orders: Path, hits: int = 3) -> tuple[int, list[str]]:
    """A process that comes to two places in turn: its exit code, and the lines that it printed."""
    child = subprocess.run(
        [sys.executable, "-c", "import signal" + CHILD.format(hits=hits)],
        env={**os.environ, FAILPOINTS: str(orders)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return child.returncode, child.stdout.split()


def test_every_place_is_listed_and_reached() -> None:
    """No place without a line in `PLACES`, no line without a place."""
    found = {name for path in PACKAGE.rglob("*.py") for name in REACHED.findall(path.read_text())}

    assert PLACES.keys() == found


def test_nothing_happens_while_they_are_off() -> None:
    """This process was started without them."""
    assert not failpoints.are_on()

    reach("before_ack")


@pytest.mark.parametrize(
    ("order", "printed"),
    [("before_ack 1", []), ("before_ack 3", ["0", "1"]), ("before_commit 2", ["0", "last"])],
)
def test_the_process_dies_at_the_hit_asked_for(tmp_path: Path, order: str, printed: list[str]) -> None:
    """By SIGKILL, after what is to be done last, and the file is gone: the next process lives."""
    orders = tmp_path / "failpoint"
    orders.write_text(order)

    code, lines = run_child(orders)

    assert -signal.SIGKILL == code
    assert printed == lines
    assert not orders.exists()
    assert (0, ["0", "1", "2"]) == run_child(orders)


def test_a_call_is_interrupted(tmp_path: Path) -> None:
    """Who is to die within a call dies while it waits there."""
    orders = tmp_path / "failpoint"
    orders.write_text("in_audio_commit 1")

    assert (-signal.SIGKILL, ["0"]) == run_child(orders, hits=1)
