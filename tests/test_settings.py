"""Settings: where they come from, and what is said of one that does not fit."""

import re
from pathlib import Path
from typing import Any

import pytest

from meeting_service.errors import CannotStart
from meeting_service.failpoints import FAILPOINTS
from meeting_service.recogniser.blas import OVERRIDE
from meeting_service.resources import resource_path
from meeting_service.retention import Retention
from meeting_service.settings import Settings, load_settings


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
        ("server", "prt", 1, "there is no setting server.prt; did you mean server.port?"),
        ("foo", "bar", 1, "there is no setting foo; see config/default.toml for those there are"),
        (
            "data",
            "directory",
            True,
            "setting data.directory = True does not fit: no true or false belongs here",
        ),
        ("server", "host", "", "setting server.host = '' does not fit: a text that is not empty"),
        (
            *("server", "host_names", "x"),
            "setting server.host_names = 'x' does not fit: a list of up to 32 texts that are not empty",
        ),
        ("server", "port", True, "setting server.port = True does not fit: a whole number, 0 to 65535"),
        (
            *("retention", "audio_days", True),
            'setting retention.audio_days = True does not fit: 0 to 36500, or "forever"',
        ),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_all_it_may_be(
    section: str, name: str, value: Any, said: str
) -> None:
    """One line with the setting, the value and the whole range."""
    with pytest.raises(CannotStart) as told:
        load_settings(overrides={section: {name: value}})

    assert said == told.value.detail


def test_a_section_is_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value where a table belongs is told as one, also where options give settings of that section."""
    config = tmp_path / "own.toml"
    config.write_text("server = 3")
    with pytest.raises(CannotStart, match=r"setting server = 3 does not fit: \[server\] is a table"):
        load_settings(config, {"server": {"port": 0}})

    monkeypatch.setenv("MEETING_SERVICE_LIMITS", "5")
    with pytest.raises(CannotStart, match=r"setting limits = '5' does not fit: \[limits\] is a table"):
        load_settings()


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


@pytest.mark.parametrize(
    ("text", "names"), [('["a", "b"]', ("a", "b")), ("a", ("a",)), ("a, b,", ("a", "b")), ("", ())]
)
def test_a_list_in_the_environment(
    text: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is JSON, or words with commas between them; one word is a list, too."""
    monkeypatch.setenv("MEETING_SERVICE_SERVER__HOST_NAMES", text)

    assert names == load_settings().server.host_names


def test_a_list_in_the_environment_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins like JSON and is none is told with setting and value."""
    monkeypatch.setenv("MEETING_SERVICE_SERVER__HOST_NAMES", '["a"')
    with pytest.raises(CannotStart, match=r"""setting server.host_names = '\["a"' does not fit: a list"""):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "advice"),
    [
        ("MEETING_SERVICE_SERVER_PORT", "did you mean MEETING_SERVICE_SERVER__PORT"),
        ("MEETING_SERVICE_PORT", "did you mean MEETING_SERVICE_SERVER__PORT"),
        ("meeting_service_limits__watcher", "did you mean MEETING_SERVICE_LIMITS__WATCHERS"),
        ("MEETING_SERVICE_FOO__BAR", "see config/default.toml"),
    ],
)
def test_an_unknown_variable_is_refused(variable: str, advice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name does not start with the default instead, and the nearest name is told."""
    monkeypatch.setenv(variable, "1")

    with pytest.raises(CannotStart, match=f"there is no setting {variable}; {advice}"):
        load_settings()


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the service's own that are no settings, nor those a Kubernetes service of that name brings."""
    for variable, value in (
        (OVERRIDE, "none"),
        (FAILPOINTS, ""),
        ("MEETING_SERVICE_SERVICE_HOST", "10.0.0.1"),
        ("MEETING_SERVICE_SERVICE_PORT_HTTP", "80"),
        ("MEETING_SERVICE_PORT", "tcp://10.0.0.1:80"),
        ("MEETING_SERVICE_PORT_80_TCP_ADDR", "10.0.0.1"),
    ):
        monkeypatch.setenv(variable, value)

    assert load_settings().server.port == 8080


def test_the_range_of_every_number_is_in_the_default_file() -> None:
    """The comment beside a number, or the lines of comment after it, say what the settings accept."""
    defaults = (resource_path("config") / "default.toml").read_text(encoding="utf-8")
    comments = dict(re.findall(r"^(\w+) = \S+ +(#.*(?:\n +#.*)*)", defaults, re.MULTILINE))
    ranges = {
        name: f"{number['minimum']:.12g} to {number['maximum']:.12g}"
        for section in Settings.model_json_schema()["$defs"].values()
        for name, schema in section["properties"].items()
        if "maximum" in (number := schema.get("anyOf", [schema])[0])
    }

    assert len(ranges) >= 30
    assert {} == {
        name: span for name, span in ranges.items() if not re.search(rf"\b{span}\b", comments[name])
    }
