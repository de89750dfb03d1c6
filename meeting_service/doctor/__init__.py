"""Whether this machine can run the service: one finding per thing checked, with what to do about it.

`examination` runs the checks: `machine` looks at what computes, `disk` at what keeps, `network` at where
it listens.
"""

from meeting_service.doctor.examination import examine
from meeting_service.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
