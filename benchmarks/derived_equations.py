"""Saddle points of the package in the equations derived from functionals: the table in ``benchmarks/README.md``.

``python benchmarks/derived_equations.py`` draws loads, margins, distances and numbers of replicas, asks the functions
of the package for their saddle points, and evaluates there what sympy derived, by a quadrature that they do not use. It
prints for each theory how many points have a saddle, the largest residual (over the largest of the unknowns, where that
exceeds 1: for many replicas that hardly feel each other some are in the thousands), the largest difference of the
value, and CPU seconds: of the derivation, and (the median) of the numbers at a point.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import replica_theory as rt
from replica_theory import symbolic

NAMES = {
    "q": "q", "q_hat": "q_hat", "Q": "mean_square", "c": "mean_square_hat", "R": "teacher_overlap", "m": "m",
    "R_hat": "teacher_overlap_hat", "t_0": "t0", "t_0_hat": "t0_hat", "t_hat": "t_hat", "q_ref": "q_ref",
    "q_ref_hat": "q_ref_hat", "q_2": "q2", "q_1": "q1", "q_0": "q0", "q_2_hat": "q2_hat", "q_1_hat": "q1_hat",
    "q_0_hat": "q0_hat",
}  # fmt: skip
LIMIT = {"q": "q0", "q_hat": "q0_hat", "dq": "gap", "dq_hat": "gap_hat", "t_hat": "t_hat"}
Point = dict[str, float]
LEVELS, SPHERE = rt.DiscreteWeights([-1, 0, 1]), rt.SphericalWeights()


def named(found: Mapping[str, Any], names: Mapping[str, str] = NAMES) -> Point:
    """Numbers of a result by their symbols."""
    return {name: float(np.asarray(found[own])) for name, own in names.items() if own in found}


def typical(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """The replica-symmetric saddle point, also that of students."""
    found = rt.replica_symmetric(model, at["alpha"])
    return named(vars(found)), of(model), found.free_entropy


def near_typical(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Around a typical solution."""
    found, alone = rt.franz_parisi(model, at["alpha"], at["d"]), rt.replica_symmetric(model, at["alpha"])
    own = {"q_ref": alone.q, "q_ref_hat": alone.q_hat, "Q_ref": alone.mean_square, "c_ref": alone.mean_square_hat}
    values = {"c": 1 / (1 - float(found.overlaps["q"]))} | named(found.overlaps)
    return values | {name: float(np.asarray(value)) for name, value in own.items()}, of(model), found.entropy


