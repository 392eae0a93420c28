"""Command line of the theory: ``python -m replica_theory entropy | capacity | curve | local | threshold | ...``."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np

from replica_theory._version import __version__
from replica_theory.algorithms.localization import localization
from replica_theory.arguments import integer_of, number_of, word_of
from replica_theory.console import console
from replica_theory.models.command_line import add_model_options, model_of, plain_models
from replica_theory.models.model import Model
from replica_theory.models.power_weight import PowerWeight
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.models.weights import BINARY, Weights, weights_of
from replica_theory.neighbourhood.franz_parisi import franz_parisi
from replica_theory.neighbourhood.local_entropy import ZERO_COMPLEXITY, Reference, local_entropy
from replica_theory.quoted.entries import ENTRIES
from replica_theory.quoted.table import numbers
from replica_theory.status import ConvergenceError, Status, silenced, statuses
from replica_theory.thresholds.capacity import capacity
from replica_theory.thresholds.dense_region import Criterion, local_entropy_threshold
from replica_theory.thresholds.sampling_threshold import Scheme, sampling_threshold
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typical.satisfiability import satisfiability_entropy
from replica_theory.typing import Array

MAX_POINTS = 1_000_000

FORMATS = ("text", "markdown", "csv", "json")

Columns = dict[str, Any]
"""What a command computes: a name and an array (one entry a point) for each column, with a column ``status``."""

_CONVENTIONS = """\
conventions:
  N weights W_i = +-1, P = alpha N patterns, stability h = y xi.W / sqrt(N). A pattern is satisfied when
  {conditions}.
  Entropies are natural logarithms per weight (nats); distance d = (1 - t)/2 at overlap t = W.W'/N.
  Lists and grids start:stop:count (both ends included) may be given wherever several numbers are allowed; the table
  has a line for every combination. A grid that starts below zero needs an equals sign: --kappa=-1:1:5.

