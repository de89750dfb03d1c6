"""What scoring tools read, read by their own rules."""

import json
import re

from hypothesis import given, settings

from meeting_service.exports import ExportOptions
from meeting_service.exports.plain import clean
from meeting_service.exports.scoring import write_ctm, write_rttm, write_seglst, write_stm
from meeting_service.transcript import Transcript
from tests.exports.meetings import OVERLAPS, PLAIN, make_transcript
from tests.exports.transcripts import transcripts

NUMBER = r"\d+\.\d{3}"
STM = re.compile(rf"(\S+) 1 (\S+) ({NUMBER}) ({NUMBER}) ([^<{{(\s].*)")
CTM = re.compile(rf"(\S+) (\S+) ({NUMBER}) ({NUMBER}) (\S+) ([01]\.\d{{3}})")
RTTM = re.compile(rf"SPEAKER (\S+) 1 ({NUMBER}) ({NUMBER}) <NA> <NA> (\S+) <NA> <NA>")


def test_seglst_is_an_object_for_each_sentence() -> None:
    """With the five keys of meeteval."""
    segments = json.loads(write_seglst(PLAIN))

    assert {"session_id": "m1", "speaker": "Bob", "start_time": 14.5, "end_time": 14.77, "words": "Yes."} == (
        segments[2]
    )


def test_lines_are_those_of_nist() -> None:
    """Each with its fields in their order."""
    assert "m1 1 Bob 14.500 14.770 Yes." == write_stm(PLAIN).splitlines()[2]
    assert "m1 Bob 14.500 0.270 Yes. 0.900" in write_ctm(PLAIN).splitlines()
    assert "SPEAKER m1 1 14.500 0.270 <NA> <NA> Bob <NA> <NA>" == write_rttm(PLAIN).splitlines()[2]


def test_words_are_in_order_of_channel_and_time() -> None:
    """As NIST's tools want them."""
    keys = [(m[2], float(m[3])) for line in write_ctm(OVERLAPS).splitlines() if (m := CTM.fullmatch(line))]

    assert sorted(keys) == keys
    assert {"Ann", "Bob", "Cid"} == {channel for channel, _ in keys}


def test_speakers_are_told_apart() -> None:
    """Also when they are called alike, or have spaces or comment signs in their names."""
    names = {"a": "Ann Lee", "b": "Ann Lee", "c": "ann_lee", "d": ";;", "e": "  "}
    transcript = make_transcript([(who, n * 1_000, "Yes.") for n, who in enumerate(names)], names)
    labels = [line.split()[7] for line in write_rttm(transcript).splitlines()]

    assert ["Ann_Lee", "Ann_Lee_2", "ann_lee_3", "_", "e"] == labels
    assert ["Ann Lee", "Ann Lee_2", "ann_lee", ";;", "e"] == [
        segment["speaker"] for segment in json.loads(write_seglst(transcript))
    ]


def test_speakers_can_be_numbered() -> None:
    """Without names."""
    assert ["speaker_1", "speaker_1", "speaker_2", "speaker_1"] == [
        line.split()[2] for line in write_stm(PLAIN, ExportOptions(names=False)).splitlines()
    ]


@settings(deadline=None)
@given(transcripts())
def test_any_text_keeps_the_fields_apart(transcript: Transcript) -> None:
    """Every sentence that says something is a line, every word of it too, and no text is taken for a sign."""
    said = [clean(s.text) for s in transcript.sentences if clean(s.text)]
    stm = [STM.fullmatch(line) for line in write_stm(transcript).split("\n")[:-1]]
    ctm = [CTM.fullmatch(line) for line in write_ctm(transcript).split("\n")[:-1]]
    rttm = [RTTM.fullmatch(line) for line in write_rttm(transcript).split("\n")[:-1]]

    assert None not in (*stm, *ctm, *rttm)
    assert len(said) == len(stm) == len(rttm)
    assert said == [segment["words"] for segment in json.loads(write_seglst(transcript))]
    assert all(float(match[3]) < float(match[4]) for match in stm if match)
    assert all(float(match[3]) > 0 for match in rttm if match)
