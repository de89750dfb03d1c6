"""All checks, one after another."""

from collections.abc import Callable

from meeting_service.doctor import databases, disk, machine, network
from meeting_service.doctor.finding import Finding, Level
from meeting_service.errors import CannotStart
from meeting_service.settings import Settings


def examine(settings: Settings) -> list[Finding]:
    """Check everything; takes a few seconds and leaves nothing behind. A check that breaks is a problem."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "versions": machine.check_versions,
        "model": machine.check_model,
        "device": machine.check_device,
        "linear algebra": machine.check_blas,
        "sqlite": disk.check_sqlite,
        "data folder": disk.check_data_folder,
        "databases": databases.check_databases,
        "disk space": disk.check_space,
        "disk sync": disk.check_sync,
        "port": network.check_listening,
    }
    return [_guarded(name, check, settings) for name, check in checks.items()]


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except CannotStart as error:
        return Finding(name, Level.PROBLEM, error.detail)
    except Exception as error:
        return Finding(name, Level.PROBLEM, f"the check failed: {type(error).__name__}: {error}")