exit code:
  0 done; 1 some point has no solution or did not converge (its line says why); 2 bad input.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0: done; 1: some point did not converge; 2: bad input, said in a sentence on standard error; 130: interrupted.
    """
    try:
        with console():
            arguments = _parser().parse_args(argv)
            command: Callable[[argparse.Namespace], tuple[str, list[str]]] = arguments.command
            with silenced():
                text, faults = command(arguments)
            print(text)
    except ConvergenceError as error:
        print(f"python -m replica_theory: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader had enough (head, less)
        return 0
    except (ValueError, TypeError, MemoryError, OSError) as error:
        print(f"python -m replica_theory: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        again = "nothing is kept, the same command begins again (with fewer points it is sooner done)"
        print(f"python -m replica_theory: interrupted; {again}", file=sys.stderr)
        return 130
    for fault in faults:
        print(f"python -m replica_theory: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _points(arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """The points of a command in a table or in JSON, and what is to be said of those that failed."""
    columns: Columns = arguments.points(arguments)
    text = _as_json(arguments, columns) if arguments.json else _as_table(columns)
    failed = Counter(status for status in columns["status"] if not status.ok)
    total = len(columns["status"])
    return text, [f"{count} of {total} points: {kind.sentence}" for kind, count in failed.items()]


def _numbers_quoted(arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """The table of quoted numbers, and what is to be said of those that miss a published bracket or failed."""
    table = numbers(arguments.topic, slow=arguments.all)
    writers = {"csv": table.to_csv, "json": table.to_json, "markdown": table.to_markdown, "text": table.to_text}
    faults = [f"{row.topic}, {row.name}: {row.digits} is outside {row.published} ({row.citation})"
              for row in table.outside]  # fmt: skip
    faults += [f"{row.topic}, {row.name}: {row.status.sentence}" for row in table.failed]
    return writers[arguments.format]().removesuffix("\n"), faults


def _entropy(arguments: argparse.Namespace) -> Columns:
    kappa, alpha = _outer(_margins(arguments), arguments.alpha)
    model = _model(arguments, kappa)
    result = replica_symmetric(model, alpha)
    columns: Columns = {"kappa": kappa, "alpha": alpha, "entropy": result.entropy}
    if math.isfinite(arguments.beta):
        columns |= {"beta": np.full_like(kappa, arguments.beta), "energy": result.energy}
        columns |= {"free_entropy": result.free_entropy}
    columns |= {"q": result.q, "q_hat": result.q_hat}
    if model.weights.square is None:
        columns |= {"mean_square": result.mean_square}
    if model.has_teacher:
        columns |= {"teacher_overlap": result.teacher_overlap}
    return columns | {"stability": result.stability, "error": result.error, "status": result.status}


def _capacity(arguments: argparse.Namespace) -> Columns:
    (kappa,) = _outer(_margins(arguments))
    model = _model(arguments, kappa)
    result = capacity(model)
    columns: Columns = {"kappa": kappa, "capacity": result.alpha, "q": result.q, "q_hat": result.q_hat}
    if model.weights.square is None:
        columns |= {"mean_square": result.mean_square}
    return columns | {"stability": result.stability, "error": result.error, "status": result.status}


def _curve(arguments: argparse.Namespace) -> Columns:
    kappa, alpha, distance = _outer(_margins(arguments), arguments.alpha, arguments.distance)
    model, reference = _model(arguments, kappa), None
    columns: Columns = {"kappa": kappa, "alpha": alpha, "distance": distance}
    if arguments.reference_kappa is not None:
        reference = model.at(kappa=arguments.reference_kappa)
        columns = {"reference_kappa": np.full_like(kappa, arguments.reference_kappa), **columns}
    curve = franz_parisi(model, alpha, distance, reference=reference)
    columns |= {"entropy": curve.entropy, "slope": curve.slope}
    if math.isfinite(arguments.beta):
        columns |= {"beta": np.full_like(kappa, arguments.beta)}
        columns |= {name: curve.overlaps[name] for name in ("energy", "free_entropy")}
    columns |= {name: curve.overlaps[name] for name in ("q", "t0")}
    return columns | {"error": curve.error, "status": curve.status}


def _local(arguments: argparse.Namespace) -> Columns:
    kappa, alpha, distance = _outer(_margins(arguments), arguments.alpha, arguments.distance)
    curve = local_entropy(_model(arguments, kappa), alpha, distance, reference=arguments.reference, y=arguments.y)
    columns: Columns = {"kappa": kappa, "alpha": alpha, "distance": distance, "y": curve.y}
    columns |= {"entropy": curve.entropy, "slope": curve.slope, "complexity": curve.complexity}
    return columns | {"error": curve.error, "status": curve.status}


def _threshold(arguments: argparse.Namespace) -> Columns:
    (kappa,) = _outer(_margins(arguments))
    found = local_entropy_threshold(
        _model(arguments, kappa), arguments.criterion, reference=arguments.reference, y=arguments.y
    )
    columns: Columns = {"kappa": kappa, "threshold": found.alpha, "distance": found.distance, "error": found.error}
    return columns | {"status": found.status}


def _satisfiability(arguments: argparse.Namespace) -> Columns:
    model, (ratio,) = RandomSatisfiability(arguments.k, arguments.beta), _outer(arguments.ratio)
    options = {"population": arguments.population, "sweeps": arguments.sweeps, "rng": arguments.seed}
    points = [satisfiability_entropy(model, float(one), **options) for one in ratio]
    columns: Columns = {"ratio": ratio}
    names = ["entropy", "overlap", "annealed", "error"]
    if math.isfinite(arguments.beta):
        columns |= {"beta": np.full_like(ratio, arguments.beta)}
        names[1:1] = ["energy", "free_entropy"]
    columns |= {name: np.array([getattr(point, name) for point in points]) for name in names}
    return columns | {"status": np.array([point.status for point in points], dtype=object)}


def _localization(arguments: argparse.Namespace) -> Columns:
    kappa, power, alpha, time = _outer(arguments.kappa, arguments.power, arguments.alpha, arguments.time)
    points = zip(kappa.tolist(), power.tolist(), alpha.tolist(), time.tolist(), strict=True)
    found = [localization(PowerWeight(k, power=p), a, np.array([t])) for k, p, a, t in points]
    columns: Columns = {"kappa": kappa, "power": power, "alpha": alpha, "time": time}
    names = ("q", "rest", "q_other", "free_entropy", "stability", "error")
    columns |= {name: np.array([getattr(one, name)[0] for one in found]) for name in names}
    return columns | {"status": statuses(one.status[0] for one in found)}


def _sampling(arguments: argparse.Namespace) -> Columns:
    kappa, power = _outer(arguments.kappa, arguments.power)
    points = zip(kappa.tolist(), power.tolist(), strict=True)
    found = [sampling_threshold(PowerWeight(np.array([k]), power=p), arguments.scheme) for k, p in points]
    columns: Columns = {"kappa": kappa, "power": power}
    names = {"threshold": "alpha", "time": "time", "q": "q", "entropy": "entropy", "error": "error"}
    columns |= {name: np.array([np.ravel(getattr(one, own))[0] for one in found]) for name, own in names.items()}
    return columns | {"status": statuses(one.status[0] for one in found)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m replica_theory",
        description="Replica theory of the binary perceptron, and of random formulas, in the limit N -> infinity.",
        epilog="Each command explains itself: python -m replica_theory entropy --help",
    )
    parser.add_argument("--version", action="version", version=f"binary-perceptron {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for add in (_add_entropy, _add_capacity, _add_curve, _add_local, _add_threshold, _add_satisfiability, _add_numbers):
        add(commands)
    _add_localization(commands)
    _add_sampling(commands)
    return parser


def _add_entropy(commands: Any) -> None:
    parser = _subcommand(
        commands,
        "entropy",
        _entropy,
        "replica-symmetric entropy of the solutions",
        """\
