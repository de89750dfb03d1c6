"""Playback: a meeting's kept audio as files to listen to. No I/O of its own: what reads the audio is given.

`recording` puts everybody's streams on the meeting's timeline and says how long it is and at which rate;
`mixing` adds up what is heard at a time, with a buzz where `damage` has left nothing to hear. `files` writes
that as WAV, of which any bytes can be had without those before (`wav`), or as FLAC and Opus (`encoding`).

Samples are a pure function of what the ledger holds: whatever part is asked for, in whatever blocks it is
made, they are those of the whole.
"""

from meeting_service.playback.damage import ReadHeld
from meeting_service.playback.files import AudioFormat, count_wav_bytes, encode, read_wav
from meeting_service.playback.mixing import OpenReading
from meeting_service.playback.recording import Held, Part, Recording, lay_out

__all__ = [
    "AudioFormat",
    "Held",
    "OpenReading",
    "Part",
    "ReadHeld",
    "Recording",
    "count_wav_bytes",
    "encode",
    "lay_out",
    "read_wav",
]
