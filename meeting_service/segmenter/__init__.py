"""From 16 kHz audio to spans of speech to decode, by the audio alone.

`detector` says how likely a frame is voice; `segmenter` makes utterances of that, and cuts those that
do not end by themselves (`cuts`). Audio in any pieces gives the same spans, also when it begins again
at a position that was given out as one to resume from.
"""

from meeting_service.segmenter.detector import SileroDetector, VoiceDetector
from meeting_service.segmenter.segmenter import Segmenter, Silence

__all__ = ["Segmenter", "Silence", "SileroDetector", "VoiceDetector"]
