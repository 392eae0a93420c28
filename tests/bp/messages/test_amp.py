"""AMP steps and fixed points against the referee on unpacked patterns."""

import numpy as np
import pytest
from messages_referee import amp_fields

from bp import random_instance
from bp.messages.amp import Amp, AmpState, sweeps_by_step
from bp.messages.propagation import belief_propagation
from bp.messages.state import Messages
from bp.problems.perceptron import Instance
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron, TeacherStudent
from replica_theory.models.model import Kernel
from replica_theory.numerics.namespace import NUMPY

MODELS = [BinaryPerceptron(0.1), SymmetricBinaryPerceptron(1.2)]


def vectors(instance, batch, seed=3):
    rng = np.random.default_rng(seed)
    return np.tanh(rng.normal(size=(*batch, instance.n))), rng.normal(size=(*batch, instance.n_patterns))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("beta", [1.5, np.inf])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_step(model, patterns, beta, dtype, tol):
    instance = random_instance(model, n=301, alpha=0.5, rng=1, patterns=patterns)
    m, g = vectors(instance, ())
    step = Amp(instance, beta, dtype).step(m, g)
    fields, new_g = amp_fields(instance, m, g, beta)
    assert np.max(np.abs(step.fields - fields)) < tol * np.max(np.abs(fields))
    assert np.max(np.abs(step.g - new_g)) < tol * np.max(np.abs(new_g))


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_batch_equals_one_by_one(patterns):
    """Exactly from bits; to rounding where the BLAS orders its sums by shape."""
    instance = random_instance(BinaryPerceptron(), n=301, alpha=0.5, rng=1, patterns=patterns)
    m, g = vectors(instance, (2, 3))
    amp = Amp(instance)
    together = amp.step(m, g)
    for index in np.ndindex(2, 3):
        for batch, single in zip(together[:-1], amp.step(m[index], g[index])[:-1], strict=True):
            assert np.allclose(batch[index], single, rtol=1e-12, atol=1e-12)
            assert patterns == "gaussian" or np.allclose(batch[index], single, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-10), (np.float32, 1e-4)])
def test_fixed_point(patterns, dtype, tol):
    """A run stops at a residual well below `tol`, the referee when rounding stops it."""
    instance = random_instance(BinaryPerceptron(), n=301, alpha=0.4, rng=1, patterns=patterns)
    fields, g = np.zeros(instance.n), np.zeros(instance.n_patterns)
    for _ in range(300):
        new, g = amp_fields(instance, np.tanh(fields), g, np.inf)
        fields += 0.8 * (new - fields)
    options = {"tol": 1e-12} if dtype is np.float64 else {}
    result = belief_propagation(instance, "amp", dtype=dtype, **options)
    assert result.converged
    assert np.max(np.abs(result.magnetizations - np.tanh(fields))) < tol


@pytest.mark.parametrize("model", [*MODELS, BinaryPerceptron(-0.4), TeacherStudent()], ids=repr)
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
@pytest.mark.parametrize("beta", [0.0, 1.5, 800.0, np.inf])
@pytest.mark.parametrize(("dtype", "tol"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_sweep_is_a_damped_step_of_the_referee(model, patterns, beta, dtype, tol):
    """Compiled or not; 601 weights are two blocks."""
    instance = random_instance(model, n=601, alpha=0.9, rng=1, patterns=patterns)
    rng = np.random.default_rng(2)
    old, external, g = 2 * rng.normal(size=601), rng.normal(size=601), rng.normal(size=instance.n_patterns)
    state = instance.messages("amp", beta=beta, init=Messages("amp", old, g), dtype=dtype)
    residual = state.sweep(external, 0.3)
    fields, terms = amp_fields(instance, np.tanh(old + external), g, beta)
    assert np.max(np.abs(state.fields - (0.3 * old + 0.7 * fields))) <= tol * (1e-3 + np.max(np.abs(fields)))
    assert np.max(np.abs(state.g - terms)) <= tol * np.max(np.abs(terms))
    scales = 1.0 if patterns == "binary" else np.exp2(np.round(0.5 * np.log2(np.mean(instance.real**2, axis=1))))
    change = max(np.max(np.abs(fields - old)), np.max(np.abs(terms - g) * scales) / np.sqrt(601))
    assert residual == pytest.approx(change, rel=tol)


@pytest.mark.parametrize("beta", [1.0, np.inf])
@pytest.mark.parametrize("size", [0.0, 3.0, 30.0, 1e3])
def test_sweep_equals_the_formula_for_any_arrays(size, beta):
    """As magnetisations saturate: variances at their least, patterns right or wrong by many standard deviations.

    Where x is large g - x loses x^2 roundings, and x is 1e5 where all are saturated.
    """
    instance = random_instance(BinaryPerceptron(), n=201, alpha=0.8, rng=1)
    rng = np.random.default_rng(2)
    old, external, g = size * rng.normal(size=201), np.zeros(201), np.zeros(instance.n_patterns)
    state = instance.messages("amp", beta=beta, init=Messages("amp", old, g))
    residual, tolerance = state.sweep(external, 0.0), 1e-5 if size == 1e3 else 1e-10
    by_step = sweeps_by_step(Amp(instance, beta), [old], [external], [g], [0.0])
    for value, expected in ((state.fields, by_step.fields[0]), (state.g, by_step.g[0])):
        assert np.all(np.isfinite(value))
        below = 1e-200  # where Gaussian tails are not followed any further
        assert np.max(np.abs(value - expected)) <= tolerance * np.max(np.abs(expected)) + below
    assert residual == pytest.approx(by_step.residuals[0], rel=tolerance)


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_sweeps_together_are_those_of_each_alone(model, patterns):
    """Bit for bit from bits; to rounding where the BLAS orders its sums by shape."""
    instance = random_instance(model, n=301, alpha=0.5, rng=1, patterns=patterns)
    external = [np.full(301, 0.1 * k) for k in range(3)]
    together, alone = ([instance.messages("amp", init=0.1, rng=k) for k in range(3)] for _ in range(2))
    for _ in range(3):
        residuals = AmpState.sweep_together(together, external, [0.5, 0.2, 0.0])
        single = [state.sweep(field, d) for state, field, d in zip(alone, external, [0.5, 0.2, 0.0], strict=True)]
        assert patterns == "gaussian" or residuals == single
    for one, other in zip(together, alone, strict=True):
        tolerance = 0.0 if patterns == "binary" else 1e-12
        np.testing.assert_allclose(one.fields, other.fields, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(one.g, other.g, rtol=tolerance, atol=tolerance)


def test_sweeps_keep_what_is_no_number():
    instance = random_instance(BinaryPerceptron(), n=101, alpha=0.5, rng=1)
    state = instance.messages("amp")
    state.fields[3] = np.nan
    assert np.isnan(state.sweep(np.zeros(101), 0.5)) and np.isnan(state.fields[3])


def test_a_model_of_the_users_keeps_its_own_kernel():
    class Reversed(BinaryPerceptron):
        def log_probability(self, mean, std, space=NUMPY):
            log, d1, d2 = super().log_probability(-mean, std, space)
            return Kernel(log, -d1, d2)

    drawn = random_instance(BinaryPerceptron(), n=101, alpha=0.5, rng=1)
    states = [Instance(drawn.xi * s, constraint=m).messages("amp") for s, m in ((1, Reversed()), (-1, drawn.model))]
    for state in states:
        state.sweep(np.full(101, 0.1), 0.0)
    assert np.max(np.abs(states[0].fields - states[1].fields)) < 1e-13
