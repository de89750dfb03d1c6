"""One real service for all tests that measure one."""

from collections.abc import Iterator

import pytest

from meeting_service.bench.served import Served, serve


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A `serve` with the bundled model in a process of its own, noting its batches."""
    folder = tmp_path_factory.mktemp("served")
    with serve(folder, "demo", {"logging": {"level": "debug"}}) as running:
        yield running