def near_teacher(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Students at a distance from their teacher."""
    found = rt.around_teacher(model, at["alpha"], at["d"])
    return named(found.overlaps) | {"R": 1 - 2 * at["d"]}, of(model), found.entropy


def replicas(at: Point, model: rt.Model, reference: str = "free") -> tuple[Point, Any, Any]:
    """A number of replicas around a reference."""
    found = rt.local_entropy(model, at["alpha"], at["d"], y=at["y"], reference=reference)
    return named(found.overlaps), of(model), found.overlaps["phi"]


def near_solutions(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """The same around solutions."""
    return replicas(at, model, "solution")


def coupled(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Replicas that are coupled to a centre."""
    found = rt.robust_ensemble(model, at["alpha"], at["gamma"], at["y"])
    return named(vars(found)), of(model), found.free_entropy


def limit(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Infinitely many replicas."""
    found = rt.local_entropy(model, at["alpha"], at["d"])
    return named(found.overlaps, LIMIT), of(model), found.entropy


def broken(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """One step of breaking, where there is one."""
    found = rt.local_entropy_1rsb(model, at["alpha"], at["d"], y=at["y"])
    return named(found.overlaps), of(model), found.overlaps["phi"]


def group(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Triples at a distance of each other: derivatives at a given overlap and size."""
    found = rt.tuple_entropy(model, at["alpha"], at["d"], m=3)
    return named(found.overlaps) | {"m_1": 3.0}, of(model), found.entropy


def threshold(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """The load at which tuples of the best size cease to exist."""
    found = rt.tuple_threshold(model, levels=3)
    values = {"alpha": found.alpha, "m_1": float(found.sizes[0])}
    for name, row_ in (("", found.overlaps), ("_hat", found.conjugates)):
        values |= {f"q_{k}{name}": float(value) for k, value in enumerate(row_)}
    return values, of(model), 0.0


def sampled(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Observed through noise."""
    found = rt.localization(model, at["alpha"], at["tau"])
    values = {"q": found.q, "q_hat": found.q_hat, "q_ref": found.q_ref, "q_ref_hat": found.q_hat_ref}
    return {name: float(np.asarray(value)) for name, value in values.items()}, of(model), found.free_entropy


def classes(at: Point, model: rt.Model) -> tuple[Point, Any, Any]:
    """Two classes of patterns with outputs of their own."""
    other, share = model.at(kappa=-at["kappa"]), at["gamma"]
    found = rt.replica_symmetric(rt.Mixture([(share, model, 1), (1 - share, other, -1)], shift="free"), at["alpha"])
    values = named(vars(found)) | {"M": float(np.asarray(found.shift)), "p_1": share, "p_2": 1 - share}
    return values, {r"\ell_1": model, r"\ell_2": other}, found.entropy


def of(model: rt.Model) -> dict[str, rt.Model]:
    """A model by the names of its kernels; with a teacher, that of the teacher."""
    own = rt.BinaryPerceptron(model.kappa) if model.has_teacher else model
    return {r"\ell": own, r"\ell_R": own, "g": own, r"\ell_T": rt.BinaryPerceptron()}


Door = Callable[[Point, rt.Model], tuple[Point, Any, Any]]
ONE, TAUGHT, TREE = rt.BinaryPerceptron(), rt.TeacherStudent(), rt.TreeCommittee()
GROUP = symbolic.Functional(
    symbolic.tuples().expression, tuple(one for one in symbolic.tuples().unknowns if one.name not in ("q_1", "m_1"))
)
ORDINARY: dict[str, tuple[float, float]] = {}
STRONG = {"alpha": (0.2, 0.25), "d": (0.3, 0.45), "y": (0.05, 0.3), "kappa": (1.5, 1.5)}
"""Where replica symmetry is broken for abs(h) >= kappa."""
THEORIES: dict[str, tuple[symbolic.Functional, Door, rt.Model, Mapping[str, tuple[float, float]]]] = {
    "replica symmetric": (symbolic.replica_symmetric(), typical, ONE, ORDINARY),
    "levels -1, 0, 1": (symbolic.replica_symmetric(LEVELS), typical, ONE.at(weights=LEVELS), ORDINARY),
    "spherical": (symbolic.replica_symmetric(SPHERE), typical, ONE.at(weights=SPHERE), ORDINARY),
    "committee of signs": (symbolic.replica_symmetric(activation="sign"), typical, TREE, ORDINARY),
    "students": (symbolic.teacher_student(), typical, TAUGHT, ORDINARY),
    "around the teacher": (symbolic.around_teacher(), near_teacher, TAUGHT, ORDINARY),
    "Franz-Parisi": (symbolic.franz_parisi(), near_typical, ONE, ORDINARY),
    "Franz-Parisi, levels": (symbolic.franz_parisi(LEVELS), near_typical, ONE.at(weights=LEVELS), ORDINARY),
    "Franz-Parisi, spherical": (symbolic.franz_parisi(SPHERE), near_typical, ONE.at(weights=SPHERE), ORDINARY),
    "Franz-Parisi, committee": (symbolic.franz_parisi(activation="sign"), near_typical, TREE, ORDINARY),
    "free reference": (symbolic.local_entropy(), replicas, ONE, ORDINARY),
    "free reference, committee": (symbolic.local_entropy(activation="sign"), replicas, TREE, ORDINARY),
    "among students": (symbolic.dense_teacher(), replicas, TAUGHT, ORDINARY),
    "around solutions": (symbolic.around_solutions(), near_solutions, ONE, ORDINARY),
    "robust ensemble": (symbolic.robust_ensemble(), coupled, ONE, ORDINARY),
    "y = ∞": (symbolic.largest_local_entropy(), limit, ONE, ORDINARY),
    "y = ∞, committee": (symbolic.largest_local_entropy("sign"), limit, TREE, ORDINARY),
    "y = ∞, spherical": (symbolic.largest_spherical(), limit, ONE.at(weights=SPHERE), ORDINARY),
    "triples": (GROUP, group, ONE, ORDINARY),
    "threshold of tuples": (symbolic.tuples(), threshold, ONE, ORDINARY),
    "sampling": (symbolic.localization(), sampled, ONE, ORDINARY),
    "sampling, power 3/2": (symbolic.localization(), sampled, rt.PowerWeight(power=1.5), ORDINARY),
    "mixture": (symbolic.mixture(), classes, ONE, {"gamma": (0.2, 0.8)}),
    "broken, abs(h) >= 1.5": (symbolic.broken_local_entropy(), broken, rt.UShapePerceptron(1.5), STRONG),
}
RANGES = {
    "alpha": (0.1, 0.45),
    "d": (0.03, 0.2),
    "y": (0.5, 4.0),
    "gamma": (0.1, 1.0),
    "kappa": (-0.3, 0.3),
    "tau": (0.1, 4.0),
}


def row(name: str, samples: int, root: int) -> str:
    """A line of Markdown."""
    functional, door, model, ranges = THEORIES[name]
    began = time.process_time()
    equations = symbolic.saddle_equations(functional)
    derived, spent, residuals, differences = time.process_time() - began, [], [], []
    for sample in range(samples):
        rng = np.random.default_rng([root, sample])
        at = {key: rng.uniform(*(RANGES | dict(ranges))[key]) for key in RANGES}
        try:
            found, models, value = door(at, model.at(kappa=at["kappa"]))
        except rt.ConvergenceError:
            continue
        if not np.isfinite(list(found.values())).all():
            continue  # unbroken
        values = at | {"t": 1 - 2 * at["d"]} | found
        began = time.process_time()
        got, *rest = symbolic.Numbers(models).at([functional.expression, *equations.gradient], values)
        spent.append(time.process_time() - began)
        size = max(1.0, *(abs(values[symbol.name]) for symbol in functional.unknowns))
        residuals.append(np.abs(rest).max() / size)
        differences.append(abs(got - float(np.asarray(value))))
    cells = [name, f"{len(spent)} of {samples}", f"{max(residuals):.1e}", f"{max(differences):.1e}"]
    return f"| {' | '.join([*cells, f'{derived:.2f}', f'{np.median(spent):.3f}'])} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20, help="points of each theory (default %(default)s)")
    parser.add_argument("--root", type=int, default=2026, help="seed of all (default %(default)s)")
    parser.add_argument("--theory", nargs="+", choices=THEORIES, default=list(THEORIES), metavar="NAME")
    arguments = parser.parse_args()
    print("| theory | saddle points | largest residual | value | CPU s, derived | CPU s a point |")
    print("| --- | --: | --: | --: | --: | --: |")
    for name in arguments.theory:
        print(row(name, arguments.samples, arguments.root), flush=True)


if __name__ == "__main__":
    main()
