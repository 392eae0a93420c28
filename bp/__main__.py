"""Command line of the instance side: ``python -m bp compare | crosscheck | generate | solve | ...``."""

from __future__ import annotations

import argparse
import errno
import importlib.util
import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bp.algorithms import SolverStatus, solve, solvers
from bp.ensembles.compare import compare
from bp.ensembles.random_formulas import RandomFormulas
from bp.ensembles.random_problems import RandomProblems
from bp.ensembles.solver_comparison import SolverComparison
from bp.ensembles.source import ProblemSource
from bp.execution.call import stored_call
from bp.execution.store import OtherRun, clear_points, require_writable
from bp.execution.workers import worker_processes
from bp.messages.local_entropy import local_entropy
from bp.messages.propagation import belief_propagation
from bp.problems.any_file import read_problem
from bp.problems.committee import Committee, random_committee
from bp.problems.dimacs import write_dimacs
from bp.problems.files import write_instance
from bp.problems.perceptron import Instance, random_instance
from bp.problems.satisfiability import Satisfiability, random_satisfiability
from bp.validation.comparisons import COMPARISONS
from bp.validation.comparisons.solutions import SOLVERS
from bp.validation.crosscheck import DISTANCES, crosscheck
from bp.validation.report import Crosscheck, named
from bp.validation.table import Row
from bp.validation.verdict import RARE
from replica_theory._version import __version__
from replica_theory.arguments import checked_integer, integer_of, number_of, word_of
from replica_theory.console import console
from replica_theory.models.command_line import add_model_options, model_of, particular_options, plain_models
from replica_theory.models.committee import COUNTS
from replica_theory.models.model import Model
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.models.weights import weights_of
from replica_theory.results.files import replace_file
from replica_theory.results.streams import is_stream
from replica_theory.status import ConvergenceError, Status, silenced

