"""What the page's menu of revisions says."""

from datetime import UTC, datetime

from meeting_service.transcript import Revision, RevisionState
from meeting_service.web.revision_view import revisions_to_view

START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MODELS = ("demo", "/models/big/")


def make(number: int, state: RevisionState, model: str | None = "demo") -> Revision:
    """A revision that favours two terms."""
    return Revision(number, model, ("Zürich", "Änn"), state, START, progress=0.5)


def test_what_is_running_and_what_can_be_read() -> None:
    """The running one is not read yet; the current one is the newest that is done."""
    revisions = [
        make(4, RevisionState.RUNNING),
        make(3, RevisionState.FAILED),
        make(2, RevisionState.DONE, "/models/big/"),
        make(1, RevisionState.DONE, None),
    ]
    view = revisions_to_view(revisions, 1, MODELS, pinned=True)

    assert view.running is not None
    assert (4, 0.5) == (view.running.number, view.running.progress)
    assert (1, 2, True) == (view.shown, view.current, view.pinned)
    assert [False, False, True, True] == [row.readable for row in view.rows]
    assert ["running", "failed", "done", "first"] == [r.title for r in view.rows]
    assert ["demo", "demo", "big", None] == [row.model for row in view.rows]


def test_a_live_meeting_is_not_transcribed_again() -> None:
    """Its only revision is running, and is what is read."""
    view = revisions_to_view([make(1, RevisionState.RUNNING)], 1, MODELS, pinned=False)

    assert view.running is None
    assert 1 == view.current
    assert ("demo", ("Zürich", "Änn")) == (view.model, view.vocabulary)
