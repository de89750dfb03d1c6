"""What the service counts about itself. Labels are fixed words, never ids or names."""

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, generate_latest

from meeting_service.condition import Condition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

registry = CollectorRegistry(auto_describe=True)
"""of this service alone"""

audio_received_seconds = Counter(
    "meeting_audio_received_seconds", "Seconds of audio that became durable", registry=registry
)
audio_differs = Counter(
    "meeting_audio_differs",
    "Pieces refused because other audio is held at their place",
    registry=registry,
)
gap_seconds = Counter("meeting_gap_seconds", "Seconds of audio declared never to come", registry=registry)
repeated_seconds = Counter(
    "meeting_repeated_seconds",
    "Seconds of received audio let go, for they were there before",
    registry=registry,
)
silent_seconds = Counter(
    "meeting_silent_seconds", "Seconds of received audio and gaps found to be no speech", registry=registry
)
transcribed_seconds = Counter(
    "meeting_transcribed_seconds", "Seconds of speech whose text is final", registry=registry
)
not_transcribed_seconds = Counter(
    "meeting_not_transcribed_seconds", "Seconds of speech without text, marked as such", registry=registry
)
waiting_seconds = Gauge(
    "meeting_waiting_seconds", "Seconds of received audio and gaps not heard to their end", registry=registry
)
unaccounted_seconds = Gauge(
    "meeting_unaccounted_seconds",
    "Seconds of which nobody knows what became; above 0 is an error",
    registry=registry,
)
speech_seconds = Counter("meeting_speech_seconds", "Seconds of it found to be speech", registry=registry)
sentences = Counter("meeting_sentences", "Sentences that became final", registry=registry)
drafts = Counter("meeting_drafts", "Drafts recognised", registry=registry)
recognition_failures = Counter(
    "meeting_recognition_failures",
    "Utterances with speech that could not be recognised, and streams given up",
    registry=registry,
)
worker_restarts = Counter("meeting_worker_restarts", "Times the worker was started again", registry=registry)
http_errors = Counter("meeting_http_errors", "Requests answered with an error", ["code"], registry=registry)
live_meetings = Gauge("meeting_live_meetings", "Meetings that take audio", registry=registry)
live_streams = Gauge("meeting_live_streams", "Streams whose text is not all final", registry=registry)
streams_behind = Gauge(
    "meeting_streams_behind", "Streams whose text lags by seconds beyond the usual", registry=registry
)
behind_seconds = Gauge(
    "meeting_behind_seconds", "How far the text of the stream lags that is furthest behind", registry=registry
)
draft_interval_seconds = Gauge(
    "meeting_draft_interval_seconds", "Least audio between two drafts of a speaker", registry=registry
)
retention_removals = Counter(
    "meeting_retention_removals",
    "Meetings whose audio, or all of which, was kept long enough",
    ["what"],
    registry=registry,
)
retranscriptions = Gauge("meeting_retranscriptions", "Meetings being transcribed again", registry=registry)
watchers = Gauge("meeting_watchers", "Open event streams", registry=registry)
listeners = Gauge("meeting_listeners", "Files of audio that are being sent", registry=registry)
condition = Enum(
    "meeting_condition", "What the service can do now", states=list(Condition), registry=registry
)
storage_failures = Counter(
    "meeting_storage_failures",
    "Transactions that could not be stored, of audio or of text",
    ["database", "code"],
    registry=registry,
)
disk_free_bytes = Gauge("meeting_disk_free_bytes", "Room on the disk of the data folder", registry=registry)
audio_sockets = Gauge("meeting_audio_sockets", "Open audio sockets", registry=registry)
audio_socket_closes = Counter(
    "meeting_audio_socket_closes", "Audio sockets that ended", ["code"], registry=registry
)
recognition_delay_seconds = Histogram(
    "meeting_recognition_delay_seconds",
    "From the last sample of a sentence being durable to its text being final",
    buckets=(0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 15, 30, 60, 300),
    registry=registry,
)


def render() -> bytes:
    """Everything in Prometheus' text format, as `CONTENT_TYPE`."""
    return generate_latest(registry)