Replica-symmetric entropy (Gardner and Derrida 1988), the number of solutions being exp(N s):

  Phi = extr { -q_hat (1 - q)/2 + E_z log 2cosh(sqrt(q_hat) z) + alpha E_z log P(sqrt(q) z + sqrt(1 - q) x allowed) }

q is the overlap of two solutions. At finite --beta patterns may be violated at a price exp(-beta) each; then `entropy`
is that of the configurations with the fraction `energy` of violated patterns, s = Phi + beta alpha energy. `stability`
is the de Almeida-Thouless stability (negative: replica symmetry is broken), `error` the estimated quadrature error.
Above capacity the entropy is negative, and the status says so. With --weights spherical entropies are relative to the
uniform measure of the sphere, and always negative; of discrete weights the mean square is one more column.""",
        """\
  python -m replica_theory entropy --alpha 0.5          entropy 0.3143900669
  python -m replica_theory entropy --kappa 0 0.5 --alpha 0.1:0.8:8 --json
  python -m replica_theory entropy --weights -1,0,1 --alpha 0.5     entropy 0.7203914598
  python -m replica_theory entropy --model committee --activation relu --units inf --alpha 0.5
  python -m replica_theory entropy --model teacher-student --alpha 1.0""",
    )
    _add_load(parser)
    _add_temperature(parser)


def _add_capacity(commands: Any) -> None:
    _subcommand(
        commands,
        "capacity",
        _capacity,
        "load where the entropy of the solutions vanishes",
        """\
Capacity alpha_c(kappa) (Krauth and Mezard 1989): the load where the replica-symmetric entropy of the solutions falls to
zero (with --weights spherical: where q tends to 1). For the symmetric constraint it is -log 2 / log P(|z| <= kappa).
The columns q, q_hat and stability are those of the saddle point there; margins from -2 to 3 are checked.""",
        """\
  python -m replica_theory capacity                     capacity 0.8330785997
  python -m replica_theory capacity --weights spherical capacity 2
  python -m replica_theory capacity --kappa -1 0 1
  python -m replica_theory capacity --model committee --units 3     capacity 0.9206194010
  python -m replica_theory capacity --model symmetric --kappa 0.5:1.5:5""",
    ).set_defaults(beta=math.inf)


def _add_curve(commands: Any) -> None:
    parser = _subcommand(
        commands,
        "curve",
        _curve,
        "entropy of the solutions at given distances from a typical one",
        """\
Franz-Parisi entropy (Huang and Kabashima 2014): from a reference drawn at random among the solutions, exp(N S(d))
solutions lie at Hamming distance d N,

  S(d) = lim (1/N) E log #{ W solution : distance(W, reference) = d N },   0 <= d <= 1/2.

