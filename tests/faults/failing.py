"""A disk that fails under a meeting, for a while: syncs, writes, the recogniser's reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.checker import Exports
from tests.faults.filling import SPEED
from tests.faults.script import Script
from tests.faults.service import FaultService
from tests.faults.tracing import attach
from tests.faults.troubled import Troubled, hold


@dataclass(frozen=True, slots=True)
class Failing:
    """What fails."""

    calls: str
    """system calls, as strace names them"""
    reads: bool = False
    """whether it is the recogniser that cannot read, instead of the service that cannot write"""

    @property
    def rule(self) -> str:
        """For strace."""
        return f"{self.calls}:error=EIO"


SYNCS = Failing("fdatasync,fsync")
WRITES = Failing("pwrite64")
READS = Failing("pread64", reads=True)


async def hold_with_failing_disk(
    folder: Path, script: Script, rounds: Sequence[Failing]
) -> tuple[Exports, list[str]]:
    """A meeting in which every such call fails for a while; its files, and all that was wrong."""
    service = FaultService(folder)

    async def trouble(seen: Troubled) -> None:
        for number, failing in enumerate(rounds):
            await seen.wait_for_audio()
            trace = folder / f"failing-{number}"
            if failing.reads:
                async with attach(service.worker_pid() or 0, trace, [failing.rule]):
                    await seen.wait_for_audio()
                continue
            async with attach(service.pid, trace, [failing.rule]):
                await _check_failing(seen, failing)
            await seen.wait_for_state("ready", "catching_up")
            await seen.wait_until_told("ready")

    return await hold(service, script, trouble, speed=SPEED)


async def _check_failing(seen: Troubled, failing: Failing) -> None:
    """Everybody is told, audio is refused, reading goes on."""
    said = await seen.wait_for_state("storage_failing")
    seen.expect(said["status"] == 503 and not said["database"], f"{failing.calls}: /readyz says {said}")
    await seen.wait_until_told("storage_failing")
    status, problem = await seen.post()
    refused = (status, problem.get("code")) == (500, "storage_failed")
    seen.expect(refused, f"{failing.calls}: a post is answered with {status} {problem}")
    await seen.check_reading()
