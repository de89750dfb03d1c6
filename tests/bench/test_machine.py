"""What was measured on, and what with."""

import json

from meeting_service.bench.machine import describe_machine, list_versions


def test_the_machine_is_described() -> None:
    """Processor, cores, memory, linear algebra and device, as JSON can hold them."""
    machine = describe_machine()

    assert json.loads(json.dumps(dict(machine))) == dict(machine)
    assert int(machine["cores"]) >= 1
    assert int(machine["memory_mb"]) > 500
    assert {"processor", "system", "mlx_blas", "numpy_small_products", "device"} <= machine.keys()


def test_versions_are_listed() -> None:
    """Of the service and of what it stands on."""
    assert {"python", "meeting-service", "mlx", "parakeet-mlx", "numpy"} <= list_versions().keys()
