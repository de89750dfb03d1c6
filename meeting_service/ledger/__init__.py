"""Durable audio: what is acknowledged is here, by stream and sample position.

AudioChunks and Gaps go in, at the rate they came in; samples come out by position, in this process or
another. One thread owns the one connection that writes; whoever reads has a connection that cannot write.
"""

from meeting_service.ledger.ledger import Ledger, check_lock
from meeting_service.ledger.reader import LedgerReader

__all__ = ["Ledger", "LedgerReader", "check_lock"]
