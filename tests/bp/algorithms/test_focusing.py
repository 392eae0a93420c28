"""Focusing BP: schedules, the reference node against brute force, the trace against thermodynamics, and solving."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bp
from bp.algorithms import focusing
from bp.algorithms.focusing import FocusingBP, reference_field
from bp.algorithms.schedules import Pseudo
from bp.algorithms.solution import SolverStatus
from bp.messages.amp import AmpState
from bp.messages.propagation import belief_propagation
from bp.problems.committee import random_committee
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron


def fixed_point(inst, gamma, y, method, sweeps=300, beta=np.inf):
    state = inst.messages(method, beta=beta, init=0.1, rng=0)
    for _ in range(sweeps):
        state.sweep(reference_field(state.fields, gamma, y), 0.5)
    return state


def measures(inst, gamma, y, method, **options):
    return focusing.replica_measures(fixed_point(inst, gamma, y, method, **options), gamma, y, True)


# The reference node


@pytest.mark.parametrize("y", [1, 2, 3, 5])
@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("field", [-2.0, -0.1, 0.0, 0.7])
def test_reference_field_is_the_sum_over_replicas(field, gamma, y):
    """One weight, y replicas in a field and a reference coupled to each of them."""
    weight = {
        (reference, *replicas): np.exp(sum(field * w + gamma * reference * w for w in replicas))
        for reference, *replicas in product((-1, 1), repeat=y + 1)
    }
    total = sum(weight.values())
    magnetization = sum(p * s[1] for s, p in weight.items()) / total
    u = reference_field(np.array([field]), gamma, y)
    assert np.tanh(field + u)[0] == pytest.approx(magnetization, abs=1e-14)  # rounding of sums of at most 64 terms
    f = focusing.coupled(np.array([field]), gamma)
    assert np.tanh(y * f)[0] == pytest.approx(sum(p * s[0] for s, p in weight.items()) / total, abs=1e-14)


@settings(deadline=None)
@given(st.floats(-8, 8), st.floats(0, 8))
def test_coupled_is_the_atanh_formula(x, gamma):
    f = focusing.coupled(np.array([x]), gamma)[0]
    # the direct formula loses digits as its argument approaches 1: compare in tanh
    assert np.tanh(f) == pytest.approx(np.tanh(x) * np.tanh(gamma), abs=1e-14)


def test_coupled_does_not_saturate():
    x = np.array([-1e4, 50.0, 700.0, 1e6])
    assert focusing.coupled(x, 100.0) == pytest.approx([-100.0, 50.0, 100.0, 100.0], abs=1e-12)
    assert np.array_equal(focusing.coupled(x, np.inf), x)
    assert focusing.coupled(x, 0.0) == pytest.approx(np.zeros(4), abs=1e-9)  # rounding of 1e6


def test_infinite_coupling_multiplies_the_fields():
    """Reinforced BP: m = tanh(y B)."""
    fields = np.linspace(-3, 3, 7)
    assert np.tanh(fields + reference_field(fields, np.inf, 4.0)) == pytest.approx(np.tanh(4 * fields), rel=1e-15)
    assert np.array_equal(reference_field(fields, np.inf, 1.0), np.zeros(7))
    assert reference_field(fields, 20.0, 4.0) == pytest.approx(3 * fields, abs=1e-6)  # corrections e^(-2(20 - 9))


# Thermodynamics of the replicated system


@pytest.fixture(scope="module")
def medium():
    return bp.random_instance(BinaryPerceptron(), n=301, alpha=0.5, rng=1)


@pytest.mark.parametrize("method", ["gaussian", "amp"])
def test_one_glued_replica_and_no_coupling_are_plain_bp(medium, method):
    plain = belief_propagation(medium, method, damping=0.5)
    glued = measures(medium, np.inf, 1.0, method)
    assert glued.internal_entropy == pytest.approx(plain.entropy, abs=1e-9)  # the tolerance of the plain run
    assert (glued.overlap, glued.free_entropy) == (1.0, np.inf)
    free = measures(medium, 0.0, 3.0, method)
    assert free.free_entropy == pytest.approx(plain.entropy + np.log(2) / 3, abs=1e-9)
    assert free.overlap == pytest.approx(0.0, abs=1e-15)
    assert free.q == pytest.approx(plain.overlap, abs=1e-8)


@pytest.mark.parametrize(("gamma", "y"), [(0.5, 3.0), (1.0, 2.0), (0.8, 7.5)])
@pytest.mark.parametrize("beta", [np.inf, 2.0])
def test_overlap_is_the_derivative_of_the_free_entropy(medium, gamma, y, beta):
    """AMP is stationary for its free entropy: the derivative in gamma at fixed messages is the overlap."""
    step = 1e-3
    low, middle, high = (measures(medium, g, y, "amp", beta=beta) for g in (gamma - step, gamma, gamma + step))
    slope = (high.free_entropy - low.free_entropy) / (2 * step)
    assert slope == pytest.approx(middle.overlap, abs=2 * step**2)  # second order of the central difference
    assert middle.internal_entropy == pytest.approx(middle.free_entropy - gamma * middle.overlap, abs=1e-13)


def test_many_replicas_freeze_the_reference(medium):
    """At y = inf the local entropy is that of BP in the field gamma * reference."""
    gamma = 0.3  # at stronger coupling some reference spins keep flipping
    state = fixed_point(medium, gamma, 1e9, "amp")
    reference = focusing._signs(state)
    local = focusing.replica_measures(state, gamma, 1e9, True)
    plain = belief_propagation(medium, "amp", field=gamma * reference, damping=0.5)
    assert local.internal_entropy == pytest.approx(plain.entropy, abs=1e-7)  # 1 / y of the reference, and tolerance
    assert local.overlap == pytest.approx(np.mean(reference * plain.magnetizations), abs=1e-7)


def test_the_internal_entropy_is_more_than_the_local_one(medium):
    """It has the reference's share (log 2)/y without coupling; around the reference `local_entropy` counts less."""
    plain = belief_propagation(medium, "amp", damping=0.5)
    for y in (2.0, 8.0):
        assert measures(medium, 0.0, y, "amp").internal_entropy == pytest.approx(
            plain.entropy + np.log(2) / y, abs=1e-9
        )
    instance = bp.random_instance(BinaryPerceptron(), n=1001, alpha=0.4, rng=1)
    found = bp.solve(instance, schedule="pseudo", steps=60, entropies=True, rng=1)
    assert "local_entropy" not in found.trace.dtype.names
    last = found.trace[-1]
    around = float(bp.local_entropy(instance, found.weights, 0.5 * (1 - last["overlap"]), method="amp").entropy)
    assert 0 < last["internal_entropy"] - around < np.log(2) / last["y"]