At the typical distance (1 - q)/2 it equals the entropy of all solutions; close to the reference it is negative: typical
solutions are isolated. With --reference-kappa the reference is typical at another margin (a larger one: a robust
reference, surrounded by solutions). `slope` is dS/dd, q the overlap of two solutions at distance d, t0 the overlap with
other references. Points beyond the distance where the saddle point ends have status saddle-lost.""",
        """\
  python -m replica_theory curve --alpha 0.5 --distance 0.01 0.05 0.1
  python -m replica_theory curve --alpha 0.5 --reference-kappa 0.2 --distance 0.001:0.1:20""",
    )
    _add_load(parser)
    _add_temperature(parser)
    parser.add_argument(
        "--distance",
        type=_numbers,
        nargs="+",
        metavar="D",
        default=[np.linspace(0.02, 0.5, 25)],
        help="distances in [0, 1/2], or a grid (default: 0.02:0.5:25)",
    )
    parser.add_argument(
        "--reference-kappa",
        type=number_of,
        metavar="K",
        help="margin of the reference (default: that of the solutions)",
    )


def _add_local(commands: Any) -> None:
    parser = _subcommand(
        commands,
        "local",
        _local,
        "local entropy and complexity around dense references",
        """\
Local entropy (Baldassi et al. 2015): references W~ are weighted by N(d)^y, where N(d) is the number of solutions at
distance d. `entropy` is S = (1/N) log N(d) around those that dominate, `complexity` the logarithm of their number.
y = 0 is the Franz-Parisi curve (with --reference solution), y = 1 counts pairs, y = inf (free reference) bounds what
any reference can have, y = zero-complexity gives the densest references that exist. `slope` is dS/dd along the
curve.""",
        """\
  python -m replica_theory local --alpha 0.6 --distance 0.05 0.1
  python -m replica_theory local --alpha 0.6 --reference solution --y zero-complexity --distance 0.01:0.1:10""",
    )
    _add_load(parser)
    _add_temperature(parser)
    _add_reference(parser)
    parser.add_argument(
        "--distance",
        type=_numbers,
        nargs="+",
        metavar="D",
        default=[np.linspace(0.01, 0.15, 15)],
        help="distances in [0, 1/2], or a grid (default: 0.01:0.15:15)",
    )


def _add_threshold(commands: Any) -> None:
    parser = _subcommand(
        commands,
        "threshold",
        _threshold,
        "load where the dense region of solutions ends, by a named criterion",
        """\
