"""Settings: where they come from, and what is said of one that does not fit."""

from pathlib import Path
from typing import Any

import pytest

from meeting_service.errors import CannotStart
from meeting_service.retention import Retention
from meeting_service.settings import load_settings


@pytest.mark.parametrize(
    ("section", "name", "value", "said"),
    [
        ("server", "port", 70_000, "setting server.port = 70000 does not fit: a whole number, 0 to 65535"),
        ("server", "port", "x", "setting server.port = 'x' does not fit: a whole number, 0 to 65535"),
        ("server", "insecure", 3, "setting server.insecure = 3 does not fit: true or false"),
        ("limits", "meeting_h", 0.0, "setting limits.meeting_h = 0.0 does not fit: 0.1 to 168"),
        ("limits", "meeting_h", float("nan"), "setting limits.meeting_h = nan does not fit: 0.1 to 168"),
        ("model", "name", "", "setting model.name = '' does not fit: a text that is not empty"),
        (
            *("retention", "audio_days", "always"),
            "setting retention.audio_days = 'always' does not fit: 0 to 36500, or \"forever\"",
        ),
        (
            *("retention", "transcripts_days", 0),
            'setting retention.transcripts_days = 0 does not fit: 0.04 to 36500, or "forever"',
        ),
        (
            "logging",
            "level",
            "loud",
            "setting logging.level = 'loud' does not fit: one of debug, info, warning, error",
        ),
        ("server", "prt", 1, "there is no setting server.prt; see config/default.toml for those there are"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_all_it_may_be(
    section: str, name: str, value: Any, said: str
) -> None:
    """One line with the setting, the value and the whole range."""
    with pytest.raises(CannotStart) as told:
        load_settings(overrides={section: {name: value}})

    assert said == told.value.detail


def test_a_section_is_a_table(tmp_path: Path) -> None:
    """A value where a table belongs is told as one."""
    config = tmp_path / "own.toml"
    config.write_text("limits = 3")
    with pytest.raises(CannotStart, match="setting limits = 3 does not fit: a table"):
        load_settings(config)


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is over the defaults, the environment over the file, the command line over all."""
    config = tmp_path / "own.toml"
    config.write_text('[server]\nport = 1\nhost = "::1"\n[limits]\nwatchers = 1\n')
    monkeypatch.setenv("MEETING_SERVICE_SERVER__PORT", "2")
    monkeypatch.setenv("MEETING_SERVICE_LIMITS__WATCHERS", "2")
    settings = load_settings(config, {"server": {"port": 3}})

    assert ("::1", 3, 2) == (settings.server.host, settings.server.port, settings.limits.watchers)


def test_days_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number, or the word for no limit."""
    monkeypatch.setenv("MEETING_SERVICE_RETENTION__AUDIO_DAYS", "1.5")
    assert Retention(1.5, None) == load_settings().retention.rules

    monkeypatch.setenv("MEETING_SERVICE_RETENTION__AUDIO_DAYS", "forever")
    assert Retention(None, None) == load_settings().retention.rules


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is told in one line, too."""
    monkeypatch.setenv("MEETING_SERVICE_SERVER__HOST_NAMES", '["a"]')
    assert ("a",) == load_settings().server.host_names

    monkeypatch.setenv("MEETING_SERVICE_SERVER__HOST_NAMES", "a, b")
    with pytest.raises(CannotStart, match="written as JSON"):
        load_settings()
