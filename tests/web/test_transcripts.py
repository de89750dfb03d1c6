import io
import json
import re
import zipfile

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from meeting_service.exports import formats
from meeting_service.web import shapes
from tests.exports.meetings import GOLDEN
from tests.web.conftest import Service


async def two_people_talk(service: Service) -> None:
    """Ann, then Bob before she is done, then Ann again."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 2_000, "Shall we begin?")
    await service.say("bob", 1_500, 3_000, "Yes, please.")
    await service.say("ann", 4_000, 5_000, "First <topic>.")


async def test_the_transcript_is_complete_and_in_order(service: Service) -> None:
    """Everything the interface names is there, overlaps too, and it is what the interface describes."""
    await two_people_talk(service)
    body = await (await service.client.get("/v1/meetings/m/transcript")).json()
    sentences = body["sentences"]

    shapes.Transcript.model_validate_json(
        await (await service.client.get("/v1/meetings/m/transcript")).text()
    )
    assert [s["text"] for s in sentences] == ["Shall we begin?", "Yes, please.", "First <topic>."]
    assert [s["overlaps"] for s in sentences] == [True, True, False]
    assert [s["participant"] for s in sentences] == ["Ann", "Bob", "Ann"]
    assert (
        sentences[0].keys() == shapes.Transcript.model_json_schema()["$defs"]["Sentence"]["properties"].keys()
    )


@pytest.mark.parametrize(
    ("name", "media", "begins"),
    [
        ("txt", "text/plain", "Planning"),
        ("md", "text/markdown", "# Planning"),
        ("srt", "application/x-subrip", "1\r\n"),
        ("vtt", "text/vtt", "WEBVTT"),
        ("json", "application/json", "{"),
        ("csv", "text/csv", "\ufeffstart,"),
        ("whisper", "application/json", "{"),
        ("podcast", "application/json", "{"),
        ("seglst", "application/json", "["),
        ("stm", "text/plain", "m 1 Ann 0.000 2.000"),
    ],
)
async def test_files_are_named_and_typed(service: Service, name: str, media: str, begins: str) -> None:
    """A download is an attachment with a name made of the title, also while the meeting is live."""
    await two_people_talk(service)
    response = await service.client.get(f"/v1/meetings/m/transcript.{name}")
    text = (await response.read()).decode()

    assert response.status == 200
    assert response.content_type == media
    assert f'filename="Planning.{formats[name].extension}"' in response.headers["Content-Disposition"]
    assert text.startswith(begins)
    assert "Shall we begin?" in text


async def test_a_format_that_is_not_there_names_those_that_are(service: Service) -> None:
    """404 with the list."""
    await service.open_meeting()
    response = await service.client.get("/v1/meetings/m/transcript.doc")

    assert response.status == 404
    assert "txt, md, docx, srt, vtt, json" in (await response.json())["detail"]


async def test_options_shape_the_file(service: Service) -> None:
    """Times can be left out of text; an option that does not fit is explained."""
    await two_people_talk(service)
    plain = await (await service.client.get("/v1/meetings/m/transcript.txt?times=false")).text()
    refused = await service.client.get("/v1/meetings/m/transcript.txt?line_chars=1")

    assert "[00:00:00]" not in plain
    assert refused.status == 422


async def test_a_part_of_it_is_taken_away(service: Service) -> None:
    """One participant's, a span of time; what there is not is told."""
    await two_people_talk(service)
    path = "/v1/meetings/m/transcript.txt"
    answer = await service.client.get(path, params={"participant": "Bob", "preset": "bbc"})
    bobs = await answer.text()
    late = await (await service.client.get(path, params={"from_ms": "3500"})).text()
    wrong = ({"participant": "Carla"}, {"from_ms": "9", "to_ms": "9"}, {"preset": "x"}, {"from_ms": "-1"})
    answers = [await service.client.get(path, params=query) for query in wrong]

    assert 'filename="Planning - Bob.txt"' in answer.headers["Content-Disposition"]
    assert "Yes, please." in bobs
    assert "Shall we begin?" not in bobs
    assert ("First <topic>." in late, "Shall we begin?" in late) == (True, False)
    assert [answer.status for answer in answers] == [404, 422, 422, 422]


async def test_everybody_has_a_file_of_their_own(service: Service) -> None:
    """As a ZIP, in any format."""
    await two_people_talk(service)
    response = await service.client.get("/v1/meetings/m/transcript.docx?per_participant=true")
    with zipfile.ZipFile(io.BytesIO(await response.read())) as archive:
        names = archive.namelist()

    assert response.content_type == "application/zip"
    assert 'filename="Planning.zip"' in response.headers["Content-Disposition"]
    assert names == ["Ann.docx", "Bob.docx"]


async def test_a_live_meeting_says_of_when_its_text_is(service: Service) -> None:
    """Once it is over it says how long it was."""
    await two_people_talk(service)
    live = await (await service.client.get("/v1/meetings/m/transcript.txt")).text()
    await service.sessions.end_meeting("m")
    over = await (await service.client.get("/v1/meetings/m/transcript.txt")).text()

    assert re.search(r"not over yet: the text as of \d\d:\d\d UTC", live)
    assert "00:00:05 long" in over


async def test_the_json_has_a_schema(service: Service) -> None:
    """JSON Schema, which every download keeps to."""
    await two_people_talk(service)
    response = await service.client.get("/v1/schemas/transcript.json")
    schema = await response.json()
    document = await (await service.client.get("/v1/meetings/m/transcript.json")).json()
    Draft202012Validator.check_schema(schema)

    assert response.content_type == "application/schema+json"
    Draft202012Validator(schema).validate(document)
    for golden in GOLDEN.glob("*.json"):
        Draft202012Validator(schema).validate(json.loads(golden.read_text(encoding="utf-8")))
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate(document | {"sentences": [{"text": "x"}]})


async def test_an_empty_meeting_has_files_too(service: Service) -> None:
    """No sentence, no error."""
    await service.open_meeting()

    for name in formats:
        assert (await service.client.get(f"/v1/meetings/m/transcript.{name}")).status == 200
