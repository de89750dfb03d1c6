from pathlib import Path

import pytest

from tests.web.browser import find_chromium, require_chromium


def test_a_told_chromium_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names one; one that is not there is passed over."""
    own = tmp_path / "chromium"
    own.touch()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))

    assert find_chromium(str(own)) == str(own)
    monkeypatch.setenv("CHROMIUM", str(own))
    assert find_chromium() == str(own)


def test_without_one_tests_are_skipped_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says what to do."""
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="NO CHROMIUM FOUND"):
        require_chromium(None)


def test_where_tests_must_be_complete_its_absence_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """With CI in the environment nothing is skipped."""
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="install chromium"):
        require_chromium(None)
