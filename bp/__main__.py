"""Command line of the instance side: ``python -m bp crosscheck | solve | entropy``."""

from __future__ import annotations

import argparse
import errno
import json
import math
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bp.crosscheck import DISTANCES, Crosscheck, Row, crosscheck
from bp.files import read_instance, replace_file
from bp.instance import Instance
from bp.propagation import belief_propagation
from bp.solvers import solve, solvers
from bp.store import require_writable
from bp.workers import worker_processes
from replica_theory.models import BinaryPerceptron, Model, SymmetricBinaryPerceptron, TeacherStudent
from replica_theory.status import ConvergenceError

MODELS: dict[str, type[Model]] = {
    "binary": BinaryPerceptron,
    "symmetric": SymmetricBinaryPerceptron,
    "teacher-student": TeacherStudent,
}
LOADS = {"binary": (0.3, 0.5, 0.7), "symmetric": (0.5, 0.8, 1.1), "teacher-student": (0.4, 0.8, 1.1)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0: done (and, for ``solve``, solved); 1: not solved or not converged; 2: bad input, said in a sentence on
        standard error; 130: interrupted.
    """
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except (ValueError, TypeError, MemoryError, OSError) as error:
        print(f"python -m bp: {_sentence(error)}", file=sys.stderr)
        return 2
    except ConvergenceError as error:
        print(f"python -m bp: {error}", file=sys.stderr)
        return 1
    except BrokenExecutor:
        print("python -m bp: a worker process died (out of memory?); try fewer workers", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print(f"python -m bp: interrupted{''.join(f'; {line}' for line in interrupt.args)}", file=sys.stderr)
        return 130


def _crosscheck(arguments: argparse.Namespace) -> int:
    model = MODELS[arguments.model](**({} if arguments.kappa is None else {"kappa": arguments.kappa}))
    output = Path(arguments.output)
    with worker_processes(arguments.workers) as executor:
        try:
            check = crosscheck(
                model,
                arguments.alpha or LOADS[arguments.model],
                arguments.n,
                arguments.samples,
                arguments.seed,
                distance=arguments.distance,
                method=arguments.method,
                executor=executor,
                folder=output,
            )
        except KeyboardInterrupt:
            done = len(list((output / "points").glob("*.npz")))
            raise KeyboardInterrupt(
                f"{done} finished instances are in {output}, and the same command goes on from there"
            ) from None
    paths = check.save(output)
    if arguments.json:
        print(json.dumps(_jsonable(check)))
    else:
        print(f"{check}\n\n{_verdict(check)}\nwrote {', '.join(map(str, paths))}")
    return 0


def _solve(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    output = Path(arguments.output or f"{arguments.file}.weights.txt")
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file for the weights", str(output))
    require_writable(output.parent)
    options = {} if arguments.checkpoint is None else {"checkpoint": arguments.checkpoint}
    found = solve(instance, arguments.solver, rng=arguments.seed, **options)
    replace_file(output, (" ".join(map(str, found.weights.tolist())) + "\n").encode())
    report = {
        "solved": found.solved,
        "errors": found.errors,
        "iterations": found.iterations,
        "status": str(found.status),
        "n": instance.n,
        "patterns": instance.n_patterns,
        "weights": str(output),
    }
    text = f"{found.message} {found.errors} errors, {found.iterations} iterations; wrote {output}"
    _print(report, arguments.json, text)
    return 0 if found.solved else 1


def _entropy(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    run = belief_propagation(
        instance, arguments.method, beta=arguments.beta, damping=arguments.damping, max_iter=arguments.max_iter
    )
    report = {
        "entropy": run.entropy,
        "free_entropy": run.free_entropy,
        "energy": run.energy,
        "overlap": run.overlap,
        "status": str(run.status),
        "residual": run.residual,
        "iterations": run.iterations,
        "n": instance.n,
        "patterns": instance.n_patterns,
    }
    text = (
        f"Bethe entropy {run.entropy:.9f} nats per weight (N = {instance.n}, alpha = {instance.alpha:.4g}), "
        f"energy {run.energy:.6g} per pattern, overlap q = {run.overlap:.6f}\n{run.status.sentence}"
    )
    _print(report, arguments.json, text)
    return 0


def _read(arguments: argparse.Namespace) -> Instance:
    return read_instance(arguments.file, kappa=arguments.kappa, constraint=arguments.constraint)


def _verdict(check: Crosscheck) -> str:
    """What the table says, in a few sentences."""
    equal = [row for row in check.rows if row.expected == "equal" and math.isfinite(row.z) and row.samples > 3]
    local = [row for row in check.rows if row.expected == "above" and math.isfinite(row.simulation - row.theory)]
    solved = sum(bool(point["solved"]) for point in check.points)
    sentences = [f"{solved} of {len(check.points)} instances solved by focusing BP."]
    if equal:
        mean = sum(row.z**2 for row in equal) / len(equal)
        # Student's t with nu degrees of freedom has variance nu / (nu - 2).
        expected = sum((row.samples - 1) / (row.samples - 3) for row in equal) / len(equal)
        sentences.append(f"Rows marked 'equal': mean z² is {mean:.2f}, where agreement gives about {expected:.2f}.")
    if local:
        above = sum(row.simulation > row.theory for row in local)
        sentences.append(f"Solutions found lie denser than typical ones at {above} of {len(local)} distances.")
    return " ".join(sentences)


def _jsonable(check: Crosscheck) -> dict[str, Any]:
    def clean(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    names = [field for field in Row.__dataclass_fields__]
    rows = [{name: clean(getattr(row, name)) for name in names} for row in check.rows]
    kappa = float(np.asarray(check.model.kappa))
    settings = {"model": type(check.model).__name__, "kappa": kappa, "n": check.n, "seed": check.seed}
    return settings | {"method": check.method, "rows": rows}


def _print(report: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in report.items()}
        print(json.dumps(finite))
    else:
        print(text)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bp",
        description="Belief propagation and solvers on instances of the binary perceptron (weights ±1, P patterns).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_crosscheck(commands)
    _add_solve(commands)
    _add_entropy(commands)
    return parser


def _add_crosscheck(commands: Any) -> None:
    command = commands.add_parser(
        "crosscheck",
        help="theory against simulation: one table, one picture",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Draw random instances, measure Bethe entropy, overlap, and the local entropy around solutions found by\n"
            "focusing BP; put the replica-symmetric and Franz-Parisi entropies beside them. Entropies are in nats per\n"
            "weight, z is (simulation - theory) in standard errors. Rows marked 'above' compare solutions that an\n"
            "algorithm finds with typical ones: the former lie in denser regions, so there z should be positive.\n"
            "Writes crosscheck.png, .csv and .npz; an interrupted run goes on with the same command."
        ),
        epilog="example: python -m bp crosscheck --alpha 0.4 0.6 --n 2001 --samples 16",
    )
    command.add_argument(
        "--model", choices=list(MODELS), default="binary", help="constraint on the stabilities h (default: h >= kappa)"
    )
    command.add_argument("--kappa", type=float, help="margin (default 0; 1 for the symmetric model |h| <= kappa)")
    command.add_argument(
        "--alpha", type=float, nargs="+", metavar="A", help="loads P/N (default: three below capacity)"
    )
    command.add_argument("--n", type=int, default=1001, help="number of weights (default %(default)s)")
    command.add_argument("--samples", type=int, default=8, help="instances at each load (default %(default)s)")
    command.add_argument("--seed", type=int, default=1, help="root of all randomness (default %(default)s)")
    command.add_argument(
        "--distance",
        type=float,
        nargs="+",
        metavar="D",
        default=list(DISTANCES),
        help="distances in (0, 1/2] for the local entropy",
    )
    command.add_argument(
        "--method", default="gaussian", help="messages of the Bethe entropy: gaussian, exact or amp (default: gaussian)"
    )
    command.add_argument(
        "--workers", type=int, default=1, help="processes that share the instances (default %(default)s)"
    )
    command.add_argument("--output", default="crosscheck-output", help="folder for the results (default %(default)s)")
    command.add_argument("--json", action="store_true", help="print the table as JSON")
    command.set_defaults(command=_crosscheck)


def _add_solve(commands: Any) -> None:
    command = commands.add_parser(
        "solve",
        help="find weights that satisfy every pattern of a file",
        description="Solve an instance and write its weights (±1, one line). Exit code 0: solved, 1: not solved.",
    )
    _add_file(command)
    command.add_argument(
        "--solver", default="focusing-bp", help=f"one of: {', '.join(solvers())} (default %(default)s)"
    )
    command.add_argument("--seed", type=int, default=1, help="seed of the initial messages (default %(default)s)")
    command.add_argument("--output", help="file for the weights (default: FILE.weights.txt)")
    command.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="write the state of the run here every minute and on Ctrl-C; the same command then goes on from it",
    )
    command.set_defaults(command=_solve)


def _add_entropy(commands: Any) -> None:
    command = commands.add_parser(
        "entropy",
        help="Bethe entropy of the solutions of a file",
        description="Belief propagation on an instance: entropy of its solutions (nats per weight), energy, overlap.",
    )
    _add_file(command)
    command.add_argument(
        "--method", default="gaussian", help="gaussian (edge messages), exact (small N, any ±1) or amp (large N)"
    )
    command.add_argument(
        "--beta",
        type=float,
        default=math.inf,
        help="inverse temperature of the number of errors (default inf: solutions)",
    )
    command.add_argument("--damping", type=float, default=0.2, help="weight of the old message (default %(default)s)")
    command.add_argument("--max-iter", type=int, default=1000, help="largest number of sweeps (default %(default)s)")
    command.set_defaults(command=_entropy)


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        help=(
            "instance: text of ±1 (one pattern a line, all labels +1; gzip allowed), text with the labels in the "
            "first line (tabs), or .npz"
        ),
    )
    command.add_argument("--kappa", type=float, help="margin, for the text formats (default 0)")
    command.add_argument(
        "--constraint",
        choices=("margin", "symmetric"),
        help="h >= kappa or |h| <= kappa, for the text formats (default: margin)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")


if __name__ == "__main__":
    sys.exit(main())
