"""Command line of the worked example: ``python -m bp.networks --data digits --output folder``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from bp.networks.images import Images
from bp.networks.scoping import Scoping
from bp.networks.training import METHODS, Plan, split_training
from replica_theory.arguments import integer_of, number_of
from replica_theory.console import console

_PLAN = Plan()
_OPTIONS = (
    ("epochs", integer_of, "passes over the data"),
    ("batch", integer_of, "images of a minibatch"),
    ("lr", number_of, "learning rate of SGD, inner step of Entropy-SGD"),
    ("momentum", number_of, "momentum"),
    ("y", integer_of, "number of replicas"),
    ("steps", integer_of, "gradients for one outer step of Entropy-SGD"),
    ("width", integer_of, "channels of the first layer"),
    ("sigma", number_of, "disturbance of the weights that flatness is measured with"),
    ("draws", integer_of, "of this disturbance"),
    ("seed", integer_of, "of all"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Train a small all-convolutional network by several methods, print and save test error and flatness per epoch.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0: done; 2: bad input, said in a sentence on standard error; 130: interrupted, the same command goes on.
    """
    try:
        with console():
            return _train(_parser().parse_args(argv))
    except (ValueError, TypeError, ImportError, RuntimeError, OSError) as error:
        print(f"python -m bp.networks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m bp.networks: interrupted; with --output the same command goes on", file=sys.stderr)
        return 130


def _train(arguments: argparse.Namespace) -> int:
    gamma = Scoping(arguments.gamma, arguments.growth, max(arguments.gamma, arguments.most))
    given = {name: getattr(arguments, name) for name, *_ in _OPTIONS}
    plan = replace(_PLAN, gamma=gamma, **given)
    if arguments.data == "digits":
        images = Images.digits(arguments.train, rng=arguments.seed)
    else:
        images = Images.cifar10(arguments.folder)
    record = split_training(images, arguments.methods, plan, arguments.output)
    print(record)
    if arguments.output is not None:
        print(f"wrote {', '.join(map(str, record.save(arguments.output)))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bp.networks",
        description="Train a small all-convolutional network with batch norm by SGD, by Entropy-SGD, as coupled "
        "replicas and as coupled replicas that see a part of the data each; measure test error and flatness by epoch.",
    )
    parser.add_argument("--data", choices=("digits", "cifar10"), default="digits")
    parser.add_argument("--folder", default="data", help="where torchvision has CIFAR-10 (default %(default)s)")
    parser.add_argument("--train", type=integer_of, default=600, help="digits to train with (default %(default)s)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    for name, kind, text in _OPTIONS:
        default = getattr(_PLAN, name)
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{text} (default %(default)s)")
    first = _PLAN.gamma
    parser.add_argument("--gamma", type=number_of, default=first.gamma, help="first coupling (default %(default)s)")
    parser.add_argument(
        "--growth", type=number_of, default=first.growth, help="its growth a step (default %(default)s)"
    )
    parser.add_argument("--most", type=number_of, default=first.most, help="largest coupling (default %(default)s)")
    parser.add_argument("--output", help="folder of table, picture and states; the same command goes on from there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
