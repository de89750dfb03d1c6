"""Two network namespaces and a line between them that loses, delays and reorders packets.

Linux can do that by itself (`tc netem`), where its kernel was built to. Here it is two TUN devices and this
process between them: it needs no such kernel, and a seed makes it lose the same packets again. Run as
`unshare --net python -m tests.faults.lossy FOLDER SEED SECONDS`; prints a JSON object with what was wrong.
"""

import asyncio
import fcntl
import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import checker
from tests.faults.campaigns.network import hold_calm
from tests.faults.network import NetworkMeeting
from tests.faults.service import ROOT

SERVICE, BOTS = "10.98.0.1", "10.98.0.2"
MTU_BYTES = 1_500
_SET_INTERFACE, _TUN, _NO_PACKET_INFO = 0x400454CA, 0x0001, 0x1000


@dataclass(frozen=True, slots=True)
class Line:
    """How bad it is, in each direction."""

    loss: float = 0.05
    """share of packets that never arrive"""
    reorder: float = 0.25
    """share of the others that overtake those before them, for they are not delayed"""
    delay_s: tuple[float, float] = (0.01, 0.03)
    """least and most"""


class Wire:
    """Carries packets between two devices. Owned by one event loop.

    Args:
        devices: file descriptors of both ends.
        line: how.
        seed: of all that chance decides.
    """

    def __init__(self, devices: tuple[int, int], line: Line, seed: int) -> None:
        self._line = line
        self._chance = random.Random(seed)
        self.carried = self.lost = self.overtaking = 0
        loop = asyncio.get_running_loop()
        for source, sink in (devices, devices[::-1]):
            os.set_blocking(source, False)
            loop.add_reader(source, self._carry, source, sink)

    def _carry(self, source: int, sink: int) -> None:
        packet = os.read(source, MTU_BYTES + 100)
        if self._chance.random() < self._line.loss:
            self.lost += 1
            return
        self.carried += 1
        if self._chance.random() < self._line.reorder:
            self.overtaking += 1
            self._deliver(sink, packet)
            return
        delay_s = self._chance.uniform(*self._line.delay_s)
        asyncio.get_running_loop().call_later(delay_s, self._deliver, sink, packet)

    def _deliver(self, sink: int, packet: bytes) -> None:
        with suppress(OSError):  # the line is taken up already, or its far end is down
            os.write(sink, packet)


@asynccontextmanager
async def lay(line: Line, seed: int) -> AsyncIterator[tuple[Wire, int]]:
    """A line from this namespace to a new one, of the process whose id comes with it."""
    holder = await asyncio.create_subprocess_exec(
        "unshare",
        "--net",
        "sh",
        "-c",
        "echo; exec cat >/dev/null",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    here, there = _make_device("bots"), _make_device("service")
    try:
        _ip("link", "set", "service", "netns", str(holder.pid))
        _ip("addr", "add", BOTS, "peer", SERVICE, "dev", "bots")
        _ip("link", "set", "bots", "up")
        _ip("addr", "add", SERVICE, "peer", BOTS, "dev", "service", within=holder.pid)
        _ip("link", "set", "service", "up", within=holder.pid)
        _ip("link", "set", "lo", "up", within=holder.pid)
        yield Wire((here, there), line, seed), holder.pid
    finally:
        for device in (here, there):
            asyncio.get_running_loop().remove_reader(device)
            os.close(device)
        await holder.communicate(b"")  # the end of its input ends it


async def hold_lossy(folder: Path, seed: int, seconds: float) -> dict[str, Any]:
    """A meeting over such a line, and one beside it; what is wrong, and what the line did."""
    _ip("link", "set", "lo", "up")
    calm = await hold_calm(folder / "calm", seconds)
    async with lay(Line(), seed) as (wire, holder):
        meeting = NetworkMeeting(
            folder / "lossy",
            seconds,
            seed=seed,
            host=SERVICE,
            prefix=("nsenter", "--target", str(holder), "--net", "--"),
        )
        result = await meeting.run()
        failures = [*result.failures, *checker.check_exports(result.exports, calm)]
        return {
            "failures": failures,
            "carried": wire.carried,
            "lost": wire.lost,
            "overtaking": wire.overtaking,
        }


async def run_lossy(folder: Path, seed: int, seconds: float) -> dict[str, Any]:
    """The same in a namespace of its own, which goes when it is done.

    Raises:
        RuntimeError: it could not be held; says why.
    """
    process = await asyncio.create_subprocess_exec(
        *_UNSHARE,
        sys.executable,
        "-m",
        "tests.faults.lossy",
        str(folder),
        str(seed),
        str(seconds),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(err.decode()[-2_000:])
    told: dict[str, Any] = json.loads(out)
    return told


def require_namespaces() -> None:
    """Skip where they cannot be made, with the reason; where tests must be complete, fail."""
    try:
        asked = subprocess.run(
            [*_UNSHARE, sys.executable, "-c", "from tests.faults.lossy import probe; probe()"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
        )
        reason = asked.stderr.strip().rpartition("\n")[2] if asked.returncode else ""
    except FileNotFoundError as error:
        reason = str(error)
    if not reason:
        return
    reason = f"NO NETWORK NAMESPACES: loss and reordering are not tested here ({reason})"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def probe() -> None:
    """Raise what stands in the way."""
    os.close(_make_device("probe"))
    _ip("link", "show")


def _make_device(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    wanted = struct.pack("16sH22x", name.encode(), _TUN | _NO_PACKET_INFO)
    fcntl.ioctl(device, _SET_INTERFACE, wanted)
    return device


def _ip(*words: str, within: int | None = None) -> None:
    enter = [] if within is None else ["nsenter", "--target", str(within), "--net", "--"]
    subprocess.run([*enter, "ip", *words], check=True, capture_output=True)


_UNSHARE = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user", "--net")


if __name__ == "__main__":
    told = asyncio.run(hold_lossy(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    print(json.dumps(told))  # noqa: T201 what the caller reads
