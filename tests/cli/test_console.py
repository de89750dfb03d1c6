"""How the command line speaks."""

import pytest

from meeting_service.cli.console import complain, progress, rich_console


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the detail looks like, it is said on one line of standard error."""
    complain("first\n  second")

    assert capsys.readouterr() == ("", "meeting-service: first second\n")


def test_progress_in_a_file_is_a_line_per_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody watches, only quarters are told, each once."""
    with progress("sending") as update:
        for done in (0, 1, 26, 30, 80, 100, 100):
            update(done, 100)

    assert capsys.readouterr().err.splitlines() == [
        "sending …",
        "sending: 25 %",
        "sending: 75 %",
        "sending: 100 %",
    ]


def test_progress_without_a_known_end_says_only_that_it_began(capsys: pytest.CaptureFixture[str]) -> None:
    """An amount in all that is not known, or nothing, is no division by zero."""
    with progress("sending") as update:
        update(5, None)
        update(5, 0)

    assert capsys.readouterr().err == "sending …\n"


@pytest.mark.parametrize("size", [True, False])
def test_progress_on_a_terminal_is_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, size: bool
) -> None:
    """A person sees a bar with what is going on; standard output stays clean."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress("sending", size=size) as update:
        update(50, 100)

    out, err = capsys.readouterr()
    assert out == ""
    assert "sending" in err
    assert "━" in err


def test_text_is_taken_literally(capsys: pytest.CaptureFixture[str]) -> None:
    """What people said is not markup, and long lines are not broken."""
    said = "[bold]hello[/bold] :smile: " + "word " * 60
    rich_console().print(said)

    assert capsys.readouterr().out == f"{said}\n"
