"""Command line of the instance side: ``python -m bp crosscheck | solve | entropy``."""

from __future__ import annotations

import argparse
import errno
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bp.algorithms import solve, solvers
from bp.execution.store import require_writable
from bp.execution.workers import worker_processes
from bp.messages.propagation import belief_propagation
from bp.problems.constraint import CONSTRAINTS
from bp.problems.files import read_instance
from bp.problems.perceptron import Instance
from bp.validation.call import stored_call
from bp.validation.comparisons import COMPARISONS
from bp.validation.crosscheck import DISTANCES, crosscheck
from bp.validation.report import Crosscheck
from bp.validation.table import Row
from replica_theory.arguments import checked_integer, integer_of, number_of, word_of
from replica_theory.models.command_line import add_model_options, model_of, particular_options, plain_models
from replica_theory.models.registry import particulars
from replica_theory.results.files import replace_file
from replica_theory.status import ConvergenceError

DEFAULTS: dict[str, Any] = {
    "model": "binary",
    "kappa": None,
    "n": [1001],
    "samples": 8,
    "seed": 1,
    "comparisons": None,
    "distance": list(DISTANCES),
    "method": "amp",
    "workers": min(2, os.cpu_count() or 1),
}
_IN_WORDS = ("binary", "symmetric", "teacher-student")
"""Models that ``--constraint`` has words for."""
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
        0: done (and, for ``solve``, solved); 1: not solved, not converged, or nothing to compare; 2: bad input, said in
        a sentence on standard error; 130: interrupted.
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
    except BrokenExecutor as error:
        print(f"python -m bp: {_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print(f"python -m bp: interrupted{''.join(f'; {line}' for line in interrupt.args)}", file=sys.stderr)
        return 130


def _crosscheck(arguments: argparse.Namespace) -> int:
    settings = _crosscheck_settings(arguments)
    kappa = {} if settings["kappa"] is None else {"kappa": settings["kappa"]}
    with worker_processes(settings["workers"]) as executor:
        check = crosscheck(
            model_of(settings["model"], settings, **kappa),
            settings["alpha"],
            settings["n"],
            settings["samples"],
            settings["seed"],
            comparisons=settings["comparisons"],
            distance=settings["distance"],
            method=settings["method"],
            executor=executor,
            folder=arguments.output,
        )
    paths = check.save(arguments.output)
    if arguments.json:
        print(json.dumps(_jsonable(check)))
    else:
        print(check, "", *_verdict(check), f"wrote {', '.join(map(str, paths))}", sep="\n")
    return 0 if any(math.isfinite(row.discrepancy) for row in check.rows) else 1


def _crosscheck_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given on the command line; what was not, as in the run to resume, or by default."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    stored = stored_call(arguments.output) if arguments.resume else {}
    if stored:
        names = {entry.kind.__name__: name for name, entry in plain_models().items()}
        if stored["model"] not in names:
            raise ValueError(f"--resume knows the models {', '.join(names)}; the run there has {stored['model']!r}")
        stored["model"] = names[stored["model"]]
    settings = DEFAULTS | stored | given
    if settings.get("alpha") is None:
        if settings["model"] not in LOADS:
            raise ValueError(f"--model {settings['model']} needs its loads: --alpha A, one or several")
        settings["alpha"] = LOADS[settings["model"]]
    if settings["comparisons"] == ["all"]:
        settings["comparisons"] = "all"
    return settings


def _solve(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    name = "instance" if arguments.file == "-" else arguments.file
    output = Path(arguments.output or f"{name}.weights.txt")
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file for the weights", str(output))
    for option, path in (("--output", output), ("--checkpoint", arguments.checkpoint)):
        if path is None or arguments.file == "-":
            continue
        if os.path.exists(path) and os.path.samefile(path, arguments.file):
            raise ValueError(f"{option} must be another file than the instance; got {path}")
    checked_integer("seed", arguments.seed, 0)
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
    text = f"Bethe entropy {run.entropy:.9f} nats per weight (N = {instance.n}, alpha = {instance.alpha:.4g})"
    if math.isfinite(run.entropy):
        text += f", energy {run.energy:.6g} per pattern, overlap q = {run.overlap:.6f}\n{run.message}"
    else:
        text += ": no weights satisfy every pattern"
    _print(report, arguments.json, text)
    return 0


def _read(arguments: argparse.Namespace) -> Instance:
    kappa, constraint = arguments.kappa, arguments.constraint
    if constraint in (None, *CONSTRAINTS):
        particular_options("binary", vars(arguments))  # refuses the options of others
        return read_instance(arguments.file, kappa=kappa, constraint=constraint)
    margin = {} if kappa is None else {"kappa": kappa}
    return read_instance(arguments.file, constraint=model_of(constraint, vars(arguments), **margin))


def _verdict(check: Crosscheck) -> list[str]:
    """What the table says, in a few sentences."""
    rows = [row for row in check.rows if math.isfinite(row.z)]
    equal = [row for row in rows if row.expected == "equal" and row.dof > 2]
    sentences = []
    if lost := sum(not math.isfinite(row.discrepancy) for row in check.rows):
        sentences.append(f"No value to compare in {lost} of {len(check.rows)} rows.")
    if solved := [point["solved"] for by_size in check.points.values() for points in by_size.values()
                  for point in points if "solved" in point]:  # fmt: skip
        counts = zip(solvers(), np.sum(solved, axis=0), strict=True)
        shares = ", ".join(f"{solver} {count} of {len(solved)}" for solver, count in counts)
        sentences.append(f"Instances solved: {shares}.")
    if equal:
        mean = sum(row.z**2 for row in equal) / len(equal)
        # Student's t with nu degrees of freedom has variance nu / (nu - 2).
        expected = sum(row.dof / (row.dof - 2) for row in equal) / len(equal)
        sentences.append(f"Rows marked 'equal': mean z² is {mean:.2f}, where agreement gives about {expected:.2f}.")
    if limits := [abs(row.discrepancy) for row in equal if math.isinf(row.n)]:
        sentences.append(f"Largest discrepancy extrapolated to N = ∞ among them: {max(limits):.4f}.")
    for side, text in (("above", "denser than typical ones"), ("below", "no denser than the bound")):
        if local := [row for row in rows if row.expected == side]:
            met = sum((row.discrepancy > 0) == (side == "above") for row in local)
            sentences.append(f"Solutions found lie {text} in {met} of {len(local)} rows.")
    return sentences


def _jsonable(check: Crosscheck) -> dict[str, Any]:
    names = [*Row.__dataclass_fields__, "discrepancy"]
    rows = [{name: _plain(getattr(row, name)) for name in names} for row in check.rows]
    kappa = float(np.asarray(check.model.kappa))
    settings = {"model": type(check.model).__name__, "kappa": kappa, "n": check.n, "seed": check.seed}
    return settings | particulars(check.model) | {"samples": check.samples, "method": check.method, "rows": rows}


def _plain(value: Any) -> Any:
    """A JSON value: infinities are text, NaN is null."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


def _print(report: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        print(json.dumps({name: _plain(value) for name, value in report.items()}))
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
            "Draw random instances, measure entropies, overlaps, energies, iterations of message passing, local\n"
            "entropies around the solutions that solvers find, and put replica theory beside them. Entropies are in\n"
            "nats per weight, z is (simulation - theory) in standard errors. Rows say what is expected: 'equal', or\n"
            "'above' or 'below' where the simulation samples another place, or 'near' with the assumption that fails.\n"
            "Writes crosscheck.png, .csv and .npz; an interrupted run goes on with the same command, or with --resume."
        ),
        epilog=(
            "examples: python -m bp crosscheck --alpha 0.4 0.6 --n 1001 2001 4001 --samples 16\n"
            "          python -m bp crosscheck --model teacher-student --comparisons entropy planted\n"
            "          python -m bp crosscheck --resume --output crosscheck-output"
        ),
    )
    _add_instances(command)
    command.add_argument("--seed", type=integer_of, help="root of all randomness (default 1)")
    command.add_argument(
        "--comparisons",
        nargs="+",
        metavar="NAME",
        help=f"what to compare: all, or any of {', '.join(COMPARISONS)} (default: all that are quick)",
    )
    command.add_argument(
        "--distance", type=number_of, nargs="+", metavar="D", help="distances in (0, 1/2] for the local entropy"
    )
    command.add_argument("--method", help="messages of the Bethe entropy: amp, gaussian or exact (default amp)")
    command.add_argument(
        "--workers", type=integer_of, help="processes that share the instances (default: 2, or 1 on a single core)"
    )
    command.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in the folder, with its settings; it is an error if there is none",
    )
    command.add_argument("--output", default="crosscheck-output", help="folder for the results (default %(default)s)")
    command.add_argument("--json", action="store_true", help="print the table as JSON")
    command.set_defaults(command=_crosscheck)


def _add_instances(command: argparse.ArgumentParser) -> None:
    """The options that say which random instances, and how many."""
    command.add_argument(
        "--model",
        type=word_of(plain_models()),
        metavar="NAME",
        help="constraint on the stabilities h (default: binary); "
        + "; ".join(f"{name}: {entry.kind.condition}" for name, entry in plain_models().items()),
    )
    add_model_options(command)
    command.add_argument("--kappa", type=number_of, help="margin (default 0; 1 for the symmetric model |h| <= kappa)")
    command.add_argument(
        "--alpha",
        type=number_of,
        nargs="+",
        metavar="A",
        help=f"loads P/N (default: three below capacity, for --model {', '.join(LOADS)})",
    )
    command.add_argument(
        "--n",
        type=integer_of,
        nargs="+",
        metavar="N",
        help="number of weights (default 1001); several: extrapolation to N = infinity",
    )
    command.add_argument("--samples", type=integer_of, help="instances at each load and size (default 8)")


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
    command.add_argument(
        "--seed", type=integer_of, default=1, help="seed of the initial messages (default %(default)s)"
    )
    command.add_argument("--output", help="file for the weights (default: FILE.weights.txt, or instance.weights.txt)")
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
        type=number_of,
        default=math.inf,
        help="inverse temperature of the number of errors (default inf: solutions)",
    )
    command.add_argument(
        "--damping", type=number_of, default=0.2, help="weight of the old message (default %(default)s)"
    )
    command.add_argument(
        "--max-iter", type=integer_of, default=1000, help="largest number of sweeps (default %(default)s)"
    )
    command.set_defaults(command=_entropy)


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        help=(
            "instance: text of ±1 (one pattern a line, all labels +1; gzip allowed), text with the labels in the "
            "first line (tabs), or .npz; - for standard input"
        ),
    )
    command.add_argument("--kappa", type=number_of, help="margin, for the text formats (default 0)")
    command.add_argument(
        "--constraint",
        type=word_of((*CONSTRAINTS, *(name for name in plain_models() if name not in _IN_WORDS))),
        metavar="NAME",
        help="h >= kappa or |h| <= kappa, or the constraint of a model, for the text formats (default: margin)",
    )
    add_model_options(command)
    command.add_argument("--json", action="store_true", help="print the result as JSON")


if __name__ == "__main__":
    sys.exit(main())
