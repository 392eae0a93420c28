"""Command line of the instance side: ``python -m bp crosscheck | solve | entropy``."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bp.crosscheck import DISTANCES, Crosscheck, Row, crosscheck
from bp.files import read_instance
from bp.instance import Instance
from bp.propagation import belief_propagation
from bp.solvers import solve, solvers
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


def _crosscheck(arguments: argparse.Namespace) -> int:
    model = MODELS[arguments.model](**({} if arguments.kappa is None else {"kappa": arguments.kappa}))
    output = Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    if not os.access(output, os.W_OK):
        raise PermissionError(f"cannot write to the output folder {output}")
    try:
        check = crosscheck(
            model,
            arguments.alpha or LOADS[arguments.model],
            arguments.n,
            arguments.samples,
            arguments.seed,
            distance=arguments.distance,
            folder=output,
            progress=sys.stderr.isatty(),
        )
    except KeyboardInterrupt:
        done = len(list((output / "points").glob("*.npz")))
        print(
            f"interrupted; {done} finished instances are in {output}, the same command goes on from there",
            file=sys.stderr,
        )
        return 130
    paths = check.save(output)
    print(json.dumps(_jsonable(check)) if arguments.json else check)
    if not arguments.json:
        print("\n" + _verdict(check) + "\n" + "wrote " + ", ".join(map(str, paths)))
    return 0


def _solve(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    found = solve(instance, arguments.solver, rng=arguments.seed)
    output = Path(arguments.output or f"{arguments.file}.weights.txt")
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(" ".join(map(str, found.weights.tolist())) + "\n")
        os.replace(temporary, output)
    finally:
        temporary.unlink(missing_ok=True)
    report = {
        "solved": found.solved,
        "errors": found.errors,
        "iterations": found.iterations,
        "status": str(found.status),
        "n": instance.n,
        "patterns": instance.n_patterns,
        "weights": str(output),
    }
    _print(
        report, arguments.json, f"{found.message} {found.errors} errors, {found.iterations} iterations; wrote {output}"
    )
    return 0 if found.solved else 1


def _entropy(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    run = belief_propagation(instance, arguments.method, beta=arguments.beta, damping=arguments.damping)
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
    return read_instance(arguments.file, **({} if arguments.kappa is None else {"kappa": arguments.kappa}))


def _verdict(check: Crosscheck) -> str:
    """What the table says, in a sentence or two."""
    equal = [row.z for row in check.rows if row.expected == "equal" and math.isfinite(row.z)]
    local = [row for row in check.rows if row.expected == "above" and math.isfinite(row.simulation)]
    above = [row for row in local if row.simulation > row.theory]
    solved = sum(bool(point["solved"]) for point in check.points)
    sentences = [f"{solved} of {len(check.points)} instances solved by focusing BP."]
    if equal:
        chi2 = sum(z * z for z in equal) / len(equal)
        sentences.append(f"Theory and simulation agree within errors where mean z² is about 1: here {chi2:.2f}.")
    if above:
        sentences.append(f"Solutions found lie denser than typical ones at {len(above)} of {len(local)} distances.")
    return " ".join(sentences)


def _jsonable(check: Crosscheck) -> dict[str, Any]:
    def clean(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    names = [field for field in Row.__dataclass_fields__]
    rows = [{name: clean(getattr(row, name)) for name in names} for row in check.rows]
    return {"n": check.n, "seed": check.seed, "kappa": float(np.asarray(check.model.kappa)), "rows": rows}


def _print(report: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in report.items()}
        print(json.dumps(finite))
    else:
        print(text)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


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
    command.add_argument("--damping", type=float, default=0.3, help="weight of the old message (default %(default)s)")
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
    command.add_argument("--json", action="store_true", help="print the result as JSON")


if __name__ == "__main__":
    sys.exit(main())
