import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from meeting_service.errors import CannotStart
from meeting_service.recogniser import KNOWN_MODELS, find_model, get_model

HUB_NAME = "mlx-community/parakeet-tdt-0.6b-v3"


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in an interpreter whose hub client reads `environment` when it is imported."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_bundled_model_is_always_here() -> None:
    """`demo` needs no network and no folder."""
    model = find_model("demo")

    assert model is not None
    assert {"config.json", "model.safetensors"} <= {path.name for path in model.directory.iterdir()}
    assert model == get_model("demo")


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    """A folder with both files is taken as it is, by its absolute path."""
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()

    model = find_model(os.path.relpath(tmp_path))

    assert model is not None
    assert tmp_path.resolve() == model.directory


def test_a_folder_without_weights(tmp_path: Path) -> None:
    """A folder that lacks a file stops the start with a line that says which."""
    with pytest.raises(CannotStart, match=r"no config\.json and no model\.safetensors"):
        find_model(str(tmp_path))

    (tmp_path / "config.json").touch()
    with pytest.raises(CannotStart, match=r"has no model\.safetensors"):
        get_model(str(tmp_path))


@pytest.mark.parametrize(
    "name", ["nothing", "/no/such/folder", "a/b/c", "../x/y", "owner/", "sp ace/model", ""]
)
def test_neither_a_folder_nor_a_hub_name(name: str) -> None:
    """What can be neither is said at once, without asking the hub."""
    with pytest.raises(CannotStart, match="no such folder"):
        find_model(name)


def test_a_downloaded_model_is_found(tmp_path: Path) -> None:
    """A model in the hub's cache is found without a network; half a download is not."""
    snapshot = tmp_path / "models--a--b" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (tmp_path / "models--a--b" / "refs").mkdir()
    (tmp_path / "models--a--b" / "refs" / "main").write_text("abc")
    code = "from meeting_service.recogniser import find_model as f; m = f('a/b'); print(m and m.directory)"

    (snapshot / "config.json").touch()
    half = run(code, HF_HUB_CACHE=str(tmp_path))
    (snapshot / "model.safetensors").touch()
    whole = run(code, HF_HUB_CACHE=str(tmp_path))

    assert "None" == half.stdout.strip()
    assert str(snapshot) == whole.stdout.strip()


@pytest.mark.parametrize("environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_a_model_that_cannot_be_had(tmp_path: Path, environment: dict[str, str]) -> None:
    """Without a network one attempt is made, and one line says how to get the model or do without."""
    code = f"""
import json
from meeting_service.recogniser import get_model
from meeting_service.errors import CannotStart
try:
    get_model({HUB_NAME!r})
except CannotStart as error:
    print(json.dumps(error.detail))
"""

    detail = json.loads(run(code, HF_HUB_CACHE=str(tmp_path), **environment).stdout)

    assert f"meeting-service model fetch {HUB_NAME}" in detail
    assert "--model demo" in detail
    assert "\n" not in detail


@pytest.mark.parametrize(
    ("status", "reachable"), [(200, True), (302, True), (404, True), (403, False), (502, False)]
)
def test_a_gateway_that_refuses_is_not_the_hub(status: int, reachable: bool) -> None:
    """An answer shows that the hub can be reached, a refusal on the way to it does not."""

    class Answering(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, name="hub").start()
        code = "from meeting_service.recogniser import is_hub_reachable as r; print(r(20))"
        done = run(
            code, HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}", HF_HUB_OFFLINE="0", NO_PROXY="*"
        )
        server.shutdown()

    assert str(reachable) == done.stdout.strip()


def test_known_models_have_names_that_can_be_fetched() -> None:
    """Every model that is listed is the bundled one or has a hub name; the default is among them."""
    names = [model.name for model in KNOWN_MODELS]

    assert HUB_NAME in names
    assert all(name == "demo" or name.count("/") == 1 for name in names)
    assert len(set(names)) == len(names)


def test_finding_a_model_loads_no_network_code() -> None:
    """Looking for a model imports neither MLX nor the hub's client: a command line answers at once."""
    code = (
        "import sys; from meeting_service.recogniser import find_model; find_model('demo');"
        "print([m for m in ('mlx.core', 'huggingface_hub', 'parakeet_mlx') if m in sys.modules])"
    )

    assert "[]" == run(code).stdout.strip()
