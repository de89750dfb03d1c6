from meeting_service.bench.parts.growth import make_meeting


def test_one_speaks() -> None:
    """Of so many people the first speaks and the others send zeros for as long."""
    tracks = make_meeting(12, 5, speaker=2)

    assert 5 == len(tracks)
    assert tracks[0].speech_s > 0
    assert all(not track.pcm.any() and track.seconds == tracks[0].seconds for track in tracks[1:])
