"""A problem that nothing in the package knows: parities of pairs, under every solver and walk whose protocol it has.

Random pairs of weights must agree or disagree as a hidden configuration does (a planted Ising model, Mattis), on a
random tree and a few pairs more, so that belief propagation is nearly exact and solutions exist: the planted one and
its mirror image. Thirty lines: what `Flippable`, `Graphical` and `Online` ask for.
"""

from dataclasses import dataclass

import numpy as np
import pytest

import bp
from bp.algorithms.local_search import local_search
from bp.algorithms.solver import registry
from bp.messages.state import Graphical, Messages
from bp.problems.learners import Learner
from bp.problems.problem import Flippable, Online, Problem
from bp.problems.walkers import Walker
from replica_theory import TeacherStudent

LACKING = {"walksat": "Focused", "focused-metropolis": "Focused", "gradient-descent": "Differentiable"}


@dataclass(frozen=True, eq=False)
class Parities(Problem):
    """Signs that pairs (i, j) of weights must have: W_i W_j = s."""

    n: int
    pairs: np.ndarray
    signs: np.ndarray
    model = None
    energies = ("errors", "flips")
    forms = ("pairs",)

    @property
    def n_constraints(self):
        return len(self.pairs)

    def violated(self, weights):
        w = np.asarray(weights)
        return w[self.pairs[:, 0]] * w[self.pairs[:, 1]] != self.signs

    def arrays(self):
        return {"pairs": self.pairs, "signs": self.signs}

    def walker(self, weights, energy="errors"):
        return PairWalker(self, weights)

    def present(self, a, weights):
        direction = np.zeros(self.n)
        i, j = self.pairs[a]
        direction[[i, j]] = self.signs[a] * weights[[j, i]]
        return (0.0 if self.signs[a] == weights[i] * weights[j] else -1.0), direction

    def learner(self, weights):
        return Learner(self.present, np.asarray(weights))

    def messages(self, method, *, init=0.0, rng=None, **options):
        if method not in self.forms:
            raise ValueError(f"method must be one of 'pairs'; got {method!r}")
        size = init or 0.0
        return PairMessages(self, np.random.default_rng(rng).uniform(-size, size, (len(self.pairs), 2)))


class PairWalker(Walker):
    def __init__(self, problem, weights):
        self.problem, self.n, self._w = problem, problem.n, np.array(weights, dtype=np.int8)

    weights = property(lambda self: self._w.copy())
    errors = property(lambda self: self.problem.errors(self._w))

    def cost(self, i):
        turned = self._w.copy()
        turned[i] *= -1
        return self.problem.errors(turned) - self.errors

    def flip(self, i):
        self._w[i] *= -1


class PairMessages:
    """Exact messages of a pair: u_i = atanh(s tanh(strong) tanh(H_j - u_j)) with a large finite coupling."""

    contradiction, schedule, schedules = False, "parallel", ("parallel",)

    def __init__(self, problem, u):
        self.problem, self.u, self.shared = problem, u, id(self)

    @property
    def fields(self):
        return np.bincount(self.problem.pairs.ravel(), self.u.ravel(), self.problem.n)

    def sweep(self, field, damping):
        total = field + self.fields
        cavity = total[self.problem.pairs] - self.u
        new = np.arctanh(self.problem.signs[:, None] * np.tanh(6.0) * np.tanh(cavity[:, ::-1]))
        change = np.abs(new - self.u).max()
        self.u = damping * self.u + (1 - damping) * new
        return float(change)

    def measure(self, field):
        return np.tanh(field + self.fields), 0.0, np.zeros(len(self.u))

    def snapshot(self):
        return Messages("pairs", self.u.copy())

    def restore(self, messages):
        self.u = np.zeros_like(self.u) if messages is None else messages.fields.copy()


def planted(n=60, extra=20, seed=1):
    rng = np.random.default_rng(seed)
    hidden = 2 * rng.integers(0, 2, n) - 1
    tree = np.stack([np.arange(1, n), [rng.integers(0, i) for i in range(1, n)]], axis=1)
    more = [rng.choice(n, 2, replace=False) for _ in range(extra)]
    pairs = np.concatenate([tree, np.reshape(more, (extra, 2)).astype(int)])
    return Parities(n, pairs, hidden[pairs[:, 0]] * hidden[pairs[:, 1]]), hidden


def test_it_has_all_protocols():
    problem, hidden = planted()
    assert isinstance(problem, Flippable) and isinstance(problem, Graphical) and isinstance(problem, Online)
    assert problem.errors(hidden) == 0 and problem.errors(-hidden) == 0
    assert problem.overlap(hidden.astype(np.int8), -hidden) == -1.0


@pytest.mark.parametrize("solver", sorted(registry()))
def test_every_solver_whose_protocol_it_has_runs_on_it(solver):
    problem, _ = planted()
    kind = registry()[solver]
    if reason := kind().applies(problem):
        needed = {name: f"{name} needs a problem that is {lacking}; Parities" for name, lacking in LACKING.items()}
        needed["max-sum"] = "max-sum messages are not known for Parities"
        assert reason.startswith(needed.get(solver, f"{solver} needs weights on the sphere"))
        return
    found = bp.solve(problem, solver, rng=1)
    assert found.solved and problem.errors(found.weights) == 0
    again = bp.solve_batch(problem, solver, rngs=[1, 1])
    assert all(np.array_equal(each.weights, found.weights) for each in again)