@pytest.mark.slow
def test_two_replicas_against_enumeration():
    r"""For y = 2 the replicated free entropy is a sum over pairs of solutions; BP is off by O(1/N) on average."""
    gaps = []
    for seed, gamma in product(range(10), (0.0, 0.4, 0.8)):
        inst = bp.random_instance(BinaryPerceptron(), n=23, alpha=0.3, rng=seed)
        found = bp.enumerate_solutions(inst)
        pairs = 2.0 * found.pair_distances
        pairs[0] = found.count
        k = np.flatnonzero(pairs)
        terms = np.log(pairs[k]) + (23 - k) * np.log(2 * np.cosh(2 * gamma)) + k * np.log(2)
        exact = np.logaddexp.reduce(terms) / (2 * 23)
        gaps.append(measures(inst, gamma, 2.0, "gaussian", sweeps=60).free_entropy - exact)
    assert abs(np.mean(gaps)) < 0.5 / 23
    assert np.max(np.abs(gaps)) < 1.0 / 23


# Solving


def check(inst, found):
    assert found.solved and found.status is SolverStatus.SOLVED and found.status == "solved"
    assert found.errors == inst.errors(found.weights) == 0
    assert found.message == "every constraint is satisfied."
    assert found.weights.shape == (inst.n,) and found.weights.dtype == np.int8
    trace = found.trace
    assert trace["errors"][-1] == 0 and np.all(trace["errors"][:-1] > 0)
    assert trace["iterations"][-1] == found.iterations and np.all(np.diff(trace["iterations"]) > 0)
    for name in ("overlap", "q", "q_tilde"):
        assert np.all((trace[name] > -1e-12) & (trace[name] < 1 + 1e-12))


