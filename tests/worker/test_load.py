from meeting_service.worker.load import BATCH_S, MOST_STRETCH, Load


def work(load: Load, share: float, seconds: float) -> None:
    """Half a second of work and rest after another."""
    for _ in range(int(seconds / 0.5)):
        load.rested(0.5 * (1 - share))
        load.worked(0.5 * share, 8_000)


def test_drafts_are_as_usual_while_there_is_time() -> None:
    """Up to the share that leaves room for finals."""
    load = Load()
    work(load, 0.7, 60)

    assert 1.0 == load.stretch
    assert 0.65 < load.share < 0.75


def test_drafts_thin_out_and_come_back() -> None:
    """Within seconds; to a limit."""
    load = Load()
    work(load, 1.0, 8)
    assert load.stretch > 2
    work(load, 1.0, 120)
    assert MOST_STRETCH == load.stretch
    work(load, 0.2, 12)
    assert 1.0 == load.stretch


def test_work_that_makes_way_is_no_load() -> None:
    """Drafts go before it anyway."""
    load = Load()
    for _ in range(60):
        load.worked(0.5, 2_000, 6_000)

    assert 1.0 == load.stretch
    assert 0.2 < load.share < 0.3


def test_a_batch_holds_what_is_soon_done() -> None:
    """By the speed of late."""
    load = Load()
    for _ in range(20):
        load.worked(2.0, 32_000)

    assert abs(load.batch_samples - BATCH_S * 16_000) < 1


def test_the_first_batch_is_small() -> None:
    """Nobody knows how long it takes; one window fills it, and after a few they hold what they can."""
    load = Load()
    assert load.batch_samples <= 8_000
    for _ in range(5):
        load.worked(0.1, 160_000)

    assert load.batch_samples > BATCH_S * 1_600_000 / 2


def test_no_time_at_all_is_no_speed() -> None:
    """A clock that stood still during a batch says nothing."""
    load = Load()
    before = load.batch_samples
    load.worked(0.0, 16_000)

    assert before == load.batch_samples
    assert 1.0 == load.stretch
