"""The words for people: several ids may be one person."""

import pytest

from meeting_service.meeting import Participant, merge_people, people_by_id


def make_people(**merged: str | None) -> list[Participant]:
    """Participants in order, each with who they are the same person as; they sent a second each."""
    return [
        Participant("m", who, who.title(), 1_000, 500, 400, present=who == "cid", merged_into=into)
        for who, into in merged.items()
    ]


@pytest.mark.parametrize(
    ("merged", "shown"),
    [
        ({"ann": None, "bob": None}, {"ann": "ann", "bob": "bob"}),
        ({"ann": None, "bob": "ann"}, {"ann": "ann", "bob": "ann"}),
        ({"ann": "bob", "bob": "cid", "cid": None}, {"ann": "cid", "bob": "cid", "cid": "cid"}),
        ({"ann": "ann", "bob": "ann"}, {"ann": "ann", "bob": "ann"}),
        (
            {"ann": "cid", "bob": "cid", "cid": "bob", "dan": None},
            {"ann": "bob", "bob": "bob", "cid": "bob", "dan": "dan"},
        ),
    ],
)
def test_everybody_is_shown_as_somebody(merged: dict[str, str | None], shown: dict[str, str]) -> None:
    """Also through others; those who were merged in a circle as the first of it."""
    assert shown == people_by_id(make_people(**merged))


def test_one_for_each_person() -> None:
    """In the order they came, with what all their ids did, present if one of them is."""
    ann, bob = merge_people(make_people(ann=None, bob=None, cid="dan", dan="ann"))

    assert ("ann", "Ann", ("cid", "dan"), True) == (ann.id, ann.name, ann.aliases, ann.present)
    assert (3_000, 1_500, 1_200) == (ann.received_ms, ann.speech_ms, ann.transcribed_ms)
    assert make_people(bob=None)[0] == bob


def test_nobody_is_merged() -> None:
    """Then they are as they are."""
    people = make_people(ann=None, bob=None)

    assert people == merge_people(people)
