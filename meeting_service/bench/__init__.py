"""What a machine holds: measurements of recognition and of the whole service, each against its target.

- `measures` names every figure, with unit, group and target; `figures` is what a part answers with.
- `parts/` measures: one module each, `registry` lists them. A part compares within one run, turn by turn
  (`timing`), so that a busy machine hits both sides.
- `context` is what a part is given: quick or not, a scratch folder, models, a place to tell progress.
- `runner` runs parts, `report` draws the table for people, `document` makes the JSON for machines.
- `speech` is the audio, `audio_time` drives the worker's own loop as fast as it goes while it believes in
  the speed of life, `upstream` is parakeet-mlx as its users run it.
"""
