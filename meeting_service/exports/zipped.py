"""Several files in one, the same bytes every time."""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""the first moment that ZIP knows"""


def pack(files: Mapping[str, bytes], at: datetime | None = None) -> bytes:
    """A ZIP of files by name, in their order, all of one time."""
    packed = io.BytesIO()
    moment = EARLIEST if at is None else max(EARLIEST, at.timetuple()[:6])
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()
