"""What a meeting's page shows of its revisions: which there are, which one this is, what is being made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meeting_service.transcript import FIRST_REVISION, Revision, RevisionState


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A revision in the menu."""

    number: int
    title: str
    """what became of it: the key of a phrase"""
    model: str | None
    """the last part of its name, if it is known"""
    words: int
    """how many it favours"""
    state: RevisionState
    created_at: datetime
    progress: float
    detail: str | None
    edited: int = 0
    """how many of its sentences were corrected"""

    @property
    def readable(self) -> bool:
        """Whether it has a text to show."""
        return self.number == FIRST_REVISION or self.state is RevisionState.DONE


@dataclass(frozen=True, slots=True)
class RevisionsView:
    """The revisions of a meeting, as seen from the page of one of them."""

    shown: int
    current: int
    pinned: bool
    """whether this one was asked for by its number"""
    rows: Sequence[RevisionRow]
    models: Sequence[str]
    """what may transcribe it again"""
    model: str | None
    """what transcribed it last"""
    vocabulary: Sequence[str]

    @property
    def running(self) -> RevisionRow | None:
        """The one that is being made of kept audio."""
        made = (row for row in self.rows if row.number != FIRST_REVISION)
        return next((row for row in made if row.state is RevisionState.RUNNING), None)


def revisions_to_view(
    revisions: Sequence[Revision], shown: int, models: Sequence[str], *, pinned: bool
) -> RevisionsView:
    """The menu of `revisions`, the newest first."""
    rows = [_to_row(revision) for revision in revisions]
    newest, current = revisions[0], next(row for row in rows if row.readable)
    return RevisionsView(
        shown=shown,
        current=current.number,
        pinned=pinned,
        rows=rows,
        models=models,
        model=newest.model,
        vocabulary=newest.vocabulary,
    )


def _to_row(revision: Revision) -> RevisionRow:
    return RevisionRow(
        number=revision.number,
        title=_title(revision),
        model=revision.model and revision.model.rstrip("/").rpartition("/")[2],
        words=len(revision.vocabulary),
        state=revision.state,
        created_at=revision.created_at,
        progress=revision.progress,
        detail=revision.detail,
        edited=revision.edited,
    )


def _title(revision: Revision) -> str:
    if revision.number == FIRST_REVISION:
        return "first"
    known = (RevisionState.DONE, RevisionState.RUNNING)
    return revision.state.value if revision.state in known else "failed"
