"""`doctor`: whether this machine can run the service, and what to do where it cannot."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.console import rich_console
from meeting_service.cli.options import Config, Data, Model, read_settings

if TYPE_CHECKING:
    from meeting_service.doctor import Finding

EXAMPLES = "meeting-service doctor --model demo\n\nmeeting-service doctor --json"
_STYLES = {"ok": "green", "notice": "yellow", "problem": "bold red"}


def command(
    data: Data = None,
    model: Model = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", min=0, max=65_535, help="The port to look at.", show_default="8080"
        ),
    ] = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check model, device, SQLite, data folder, disk and port; say what to do about each finding."""
    from meeting_service.doctor import Level, examine

    settings = read_settings(config, data={"directory": data}, model={"name": model}, server={"port": port})
    findings = examine(settings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _show(findings)
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(1)


def _show(findings: Sequence["Finding"]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        what = Text(finding.found)
        if finding.advice:
            what.append(f"\n→ {finding.advice}", style="dim")
        level = finding.level.value
        table.add_row(Text(level, style=_STYLES[level]), finding.check, what)
    rich_console().print(table, soft_wrap=False)
