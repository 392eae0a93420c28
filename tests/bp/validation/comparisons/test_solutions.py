"""Solutions found lie between typical ones and the bound."""

import numpy as np
import pytest
from comparison_tables import BINARY, SYMMETRIC, TEACHER, table

import bp
from bp.validation.comparison import Measured
from bp.validation.comparisons import solutions
from bp.validation.comparisons.solutions import SOLVERS, Solutions
from replica_theory import replica_symmetric


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha", [(BINARY, 0.5), (TEACHER, 0.6), (SYMMETRIC, 0.8)])
def test_solutions_found_lie_between_typical_ones_and_the_bound(model, alpha):
    rows = table(model, alpha, "solutions", n=501, samples=8)
    assert {row.simulation_source for row in rows} == {f"around {name}" for name in SOLVERS}
    for row in rows:
        assert row.z > 5 if row.expected == "above" else row.z < 4, row


def made(solved, entropy, around, d=(0.1, 0.3)):
    """Points of one size at alpha = 0.5, where the bound is the entropy from 0.25 on."""
    points = [
        {"solved": np.full(2, s), "local_entropy": np.where(s, a, np.full((2, 2), np.nan)), "entropy": np.asarray(e)}
        for s, e, a in zip(solved, entropy, around, strict=True)
    ]
    return Measured(BINARY, 0.5, d, {1000: points})


def test_beyond_the_typical_distance_the_instances_own_entropy_is_what_bounds():
    q_hat = replica_symmetric(BINARY, 0.5).q_hat
    z = np.linspace(-8, 8, 4001)
    mean = np.trapezoid(np.exp(-(z**2) / 2) * np.tanh(np.sqrt(q_hat) * np.abs(z)), z) / np.sqrt(2 * np.pi)
    assert 0.1 < (1 - mean) / 2 < 0.3  # from there on the bound is the entropy
    # instances with more and fewer solutions than on average; the local entropies follow, a little below
    entropy = 0.314390067 + np.array([0.02, -0.01, 0.01, -0.02])
    around = (entropy - [0.001, 0.002, 0.003, 0.002])[:, None, None] - np.array([0.15, 0.0])
    rows = Solutions().rows(made([True] * 4, entropy, around))
    (own,) = [row for row in rows if row.expected == "equal"]
    assert (own.theory_source, own.simulation_source) == ("bound y=∞", "entropy of the instance")
    assert own.distance == 0.3 and own.theory == pytest.approx(0.314390067, abs=1e-6) and abs(own.z) < 1e-3
    near, far = [row for row in rows if row.expected == "below" and row.simulation_source.endswith(SOLVERS[0])]
    assert (near.theory_source, far.theory_source) == ("bound y=∞", "entropy of the instance")
    assert far.discrepancy == pytest.approx(-0.002) and far.z == pytest.approx(-0.002 / 0.000408248, rel=1e-4)
    assert far.simulation == pytest.approx(around[:, 0, 1].mean())


def test_rows_over_solved_instances_say_that_these_have_more_solutions():
    # as seen at alpha = 0.75: entropies 0.0635(19) of the solved instances, 0.0477(40) of the others
    entropy = 0.314390067 + np.array([0.02, 0.01, 0.01, -0.04])
    around = (entropy - 0.001)[:, None, None] - np.array([0.15, 0.0])
    rows = Solutions().rows(made([True, True, True, False], entropy, around))
    local = [row for row in rows if row.simulation_source.startswith("around")]
    assert len(local) == 8 and all(row.missing == 1 and np.isnan(row.p_value) for row in local)
    for row in local:
        if row.theory_source != "entropy of the instance":  # compared instance by instance
            assert "instances that are solved have more solutions than all; no value on 1 of 4" in row.assumption
    (own,) = [row for row in rows if row.expected == "equal"]
    assert own.samples == 4  # all of them


def test_a_hopeless_instance_is_given_up(monkeypatch):
    asked = []
    monkeypatch.setattr(solutions, "solve", lambda *_, **options: asked.append(options["max_iter"]) or bp.solve(
        bp.random_instance(BINARY, 31, 0.1, rng=1), rng=1))  # fmt: skip
    bp.crosscheck(BINARY, 0.1, n=31, samples=2, rng=1, distance=0.3, comparisons="solutions")
    assert asked == 4 * [2000]
