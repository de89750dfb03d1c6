"""A browser's own reader of WebVTT finds the captions that were meant."""

import pytest

from meeting_service.exports.check import check_vtt
from meeting_service.exports.vtt import write_vtt
from tests.exports.meetings import MEETINGS
from tests.web.browser import open_browser

READ_CUES = """
async (files) => {
  const read = (text) => new Promise((resolve, reject) => {
    const track = document.createElement("track");
    track.addEventListener("load", () => resolve([...track.track.cues].map((cue) => [
      Math.round(cue.startTime * 1000),
      Math.round(cue.endTime * 1000),
      cue.getCueAsHTML().textContent,
      cue.getCueAsHTML().querySelector("[title]")?.title ?? null,
    ])));
    track.addEventListener("error", () => reject(new Error("the track is not read")));
    track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    const video = document.createElement("video");
    video.append(track);
    document.body.append(video);
    track.track.mode = "hidden";
  });
  return Promise.all(files.map(read));
}
"""


@pytest.mark.browser
async def test_chromium_reads_the_same_captions() -> None:
    """Times, text and voices are those of our own reader, whatever names and text are made of."""
    files = [write_vtt(transcript) for transcript in MEETINGS.values()]
    async with open_browser() as browser:
        page = await browser.new_page()
        read = await page.evaluate(READ_CUES, files)

    for file, cues in zip(files, read, strict=True):
        # Of cues that start together a browser lists the longest first.
        own = sorted(check_vtt(file).cues, key=lambda cue: (cue.start_ms, -cue.end_ms))
        assert [[c.start_ms, c.end_ms, "\n".join(c.lines), c.voices[0].speaker] for c in own] == cues
