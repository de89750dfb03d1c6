"""The recipe's command line: `python -m meeting_service.demo.recipe --help`."""

import argparse
from itertools import islice
from pathlib import Path

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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m meeting_service.demo.recipe", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    text = commands.add_parser("text", help="print sentences of the grammar")
    text.add_argument("--count", type=int, default=40)
    text.add_argument("--seed", type=int, default=1)
    text.add_argument("--kind", choices=("meeting", "everyday", "short"), help="one template file only")
    text.add_argument("--held-out", action="store_true", help="sentences kept for evaluation")
    text.set_defaults(run=_text)

    speak = commands.add_parser("synthesise", help="speak training sentences into a corpus folder")
    speak.add_argument("corpus", type=Path)
    speak.add_argument("--hours", type=float, default=26.0, help="speech to make (default: 26)")
    speak.add_argument("--seed", type=int, default=20)
    speak.add_argument("--processes", type=int, default=2)
    speak.set_defaults(run=_synthesise)

    train = commands.add_parser("train", help="train on a corpus; goes on where an earlier run stopped")
    train.add_argument("corpus", type=Path)
    train.add_argument("checkpoint", type=Path, help="written every few minutes")
    train.add_argument("--minutes", type=float, default=240.0, help="length of the schedule (default: 240)")
    train.add_argument("--init", type=Path, help="checkpoint to start from; without it a flat start")
    train.add_argument("--rate", type=float, default=2e-3, help="highest learning rate (default: 0.002)")
    train.add_argument("--processes", type=int, default=2, help="single-thread processes (default: 2)")
    train.set_defaults(run=_train)

    export = commands.add_parser("export", help="write config.json and model.safetensors of a checkpoint")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--model", type=Path, default=_MODEL)
    export.set_defaults(run=_export)

    back = commands.add_parser("import", help="make a checkpoint for --init from an exported model")
    back.add_argument("checkpoint", type=Path)
    back.add_argument("--model", type=Path, default=_MODEL)
    back.set_defaults(run=_import)

    measure = commands.add_parser("evaluate", help="word error rates by set and voice, through the service")
    measure.add_argument("--model", type=Path, default=_MODEL)
    measure.add_argument("--size", type=int, default=160, help="recordings of the meeting set (default: 160)")
    measure.add_argument("--one-window", action="store_true", help="leave the segmenter out")
    measure.add_argument("--out", type=Path, help="file for references and hypotheses, tab-separated")
    measure.set_defaults(run=_evaluate)

    meeting = commands.add_parser("meeting", help="speak the bundled meeting from its script")
    meeting.add_argument("--folder", type=Path, default=_MEETING)
    meeting.set_defaults(run=_meeting)

    recordings = commands.add_parser("recordings", help="make the short recordings of the test-suite")
    recordings.add_argument("folder", type=Path)
    recordings.set_defaults(run=_recordings)

    check = commands.add_parser("check", help="prove in seconds that the parts fit")
    check.add_argument("--steps", type=int, default=20, help="training steps of each kind (default: 20)")
    check.set_defaults(run=_check)
    return parser


def main() -> None:
    """Run one command."""
    arguments = _parser().parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
