"""Kinds of bad network, by name; each lasts until everybody has said everything."""

from collections.abc import Mapping, Sequence

from tests.faults.network import SILENCE_S, Stage, Weather
from tests.faults.proxy import Faults, random_cuts

CORRUPT = 1e-4
"""a byte in ten thousand: some messages in each second of audio"""
MANY = 100_000


async def resets(stage: Stage) -> None:
    """Every connection at once, again and again."""
    while not stage.over.is_set():
        await stage.last(stage.chance.uniform(0.2, 0.8))
        stage.proxy.reset_all()


async def cuts(stage: Stage) -> None:
    """Each connection after some bytes, also within a handshake, a message or an event."""
    stage.proxy.faults = Faults(cuts=random_cuts(stage.chance.randrange(1 << 30), 50, 60_000, MANY))
    await stage.over.wait()


async def refusals(stage: Stage) -> None:
    """Nobody gets in, for a second and more."""
    while not stage.over.is_set():
        await _spell(stage, Faults(refuse=True), reset=True)


async def half_open(stage: Stage) -> None:
    """One direction, or both, leads nowhere; connections stay open."""
    while not stage.over.is_set():
        await _spell(stage, stage.chance.choice(_HALF_OPEN), least_s=SILENCE_S)


async def trickle(stage: Stage) -> None:
    """A byte at a time."""
    stage.proxy.faults = Faults(piece_bytes=1)
    await stage.over.wait()


async def narrow(stage: Stage) -> None:
    """20 kB a second in each direction of a connection."""
    stage.proxy.faults = Faults(bytes_s=20_000, piece_bytes=1_000)
    await stage.over.wait()


async def late(stage: Stage) -> None:
    """400 ms, give or take 200, each way."""
    stage.proxy.faults = Faults(delay_s=(0.4, 0.2))
    await stage.over.wait()


async def corruption(stage: Stage) -> None:
    """Bytes arrive as other ones: of audio, of messages, of answers, of what frames them."""
    stage.proxy.faults = Faults(corrupt=CORRUPT)
    await stage.over.wait()


async def slow_close(stage: Stage) -> None:
    """Who is left hears of it a second later; with restarts that are announced."""
    stage.proxy.faults = Faults(close_s=1.0)
    while not stage.over.is_set():
        await stage.last(stage.chance.uniform(0.5, 1.5))
        await stage.service.terminate()
        await stage.service.start()


async def restarts(stage: Stage) -> None:
    """SIGKILL to the service, which is away for a moment."""
    while not stage.over.is_set():
        await stage.last(stage.chance.uniform(0.5, 2.0))
        await stage.service.kill()
        await stage.last(stage.chance.uniform(0.0, 0.5))
        await stage.service.start()
        await stage.heal()


async def mixed(stage: Stage) -> None:
    """All of them in turn, in no order."""
    while not stage.over.is_set():
        await mixed_once(stage, stage.chance.sample(_SPELLS, len(_SPELLS)))


async def mixed_once(stage: Stage, spells: Sequence[Faults | None]) -> None:
    """Each of these for a while; None is a restart."""
    for faults in spells:
        if stage.over.is_set():
            return
        if faults is None:
            await stage.service.kill()
            await stage.service.start()
            await stage.heal()
        else:
            await _spell(stage, faults, reset=stage.chance.random() < 0.5)


async def _spell(stage: Stage, faults: Faults, *, reset: bool = False, least_s: float = 0.5) -> None:
    """Bad for a while, then good for a while."""
    stage.proxy.faults = faults
    if reset:
        stage.proxy.reset_all()
    await stage.last(least_s + stage.chance.uniform(0.0, 1.0))
    await stage.heal()
    await stage.last(stage.chance.uniform(0.5, 1.5))


_HALF_OPEN = (
    Faults(swallow_up=True),
    Faults(swallow_down=True),
    Faults(swallow_up=True, swallow_down=True),
)
_SPELLS: Sequence[Faults | None] = (
    None,
    Faults(refuse=True),
    *_HALF_OPEN,
    Faults(piece_bytes=1),
    Faults(bytes_s=20_000, piece_bytes=1_000),
    Faults(delay_s=(0.4, 0.2)),
    Faults(corrupt=CORRUPT),
)
WEATHERS: Mapping[str, Weather] = {
    weather.__name__: weather
    for weather in (
        resets,
        cuts,
        refusals,
        half_open,
        trickle,
        narrow,
        late,
        corruption,
        slow_close,
        restarts,
    )
}
NOT_FOR_ALL = frozenset({"corruption", "half_open", "mixed"})
"""what only those get through who use checksums and notice a dead connection"""
