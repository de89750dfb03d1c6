"""The grammar that writes the training sentences, and what is kept out of training."""

from itertools import islice

import pytest

from meeting_service.demo.recipe.inflect import FORMS
from meeting_service.demo.recipe.sets import FREE_FILES, free_sentences
from meeting_service.demo.recipe.text import MIX, is_held_out, sentence_kinds, sentences
from meeting_service.demo.recipe.tokenizer import PIECES, decode, encode


def test_a_seed_gives_the_same_sentences() -> None:
    """Two runs with one seed agree, another seed differs."""
    first = list(islice(sentences(3, held_out=False), 300))

    assert first == list(islice(sentences(3, held_out=False), 300))
    assert first != list(islice(sentences(4, held_out=False), 300))


@pytest.mark.parametrize("held_out", [True, False])
def test_the_split_is_by_the_sentence_alone(held_out: bool) -> None:
    """No sentence of one side is ever on the other."""
    texts = list(islice(sentences(5, held_out=held_out), 400))

    assert {held_out} == {is_held_out(text) for text in texts}
    assert {held_out} == {is_held_out(text.upper()) for text in texts}


def test_about_three_of_a_hundred_are_held_out() -> None:
    """The hash keeps 8 of 256."""
    texts = [f"Sentence number {number}." for number in range(20_000)]

    assert 0.027 < sum(map(is_held_out, texts)) / len(texts) < 0.036


@pytest.mark.parametrize("kind", sorted(MIX))
def test_sentences_are_written_as_spoken(kind: str) -> None:
    """Every sentence begins with a capital, ends with a mark, and has no digits or template signs."""
    for text in islice(sentences(6, held_out=False, mix={kind: 1.0}), 400):
        assert text[0].isupper()
        assert text[-1] in ".?"
        assert not set(text) & set("0123456789{}<>|_")
        assert "  " not in text


def test_every_template_can_be_expanded() -> None:
    """All classes and forms that templates name exist."""
    assert {"meeting", "everyday", "short"} == set(sentence_kinds())


@pytest.mark.parametrize(
    ("form", "word", "expected"),
    [
        ("past", "stop", "stopped"),
        ("past", "carry upstairs", "carried upstairs"),
        ("part", "write", "written"),
        ("ing", "lie", "lying"),
        ("ing", "set up", "setting up"),
        ("s", "watch", "watches"),
        ("s", "have", "has"),
        ("pl", "police officer", "police officers"),
        ("pl", "knife", "knives"),
    ],
)
def test_words_are_inflected(form: str, word: str, expected: str) -> None:
    """Regular rules and the table of exceptions."""
    assert expected == FORMS[form](word)


def test_every_sentence_fits_the_vocabulary() -> None:
    """Tokens give back the text, letter for letter."""
    texts = [*islice(sentences(7, held_out=False), 300), *islice(sentences(7, held_out=True), 300)]
    texts += [text for name in FREE_FILES for text in free_sentences(name)]

    assert texts == [decode(encode(text)) for text in texts]


def test_merges_follow_the_order_of_the_pieces() -> None:
    """The earliest piece of the list that fits is joined first."""
    assert ["▁the", "▁budget"[:2]] == [PIECES[token] for token in encode("the budget")[:2]]
    assert len(PIECES) == len(set(PIECES)) == 256


def test_free_sentences_are_no_templates() -> None:
    """Two sets of forty, none of which the grammar could have been trained on word for word."""
    sets = {name: free_sentences(name) for name in FREE_FILES}

    assert {40} == {len(texts) for texts in sets.values()}
    assert 80 == len({text for texts in sets.values() for text in texts})
