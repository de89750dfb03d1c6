"""A self-hosted meeting transcription service.

Bots send one audio stream per participant; the sentences of all of them become one transcript:

    bot ─► ingest ─► ledger ─► segmenter ─► recogniser ─► assembly ─► storage ─► broadcast ─► web, exports

- `ingest` turns what a bot sends into mono PCM with positions; it never touches a socket.
- `ledger` makes audio durable before it is acknowledged; all that follows reads from it by position.
- `segmenter` finds utterances, from the audio alone.
- `recogniser` is a pure function from windows of audio to tokens; the only stage that imports MLX.
- `assembly` makes sentences of tokens.
- `storage` keeps meetings, participants, revisions of their text, sentences and checkpoints.
- `worker` runs segmenter and recogniser in a process of its own.
- `sessions` joins these into live meetings, and has kept audio transcribed again; `broadcast` tells watchers;
  `web` and `exports` show.
- `offline` transcribes files without a service; `client` and `sender` are the bots' side of one.
- `cli`, `doctor`, `demo` and `bench` are what a person runs.

The root modules are the vocabulary these stages speak (`audio`, `recognition`, `transcript`, `meeting`,
`events`, `errors`, `clock`, `settings`, and `protocol` between bots and service), what is made of several
stages (`transcriber` with `drafting`, `streaming`), the wiring (`runtime`, `app`) and what serves all of them
(`logs`, `metrics`, `preflight`, `resources`, `scoring`). Stages do not import each other.

What always holds: final text depends on a participant's audio alone; acknowledged means durable; a final
sentence never changes by itself; drafts are best effort, finals are guaranteed; a sick participant harms
nobody else; silence costs nothing; every gap is visible; nothing is unbounded.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("meeting-service")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
