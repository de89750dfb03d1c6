"""Where a model's files are: the bundled one, a folder, or the hub's cache; and how they get there.

Imports no MLX, so that a command line answers at once.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meeting_service.errors import CannotStart

DEMO = "demo"
FILES = ("config.json", "model.safetensors")
HUB_ANSWER_S = 1.2
"""How long the hub may take to show that it can be reached."""

_FIRST_ERROR, _NOT_FOUND = 400, 404

Progress = Callable[[int, int], None]
"""Told bytes fetched and bytes in all."""


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A model whose files are on this machine."""

    name: str
    directory: Path


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A published model that is known to work here."""

    name: str
    kind: str
    languages: str
    size_mb: int
    """about what is downloaded, in megabytes: four bytes for each weight of its configuration"""


KNOWN_MODELS = (
    KnownModel(DEMO, "TDT", "English, synthetic voices only; bundled", 7),
    KnownModel("mlx-community/parakeet-tdt-0.6b-v3", "TDT", "25 European languages", 2_510),
    KnownModel("mlx-community/parakeet-tdt-0.6b-v2", "TDT", "English", 2_470),
    KnownModel("mlx-community/parakeet-tdt-1.1b", "TDT", "English", 4_280),
    KnownModel("mlx-community/parakeet-tdt_ctc-110m", "TDT-CTC", "English", 460),
    KnownModel("mlx-community/parakeet-tdt_ctc-1.1b", "TDT-CTC", "English", 4_290),
    KnownModel("mlx-community/parakeet-rnnt-0.6b", "RNNT", "English", 2_470),
    KnownModel("mlx-community/parakeet-rnnt-1.1b", "RNNT", "English", 4_280),
    KnownModel("mlx-community/parakeet-ctc-0.6b", "CTC", "English", 2_440),
    KnownModel("mlx-community/parakeet-ctc-1.1b", "CTC", "English", 4_250),
)


def find_model(name: str) -> ModelPath | None:
    """The model if its files are here; None for a hub name not downloaded. Never touches the network.

    Raises:
        CannotStart: `name` is a folder that holds no model, or neither a folder nor a hub name.
    """
    if name == DEMO:
        return ModelPath(DEMO, Path(__file__).parent.parent / "demo" / "model")
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return ModelPath(name, _check_folder(folder.resolve()))
    if not _is_hub_name(name):
        raise CannotStart(f"model {name}: there is no such folder, and it is not a hub name like owner/model")
    return _find_in_cache(name)


def get_model(name: str, progress: Progress | None = None) -> ModelPath:
    """The model's files, downloaded first if need be.

    Raises:
        CannotStart: within two seconds if they are neither here nor to be had.
    """
    found = find_model(name)
    if found is not None:
        return found
    if not is_hub_reachable():
        raise CannotStart(
            f"model {name} is not downloaded and the model hub cannot be reached: {_ways_out(name)}"
        )
    try:
        return fetch_model(name, progress)
    except CannotStart as error:
        raise CannotStart(f"{error.detail}: {_ways_out(name)}") from error


def fetch_model(name: str, progress: Progress | None = None) -> ModelPath:
    """Download a hub model's two files into the hub's cache; what is there already is not fetched again.

    Raises:
        CannotStart: it is not on the hub, or the download failed.
    """
    from huggingface_hub import hf_hub_download  # half a second to import

    if name == DEMO or Path(name).expanduser().is_dir():
        return get_model(name)
    try:
        for file in FILES:
            path = hf_hub_download(name, file, tqdm_class=_progress_bar(progress) if progress else None)
    except Exception as error:  # the hub's client has many kinds; each means the same here
        raise CannotStart(f"model {name} could not be downloaded ({_first_line(error)})") from error
    return ModelPath(name, Path(path).parent)


def is_hub_reachable(timeout_s: float = HUB_ANSWER_S) -> bool:
    """Whether the hub answers one request in time.

    Asked in a thread, for name resolution has no timeout of its own.
    """
    answered = threading.Event()

    def ask() -> None:
        from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE
        from huggingface_hub.utils._http import get_session

        if HF_HUB_OFFLINE:
            return
        try:
            status = get_session().head(ENDPOINT, timeout=timeout_s).status_code
        except Exception:  # whatever the reason, there was no answer
            return
        if status < _FIRST_ERROR or status == _NOT_FOUND:  # a gateway that refuses is not the hub
            answered.set()

    asking = threading.Thread(target=ask, name="hub-check", daemon=True)
    asking.start()
    asking.join(timeout_s)
    return answered.is_set()


def _check_folder(folder: Path) -> Path:
    missing = [file for file in FILES if not (folder / file).is_file()]
    if missing:
        raise CannotStart(f"model folder {folder} has no {' and no '.join(missing)}")
    return folder


def _is_hub_name(name: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.count("/") == 1


def _find_in_cache(name: str) -> ModelPath | None:
    from huggingface_hub import try_to_load_from_cache

    paths = [try_to_load_from_cache(name, file) for file in FILES]
    folders = {Path(path).parent for path in paths if isinstance(path, str)}
    if len(folders) != 1 or not all(isinstance(path, str) for path in paths):
        return None
    return ModelPath(name, folders.pop())


def _ways_out(name: str) -> str:
    return (
        f"run `meeting-service model fetch {name}` where there is a network, "
        f"or use the bundled model with `--model {DEMO}`"
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _progress_bar(report: Progress) -> type[Any]:
    """The hub client's progress bar, told to report instead of drawing."""
    from huggingface_hub.utils.tqdm import tqdm

    class Reporting(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            report(int(self.n), int(self.total or 0))
            return True

        def display(self, *_: Any, **__: Any) -> None:
            return None

    return Reporting
