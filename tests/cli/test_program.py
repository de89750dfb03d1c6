"""The program as a whole: help, exit codes and the one line an error is."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from meeting_service import __version__
from meeting_service.cli.program import app, explain, main
from meeting_service.errors import CannotStart
from meeting_service.settings import load_settings
from tests.cli.running import run_command

COMMANDS = ["serve", "demo", "transcribe", "send", "export", "doctor", "model", "migrate", "version"]
HEAVY = {"mlx", "numpy", "aiohttp", "sqlalchemy", "av", "pydantic", "rich", "huggingface_hub", "alembic"}


def test_help_names_every_command() -> None:
    """The help is a list of all commands."""
    shown = CliRunner().invoke(app, ["--help"])

    assert shown.exit_code == 0
    assert [command for command in COMMANDS if command not in shown.output] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """Each command explains itself."""
    shown = CliRunner().invoke(app, [command, "-h"])

    assert shown.exit_code == 0
    assert "Usage: " in shown.output


def test_flags_take_no_value() -> None:
    """The help shows no value after an option that takes none."""
    shown = CliRunner().invoke(app, ["serve", "--help"]).output

    assert "--insecure  " in shown
    assert "bool" not in shown


def test_help_tells_the_defaults() -> None:
    """What the help of `serve` calls defaults are those of the settings."""
    settings = load_settings()
    shown = "".join(CliRunner().invoke(app, ["serve", "--help"]).output.split())

    for default in (
        settings.server.host,
        settings.server.port,
        settings.data.directory,
        settings.model.name,
        settings.logging.level,
    ):
        assert f"[default:({default})" in shown


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_version_is_printed(arguments: list[str]) -> None:
    """The version is one line, as a command and as an option."""
    shown = CliRunner().invoke(app, arguments)

    assert (shown.exit_code, shown.output) == (0, f"meeting-service {__version__}\n")


def test_nothing_heavy_is_imported_first() -> None:
    """Help and version answer at once, because libraries are imported by the command that needs them."""
    script = "import sys, meeting_service.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert HEAVY & set(loaded.stdout.split()) == set()


def test_an_error_of_ours_is_its_detail() -> None:
    """What the service says about itself is printed as it is."""
    assert explain(CannotStart("no such port"), ["serve"]) == "no such port"


def test_an_unexpected_error_says_how_to_see_more() -> None:
    """Only the first line is shown, with the command that shows the rest."""
    line = explain(ValueError("bad\nworse"), ["--x", "serve"])

    assert line == (
        "unexpected error (ValueError: bad); 'meeting-service --debug serve …' shows where it came from"
    )


def test_failing_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    """A failing command writes one line on standard error, nothing on standard output, no traceback."""
    ended = run_command("doctor", "--config", tmp_path / "none.toml")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("meeting-service: ")
    assert len(ended.stderr.splitlines()) == 1


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    """The same with --debug ends with the traceback, and still fails."""
    ended = run_command("--debug", "doctor", "--config", tmp_path / "none.toml")

    assert ended.returncode == 1
    assert "Traceback" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "many"], "'--port'"),
        (["serve", "--colour"], "--colour"),
        (["serve", "--log-level", "loud"], "logging.level = 'loud' does not fit: one of debug"),
        (["serve", "--host", ""], "server.host = '' does not fit"),
        (
            ["send", "http://127.0.0.1:9", "a.wav", "--protocol", "foo"],
            ": 'foo' is not one of websocket, http",
        ),
        (["transcribe", "a.wav", "--from", "5", "--to", "1"], "ends after it begins"),
        (["dance"], "dance"),
        (["export"], "MEETING"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option, value or command that does not exist is wrong usage."""
    with pytest.raises(SystemExit) as exited:
        main(arguments)

    assert exited.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    """A setting out of range is named with its value."""
    ended = run_command("doctor", MEETING_SERVICE_LIMITS__WINDOW_S="0.5")

    assert ended.returncode == 1
    assert "limits.window_s" in ended.stderr
    assert "0.5" in ended.stderr


def test_an_interrupt_is_quiet() -> None:
    """Ctrl-C ends with 130 and without words."""
    interrupted = typer.Typer()

    @interrupted.command()
    def wait() -> None:
        """Be interrupted."""
        raise KeyboardInterrupt

    ended = CliRunner().invoke(interrupted)

    assert (ended.exit_code, ended.output) == (130, "")