@pytest.mark.parametrize(
    ("model", "alpha", "options"),
    [
        (BinaryPerceptron(), 0.6, {}),
        (BinaryPerceptron(), 0.6, {"patterns": "gaussian"}),
        (BinaryPerceptron(0.3), 0.3, {}),
        (SymmetricBinaryPerceptron(1.0), 1.0, {}),
        (SymmetricBinaryPerceptron(1.0), 1.0, {"patterns": "gaussian"}),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["amp", "gaussian"])
def test_solves(model, alpha, options, method):
    inst = bp.random_instance(model, n=401, alpha=alpha, rng=3, **options)
    check(inst, bp.solve(inst, "focusing-bp", rng=1, method=method, entropies=method == "amp"))


@pytest.mark.parametrize("schedule", ["standard", "scoping", Pseudo(100), list(Pseudo(100))], ids=str)
def test_solves_by_every_schedule(schedule):
    inst = bp.random_instance(BinaryPerceptron(), n=501, alpha=0.5, rng=2)
    check(inst, FocusingBP(schedule=schedule)(inst, rng=1))


@pytest.mark.parametrize("n", [1, 2, 3, 11, 21])
@pytest.mark.parametrize("method", ["amp", "gaussian", "exact"])
def test_solves_small_instances(n, method):
    inst = bp.random_instance(BinaryPerceptron(), n=n, alpha=0.35 if n > 3 else 1 / n, rng=n)
    check(inst, FocusingBP(method=method)(inst, rng=1))


@pytest.mark.slow
def test_solves_nine_of_ten_at_alpha_07():
    solved = 0
    for seed in range(10):
        inst = bp.random_instance(BinaryPerceptron(), n=2001, alpha=0.7, rng=seed)
        found = bp.solve(inst, rng=seed, entropies=False)
        solved += found.solved and found.iterations <= 400
    assert solved >= 9


@pytest.mark.slow
def test_edges_at_alpha_06():
    inst = bp.random_instance(BinaryPerceptron(), n=1001, alpha=0.6, rng=1)
    check(inst, bp.solve(inst, method="gaussian", rng=1, entropies=False))


def test_edges_and_amp_agree_along_the_schedule():
    """Twenty updates a step bring both forms to their fixed points, which differ by O(1/N)."""
    inst = bp.random_instance(BinaryPerceptron(), n=1001, alpha=0.6, rng=1)
    pairs = [(0.3, 2.1), (0.6, 2.4), (0.9, 3.0)]
    amp, edges = (
        FocusingBP(schedule=pairs, iterations_per_step=20, method=method, entropies=True)(inst, rng=1).trace
        for method in ("amp", "gaussian")
    )
    assert len(amp) == len(edges) == 3
    for name in ("overlap", "q", "q_tilde", "free_entropy", "internal_entropy"):
        assert amp[name] == pytest.approx(edges[name], abs=5 / 1001)


def test_same_seed_same_result():
    inst = bp.random_instance(BinaryPerceptron(), n=201, alpha=0.6, rng=1)
    a, b, c = (bp.solve(inst, rng=seed, entropies=True) for seed in (1, 1, 2))
    assert np.array_equal(a.weights, b.weights) and np.array_equal(a.trace, b.trace)
    assert not np.array_equal(a.trace, c.trace)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_gauge(seed):
    """Flipping columns of the patterns flips the messages; from symmetric starts only the weights turn."""
    rng = np.random.default_rng(seed)
    inst = bp.random_instance(BinaryPerceptron(), n=51, alpha=0.4, rng=rng)
    signs = 2 * rng.integers(0, 2, 51) - 1
    turned = bp.Instance(inst.xi * signs)
    state, mirror = inst.messages("amp"), turned.messages("amp")
    for gamma, y in Pseudo(20):
        for s in (state, mirror):
            s.sweep(reference_field(s.fields, gamma, y), 0.5)
    assert np.allclose(state.fields * signs, mirror.fields, rtol=1e-9, atol=1e-9)  # rounding, amplified by 20 updates


# What happens otherwise


def test_unsolved_is_a_result():
    inst = bp.random_instance(BinaryPerceptron(), n=101, alpha=1.5, rng=1)
    found = bp.solve(inst, rng=1, schedule="pseudo", steps=20)
    assert not found.solved and found.errors > 0 and found.errors == inst.errors(found.weights)
    assert found.status is SolverStatus.SCHEDULE_ENDED and "more steps" in found.message
    assert found.iterations == 40 and len(found.trace) == 20
    assert found.errors <= found.trace["errors"].min()


@pytest.mark.parametrize(("max_iter", "records"), [(1, 1), (2, 1), (5, 3)])
def test_iteration_limit(max_iter, records):
    inst = bp.random_instance(BinaryPerceptron(), n=101, alpha=1.5, rng=1)
    found = bp.solve(inst, rng=1, schedule="pseudo", steps=20, max_iter=max_iter)
    assert found.status is SolverStatus.MAX_ITERATIONS and "iteration limit" in found.message
    assert found.iterations == max_iter and len(found.trace) == records
    assert found.trace["iterations"][-1] == max_iter


def test_messages_that_are_no_numbers_stop_the_solver(monkeypatch):
    inst = bp.random_instance(BinaryPerceptron(), n=101, alpha=1.5, rng=1)

    def spoil(self, field, damping):
        self.fields = np.full(101, np.nan)
        return 0.0

    monkeypatch.setattr(AmpState, "sweep", spoil)
    found = bp.solve(inst, rng=1, schedule="pseudo", steps=20)
    assert found.status is SolverStatus.DIVERGED and "stopped being finite" in found.message
    assert found.errors == inst.errors(found.weights) and len(found.trace) == 0 and not found.solved


def test_entropies_are_optional_and_change_nothing_else(medium):
    full, lean = (FocusingBP(schedule="pseudo", steps=50, entropies=flag)(medium, rng=1) for flag in (True, False))
    assert np.array_equal(full.weights, lean.weights) and full.iterations == lean.iterations
    for name in ("free_entropy", "internal_entropy"):
        assert np.all(np.isfinite(full.trace[name])) and np.all(np.isnan(lean.trace[name]))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "nodes"}, "method must be one of 'gaussian', 'exact', 'amp'; got 'nodes'"),
        ({"damping": 1.0}, r"damping must be in \[0, 1\); got 1.0"),
        ({"damping": np.nan}, r"damping must be in \[0, 1\); got nan"),
        ({"beta": -1.0}, "beta must be non-negative .* got -1.0"),
        ({"beta": np.nan}, "beta must be non-negative .* got nan"),
        ({"beta": [1.0, 2.0]}, "beta must be a single number"),
        ({"iterations_per_step": 0}, "iterations_per_step must be a positive integer; got 0"),
        ({"max_iter": 0}, "max_iter must be a positive integer; got 0"),
        ({"schedule": "slow"}, "schedule must be one of 'pseudo', 'scoping', 'standard'"),
        ({"schedule": "pseudo", "steps": -1}, "steps must be a positive integer; got -1"),
        ({"steps": 20}, "steps=20 is for a schedule given by name"),
        ({"solver": "focussing"}, "solver must be one of .*'focusing-bp'.*; got 'focussing'"),
    ],
)
def test_bad_options(medium, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        bp.solve(medium, **options)


def test_bad_instance_and_unknown_option(medium):
    with pytest.raises(TypeError, match=r"problem must be a problem such as bp\.Instance; got list"):
        bp.solve([[1, -1]])
    with pytest.raises(TypeError, match=r"focusing-bp has no option 'stops'; its options are .*schedule, steps"):
        bp.solve(medium, stops=3)
    assert "focusing-bp" in bp.solvers()


# Instances without solutions, or without hope


def test_a_run_ends_with_a_proof_that_there_are_no_solutions():
    x = np.random.default_rng(1).choice([-1, 1], (30, 101))
    instance = bp.Instance(np.vstack([x, -x[3]]))
    for solver in ("focusing-bp", "reinforced-bp"):
        found = bp.solve(instance, solver, rng=1)
        assert found.status is SolverStatus.UNSATISFIABLE and found.errors == 1  # the best there is
        assert found.trace["restart"].max() == 0
    assert bp.solve(bp.Instance(x), rng=1).solved


def hopeless(n=301, p=90, share=0.99, seed=3):
    """Nearly equal patterns with either label: messages freeze within a few steps. No short proof."""
    rng = np.random.default_rng(seed)
    return bp.Instance(np.where(rng.random((p, n)) < share, 1, -1), np.where(rng.random(p) < 0.5, 1, -1))


def test_a_run_without_hope_stops_and_says_so(monkeypatch):
    instance = hopeless()
    monkeypatch.setattr(type(instance), "refutation", lambda self: "")
    found = bp.solve(instance, rng=1)
    assert found.status is SolverStatus.STALLED and not found.solved
    assert found.trace["restart"].max() < 100
    late = found.trace[found.trace["restart"] > found.trace["restart"].max() - 20]
    assert late["errors"].min() >= found.errors


def test_searches_count_in_the_budget(monkeypatch):
    """4000 flips of a search are worth 133 iterations."""
    instance = hopeless()
    monkeypatch.setattr(type(instance), "refutation", lambda self: "")
    found = bp.solve(instance, rng=1, max_iter=1000)
    assert found.status is SolverStatus.MAX_ITERATIONS
    searches = np.count_nonzero(np.isnan(found.trace["gamma"]))
    assert found.iterations + 133 * (searches - 1) < 1000 <= found.iterations + 134 * searches


def test_units_that_messages_cannot_tell_are_kept_apart():
    """From messages that are zero only the bias tells the units apart, and they must differ to be right together."""
    problem = random_committee(BinaryPerceptron(), 1605, 5, 0.3, rng=103)
    found = bp.solve(problem, rng=103, max_iter=300)
    assert found.solved
    units = found.weights.reshape(5, -1).astype(int)
    overlaps = (units @ units.T / units.shape[1])[np.triu_indices(5, 1)]
    assert np.all(np.abs(overlaps) < 0.6)


def test_the_bias_is_for_symmetric_and_even_problems_only():
    for problem, biased in [
        (random_committee(BinaryPerceptron(), 105, 5, 0.3, rng=1), True),
        (random_committee(BinaryPerceptron(), 105, 5, 0.3, rng=1, tree=True), False),
        (random_committee(BinaryPerceptron(), 105, 1, 0.3, rng=1), False),
        (bp.random_instance(SymmetricBinaryPerceptron(1.0), 105, 0.3, rng=1), True),
        (bp.random_instance(BinaryPerceptron(), 105, 0.3, rng=1), False),
    ]:
        run = focusing._Focus(FocusingBP().resolved(problem), problem, np.random.default_rng(1), None)
        assert np.any(run.bias) == biased == (problem.is_symmetric or problem.is_even)
        assert not problem.refutation()


def test_a_term_added_to_g_raises_the_margin_by_it_times_the_variance():
    rng = np.random.default_rng(3)
    inst = bp.random_instance(BinaryPerceptron(), 101, 0.7, rng=1)
    field = rng.standard_normal(101)
    state = inst.messages("amp", init=0.1, rng=rng)
    state.sweep(field, 0.5)
    variance = 1 - np.mean(np.tanh(state.fields + field) ** 2)
    raised = bp.Instance.from_bits(inst.bits, inst.n, kappa=focusing._ROBUST * variance)
    other = raised.messages("amp", init=state.snapshot())
    focusing._raise_margin(state)
    state.sweep(field, 0.5)
    other.sweep(field, 0.5)
    assert state.fields == pytest.approx(other.fields, rel=1e-12, abs=1e-12)
    assert state.g == pytest.approx(other.g, rel=1e-12, abs=1e-12)


def test_passes_after_the_first_raise_the_margin_where_there_is_one(monkeypatch):
    raised = []
    monkeypatch.setattr(focusing, "_raise_margin", lambda state: raised.append(state))
    hard = bp.random_instance(BinaryPerceptron(), 101, 0.9, rng=2)
    found = FocusingBP(max_iter=500)(hard, rng=1)
    steps = np.count_nonzero((found.trace["restart"] > 0) & ~np.isnan(found.trace["gamma"]))
    assert len(raised) == steps > 0
    bp.solve(hard, "reinforced-bp", rng=1, max_iter=500)
    FocusingBP(schedule="pseudo", steps=20)(hard, rng=1)
    assert len(raised) == steps
