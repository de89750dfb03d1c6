"""What the bench's tests share: one real service for all that measure one, one context with its models."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from meeting_service.bench.context import Context
from meeting_service.bench.served import Served, serve


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A `serve` with the bundled model in a process of its own, noting its batches."""
    folder = tmp_path_factory.mktemp("served")
    with serve(folder, "demo", {"logging": {"level": "debug"}}) as running:
        yield running


@pytest.fixture(scope="package")
def context() -> Iterator[Context]:
    """A quick run's context, with the bundled model loaded once."""
    with tempfile.TemporaryDirectory() as scratch:
        yield Context(Path(scratch), quick=True)
