import mlx.core as mx

from meeting_service.recogniser.device import open_device


def test_rows_follow_the_device() -> None:
    """A CPU computes one row at a time, a GPU several."""
    device = open_device()

    assert (device.rows == 1) == (device.kind == "cpu")
    assert device.on_gpu == (mx.default_device().type == mx.gpu)


def test_a_device_may_be_opened_again() -> None:
    """Opening the device once more in a thread leaves what it computed with usable."""
    before = mx.ones((2,)) + 1

    open_device()

    assert [3.0, 3.0] == (before + 1).tolist()
