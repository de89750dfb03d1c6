"""What stands above a transcript that people read: when it was, how long, who took part; and its gaps."""

from meeting_service.exports.options import ExportOptions
from meeting_service.exports.plain import speaker_name
from meeting_service.exports.timestamps import whole_time
from meeting_service.meeting import MeetingState
from meeting_service.transcript import Transcript, TranscriptGap


def describe_time(transcript: Transcript, options: ExportOptions) -> str:
    """When the meeting was and how long; of one that is not over, until when this is its text."""
    meeting = transcript.meeting
    started = f"{meeting.started_at:%Y-%m-%d %H:%M} UTC"
    if meeting.state is MeetingState.ENDED:
        return f"{started}, {whole_time(length_ms(transcript) // 1000)} long"
    until = f"as of {options.as_of:%H:%M} UTC" if options.as_of else "so far"
    return f"{started}, not over yet: the text {until}"


def length_ms(transcript: Transcript) -> int:
    """How long what was heard is; a meeting that was sent faster than it was spoken took less time."""
    ends = [sentence.end_ms for sentence in transcript.sentences]
    ends += [gap.end_ms for gap in transcript.gaps]
    ends += [stretch.end_ms for stretch in transcript.not_transcribed]
    ends += [participant.until_ms for participant in transcript.participants]
    return max(ends, default=0)


def list_names(transcript: Transcript) -> list[str]:
    """Everybody's name, in the order they came."""
    return [speaker_name(transcript, participant.id) for participant in transcript.participants]


def describe_gap(transcript: Transcript, gap: TranscriptGap, options: ExportOptions) -> str:
    """What is said of audio that never came."""
    name = f" from {speaker_name(transcript, gap.participant_id)}" if options.names else ""
    return f"[no audio{name}, {(gap.end_ms - gap.start_ms) / 1000:.1f} s]"


def turn_time(start_ms: int) -> str:
    """When a turn begins, `HH:MM:SS`."""
    return whole_time(max(start_ms, 0) // 1000)
