"""Syncs, writes and reads that fail, one by one and for a while."""

import asyncio
from pathlib import Path

from tests.faults import checker
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.durability import cut, find_unsynced
from tests.faults.failing import READS, SYNCS, WRITES, hold_with_failing_disk
from tests.faults.filling import SECONDS_A_ROUND
from tests.faults.powered import Trace, record_failing, record_failing_start
from tests.faults.script import make_script
from tests.faults.troubled import hold_undisturbed

PIECES = 20
CUTS = 40
SYNCS_A_STEP = 4
"""a start on an empty folder does some thirty, one after another"""
SYNCS_A_THREAD, WRITES_A_THREAD = 20, 400
"""calls are counted by thread, and a database that is opened anew has a new one: writing it anew must fit"""
STARTS_ONE_IN = 4
"""for so many runs there is one in which calls fail from the start of the process on"""
_RULES = ("fdatasync:error=EIO:when={first}+{step}", "pwrite64:error=EIO:when={later}+{long}")


async def run(order: Order) -> Outcome:
    """Runs in which the n-th call fails, for each n up to the size, and one in which all do for a while."""
    failures: list[str] = []
    for number in range(1, order.size + 1):
        rule = _RULES[number % len(_RULES)].format(
            first=SYNCS_A_THREAD + number,
            step=9 + number % 7,
            later=WRITES_A_THREAD + 7 * number,
            long=60 + number,
        )
        found = await check_failing_calls(order.folder / f"{number}", rule, order.seed + number)
        failures += found
        order.say(f"   {number:>3} of {order.size}, {rule}: {'; '.join(found) or 'kept'}")
    for number in range(1, order.size // STARTS_ONE_IN + 1):
        first = SYNCS_A_STEP * number
        found = await check_failing_start(order.folder / f"start-{number}", first, order.seed + number)
        failures += found
        order.say(f"   sync {first} of each thread and each ninth after it: {'; '.join(found) or 'kept'}")
    rounds = [SYNCS, WRITES, READS]
    script = make_script(SECONDS_A_ROUND * len(rounds))
    undisturbed = await hold_undisturbed(order.folder / "undisturbed", script)
    exports, found = await hold_with_failing_disk(order.folder / "failing", script, rounds)
    failures += [*found, *checker.check_exports(exports, undisturbed)]
    return Outcome(order.size + order.size // STARTS_ONE_IN + len(rounds), failures)


async def check_failing_start(folder: Path, first: int, seed: int) -> list[str]:
    """A run in which the n-th sync of each thread fails; a process that does not start says why."""
    rule = f"fdatasync,fsync:error=EIO:when={first}+9"
    trace = await record_failing_start(folder, PIECES, [rule])
    if isinstance(trace, str):
        last = trace.strip().splitlines()[-1]
        return [] if "Traceback" not in trace and str(folder) in last else [f"{rule}: it said {last}"]
    return await _check(trace, folder, rule, seed)


async def check_failing_calls(folder: Path, rule: str, seed: int) -> list[str]:
    """A run in which some calls fail, as strace's `inject` says; what was told and not on disk."""
    return await _check(await record_failing(folder, PIECES, [rule]), folder, rule, seed)


async def _check(trace: Trace, folder: Path, rule: str, seed: int) -> list[str]:
    failed = sum(call.result < 0 and call.file.startswith(str(trace.data)) for call in trace.calls)
    cuts = cut(trace, CUTS, seed, folder)
    found = await asyncio.to_thread(lambda: [*find_unsynced(trace), *cuts])
    return [f"{rule}: {fault}" for fault in (found if failed else ["nothing failed"])]


CAMPAIGN = Campaign(
    "failing",
    promise=7,
    brief="EIO from the n-th sync or write",
    how="EIO from the n-th sync and write, counted from the process's start too, and from all for a "
    "while: nothing is told that is not on disk, "
    "also after a power cut, with what a failed sync forgot; refusals, /readyz, reading, recovery by itself",
    run=run,
    size=50,
)