slope: the local entropy stops growing with the distance (by default free reference and y = inf: 0.75530203 at
kappa = 0; with --reference solution --y zero-complexity: 0.7757, about a minute. The literature has 0.77 by this
criterion, and 0.77 to 0.78 by another method). gap: the saddle point ceases to exist at some distance. margin: the
Franz-Parisi entropy around references of the largest margin stops growing.""",
        """\
  python -m replica_theory threshold
  python -m replica_theory threshold --criterion margin --kappa 0 0.2""",
    )
    parser.set_defaults(beta=math.inf)
    parser.add_argument(
        "--criterion", type=word_of(get_args(Criterion)), metavar="NAME", default="slope",
        help=f"{', '.join(get_args(Criterion))} (default: slope)",
    )  # fmt: skip
    _add_reference(parser)


def _add_satisfiability(commands: Any) -> None:
    parser = commands.add_parser(
        "satisfiability",
        help="replica-symmetric entropy of random formulas",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Replica-symmetric entropy of random K-satisfiability by population dynamics, nats per variable: clauses\n"
            "of k different variables, each negated with probability 1/2, so many per variable. `error` is\n"
            "statistical, `annealed` the first moment, an upper bound of the free entropy, `overlap` that of two\n"
            "solutions."
        ),
        epilog=(
            "exit code:\n  0 done; 1 some point did not settle (its line says so); 2 bad input.\n\nexamples:\n"
            "  python -m replica_theory satisfiability --k 4 --ratio 8 9\n"
            "  python -m replica_theory satisfiability --ratio 1:4:4 --population 5000 --json"
        ),
    )
    parser.set_defaults(command=_points, points=_satisfiability, name="satisfiability", model="satisfiability")
    parser.add_argument(
        "--ratio", type=_numbers, nargs="+", metavar="R", required=True, help="clauses per variable, or a grid"
    )
    parser.add_argument("--k", type=integer_of, default=3, metavar="K", help="literals of a clause (default: 3)")
    _add_temperature(parser)
    parser.add_argument(
        "--population", type=integer_of, default=20_000, metavar="P", help="number of messages (default: %(default)s)"
    )
    parser.add_argument(
        "--sweeps", type=integer_of, default=200, metavar="S", help="sweeps that are measured (default: %(default)s)"
    )
    parser.add_argument("--seed", type=integer_of, default=0, help="seed of the population (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON (NaN as null) instead of a table")


def _add_numbers(commands: Any) -> None:
    parser = commands.add_parser(
        "numbers",
        help="every number that the documentation quotes, beside what has been published",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=(
            "Every number that the documentation quotes, computed anew: value, estimated error, the call that\n"
            "computes it, and the published value, where there is one, with its citation. `inside`: the value lies in\n"
            "the published bracket: what rounds to the digits that were printed. Numbers that take seconds have no\n"
            "value without --all (two or three minutes)."
        ),
        epilog=(
            "exit code:\n  0 done; 1 a number misses its published bracket or did not converge; 2 bad input.\n\n"
            "examples:\n  python -m replica_theory numbers\n"
            "  python -m replica_theory numbers --topic capacity weights --format csv\n"
            "  python -m replica_theory numbers --all --format markdown"
        ),
    )
    parser.set_defaults(command=_numbers_quoted, name="numbers")
    parser.add_argument(
        "--topic", type=word_of(ENTRIES), nargs="+", metavar="NAME",
        help=f"topics: {', '.join(map(repr, ENTRIES))} (default: all)",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="compute the numbers that take seconds, too")
    parser.add_argument(
        "--format", type=word_of(FORMATS), default="text", metavar="NAME",
        help=f"how the table is printed: {', '.join(FORMATS)} (default: text)",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_const", dest="format", const="json", help="print JSON (NaN as null): --format json"
    )


def _add_localization(commands: Any) -> None:
    parser = _weighted(
        commands, "localization", _localization, "overlap of a sampler with its sample, by stochastic localisation",
        "Overlap q of the magnetisations with a sample of the measure prod (h - kappa)_+^p that is seen as\n"
        "tau W + sqrt(tau) g. `q_other` is the overlap of another fixed point at that time (nan: there is none).",
        "python -m replica_theory localization --power 1 --alpha 0.3 --time 0.1 0.5 1 2 4",
    )  # fmt: skip
    _add_load(parser)
    parser.add_argument("--time", type=_numbers, nargs="+", metavar="T", required=True, help="times, or a grid")


def _add_sampling(commands: Any) -> None:
    parser = _weighted(
        commands, "sampling", _sampling, "load up to which a measure can be sampled by following magnetisations",
        "Largest load at which the fixed point that a sampler of prod (h - kappa)_+^p follows is the only one at all\n"
        "times. With p < 1 there is none: q = 1 is a fixed point at any load (status pinned).",
        "python -m replica_theory sampling --power 0 1 1.5 2",
    )  # fmt: skip
    parser.add_argument(
        "--scheme", type=word_of(get_args(Scheme)), metavar="NAME", default="localization",
        help=f"{' or '.join(get_args(Scheme))} (default: localization)",
    )  # fmt: skip


def _weighted(
    commands: Any, name: str, command: Callable[[argparse.Namespace], Columns], summary: str, text: str, example: str
) -> argparse.ArgumentParser:
    """The parser of a command on solutions weighted by a power of their margins."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=text,
        epilog=f"exit code:\n  0 done; 1 some point did not converge; 2 bad input.\n\nexamples:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_points, points=command, name=name, model="power")
    for option, default, meaning in (("power", 1.0, "powers p of the weight"), ("kappa", 0.0, "margins")):
        parser.add_argument(
            f"--{option}", type=_numbers, nargs="+", metavar=option[0].upper(), default=[np.array([default])],
            help=f"{meaning}, or a grid (default: {default:g})",
        )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON (NaN as null) instead of a table")
    return parser


def _add_reference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reference", type=word_of(get_args(Reference)), metavar="NAME", default="free",
        help=f"what the reference may be: {' or '.join(get_args(Reference))} (default: free)",
    )  # fmt: skip
    parser.add_argument(
        "--y", type=_replicas, default=math.inf, metavar="Y", help=f"number, inf or {ZERO_COMPLEXITY} (default: inf)"
    )


def _replicas(text: str) -> float | str:
    """A number of replicas or the word for zero complexity."""
    if text == ZERO_COMPLEXITY:
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, inf or {ZERO_COMPLEXITY}; got {text!r}") from None


