"""The models known and found."""

from pathlib import Path

import pytest

from meeting_service.cli.model import describe_size
from tests.cli.conftest import Invoke


def test_the_list_says_what_is_here(invoke: Invoke) -> None:
    """Every known model is a line with its size and whether it is on this machine."""
    ended = invoke("model", "list")
    lines = {line.split()[0]: line for line in ended.out.splitlines()}

    assert ended.code == 0
    assert " yes " in lines["demo"]
    assert "2.5 GB" in lines["mlx-community/parakeet-tdt-0.6b-v3"]
    assert "the default" in lines["mlx-community/parakeet-tdt-0.6b-v3"]


def test_the_list_says_what_serve_loads(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings' models are marked, and a folder of one's own is a line too."""
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    monkeypatch.setenv("MEETING_SERVICE_MODEL__NAME", "demo")
    monkeypatch.setenv("MEETING_SERVICE_MODEL__OTHERS", f'["{tmp_path}"]')
    lines = {line.split()[0]: line for line in invoke("model", "list").out.splitlines()}

    assert "the default" in lines["demo"]
    assert "the default" not in lines["mlx-community/parakeet-tdt-0.6b-v3"]
    assert "loaded by serve as well" in lines[str(tmp_path)]


def test_the_path_is_a_folder_with_a_model(invoke: Invoke) -> None:
    """The path of the bundled model is one line that scripts can use."""
    ended = invoke("model", "path", "demo")

    assert (Path(ended.out.strip()) / "config.json").is_file()


def test_a_model_elsewhere_has_no_path(invoke: Invoke) -> None:
    """A model that is not on this machine says how to get it."""
    ended = invoke("model", "path", "nobody/nothing")

    assert (ended.code, ended.out) == (1, "")
    assert "meeting-service model fetch nobody/nothing" in ended.err


def test_what_is_here_is_not_fetched(invoke: Invoke, tmp_path: Path) -> None:
    """A folder with a model is its own answer, without a download."""
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()

    assert invoke("model", "fetch", tmp_path).out == f"{tmp_path}\n"


def test_sizes_are_rounded() -> None:
    """Sizes read as people say them."""
    assert [describe_size(460), describe_size(2_510)] == ["460 MB", "2.5 GB"]
