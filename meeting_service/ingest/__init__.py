"""From what a bot sends to samples: media types, decoders, channels, names. No sockets.

A media type says what a body is; `make_decoder` gives what reads it: bytes in, however they are cut, int16
samples `(samples, channels)` out, at the rate they were recorded in. What is wrong with them is an
`InvalidRequest` that says so in words, after everything before it has been delivered.
"""

from meeting_service.ingest.channels import mix_down
from meeting_service.ingest.decoder import Decoder, make_decoder
from meeting_service.ingest.magic import sniff_container
from meeting_service.ingest.media import make_raw_format, parse_media_type
from meeting_service.ingest.names import (
    check_meeting_id,
    check_participant_id,
    clean_name,
    clean_note,
    clean_sentence,
    clean_title,
)

__all__ = [
    "Decoder",
    "check_meeting_id",
    "check_participant_id",
    "clean_name",
    "clean_note",
    "clean_sentence",
    "clean_title",
    "make_decoder",
    "make_raw_format",
    "mix_down",
    "parse_media_type",
    "sniff_container",
]
