"""Watchers: whoever follows a meeting gets every stored event once and in order, and the newest
drafts and progress.

A watcher is never sent to; it pulls. Stored events come from a short memory of the latest ones or, for one
who is behind, from the store; drafts are kept one per participant. So a watcher that never reads costs a
dictionary, and there is no queue that could overflow.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from meeting_service.condition import Condition
from meeting_service.errors import TooMany
from meeting_service.events import (
    ConditionChanged,
    DraftChanged,
    FellBehind,
    MeetingEvent,
    RevisionAdvanced,
    RevisionChanged,
    StoredEvent,
)
from meeting_service.transcript import Draft, Revision

ReadEvents = Callable[[str, int], Awaitable[Sequence[StoredEvent]]]
"""Events of a meeting after a number, oldest first, at most some hundred at once."""

RECENT_EVENTS = 256


class Watcher:
    """One who follows a meeting; an endless asynchronous iterator until the meeting is deleted."""

    def __init__(self, topic: "_Topic", after: int, read_events: ReadEvents) -> None:
        self._topic = topic
        self._after = after
        self._read_events = read_events
        self._ready: deque[MeetingEvent] = deque()
        self._drafts_seen: dict[str, Draft] = {}
        self._progress_seen: Revision | None = None
        self._behind_ms_seen = 0
        self._condition_seen = Condition.READY
        self._behind = True
        self._wakeup = asyncio.Event()

    def wake(self, *, behind: bool) -> None:
        """Something is new: a stored event where `behind`, else a draft."""
        self._behind = self._behind or behind
        self._wakeup.set()

    def __aiter__(self) -> AsyncIterator[MeetingEvent]:
        return self

    async def __anext__(self) -> MeetingEvent:
        while not self._ready:
            self._wakeup.clear()
            if self._behind:
                await self._collect_stored()
            else:
                self._collect_drafts()
            if not self._ready and not self._behind:
                if self._topic.closed:
                    raise StopAsyncIteration
                await self._wakeup.wait()
        return self._ready.popleft()

    async def _collect_stored(self) -> None:
        self._behind = False  # before reading: what is published meanwhile sets it again
        events = await self._events_after()
        if events:
            self._after = events[-1].seq
            self._behind = True
            self._ready.extend(events)
        else:
            self._collect_drafts()

    async def _events_after(self) -> Sequence[StoredEvent]:
        recent = self._topic.recent
        if recent and recent[0].seq <= self._after + 1:
            return [event for event in recent if event.seq > self._after]
        return await self._read_events(self._topic.meeting_id, self._after)

    def _collect_drafts(self) -> None:
        if self._behind:  # a final that a draft already builds upon must be told first
            return
        for participant_id, draft in self._topic.drafts.items():
            if self._drafts_seen.get(participant_id) != draft:
                self._drafts_seen[participant_id] = draft
                self._ready.append(DraftChanged(draft))
        progress = self._topic.progress
        if progress is not None and progress != self._progress_seen:
            self._progress_seen = progress
            self._ready.append(RevisionAdvanced(progress))
        if self._topic.behind_ms != self._behind_ms_seen:
            self._behind_ms_seen = self._topic.behind_ms
            self._ready.append(FellBehind(self._behind_ms_seen))
        if self._topic.condition is not self._condition_seen:
            self._condition_seen = self._topic.condition
            self._ready.append(ConditionChanged(self._condition_seen))


class _Topic:
    """What is going on in one meeting, for as long as somebody watches or speaks."""

    def __init__(self, meeting_id: str, condition: Condition) -> None:
        self.meeting_id = meeting_id
        self.condition = condition
        """of the service, if that is trouble"""
        self.recent: deque[StoredEvent] = deque(maxlen=RECENT_EVENTS)
        """the latest events, without holes"""
        self.last_seq = 0
        self.drafts: dict[str, Draft] = {}
        self.progress: Revision | None = None
        """the running revision, if one has come further since its beginning was told"""
        self.behind_ms = 0
        """how much later than usual text is"""
        self.watchers: set[Watcher] = set()
        self.closed = False

    def remember(self, event: StoredEvent) -> None:
        """Keep an event, unless another came before its turn; then the store is asked."""
        if event.seq == self.last_seq + 1 or (not self.recent and event.seq > self.last_seq):
            self.recent.append(event)
        else:
            self.recent.clear()
        self.last_seq = max(self.last_seq, event.seq)

    def wake(self, *, behind: bool) -> None:
        for watcher in self.watchers:
            watcher.wake(behind=behind)


class Broadcaster:
    """Owner of all watchers. Runs on the event loop only."""

    def __init__(self, read_events: ReadEvents, max_watchers: int) -> None:
        self._read_events = read_events
        self._max_watchers = max_watchers
        self._topics: dict[str, _Topic] = {}
        self._condition = Condition.READY

    @contextmanager
    def subscribe(self, meeting_id: str, after: int = 0) -> Iterator[Watcher]:
        """Follow a meeting from event `after` on.

        Raises:
            TooMany: the meeting has as many watchers as it may have.
        """
        topic = self._topic(meeting_id)
        if len(topic.watchers) >= self._max_watchers:
            raise TooMany(
                f"this meeting has {self._max_watchers} watchers, which is the limit ([limits] watchers): "
                "wait until one leaves"
            )
        watcher = Watcher(topic, after, self._read_events)
        topic.watchers.add(watcher)
        try:
            yield watcher
        finally:
            topic.watchers.discard(watcher)
            self._forget_if_idle(topic)

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Tell of events that are in the store, in order; of a meeting nobody follows none is remembered."""
        for event in events:
            if topic := self._topics.get(event.meeting_id):
                topic.remember(event)
                if isinstance(event.event, RevisionChanged):
                    topic.progress = None
                topic.wake(behind=True)

    def publish_draft(self, meeting_id: str, draft: Draft) -> None:
        """Replace a participant's draft; empty text takes it back."""
        topic = self._topic(meeting_id)
        known = topic.drafts.get(draft.participant_id)
        if known != draft and (known is not None or draft.text):
            topic.drafts[draft.participant_id] = draft
            topic.wake(behind=False)
        self._forget_if_idle(topic)

    def publish_progress(self, meeting_id: str, revision: Revision) -> None:
        """Tell those who watch now how far a running revision has come."""
        if topic := self._topics.get(meeting_id):
            topic.progress = revision
            topic.wake(behind=False)

    def publish_behind(self, meeting_id: str, behind_ms: int) -> None:
        """Tell how far a meeting's text lags; 0 says that it has caught up."""
        topic = self._topic(meeting_id)
        topic.behind_ms = behind_ms
        topic.wake(behind=False)
        self._forget_if_idle(topic)

    def publish_condition(self, condition: Condition) -> None:
        """Tell all who watch of trouble that concerns every meeting; `READY` takes it back."""
        self._condition = condition
        for topic in self._topics.values():
            topic.condition = condition
            topic.wake(behind=False)

    def behind_ms(self, meeting_id: str) -> int:
        """How far a meeting's text lags."""
        topic = self._topics.get(meeting_id)
        return topic.behind_ms if topic else 0

    def watcher_count(self, meeting_id: str) -> int:
        """How many follow the meeting."""
        topic = self._topics.get(meeting_id)
        return len(topic.watchers) if topic else 0

    def forget(self, meeting_id: str) -> None:
        """The meeting is over for the live side; watchers stay until they leave."""
        topic = self._topics.get(meeting_id)
        if topic is not None:
            topic.drafts.clear()
            topic.behind_ms = 0
            topic.wake(behind=False)
            self._forget_if_idle(topic)

    def withdraw(self, meeting_id: str, *participant_ids: str) -> None:
        """Remember nothing of what was deleted, or who; what else there was is read from the store."""
        if topic := self._topics.get(meeting_id):
            topic.recent.clear()
            for participant_id in participant_ids:
                topic.drafts.pop(participant_id, None)

    def close(self, meeting_id: str) -> None:
        """The meeting is gone; watchers are told the end."""
        topic = self._topics.pop(meeting_id, None)
        if topic is not None:
            topic.closed = True
            topic.wake(behind=False)

    def close_all(self) -> None:
        """The service stops."""
        for meeting_id in list(self._topics):
            self.close(meeting_id)

    def _topic(self, meeting_id: str) -> _Topic:
        return self._topics.setdefault(meeting_id, _Topic(meeting_id, self._condition))

    def _forget_if_idle(self, topic: _Topic) -> None:
        live = topic.behind_ms or any(draft.text for draft in topic.drafts.values())
        if not topic.watchers and not live and self._topics.get(topic.meeting_id) is topic:
            del self._topics[topic.meeting_id]
