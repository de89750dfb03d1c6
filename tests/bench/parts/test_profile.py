"""Where the CPU time goes."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.profile import take_profile
from meeting_service.bench.speech import lay_out_meeting


def test_every_stage_has_its_share(context: Context) -> None:
    """A short meeting is taken apart; the stages that surely work have a cost."""
    profile = take_profile(context, "bundled", context.bundled, lay_out_meeting(4, people=2), rounds=1)

    assert all(profile.ms_per_s(stage) > 0 for stage in ("voice detection", "features", "encoder"))
    assert 0 < profile.share("encoder") < 1
