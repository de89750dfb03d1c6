"""Files to a transcript without a server: one participant per file, or per channel of a file.

    AudioFile ─► Track (resample, segment, assemble; one per participant) ─► batches ─► sentences

The same parts as in the service, driven in a loop. Files are read as they are heard, so that a long
recording takes no more memory than a short one; what several participants say is recognised together.
"""

from meeting_service.offline.files import AudioFile
from meeting_service.offline.transcription import OfflineTranscription

__all__ = ["AudioFile", "OfflineTranscription"]