def _subcommand(
    commands: Any, name: str, points: Callable[[argparse.Namespace], Columns], summary: str, text: str, examples: str
) -> argparse.ArgumentParser:
    conditions = ";\n  ".join(f"{model}: {entry.kind.condition}" for model, entry in plain_models().items())
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=text,
        epilog=f"{_CONVENTIONS.format(conditions=conditions)}\nexamples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_points, points=points, name=name)
    parser.add_argument(
        "--model", type=word_of(plain_models()), metavar="NAME", default="binary",
        help=f"the constraint: {', '.join(plain_models())} (default: binary)",
    )  # fmt: skip
    add_model_options(parser)
    parser.add_argument(
        "--weights", type=_weights, metavar="W", default=BINARY,
        help="what a weight may be: binary, spherical, levels such as -1,0,1, or levels with their weight in the "
        "measure such as -1:1,0:0.5,1:1 (default: binary)",
    )  # fmt: skip
    parser.add_argument(
        "--kappa",
        type=_numbers,
        nargs="+",
        metavar="K",
        help=f"margins, or a grid (default: {_default_margins()})",
    )
    parser.add_argument("--json", action="store_true", help="print JSON (NaN as null) instead of a table")
    return parser


def _add_load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--alpha", type=_numbers, nargs="+", metavar="A", required=True, help="loads P/N, or a grid such as 0.1:0.8:8"
    )


def _add_temperature(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--beta",
        type=number_of,
        default=math.inf,
        metavar="B",
        help="inverse temperature (default: inf, solutions only)",
    )


def _numbers(text: str) -> Array:
    """One number or the grid start:stop:count."""
    parts = text.split(":")
    try:
        if len(parts) == 1:
            return np.array([float(text)])
        start, stop, count = float(parts[0]), float(parts[1]), int(parts[2])
        if len(parts) == 3 and 1 <= count <= MAX_POINTS and math.isfinite(start) and math.isfinite(stop):
            return np.linspace(start, stop, count)
    except (ValueError, IndexError):
        pass
    raise argparse.ArgumentTypeError(f"must be a number or a grid start:stop:count; got {text!r}")


def _weights(text: str) -> Weights:
    try:
        return weights_of(text)
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("weights ")) from None


def _margins(arguments: argparse.Namespace) -> list[Array]:
    return arguments.kappa or [np.atleast_1d(np.asarray(plain_models()[arguments.model].default("kappa")))]


def _default_margins() -> str:
    others = {name: entry.default("kappa") for name, entry in plain_models().items() if entry.default("kappa") != 0}
    return "; ".join(["0", *(f"{kappa:g} for --model {name}" for name, kappa in others.items())])


def _outer(*lists: list[Array]) -> list[Array]:
    """All combinations of the numbers of several lists, the last one fastest; 1-d arrays of one length."""
    axes = [np.concatenate(values) for values in lists]
    count = math.prod(map(len, axes))
    if count > MAX_POINTS:
        raise ValueError(f"at most {MAX_POINTS} points can be computed in one call; got {count}")
    return [grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")]


def _model(arguments: argparse.Namespace, kappa: Array) -> Model:
    return model_of(arguments.model, vars(arguments), kappa=kappa, beta=arguments.beta, weights=arguments.weights)


def _as_json(arguments: argparse.Namespace, columns: Columns) -> str:
    points = [
        {name: _plain(value) for name, value in zip(columns, line, strict=True)}
        for line in zip(*columns.values(), strict=True)
    ]
    about = {"command": arguments.name, "model": arguments.model}
    if getattr(arguments, "weights", BINARY) != BINARY:
        about["weights"] = arguments.weights.text
    return json.dumps(about | {"points": points}, indent=1)


def _plain(value: Any) -> str | float | None:
    """A JSON value: the name of a status, a number, null where there is none."""
    if isinstance(value, Status):
        return str(value)
    return float(value) if math.isfinite(value) else None


def _as_table(columns: Columns) -> str:
    cells = [[name, *(_cell(name, value) for value in values)] for name, values in columns.items()]
    widths = [max(map(len, column)) for column in cells]
    lines = zip(*cells, strict=True)
    return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines)


def _cell(name: str, value: Any) -> str:
    if isinstance(value, Status):
        return str(value)
    return f"{value:.1e}" if name == "error" else f"{value:.10g}"


if __name__ == "__main__":
    sys.exit(main())
