"""Random formulas of a run, and solvers compared on them."""

import numpy as np
import pytest

import bp
from bp.algorithms.focusing import FocusingBP
from bp.ensembles.random_formulas import RandomFormulas
from bp.execution.call import stored_call

FORMULAS = RandomFormulas(ratio=[2.0, 3.0], n=40, k=3, samples=2)
SOLVERS = ["focusing-bp", "walksat", "sbpi"]


def assert_same(one, other):
    """Equal but for the CPU time, which no seed fixes."""
    assert (one.status == other.status).all() and one.values.keys() == other.values.keys()
    for name in one.values.keys() - {"cpu_seconds"}:
        np.testing.assert_array_equal(one.values[name], other.values[name])


@pytest.fixture(scope="module")
def table():
    return bp.compare(SOLVERS, FORMULAS, rng=1)


def test_formulas_have_the_ratio_the_size_and_the_length():
    several = RandomFormulas([1.0, 2.51], [10, 21], k=4, samples=1)
    for draw in several.drawn(3):
        sat = draw.problem()
        assert sat.n == draw.n and sat.n_constraints == round(draw.ratio * draw.n) and set(sat.sizes) == {4}
    assert len(several) == 4 and RandomFormulas(2, 9) == RandomFormulas([2.0], (9,), k=3, samples=20)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ratio": 0.0}, "ratio must be positive"),
        ({"ratio": []}, "ratio must"),
        ({"ratio": [2.0, 2.0]}, "ratio must hold different"),
        ({"n": 2}, "k must be at most n=2, a clause having different variables; got 3"),
        ({"n": [5, 5]}, "n must hold different"),
        ({"k": 0}, "k must be"),
        ({"samples": 0}, "samples must be"),
        ({"ratio": 0.01}, "gives no clauses"),
    ],
)
def test_what_cannot_be_drawn(changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        RandomFormulas(**{"ratio": 2.0, "n": 10} | changes)


def test_memory_is_asked_for_before_any_work():
    with pytest.raises(MemoryError, match="choose a smaller n"):
        bp.compare("walksat", RandomFormulas(9.0, 10**9, 4, 1), rng=1)


def test_rows_are_ratios_and_solvers_that_do_not_apply_say_so(table):
    draws = FORMULAS.drawn(1)
    assert table.problems == tuple(repr(draws[k].problem()) for k in (0, 2)) and table.kind.tolist() == [0, 0, 1, 1]
    assert table.load.tolist() == [2.0, 2.0, 3.0, 3.0] and table.n.tolist() == [40] * 4
    assert (table.status[:2] == "solved").all() and (table.status[2] == "inapplicable").all()
    assert "Online" in table.reasons["sbpi"][table.problems[0]]
    assert table.units == {"focusing-bp": "iterations", "walksat": "flips", "sbpi": "sweeps"}
    assert table.mean("solved").count.tolist() == [[2, 2], [2, 2], [0, 0]]


def test_a_folder_is_gone_on_with(table, tmp_path):
    few = RandomFormulas(ratio=[2.0, 3.0], n=40, k=3, samples=1)
    bp.compare("walksat", few, rng=1, folder=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert len(before) == 2
    assert_same(bp.compare(SOLVERS, FORMULAS, folder=tmp_path), table)  # the root is found there
    assert before.items() <= {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}.items()
    stored = stored_call(tmp_path, "compare", ("ratio", "k", "samples", "solvers"))
    assert (stored["ratio"], stored["k"], stored["samples"]) == ([2.0, 3.0], 3, 2)
    with pytest.raises(ValueError, match="k was 3 and is 4 now"):
        bp.compare("walksat", RandomFormulas(ratio=[2.0, 3.0], n=40, k=4, samples=1), folder=tmp_path)


def test_given_formulas_and_local_entropies_by_the_messages_that_they_have():
    formulas = [draw.problem() for draw in FORMULAS.drawn(1)[:2]]
    found = bp.compare("focusing-bp", formulas, rng=1, measurements="local_entropy", distance=[0.1, 0.2])
    assert found.method == "exact" and found.values["local_entropy"].shape == (1, 2, 2)
    drawn = bp.compare("focusing-bp", FORMULAS, rng=1, measurements="local_entropy", distance=0.1)
    weights = FocusingBP()(formulas[0], rng=1).weights
    assert formulas[0].errors(weights) == 0
    curve = bp.local_entropy(formulas[0], weights, [0.1])
    # around solutions of other seeds, too, a tree-like formula has much the same entropy: 40 variables, 0.1 nats apart
    for value in (found.values["local_entropy"][0, 0, 0], drawn.values["local_entropy"][0, 0, 0]):
        assert value == pytest.approx(curve.entropy[0], abs=0.1)
    with pytest.raises(ValueError, match="method must be one of"):
        bp.compare("walksat", FORMULAS, rng=1, measurements="local_entropy", method="amp")
