"""The recipe's command line: `python -m meeting_service.demo.recipe --help`."""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_MODEL = Path(__file__).parent.parent / "model"
_MEETING = Path(__file__).parent.parent / "meeting"


def _text(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.text import MIX, sentences

    mix = {arguments.kind: 1.0} if arguments.kind else MIX
    for text in islice(sentences(arguments.seed, held_out=arguments.held_out, mix=mix), arguments.count):
        print(text)


def _synthesise(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.synthesis import synthesise

    synthesise(arguments.corpus, arguments.hours, seed=arguments.seed, processes=arguments.processes)


def _train(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.train import Options, train

    options = {name: value for name, value in vars(arguments).items() if name not in ("run", "command")}
    train(Options(**options))


def _export(arguments: argparse.Namespace) -> None:
    import torch

    from meeting_service.demo.recipe.export import export

    checkpoint = torch.load(arguments.checkpoint, weights_only=False)
    print(f"{export(checkpoint['ema'], arguments.model)} bytes of weights")


def _import(arguments: argparse.Namespace) -> None:
    import torch

    from meeting_service.demo.recipe.export import imported_weights

    torch.save({"ema": imported_weights(arguments.model)}, arguments.checkpoint)


def _evaluate(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.evaluate import evaluate, one_window_listener, service_listener

    listener = one_window_listener if arguments.one_window else service_listener
    evaluate(listener(arguments.model), arguments.size, arguments.out)


def _meeting(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.bundled_meeting import build

    build(arguments.folder)


def _recordings(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.recordings import build

    build(arguments.folder)


def _check(arguments: argparse.Namespace) -> None:
    from meeting_service.demo.recipe.check import check

    check(arguments.steps)


def _add_text(commands: _Commands) -> None:
    parser = commands.add_parser("text", help="print sentences of the grammar")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=("meeting", "everyday", "short"), help="one template file only")
    parser.add_argument("--held-out", action="store_true", help="sentences kept for evaluation")
    parser.set_defaults(run=_text)


def _add_synthesise(commands: _Commands) -> None:
    parser = commands.add_parser("synthesise", help="speak training sentences into a corpus folder")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--hours", type=float, default=26.0, help="speech to make (default: 26)")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.set_defaults(run=_synthesise)


def _add_train(commands: _Commands) -> None:
    parser = commands.add_parser("train", help="train on a corpus; goes on where an earlier run stopped")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("checkpoint", type=Path, help="written every few minutes")
    parser.add_argument("--minutes", type=float, default=240.0, help="length of the schedule (default: 240)")
    parser.add_argument("--init", type=Path, help="checkpoint to start from; without it a flat start")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default: 0.002)")
    parser.add_argument("--processes", type=int, default=2, help="single-thread processes (default: 2)")
    parser.set_defaults(run=_train)


def _add_export(commands: _Commands) -> None:
    parser = commands.add_parser("export", help="write config.json and model.safetensors of a checkpoint")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--model", type=Path, default=_MODEL)
    parser.set_defaults(run=_export)


def _add_import(commands: _Commands) -> None:
    parser = commands.add_parser("import", help="make a checkpoint for --init from an exported model")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--model", type=Path, default=_MODEL)
    parser.set_defaults(run=_import)


def _add_evaluate(commands: _Commands) -> None:
    parser = commands.add_parser("evaluate", help="word error rates by set and voice, through the service")
    parser.add_argument("--model", type=Path, default=_MODEL)
    parser.add_argument("--size", type=int, default=160, help="recordings of the meeting set (default: 160)")
    parser.add_argument("--one-window", action="store_true", help="leave the segmenter out")
    parser.add_argument("--out", type=Path, help="file for references and hypotheses, tab-separated")
    parser.set_defaults(run=_evaluate)


def _add_meeting(commands: _Commands) -> None:
    parser = commands.add_parser("meeting", help="speak the bundled meeting from its script")
    parser.add_argument("--folder", type=Path, default=_MEETING)
    parser.set_defaults(run=_meeting)


def _add_recordings(commands: _Commands) -> None:
    parser = commands.add_parser("recordings", help="make the short recordings of the test-suite")
    parser.add_argument("folder", type=Path)
    parser.set_defaults(run=_recordings)


def _add_check(commands: _Commands) -> None:
    parser = commands.add_parser("check", help="prove in seconds that the parts fit")
    parser.add_argument("--steps", type=int, default=20, help="training steps of each kind (default: 20)")
    parser.set_defaults(run=_check)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m meeting_service.demo.recipe", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (
        _add_text,
        _add_synthesise,
        _add_train,
        _add_export,
        _add_import,
        _add_evaluate,
        _add_meeting,
        _add_recordings,
        _add_check,
    ):
        add(commands)
    return parser


def main() -> None:
    """Run one command."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
