"""Plays examples of the contract: so many, chosen by a seed."""

import logging
from pathlib import Path

import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.contract.machine import Contract
from tests.faults.contract.world import World


def play(
    folder: Path, examples: int, chosen_seed: int, *, steps: int, outside: bool = False, shrink: bool = False
) -> int:
    """Play in a service that keeps its data in an empty folder; returns how many meetings there were.

    Args:
        folder: where the service keeps its data.
        examples: how many meetings.
        chosen_seed: decides what happens in them.
        steps: how much happens in one at most.
        outside: whether the service is a process of its own instead of in this one.
        shrink: whether to look for the shortest way to a failure, which takes minutes.

    Raises:
        Exception: the first failure, whatever it is; its notes tell what was done.
    """
    world = World(folder, outside=outside)
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    rules = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )

    @seed(chosen_seed)
    class Seeded(Contract):
        """The contract in this world."""

        def __init__(self) -> None:
            super().__init__(world)

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        run_state_machine_as_test(Seeded, settings=rules)
        return world.meetings
    finally:
        structlog.configure(**before)
        world.close()
