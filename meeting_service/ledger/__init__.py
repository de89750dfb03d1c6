"""Durable audio: what is acknowledged is here, by stream and sample position.

AudioChunks and Gaps go in, at the rate they came in; samples come out by position, in this process or
another. One thread owns the one connection that writes; whoever reads has a connection that cannot write.
`resample` turns what is read into 16 kHz.
"""

from meeting_service.ledger.ledger import Ledger, check_lock
from meeting_service.ledger.reader import LedgerReader
from meeting_service.ledger.resample import Resampler

__all__ = ["Ledger", "LedgerReader", "Resampler", "check_lock"]
