"""`tests/faults/run`: runs campaigns, tells how they go, writes down what came of them."""

import argparse
import asyncio
import json
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.campaign import Campaign, Order, Outcome, list_campaigns
from tests.faults.results import RESULTS, keep_result
from tests.faults.table import README, render_readme

MOST_TOLD = 20
"""failures that are told; the others are in the JSON only"""


def main(words: Sequence[str] | None = None) -> int:
    """Returns 1 if a promise was broken."""
    options = _parse(words)
    chosen = [c for c in list_campaigns() if not options.only or c.name in options.only]
    if options.list:
        for campaign in chosen:
            _say(f"{campaign.name:<14} promise {campaign.promise:>2}  ×{campaign.size:<5} {campaign.how}")
        return 0
    if options.readme and not options.json:
        _write_readme()
        return 0
    if unknown := set(options.only) - {campaign.name for campaign in chosen}:
        sys.exit(f"there is no campaign {', '.join(sorted(unknown))}; --list tells which there are")
    broken = False
    for campaign in chosen:
        result = _run(campaign, options)
        broken = broken or bool(result["failures"])
        if options.json:
            keep_result(options.json, result)
    if options.readme:
        _write_readme()
    return 1 if broken else 0


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/faults/run", description=__doc__)
    parser.add_argument("--list", action="store_true", help="say which campaigns there are")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="one campaign, or more")
    parser.add_argument("--kills", type=int, metavar="N", help="how many kills, of the campaign `kills`")
    parser.add_argument("--size", type=int, metavar="N", help="how often each campaign tries")
    parser.add_argument("--seed", type=int, default=1, help="decides all that is left to chance")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write what came of it here, beside what is there"
    )
    parser.add_argument("--readme", action="store_true", help="write the README's table anew")
    return parser.parse_args(words)


def _run(campaign: Campaign, options: argparse.Namespace) -> dict[str, Any]:
    size = options.size or campaign.size
    if campaign.name == "kills" and options.kills:
        size = options.kills
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{campaign.name}-"))
    _say(f"== {campaign.name}: promise {campaign.promise}, {size} times, seed {options.seed}")
    begun_s = time.monotonic()
    try:
        outcome = asyncio.run(_run_one(campaign, Order(folder, size, options.seed, _say)))
    except Exception as error:  # a campaign that breaks is a failure of its own, not the end of the others
        outcome = Outcome(0, [f"the campaign itself failed: {error!r}"])
    seconds = round(time.monotonic() - begun_s, 1)
    _tell(campaign, outcome, seconds, folder)
    return {
        "name": campaign.name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": describe_machine(),
        "promise": campaign.promise,
        "how": campaign.how,
        "tried": outcome.tried,
        "failures": list(outcome.failures),
        "figures": dict(outcome.figures),
        "seconds": seconds,
    }


async def _run_one(campaign: Campaign, order: Order) -> Outcome:
    return await campaign.run(order)


def _write_readme() -> None:
    README.write_text(render_readme(README.read_text(), json.loads(RESULTS.read_text())))


def _tell(campaign: Campaign, outcome: Outcome, seconds: float, folder: Path) -> None:
    for name, value in outcome.figures.items():
        _say(f"   {name}: {value}")
    for failure in outcome.failures[:MOST_TOLD]:
        _say(f"   BROKEN {failure}")
    verdict = f"BROKEN {len(outcome.failures)} times" if outcome.failures else "kept"
    _say(f"== {campaign.name}: {verdict}, tried {outcome.tried} times in {seconds:.0f} s")
    if outcome.failures:
        _say(f"   what it left is in {folder}")
    else:
        shutil.rmtree(folder)


def describe_machine() -> str:
    """In words: processor, cores, system."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.open() if line.startswith("model name")]
        model = f"{len(names)} cores of {names[0]}" if names else model
    return f"{model}, {platform.system()}, Python {platform.python_version()}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what a command line does


if __name__ == "__main__":
    sys.exit(main())
