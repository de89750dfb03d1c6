"""
The recipe of the bundled demo model: text, speech, training, export, evaluation, and the bundled meeting.

Nothing here is part of the running service.  The flow is `text` (a grammar writes sentences) ->
`synthesis` (offline engines speak them) -> `data` (batches with noise and cuts) -> `train` (a small
Parakeet-TDT on the CPU) -> `export` (files that `parakeet_mlx` loads) -> `evaluate` and `meeting`.
Run `python -m meeting_service.demo.recipe --help`.
"""
