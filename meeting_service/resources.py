"""Where the files that are no code lie: beside the package in a source tree, inside it once installed."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_path(name: str) -> Path:
    """The folder `name`: `templates`, `migrations` or `config`."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
