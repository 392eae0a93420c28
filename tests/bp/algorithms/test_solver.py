"""What a solver is: options that are checked, a name in a list, and a sentence for what it cannot do."""

import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import bp
from bp.algorithms.solution import SolverStatus
from bp.algorithms.solver import Solver, registry, solver_of
from bp.problems.problem import Flippable
from replica_theory import BinaryPerceptron


@dataclass(frozen=True, kw_only=True)
class Draws(Solver):
    """The best of so many random configurations."""

    name: ClassVar[str] = "draws"
    needs: ClassVar[type] = Flippable
    number: int = 5

    def run(self, problem, rng, stored=None):
        found = min((problem.start(rng) for _ in range(self.number)), key=problem.errors)
        errors = problem.errors(found)
        status = SolverStatus.SOLVED if errors == 0 else SolverStatus.MAX_ITERATIONS
        return bp.algorithms.Solution(found, errors, self.number, np.empty(0), status)
        yield  # a generator that asks for nothing


def test_every_solver_of_the_package_is_listed_by_its_name():
    assert list(registry()) == bp.solvers() == sorted(bp.solvers())
    for name, kind in registry().items():
        assert kind.name == name and issubclass(kind, Solver) and kind.__doc__
        assert kind() == solver_of(name, {})


def test_a_solver_of_ones_own_is_called_by_itself_or_through_solve():
    instance = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    solver = Draws(number=30)
    found, again = solver(instance, rng=3), bp.solve(instance, solver, rng=3)
    np.testing.assert_array_equal(found.weights, again.weights)
    assert found.errors == instance.errors(found.weights) and found.iterations == 30
    assert "draws" not in bp.solvers()


def test_what_it_cannot_run_on_is_said_before_any_work():
    with pytest.raises(TypeError, match=r"draws needs a problem such as bp\.Instance; got list"):
        Draws()([[1, -1]])
    assert Draws().applies(bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)) == ""


@pytest.mark.parametrize(
    ("solver", "options", "error", "sentence"),
    [
        ("luck", {}, ValueError, "solver must be one of .*'focusing-bp'.*; got 'luck'"),
        (3, {}, TypeError, "solver must be one of .*; got 3"),
        ("focusing-bp", {"stops": 3}, TypeError, "focusing-bp has no option 'stops'; its options are .*damping"),
        (Draws(), {"number": 3}, TypeError, "options go with the name of a solver; Draws.* has its own"),
    ],
)
def test_bad_names_and_options(solver, options, error, sentence):
    with pytest.raises(error, match=sentence):
        solver_of(solver, options)


def test_a_checkpoint_belongs_to_solver_options_problem_and_seed():
    instance = bp.random_instance(BinaryPerceptron(), 21, 0.5, rng=1)
    settings = Draws(number=7).settings(instance, 4)
    assert settings == {"solver": "draws", "problem": instance.fingerprint, "number": 7, "seed": 4}
    assert Draws().settings(instance, np.random.default_rng(1))["seed"] is None


FILE = '''"""Luck: the best of ten random configurations."""

from __future__ import annotations

from collections.abc import Mapping
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bp.algorithms.runs import Boundary, Run
from bp.algorithms.solution import Solution, SolverStatus
from bp.algorithms.solver import Solver
from bp.problems.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Luck(Solver):
    """The best of some random configurations."""

    name: ClassVar[str] = "luck"
    needs: ClassVar[type] = Problem

    draws: int = 10

    def run(self, problem: Any, rng: np.random.Generator, stored: Mapping[str, Any] | None = None) -> Run:
        """Draw, and keep the best."""
        best = problem.start(rng) if stored is None else stored["best"]
        for done in range(0 if stored is None else int(stored["done"]), self.draws):
            best = min(best, problem.start(rng), key=problem.errors)
            kept = {"best": best, "done": np.array(done)}
            yield Boundary(done, self.draws, "luck", lambda kept=kept: kept)
        errors = problem.errors(best)
        status = SolverStatus.SOLVED if errors == 0 else SolverStatus.MAX_ITERATIONS
        return Solution(best, errors, self.draws, np.zeros(1, [("errors", np.int64)]), status)
'''


def test_a_new_algorithm_is_one_new_file(tmp_path, monkeypatch):
    """Nothing but a file in the folder: it is listed, takes its options, and runs alone and in batches."""
    (tmp_path / "luck.py").write_text(FILE)
    monkeypatch.setattr(bp.algorithms, "__path__", [*bp.algorithms.__path__, str(tmp_path)])
    registry.cache_clear()
    try:
        assert "luck" in bp.solvers()
        instance = bp.random_instance(BinaryPerceptron(), 9, 0.3, rng=1)
        found = bp.solve(instance, "luck", rng=2, draws=40, checkpoint=tmp_path / "run.npz")
        assert found.iterations == 40 and found.errors == instance.errors(found.weights)
        assert bp.solve_batch(instance, "luck", rngs=[2, 3], draws=40)[0] == found
        with pytest.raises(TypeError, match="luck has no option 'coins'; its options are draws"):
            bp.solve(instance, "luck", coins=3)
    finally:
        registry.cache_clear()
        sys.modules.pop("bp.algorithms.luck", None)
    assert "luck" not in (monkeypatch.undo() or bp.solvers())
