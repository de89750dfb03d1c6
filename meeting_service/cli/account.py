"""`account`: what became of every second of a meeting's audio, from the data folder."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.console import complain, rich_console
from meeting_service.cli.kept import open_store
from meeting_service.cli.options import Config, Data, read_settings

if TYPE_CHECKING:
    from meeting_service.accounting import StreamAccount

EXAMPLES = "meeting-service account 20260314-5f2c"
_COLUMNS = (
    *("received", "missing", "silent", "spoken"),
    *("transcribed", "not transcribed", "waiting", "unaccounted"),
)


def command(
    meeting: Annotated[str, typer.Argument(metavar="MEETING", help="The meeting's id.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Account for every second of a meeting's audio; fails if some are not accounted for."""
    settings = read_settings(config, data={"directory": data})
    accounts = asyncio.run(_draw_up(settings.data.directory, meeting))
    _show(accounts)
    for account in accounts:
        for finding in account.findings:
            name, fault = account.record.stream.participant_id, finding.fault
            complain(f"{finding.samples / 16_000:.4f} s of {name} do not add up: {fault.meaning}")
    if any(account.findings for account in accounts):
        raise typer.Exit(1)


async def _draw_up(folder: Path, meeting_id: str) -> list["StreamAccount"]:
    from meeting_service.accounting import audit
    from meeting_service.data_folder import LEDGER_FILE
    from meeting_service.ledger import LedgerReader

    async with open_store(folder, meeting_id) as store:
        records = await store.list_records(meeting_id)
    if not records:
        return []
    with closing(LedgerReader(folder / LEDGER_FILE)) as ledger:
        return [audit(record, ledger.take_inventory(record.stream.id)) for record in records]


def _show(accounts: Sequence["StreamAccount"]) -> None:
    """A line for each stream, in seconds."""
    from rich.table import Table

    table = Table("participant", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for title in _COLUMNS:
        table.add_column(title, justify="right")
    for account in accounts:
        figures = (account.received, account.gaps, account.silent, account.speech, account.transcribed)
        rest = (account.not_transcribed, account.waiting, account.unaccounted)
        seconds = (f"{samples / 16_000:.3f}" for samples in (*figures, *rest))
        table.add_row(account.record.stream.participant_id, *seconds)
    rich_console().print(table, soft_wrap=False)
