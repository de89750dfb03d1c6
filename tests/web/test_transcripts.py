import pytest

from meeting_service.web import shapes
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
        ("srt", "application/x-subrip", "1\r\n"),
        ("vtt", "text/vtt", "WEBVTT"),
        ("json", "application/json", "{"),
    ],
)
async def test_files_are_named_and_typed(service: Service, name: str, media: str, begins: str) -> None:
    """A download is an attachment with a name made of the title, also while the meeting is live."""
    await two_people_talk(service)
    response = await service.client.get(f"/v1/meetings/m/transcript.{name}")
    text = (await response.read()).decode()

    assert response.status == 200
    assert response.content_type == media
    assert f'filename="Planning.{name}"' in response.headers["Content-Disposition"]
    assert text.startswith(begins)
    assert "Shall we begin?" in text


async def test_a_format_that_is_not_there_names_those_that_are(service: Service) -> None:
    """404 with the list."""
    await service.open_meeting()
    response = await service.client.get("/v1/meetings/m/transcript.docx")

    assert response.status == 404
    assert "srt, vtt, txt, json" in (await response.json())["detail"]


async def test_options_shape_the_file(service: Service) -> None:
    """Times can be left out of text; an option that does not fit is explained."""
    await two_people_talk(service)
    plain = await (await service.client.get("/v1/meetings/m/transcript.txt?times=false")).text()
    refused = await service.client.get("/v1/meetings/m/transcript.txt?line_chars=1")

    assert "[00:00:00]" not in plain
    assert refused.status == 422


async def test_an_empty_meeting_has_files_too(service: Service) -> None:
    """No sentence, no error."""
    await service.open_meeting()

    for name in ("srt", "vtt", "txt", "json"):
        assert (await service.client.get(f"/v1/meetings/m/transcript.{name}")).status == 200