DEFAULTS: dict[str, Any] = {
    "model": "binary",
    "kappa": None,
    "n": [1001],
    "samples": 8,
    "seed": 1,
    "comparisons": None,
    "distance": list(DISTANCES),
    "method": None,
    "k": None,
    "workers": min(2, os.cpu_count() or 1),
}
COMPARE_DEFAULTS: dict[str, Any] = {
    "model": "binary",
    "kappa": None,
    "alpha": [0.3, 0.5, 0.7],
    "n": [1001],
    "samples": 8,
    "units": None,
    "tree": False,
    "solvers": ["focusing-bp", "reinforced-bp", "sbpi"],
    "seconds": None,
    "distance": [],
    "method": "amp",
    "seed": 1,
    "workers": min(2, os.cpu_count() or 1),
}
_FORMULAS: dict[str, Any] = {"k": 3, "solvers": ["focusing-bp", "reinforced-bp", "walksat"], "method": None}
"""What differs for formulas."""
_OF_PATTERNS = ("alpha", "model", "kappa", "weights", "units", "tree", "patterns")
"""Options that formulas do not have."""
_CROSSCHECK_KEYS = ("model", "alpha", "n", "distance", "method", "seed", "samples", "comparisons")
_SATISFIABILITY = "satisfiability"
"""The name of random formulas among models."""
_CONSTRAINTS = {"binary": "margin", "teacher-student": "margin", "symmetric": "symmetric"}
"""Words for the constraints of models, which any file that holds them agrees with."""
UNSATISFIABLE = 3
"""Exit code where it is proved that there are no solutions."""
LOADS = {
    "binary": (0.3, 0.5, 0.7),
    "committee": (0.3, 0.5, 0.7),
    "symmetric": (0.5, 0.8, 1.1),
    "teacher-student": (0.4, 0.8, 1.1),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0: done (and, for ``solve``, solved); 1: not solved, not converged, nothing to compare, or (``crosscheck
        --check``) theory and simulation disagree; 2: bad input, said in a sentence on standard error; 3: it is proved
        that no weights satisfy every pattern, or every clause of a formula; 130: interrupted.
    """
    arguments = argparse.Namespace()
    try:
        with console():
            _parser().parse_args(argv, arguments)
            command: Callable[[argparse.Namespace], int] = arguments.command
            return command(arguments)
    except BrokenPipeError:  # the reader had enough (head, less)
        return 0
    except (ValueError, TypeError, MemoryError, OSError) as error:
        print(f"python -m bp: {_sentence(error)}", file=sys.stderr)
        return 2
    except ConvergenceError as error:
        print(f"python -m bp: {error}", file=sys.stderr)
        return 1
    except BrokenExecutor as error:
        print(f"python -m bp: {_sentence(error)}{_resume(arguments, error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as error:
        print(f"python -m bp: interrupted; {_how_to_go_on(arguments, error, argv)}", file=sys.stderr)
        return 130


def _how_to_go_on(arguments: argparse.Namespace, error: KeyboardInterrupt, argv: Sequence[str] | None) -> str:
    """What is kept, and the command that goes on from there."""
    if getattr(arguments, "checkpoint", None) and error.args:
        same = shlex.join(sys.argv[1:] if argv is None else argv)
        return f"{error}: python -m bp {same}"
    if getattr(arguments, "command", None) in (_crosscheck, _compare) and error.args:
        return f"{error}{_resume(arguments, error)}"
    keeps = "; with --checkpoint FILE it goes on where it was" if hasattr(arguments, "checkpoint") else ""
    return f"nothing is kept, the same command begins again{keeps}"


def _resume(arguments: argparse.Namespace, error: BaseException) -> str:
    """The command that goes on with a run of which something is kept."""
    if not str(error).endswith("the same call goes on from there"):
        return ""
    name = "compare" if arguments.command is _compare else "crosscheck"
    return f": python -m bp {name} --resume --output {shlex.quote(arguments.output)}"


def _crosscheck(arguments: argparse.Namespace) -> int:
    settings = _crosscheck_settings(arguments)
    try:
        check = _checked(settings, arguments.output)
    except OtherRun as refusal:
        if not arguments.force:
            raise ValueError(f"{refusal}, or drop its points by --force") from None
        clear_points(arguments.output)
        check = _checked(settings, arguments.output)
    paths = check.save(arguments.output)
    if arguments.json:
        print(json.dumps(_jsonable(check)))
    else:
        print(check, "", *_verdict(check), f"wrote {', '.join(map(str, paths))}", sep="\n")
    if arguments.check:
        return 0 if check.verdict.agrees else 1
    return 0 if any(math.isfinite(row.discrepancy) for row in check.rows) else 1


def _checked(settings: dict[str, Any], folder: str) -> Crosscheck:
    with worker_processes(settings["workers"]) as executor:
        return crosscheck(
            _system(settings),
            settings["alpha"],
            settings["n"],
            settings["samples"],
            settings["seed"],
            comparisons=settings["comparisons"],
            distance=settings["distance"],
            method=settings["method"],
            executor=executor,
            folder=folder,
        )


def _system(settings: dict[str, Any]) -> Model | RandomSatisfiability:
    """The model of a crosscheck, or random formulas."""
    if settings["model"] != _SATISFIABILITY:
        if settings["k"] is not None:
            raise ValueError(f"--k is for --model {_SATISFIABILITY}; got it with --model {settings['model']}")
        return _model(settings, layered=True)
    particular_options("binary", settings)  # refuses those of other models
    for name in ("kappa", "weights"):
        if settings.get(name) is not None:
            raise ValueError(f"--{name} is for perceptrons; got it with --model {_SATISFIABILITY}")
    return RandomSatisfiability(_FORMULAS["k"] if settings["k"] is None else settings["k"])


def _model(settings: dict[str, Any], *, layered: bool = False) -> Model:
    """The model by its name, with its margin, its weights and what else was given; `layered`: its units, too."""
    common = {} if settings["kappa"] is None else {"kappa": settings["kappa"]}
    if settings.get("weights") is not None:
        common["weights"] = weights_of(settings["weights"])
    return model_of(settings["model"], settings, layered=layered, **common)


def _crosscheck_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given on the command line; what was not, as in the run to resume, or by default."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    stored = _stored(arguments, "crosscheck", _CROSSCHECK_KEYS)
    settings = DEFAULTS | stored | given
    if settings.get("units") in COUNTS and "n" not in stored | given:
        settings["n"] = [_shared(int(settings["units"]))]
    if settings.get("alpha") is None:
        if settings["model"] not in LOADS:
            raise ValueError(f"--model {settings['model']} needs its loads: --alpha A, one or several")
        settings["alpha"] = LOADS[settings["model"]]
    if settings["comparisons"] == ["all"]:
        settings["comparisons"] = "all"
    return settings


def _shared(units: int) -> int:
    """The number of weights nearest to the usual one of which every unit has the same odd share."""
    return units * (int(DEFAULTS["n"][0]) // units | 1)


def _stored(arguments: argparse.Namespace, command: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Settings of the run to resume, the model by the name it has here; none without --resume."""
    if not arguments.resume:
        return {}
    stored = stored_call(arguments.output, command, ())
    if command == "compare" and "ratio" in stored:
        return stored_call(arguments.output, command, ("ratio", "k", "n", "samples", "solvers"))
    stored = stored_call(arguments.output, command, keys)
    layered = command == "crosscheck"
    names = {entry.kind.__name__: name for name, entry in plain_models(layered=layered).items()}
    if layered:
        names[RandomSatisfiability.__name__] = _SATISFIABILITY
    if stored["model"] not in names:
        raise ValueError(f"--resume knows the models {', '.join(names)}; the run there has {stored['model']!r}")
    return stored | {"model": names[stored["model"]]}


def _compare(arguments: argparse.Namespace) -> int:
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    stored = _stored(arguments, "compare", tuple(COMPARE_DEFAULTS.keys() - {"workers"}))
    settings = COMPARE_DEFAULTS | (_FORMULAS if "ratio" in given | stored else {}) | stored | given
    _check_options(given, "ratio" in settings)
    if settings["solvers"] is not None and "all" in settings["solvers"]:
        if len(settings["solvers"]) > 1:
            raise ValueError(f"--solvers all stands alone; got {' '.join(settings['solvers'])}")
        settings["solvers"] = solvers()
    if settings["solvers"] is None:
        raise ValueError("--resume needs solvers without options of their own; give --solvers, or go on from Python")
    try:
        found = _compared(settings, arguments.output)
    except OtherRun as refusal:
        if not arguments.force:
            raise ValueError(f"{refusal}, or drop its points by --force") from None
        clear_points(arguments.output)
        found = _compared(settings, arguments.output)
    paths = _saved(found, Path(arguments.output))
    if arguments.json:
        rows = [{name: _plain(value) for name, value in row.items()} for row in found.summary]
        print(json.dumps({"seed": found.root, "distance": found.distance.tolist(), "rows": rows}))
    else:
        print(found, "", *_lost(found), f"wrote {', '.join(map(str, paths))}", sep="\n")
    return 0 if found.status.size and np.any(found.converged) else 1


def _lost(found: SolverComparison) -> list[str]:
    """How many local entropies there are not, if any."""
    around = found.values.get("local_entropy", np.zeros((*found.status.shape, 0)))[found.converged]
    if lost := int(np.isnan(around).sum()):
        return [f"No local entropy in {lost} of {around.size} places: messages did not converge there, or no field "
                "attains the distance."]  # fmt: skip
    return []


def _compared(settings: dict[str, Any], folder: str) -> SolverComparison:
    problems = _problems(settings)
    around = {"measurements": ["local_entropy"], "distance": settings["distance"]} if settings["distance"] else {}
    with worker_processes(settings["workers"]) as executor, silenced():
        return compare(settings["solvers"], problems, settings["seed"], executor, folder=folder,
                       seconds=settings["seconds"], method=settings["method"], **around)  # fmt: skip


def _problems(settings: dict[str, Any]) -> ProblemSource:
    """The random problems to compare on: formulas with --ratio."""
    if "ratio" in settings:
        return RandomFormulas(settings["ratio"], settings["n"], settings["k"], settings["samples"])
    kind = {"units": settings["units"], "tree": settings["tree"]}
    return RandomProblems(_model(settings), settings["alpha"], settings["n"], settings["samples"], **kind)


def _check_options(given: dict[str, Any], formulas: bool) -> None:
    """Refuse options of perceptrons for formulas, and the other way round."""
    if not formulas and "k" in given:
        raise ValueError("--k is for formulas: give their --ratio, clauses per variable")
    if formulas:
        particular_options("binary", given, layered=False)  # refuses those of other models
    foreign = [name for name in _OF_PATTERNS if given.get(name) is not None and given[name] is not False]
    if formulas and foreign:
        raise ValueError(f"--{foreign[0]} is for perceptrons; --ratio asks for formulas")


def _saved(found: SolverComparison, folder: Path) -> list[Path]:
    """The runs as CSV and, where matplotlib is there, the picture."""
    paths = [folder / "compare.csv"]
    replace_file(paths[0], found.to_csv().encode())
    if importlib.util.find_spec("matplotlib") is not None:
        from bp.plots import save_comparison

        paths.append(folder / "compare.png")
        save_comparison(found, paths[1])
    return paths


def _generate(arguments: argparse.Namespace) -> int:
    output = Path(arguments.file)
    if arguments.ratio is not None or arguments.k is not None:
        return _generate_formula(arguments, output)
    if arguments.alpha is None:
        raise ValueError("--alpha A, the load of an instance, must be given (or --ratio R, for a formula)")
    arguments.model, arguments.patterns = arguments.model or "binary", arguments.patterns or "binary"
    checked_integer("seed", arguments.seed, 0)
    model = _model(vars(arguments))
    _require_free(output, arguments.force)
    instance = _drawn(arguments, model)
    write_instance(instance, output)
    kind = {} if arguments.units is None else {"units": arguments.units, "tree": arguments.tree}
    report = {
        "n": instance.n,
        "patterns": instance.n_constraints,
        "model": arguments.model,
        "kappa": instance.kappa,
        **kind,
        "seed": arguments.seed,
        "file": str(output),
    }
    _print(report, arguments.json, f"wrote {instance.n_constraints} patterns on {instance.n} weights to {output}")
    return 0


def _generate_formula(arguments: argparse.Namespace, output: Path) -> int:
    _check_options({name: x for name, x in vars(arguments).items() if x is not None}, arguments.ratio is not None)
    checked_integer("seed", arguments.seed, 0)
    _require_free(output, arguments.force)
    k = _FORMULAS["k"] if arguments.k is None else arguments.k
    formula = random_satisfiability(arguments.n, arguments.ratio, k, arguments.seed)
    write_dimacs(formula, output)
    report = {"n": formula.n, "clauses": formula.n_constraints, "k": k, "seed": arguments.seed, "file": str(output)}
    text = f"wrote {formula.n_constraints} clauses of {k} literals over {formula.n} variables to {output}"
    _print(report, arguments.json, text)
    return 0


def _drawn(arguments: argparse.Namespace, model: Model) -> Instance | Committee:
    """A random perceptron, or a committee machine with --units."""
    drawn = model, arguments.n
    if arguments.units is None:
        if arguments.tree:
            raise ValueError("--tree is for committee machines: give their --units")
        return random_instance(*drawn, arguments.alpha, arguments.seed, patterns=arguments.patterns)
    if arguments.patterns != "binary":
        raise ValueError(f"--patterns must be binary for committee machines; got {arguments.patterns!r}")
    return random_committee(*drawn, arguments.units, arguments.alpha, arguments.seed, tree=arguments.tree)


def _solve(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    output = Path(arguments.output or _weights_of(arguments.file))
    if output.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file for the weights", str(output))
    stream = is_stream(output)
    for option, path in (("--output", output), ("--checkpoint", arguments.checkpoint)):
        if path is None or arguments.file == "-":
            continue
        if os.path.exists(path) and os.path.samefile(path, arguments.file):
            raise ValueError(f"{option} must be another file than the instance; got {path}")
    checked_integer("seed", arguments.seed, 0)
    if not stream:
        _require_free(output, arguments.force)
        require_writable(Path(os.path.realpath(output)).parent)
    options = {} if arguments.checkpoint is None else {"checkpoint": arguments.checkpoint}
    found = solve(instance, arguments.solver, rng=arguments.seed, **options)
    replace_file(output, (" ".join(map(str, found.weights.tolist())) + "\n").encode())
    report = {
        "solved": found.solved,
        "errors": found.errors,
        "iterations": found.iterations,
        "status": str(found.status),
        "n": instance.n,
        _constraints(instance): instance.n_constraints,
        "weights": str(output),
    }
    text = f"{found.message} {found.errors} errors, {found.iterations} iterations; wrote {output}"
    _print(report, arguments.json, text)
    if found.status is SolverStatus.UNSATISFIABLE:
        return UNSATISFIABLE
    return 0 if found.solved else 1


def _entropy(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    options = {"beta": arguments.beta, "damping": arguments.damping, "max_iter": arguments.max_iter}
    reason = ""
    try:
        run = belief_propagation(instance, arguments.method, **options)
    except ConvergenceError as error:
        run, reason = error.result, str(error)
        if run.status is not Status.UNSATISFIABLE:
            raise
    if run.status is Status.NEGATIVE_ENTROPY and (proof := instance.refutation()):
        run = replace(run, entropy=-math.inf, free_entropy=-math.inf, status=Status.UNSATISFIABLE)
        reason = f"there is no solution: {proof}"
    report = {
        "entropy": run.entropy,
        "free_entropy": run.free_entropy,
        "energy": run.energy,
        "overlap": run.overlap,
        "status": str(run.status),
        "residual": run.residual,
        "iterations": run.iterations,
        "n": instance.n,
        _constraints(instance): instance.n_constraints,
    }
    text = f"Bethe entropy {run.entropy:.9f} nats per weight (N = {instance.n}, alpha = {instance.alpha:.4g})"
    if not reason:
        text += (
            f", energy {run.energy:.6g} per {_constraints(instance)[:-1]}, overlap q = {run.overlap:.6f}\n{run.message}"
        )
    else:
        text += f": {reason}"
    _print(report, arguments.json, text)
    return UNSATISFIABLE if reason else 0


def _local_entropy(arguments: argparse.Namespace) -> int:
    instance = _read(arguments)
    path = arguments.weights or _weights_of(arguments.file)
    if arguments.weights is None and not os.path.exists(path):
        raise ValueError(f"there are no weights in {path}: name theirs by --weights, or find some: python -m bp solve")
    weights = _read_weights(path)
    method: Any = arguments.method or ("amp" if "amp" in instance.forms else instance.forms[0])
    with silenced():
        curve = local_entropy(
            instance,
            weights,
            np.array(arguments.distance),
            method=method,
            damping=arguments.damping,
            max_iter=arguments.max_iter,
        )
    errors, columns = instance.errors(weights), (curve.distance, curve.entropy, curve.slope, curve.status)
    if arguments.json:
        names = ("distance", "entropy", "slope", "status")
        points = [dict(zip(names, (*map(_plain, map(float, row)), str(status)), strict=True))
                  for *row, status in zip(*columns, strict=True)]  # fmt: skip
        print(json.dumps({"errors": errors, "weights": str(path), "points": points}))
    else:
        print(f"around {path}, which violates {errors} of {instance.n_constraints} {_constraints(instance)}")
        print(f"{'distance':>10}  {'entropy':>12}  {'slope':>12}  status")
        for distance, entropy, slope, status in zip(*columns, strict=True):
            print(f"{distance:>10.6g}  {entropy:>12.9f}  {slope:>12.6g}  {status}")
    for status in dict.fromkeys(status for status in curve.status if not status.ok):
        print(f"python -m bp: {status.sentence}", file=sys.stderr)
    return 0 if all(status.ok for status in curve.status) else 1


def _constraints(problem: Instance | Committee | Satisfiability) -> str:
    """What the constraints of a problem are called."""
    return "clauses" if isinstance(problem, Satisfiability) else "patterns"


def _read(arguments: argparse.Namespace) -> Instance | Committee | Satisfiability:
    kappa, name = arguments.kappa, arguments.model
    if name is None or name in _CONSTRAINTS:
        particular_options("binary", vars(arguments))  # refuses the options of others
        constraint = None if name is None else _CONSTRAINTS[name]
        if name is not None and kappa is None and Path(arguments.file).suffix != ".npz":  # which has its own
            kappa = plain_models()[name].default("kappa")
        return read_problem(arguments.file, kappa=kappa, constraint=constraint)
    margin = {} if kappa is None else {"kappa": kappa}
    return read_problem(arguments.file, constraint=model_of(name, vars(arguments), layered=False, **margin))


def _weights_of(file: str) -> str:
    """Where ``solve`` writes, unless told."""
    return f"{'instance' if file == '-' else file}.weights.txt"


def _read_weights(path: str) -> list[float]:
    """Weights as text, separated by blanks."""
    words = Path(path).read_bytes().split()
    try:
        return [float(word) for word in words]
    except ValueError:
        raise ValueError(f"weights in {path} must be ±1, separated by blanks; got other words") from None


def _require_free(output: Path, force: bool) -> None:
    """Refuse to replace a file that someone may want to keep."""
    if output.is_file() and not force:
        raise ValueError(f"{output} is there already: choose another name, or replace it by --force")


def _verdict(check: Crosscheck) -> list[str]:
    """What the table says, in a few sentences."""
    rows = [row for row in check.rows if math.isfinite(row.z)]
    equal = [row for row in rows if row.expected == "equal"]
    sentences = []
    if lost := sum(not math.isfinite(row.discrepancy) for row in check.rows):
        sentences.append(f"No value to compare in {lost} of {len(check.rows)} rows.")
    if solved := [point["solved"] for by_size in check.points.values() for points in by_size.values()
                  for point in points if "solved" in point]:  # fmt: skip
        counts = zip(SOLVERS, np.sum(solved, axis=0), strict=True)
        shares = ", ".join(f"{solver} {count} of {len(solved)}" for solver, count in counts)
        sentences.append(f"Instances solved: {shares}.")
    if limits := [abs(row.discrepancy) for row in equal if math.isinf(row.n)]:
        sentences.append(f"Largest discrepancy extrapolated to N = ∞ among them: {max(limits):.4f}.")
    for side, text in (("above", "denser than typical ones"), ("below", "no denser than the bound")):
        if local := [row for row in rows if row.expected == side]:
            met = sum((row.discrepancy > 0) == (side == "above") for row in local)
            sentences.append(f"Solutions found lie {text} in {met} of {len(local)} rows.")
    return [*sentences, check.verdict.message]


def _jsonable(check: Crosscheck) -> dict[str, Any]:
    names = [*Row.__dataclass_fields__, "discrepancy"]
    rows = [{name: _plain(getattr(row, name)) for name in names} for row in check.rows]
    settings = named(check.model) | {"n": check.n, "seed": check.seed}
    found = {"samples": check.samples, "method": check.method, "p_value": _plain(check.verdict.p_value), "rows": rows}
    return settings | found


def _plain(value: Any) -> Any:
    """A JSON value: infinities are text, NaN is null."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
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
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bp",
        description=(
            "Belief propagation and solvers on instances of the binary perceptron (weights ±1, P patterns) and on "
            "formulas of satisfiability."
        ),
    )
    parser.add_argument("--version", action="version", version=f"binary-perceptron {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for add in (_add_compare, _add_crosscheck, _add_generate, _add_solve, _add_entropy, _add_local_entropy):
        add(commands)
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
            "          python -m bp crosscheck --model committee --units 3 --alpha 0.5 --n 1005\n"
            "          python -m bp crosscheck --model satisfiability --k 4 --alpha 7 8 --n 2000\n"
            "          python -m bp crosscheck --resume --output crosscheck-output"
        ),
    )
    _add_instances(command, _SATISFIABILITY)
    command.add_argument(
        "--k", type=integer_of, help=f"literals of a clause (default {_FORMULAS['k']}; --model {_SATISFIABILITY})"
    )
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
    command.add_argument(
        "--method", help="messages of the Bethe entropy: amp, gaussian or exact (default amp; of formulas exact)"
    )
    _add_folder(command, "crosscheck-output")
    command.add_argument("--json", action="store_true", help="print the table as JSON")
    command.add_argument(
        "--check",
        action="store_true",
        help=f"exit with 1 if all rows together have a p-value below {RARE:g}, or none can judge",
    )
    command.set_defaults(command=_crosscheck)


def _add_folder(command: Any, output: str) -> None:
    """Who does the work, where it is kept, and whether to go on with what is there."""
    command.add_argument(
        "--workers", type=integer_of, help="processes that share the instances (default: 2, or 1 on a single core)"
    )
    again = command.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in the folder, with its settings; it is an error if there is none",
    )
    again.add_argument("--force", action="store_true", help="drop the points of another run that the folder holds")
    command.add_argument("--output", default=output, help="folder for the results (default %(default)s)")


def _add_compare(commands: Any) -> None:
    command = commands.add_parser(
        "compare",
        help="solvers against one another on the same random problems",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Draw random perceptrons, committee machines with --units or formulas with --ratio, and run every solver\n"
            "on each: how often it solves (with Wilson's interval), iterations, CPU seconds on one thread without\n"
            "compilation, errors left, and with --distance the entropy of the solutions around those found. Writes\n"
            "compare.csv (a run a line) and compare.png; an interrupted run goes on with the same command, or with\n"
            "--resume; so does one with more solvers or more samples. Exit code 0: something was solved, 1: nothing."
        ),
        epilog=(
            "examples: python -m bp compare --alpha 0.4 0.6 --n 501 --samples 20 --solvers focusing-bp sbpi\n"
            "          python -m bp compare --units 5 --n 505 --alpha 0.3 --solvers focusing-bp replicated-sgd\n"
            "          python -m bp compare --k 4 --ratio 9.0 9.2 --n 1000 --solvers reinforced-bp walksat\n"
            "          python -m bp compare --solvers all --seconds 5 --distance 0.02 0.05 0.1"
        ),
    )
    _add_model(command, "default: binary")
    _add_weights(command)
    command.add_argument("--alpha", type=number_of, nargs="+", metavar="A", help="loads P/N (default 0.3 0.5 0.7)")
    command.add_argument("--n", type=integer_of, nargs="+", metavar="N", help="number of weights (default 1001)")
    command.add_argument("--samples", type=integer_of, help="problems at each load and size (default 8)")
    command.add_argument("--units", type=integer_of, metavar="K", help="units of committee machines, odd")
    command.add_argument("--tree", action="store_true", default=None, help="whether units have inputs of their own")
    command.add_argument(
        "--ratio", type=number_of, nargs="+", metavar="R", help="clauses per variable of random formulas"
    )
    command.add_argument("--k", type=integer_of, metavar="K", help="literals of their clauses (default 3)")
    command.add_argument(
        "--solvers", nargs="+", metavar="NAME",
        help=f"all, or any of {', '.join(solvers())} (default: {' '.join(COMPARE_DEFAULTS['solvers'])}; for formulas: "
        f"{' '.join(_FORMULAS['solvers'])})",
    )  # fmt: skip
    command.add_argument("--seconds", type=number_of, metavar="S", help="CPU seconds that a run may take")
    command.add_argument(
        "--distance", type=number_of, nargs="+", metavar="D", help="distances in (0, 1/2] for local entropies"
    )
    command.add_argument(
        "--method", help="messages of the local entropies: amp, gaussian or exact (default amp; exact for formulas)"
    )
    command.add_argument("--seed", type=integer_of, help="root of all randomness (default 1)")
    _add_folder(command, "compare-output")
    command.add_argument("--json", action="store_true", help="print the summary as JSON")
    command.set_defaults(command=_compare)


def _add_instances(command: argparse.ArgumentParser, *others: str) -> None:
    """The options that say which random instances, and how many."""
    _add_model(command, "default: binary", *others, layered=True)
    _add_weights(command)
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
        help="number of weights (default 1001, of a committee near it); several: extrapolation to N = infinity",
    )
    command.add_argument("--samples", type=integer_of, help="instances at each load and size (default 8)")


def _add_generate(commands: Any) -> None:
    command = commands.add_parser(
        "generate",
        help="write a random instance or formula to a file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Draw P = round(alpha N) random patterns and write them, in the format that the name of the file tells:\n"
            ".txt (patterns times labels), .tsv (labels in the first line, tabs), both with .gz if wanted, or .npz,\n"
            "which alone keeps a margin, another constraint, a teacher and real patterns. With --units they are those\n"
            "of a committee machine, which the first line of text says. With --ratio it is a formula of random\n"
            "clauses of --k literals, in the DIMACS format, gzipped if the name ends in .gz."
        ),
        epilog=(
            "examples: python -m bp generate patterns.txt.gz --n 1001 --alpha 0.6\n"
            "          python -m bp generate instance.npz --model u-shape --kappa 0.5 --n 1001 --alpha 0.4 --seed 2\n"
            "          python -m bp generate committee.txt --units 5 --n 1005 --alpha 0.4\n"
            "          python -m bp generate formula.cnf --k 4 --ratio 9.0 --n 1000"
        ),
    )
    command.add_argument("file", help="where to write")
    _add_model(command, "default: binary")
    _add_weights(command)
    command.add_argument("--alpha", type=number_of, metavar="A", help="load P/N")
    command.add_argument("--n", type=integer_of, default=1001, metavar="N", help="number of weights (default 1001)")
    command.add_argument("--units", type=integer_of, metavar="K", help="units of a committee machine, odd")
    command.add_argument("--tree", action="store_true", help="whether units have inputs of their own")
    command.add_argument("--patterns", help="binary (±1) or gaussian (default binary)")
    command.add_argument("--ratio", type=number_of, metavar="R", help="clauses per variable, for a random formula")
    command.add_argument("--k", type=integer_of, metavar="K", help="literals of its clauses (default 3)")
    command.add_argument("--seed", type=integer_of, default=1, help="seed of the patterns (default %(default)s)")
    _add_force(command)
    command.add_argument("--json", action="store_true", help="print what was written as JSON")
    command.set_defaults(command=_generate)


def _add_model(command: argparse.ArgumentParser, default: str, *others: str, layered: bool = False) -> None:
    known = plain_models(layered=layered)
    command.add_argument(
        "--model",
        type=word_of([*known, *others]),
        metavar="NAME",
        help=f"constraint on the stabilities h ({default}); "
        + "; ".join(f"{name}: {entry.kind.condition}" for name, entry in known.items())
        + "".join(f"; or {name}, random formulas of clauses of --k literals" for name in others),
    )
    add_model_options(command, layered=layered)
    margins = ((name, entry.default("kappa")) for name, entry in known.items())
    unlike = "".join(f"; {kappa:g} for {name}" for name, kappa in margins if kappa)
    command.add_argument("--kappa", type=number_of, metavar="K", help=f"margin (default 0{unlike})")


def _add_weights(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--weights",
        metavar="W",
        help="what a weight may be: binary, spherical, or levels such as -1,0,1 (default binary)",
    )


def _add_force(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help="replace the file if it is there already")


def _add_solve(commands: Any) -> None:
    command = commands.add_parser(
        "solve",
        help="find weights that satisfy every pattern or clause of a file",
        description=(
            "Solve an instance or a formula and write its weights (±1, one line; of a formula +1 is true). Exit code "
            "0: solved, 1: not solved, 3: it is proved that there is no solution."
        ),
    )
    _add_file(command)
    command.add_argument(
        "--solver", default="focusing-bp", help=f"one of: {', '.join(solvers())} (default %(default)s)"
    )
    command.add_argument(
        "--seed", type=integer_of, default=1, help="seed of the initial messages (default %(default)s)"
    )
    command.add_argument("--output", help="file for the weights (default: FILE.weights.txt, or instance.weights.txt)")
    _add_force(command)
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
        "--method",
        help="gaussian (edge messages), exact (small N, any ±1) or amp (large N); of formulas exact or "
        "survey, whose entropy is that of clusters (default: gaussian, exact)",
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


def _add_local_entropy(commands: Any) -> None:
    command = commands.add_parser(
        "local-entropy",
        help="entropy of the solutions of a file around given weights",
        description=(
            "Entropy of the solutions at given distances (fractions of differing weights) from given weights, such as "
            "those that `solve` has written, by belief propagation in their field: nats per weight, with the slope in "
            "the distance. Exit code 0: all distances, 1: some have a status that says why not."
        ),
    )
    _add_file(command)
    command.add_argument(
        "--weights", metavar="FILE", help="weights ±1 as text, separated by blanks (default: FILE.weights.txt)"
    )
    command.add_argument(
        "--distance", type=number_of, nargs="+", metavar="D", default=list(DISTANCES),
        help=f"distances in [0, 1/2] (default: {' '.join(f'{d:g}' for d in DISTANCES)})",
    )  # fmt: skip
    command.add_argument(
        "--method", help="amp, gaussian (edge messages) or exact (small N, any ±1) (default: amp; exact for formulas)"
    )
    command.add_argument(
        "--damping", type=number_of, default=0.2, help="weight of the old message (default %(default)s)"
    )
    command.add_argument(
        "--max-iter", type=integer_of, default=1000, help="largest number of sweeps (default %(default)s)"
    )
    command.set_defaults(command=_local_entropy)


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        help=(
            "instance: text of ±1 (one pattern a line, all labels +1; gzip allowed), text with the labels in the "
            "first line (tabs), both after a line such as '# committee units=5 tree=false' for a committee machine, or "
            ".npz; or a formula in the DIMACS format; - for standard input"
        ),
    )
    _add_model(command, "which text formats do not tell; default: that of the file, or binary")
    command.add_argument("--json", action="store_true", help="print the result as JSON")


if __name__ == "__main__":
    sys.exit(main())
