"""Measure searches: `python -m tests.storage.measure_search FOLDER`; 1,000 meetings of 300 sentences each.

Each search is asked once to warm up and then some times, in turn by the index and by the way it replaces:
every sentence of every meeting compared with LIKE.
"""

import asyncio
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

from meeting_service.meeting import NewMeeting
from meeting_service.search import Search, parse_query
from meeting_service.storage import Store
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence

MEETINGS, SENTENCES, WORDS = 1_000, 300, 20_000
PAGE = 30
ROUNDS = 5
LIKE = """
SELECT id FROM meetings m WHERE title_folded LIKE :q ESCAPE '/' OR EXISTS (
    SELECT 1 FROM sentences s WHERE s.meeting_id = m.id AND s.revision = coalesce(
        (SELECT max(number) FROM revisions r WHERE r.meeting_id = m.id AND r.state = 'done'), 1)
    AND lower(s.text) LIKE :q ESCAPE '/')
ORDER BY started_at DESC, id DESC LIMIT :limit
"""


def make_words() -> tuple[list[str], list[float]]:
    """Words and how often each is said, after Zipf."""
    draw = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 10))) for _ in range(WORDS)]
    return words, list(accumulate(1 / rank for rank in range(1, WORDS + 1)))


async def fill(store: Store) -> None:
    """A meeting an hour, each of one speaker."""
    draw = random.Random(2)
    words, weights = make_words()
    for number in range(MEETINGS):
        meeting_id, start = f"m{number}", START + timedelta(hours=number)
        await store.create_meeting(NewMeeting(id=meeting_id, title=f"Meeting {number}", started_at=start))
        await store.put_participant(meeting_id, "ann", None)
        stream, _ = await store.open_stream(meeting_id, "ann", 16_000, 0)
        said = [
            make_sentence(n, " ".join(draw.choices(words, cum_weights=weights, k=12)))
            for n in range(SENTENCES)
        ]
        await store.commit_final(stream, said, checkpoint_at(stream, SENTENCES), 0)


def measure(ask: Callable[[str], object], searches: list[str]) -> dict[str, float]:
    """p50 and p95 of all searches, in ms."""
    took = []
    for search in searches:
        ask(search)
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            ask(search)
            took.append((time.perf_counter() - begun) * 1_000)
    cuts = statistics.quantiles(took, n=20, method="inclusive")
    return {"p50": cuts[9], "p95": cuts[18]}


def say(line: str) -> None:
    """Print it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(folder: Path) -> None:
    """Fill a database unless there is one, and measure."""
    path, clock = folder / "meetings.db", FakeClock()
    made = path.exists()
    store = await Store.open(path, clock)
    begun = time.perf_counter()
    if not made:
        await fill(store)
        say(f"filled in {time.perf_counter() - begun:.0f} s")
    words = make_words()[0]
    searches = [words[rank] for rank in (0, 5, 50, 500, 5_000, 15_000, 19_999)]
    searches += [f"{words[0]} {words[300]}", f'"{words[0]} {words[1]}"', words[40][:3], "nowhere"]
    loop = asyncio.get_running_loop()

    def wait(coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()  # type: ignore[arg-type]

    def ask_meetings(typed: str) -> object:
        return wait(store.list_meetings(search=Search(parse_query(typed)), limit=PAGE))

    def ask_hits(typed: str) -> object:
        return wait(store.list_hits(Search(parse_query(typed))))

    with closing(sqlite3.connect(path, check_same_thread=False)) as db:

        def ask_like(typed: str) -> object:
            return db.execute(LIKE, {"q": f"%{typed.replace(chr(34), '')}%", "limit": PAGE + 1}).fetchall()

        for name, ask in (("meetings", ask_meetings), ("sentences", ask_hits), ("LIKE", ask_like)):
            figures = await asyncio.to_thread(measure, ask, searches)
            say(f"{name}: p50 {figures['p50']:.1f} ms, p95 {figures['p95']:.1f} ms")
    begun = time.perf_counter()
    (last,) = (await store.list_meetings(limit=1)).meetings
    await store.delete_meeting(last.id)
    say(f"deleting a meeting: {time.perf_counter() - begun:.1f} s; {path.stat().st_size >> 20} MiB")
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
