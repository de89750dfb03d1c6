"""Times as they are stored."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from meeting_service.storage.columns import UtcDateTime


def test_naive_time_is_a_programming_error() -> None:
    """What has no zone cannot be turned into UTC."""
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sa.create_engine("sqlite://").dialect)