def test_local_search_and_monte_carlo_walk_on_it():
    problem, _ = planted(n=30, extra=0)
    start = problem.start(np.random.default_rng(2))
    assert problem.errors(local_search(problem, start, steps=3000, rng=1)) < problem.errors(start)
    sample = bp.monte_carlo(problem, 1.0, sweeps=400, rng=1)
    expected = 1 / (1 + np.e)  # bonds of a tree are independent
    assert abs(sample.energy - expected) < 4 * sample.energy_error
    assert sample.energy_error < 0.02
    ladder = bp.parallel_tempering(problem, [0.0, 0.5, 1.0], sweeps=60, rng=1)
    assert np.all(np.abs(ladder.energy - 1 / (1 + np.exp(ladder.betas))) < 5 * ladder.energy_error)


def test_what_is_no_problem_is_refused():
    with pytest.raises(TypeError, match=r"problem must be a problem such as bp\.Instance; got int"):
        bp.solve(3)
    assert "needs a problem that is Graphical; Bare is not" in registry()["focusing-bp"]().applies(bare())
    with pytest.raises(ValueError, match="focusing-bp needs a problem that is Graphical; Bare is not"):
        bp.solve(bare())
    with pytest.raises(TypeError, match=r"problem must be a problem with walkers, such as bp\.Instance; got Bare"):
        bp.monte_carlo(bare(), 1.0)


def bare():
    class Bare(Problem):
        n, n_constraints, model = 3, 1, None
        violated = arrays = lambda self, weights=None: {}

    return Bare()


def test_interrupted_run_of_any_problem_goes_on_bit_for_bit(tmp_path, monkeypatch):
    problem, _ = planted(n=60, extra=60, seed=3)
    problem = Parities(problem.n, problem.pairs, problem.signs * np.where(np.arange(119) % 7, 1, -1))
    options = {"solver": "focusing-bp", "rng": 4, "max_iter": 90}
    whole = bp.solve(problem, **options)
    sweep, count = PairMessages.sweep, [0]

    def stop(self, field, damping):
        count[0] += 1
        if count[0] == 40:
            raise KeyboardInterrupt
        return sweep(self, field, damping)

    path = tmp_path / "run.npz"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="the same call goes on from"):
        patch.setattr(PairMessages, "sweep", stop)
        bp.solve(problem, checkpoint=path, **options)
    resumed = bp.solve(problem, checkpoint=path, **options)
    assert np.array_equal(resumed.weights, whole.weights) and resumed.iterations == whole.iterations
    assert resumed.trace.tobytes() == whole.trace.tobytes()


def test_belief_propagation_and_local_entropies_run_on_it():
    """On a tree nothing but the planted configuration and its mirror image is left: m = 0 without a field."""
    problem, hidden = planted(n=30, extra=0)
    run = bp.belief_propagation(problem, "pairs", init=0.1, rng=1)
    assert run.converged and np.abs(run.magnetizations).max() < 1e-3
    pushed = bp.belief_propagation(problem, "pairs", field=0.5 * hidden)
    assert np.array_equal(np.sign(pushed.magnetizations), hidden)
    with pytest.raises(ValueError, match="method must be one of 'pairs'; got 'gaussian'"):
        bp.belief_propagation(problem, "gaussian")
    assert bp.belief_propagation(problem).converged  # its first form
    with pytest.raises(TypeError, match="problem must be one with messages"):
        bp.belief_propagation(bare())


@pytest.mark.parametrize("n", [127, 128, 201, 1001])
def test_overlaps_do_not_overflow(n):
    """Products of int8 do: 201 ones give -55."""
    inst = bp.random_instance(TeacherStudent(), n, 0.2, rng=1)
    other = np.where(np.arange(n) < 7, -inst.teacher, inst.teacher).astype(np.int8)
    assert inst.overlap(inst.teacher, inst.teacher) == 1
    assert inst.overlap(inst.teacher, other) == (n - 14) / n
    assert inst.overlap(inst.teacher, 0.5 * other) == pytest.approx((n - 14) / n / 2, rel=1e-15)
    found = bp.solve(inst, rng=1)
    assert found.overlap(found) == found.overlap(found.weights) == 1
    assert found.overlap(inst.teacher) == inst.overlap(inst.teacher, found.weights)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((np.ones(4), np.ones(5)), ValueError, r"weights must have shape \(5,\); got shape \(4,\)"),
        ((np.ones(5), np.ones((2, 5))), ValueError, r"others must have shape \(5,\); got shape \(2, 5\)"),
        ((np.ones(5), [1, 1, 1, 1, np.nan]), ValueError, "others must be finite; entry 4 is nan"),
        ((None, np.ones(5)), TypeError, "weights must be real numbers"),
    ],
)
def test_overlaps_of_what_is_no_configuration(arguments, error, sentence):
    inst = bp.Instance(np.ones((1, 5)))
    with pytest.raises(error, match=sentence):
        inst.overlap(*arguments)
    with pytest.raises(ValueError, match=r"other must have shape \(5,\); got shape \(3,\)"):
        bp.solve(inst, rng=1).overlap(np.ones(3))
