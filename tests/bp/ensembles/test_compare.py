"""Solvers against one another: the same problems, seeds of their own, any executor, resumable."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import bp
from bp.algorithms.annealing import SimulatedAnnealing
from bp.algorithms.sbpi import SBPI
from bp.ensembles.compare import compare
from bp.ensembles.random_problems import RandomProblems
from bp.ensembles.trial import Trial
from bp.execution.call import stored_call
from bp.problems.committee import random_committee
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron

MODEL = BinaryPerceptron()
PROBLEMS = RandomProblems(MODEL, [0.3, 0.5], 41, 3)


def assert_same(one, other):
    """Equal but for the CPU time, which no seed fixes."""
    assert one.values.keys() == other.values.keys() and (one.status == other.status).all()
    for name in one.values.keys() - {"cpu_seconds"}:
        np.testing.assert_array_equal(one.values[name], other.values[name])
    assert (one.solvers, one.problems, one.root) == (other.solvers, other.problems, other.root)


@pytest.fixture(scope="module")
def result():
    return compare(["sbpi", "focusing-bp"], PROBLEMS, 1)


def test_every_run_is_that_of_its_seed(result):
    draws = PROBLEMS.drawn(1)
    for (s, k), status in np.ndenumerate(result.status):
        solver = (SBPI(), bp.algorithms.focusing.FocusingBP())[s]
        found = solver(draws[k].problem(), rng=Trial(draws[k], solver, np.inf, (), "amp").seed)
        assert (status, result.values["iterations"][s, k]) == (found.status, found.iterations)
        assert result.values["errors"][s, k] == found.errors
    assert result.problems == (repr(draws[0].problem()), repr(draws[3].problem()))
    assert result.kind.tolist() == [0] * 3 + [1] * 3 and result.load[[0, 3]].tolist() == [12 / 41, 20 / 41]
    assert result.units == {"sbpi": "sweeps", "focusing-bp": "iterations"}


def test_the_executor_and_the_company_change_nothing(result):
    with ThreadPoolExecutor(2) as executor:
        assert_same(compare(["sbpi", "focusing-bp"], PROBLEMS, 1, executor), result)
    alone = compare({"other": "focusing-bp"}, PROBLEMS, 1)
    for name in alone.values.keys() - {"cpu_seconds"}:
        np.testing.assert_array_equal(alone.values[name][0], result.values[name][1])


def test_a_folder_is_gone_on_with_by_more_solvers_and_samples(result, tmp_path):
    few = RandomProblems(MODEL, [0.3, 0.5], 41, 2)
    first = compare("sbpi", few, 1, folder=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    whole = compare(["sbpi", "focusing-bp"], PROBLEMS, folder=tmp_path)  # the root is found there
    assert len(before) == 4 and all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert_same(whole, result)
    assert whole.values["cpu_seconds"][0, 0] == first.values["cpu_seconds"][0, 0]
    assert compare(["sbpi", "focusing-bp"], PROBLEMS, folder=tmp_path) == whole
    call = stored_call(tmp_path, "compare", ("solvers",))
    assert (call["solvers"], call["samples"], call["alpha"]) == (["sbpi", "focusing-bp"], 3, [0.3, 0.5])
    with pytest.raises(ValueError, match="another run"):
        compare("sbpi", PROBLEMS, 1, folder=tmp_path, seconds=1.0)
    with pytest.raises(ValueError, match="another run"):
        compare("sbpi", RandomProblems(MODEL, [0.3], 41, 2), 1, folder=tmp_path)


def test_an_interrupted_run_goes_on(result, tmp_path, monkeypatch):
    run, calls = SBPI.run, []

    def interrupted(*arguments):
        calls.append(os.getpid())
        if len(calls) == 4:
            raise KeyboardInterrupt
        return run(*arguments)

    monkeypatch.setattr(SBPI, "run", interrupted)
    with pytest.raises(KeyboardInterrupt, match="the same call goes on from there"):
        compare(["sbpi", "focusing-bp"], PROBLEMS, 1, folder=tmp_path)
    kept = len(list(tmp_path.rglob("*.npz")))
    assert 0 < kept < 12
    assert_same(compare(["sbpi", "focusing-bp"], PROBLEMS, 1, folder=tmp_path), result)


def test_given_problems_of_several_kinds(tmp_path):
    problems = [
        bp.random_instance(MODEL, 41, 0.3, 1),
        random_committee(MODEL, 45, 3, 0.3, 1),
        bp.random_instance(MODEL, 41, 0.3, 2),
    ]
    found = compare(["sbpi", "max-sum"], problems, 1, folder=tmp_path)
    assert found.problems == (repr(problems[0]), repr(problems[1])) and found.kind.tolist() == [0, 1, 0]
    assert (found.status[0] == "solved").all() and found.status[1, 1] == "inapplicable"
    sentence = found.reasons["max-sum"][repr(problems[1])]
    assert "Committee" in sentence and f"max-sum: {sentence}" in str(found)
    assert found.mean("solved").count.tolist() == [[2, 1], [2, 0]]
    more = compare("sbpi", [*problems, bp.random_instance(MODEL, 41, 0.4, 3)], 1, folder=tmp_path)
    assert more.values["cpu_seconds"][0, :3].tolist() == found.values["cpu_seconds"][0].tolist()


def test_local_entropies_lie_around_what_was_found():
    found = compare(["sbpi"], PROBLEMS, 1, measurements=["local_entropy"], distance=[0.1, 0.2])
    assert found.values["local_entropy"].shape == (1, 6, 2)
    draw = PROBLEMS.drawn(1)[4]
    weights = SBPI()(draw.problem(), rng=Trial(draw, SBPI(), np.inf, (), "amp").seed).weights
    curve = bp.local_entropy(draw.problem(), weights, [0.1, 0.2], method="amp")
    np.testing.assert_array_equal(found.values["local_entropy"][0, 4], curve.entropy)


def test_what_is_not_solved_is_told_from_what_is():
    hopeless = RandomProblems(SymmetricBinaryPerceptron(0.3), 1.5, 31, 2)
    solvers = {"short": SimulatedAnnealing(max_iter=1000), "long": SimulatedAnnealing(max_iter=10**12)}
    found = compare(solvers, hopeless, 1, seconds=0.1)
    assert found.status.tolist() == [["schedule-ended"] * 2, ["out-of-time"] * 2]
    assert (found.values["solved"] == 0).all() and (found.values["errors"][0] > 0).all()
    assert found.seconds == 0.1 and not found.converged.any() and found.solvers["short"]["max_iter"] == 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"solvers": "sbpy"}, "solvers must be one of .*; got 'sbpy'"),
        ({"solvers": []}, "solvers must hold at least one"),
        ({"solvers": 3}, "solvers must be names, solvers, or a mapping"),
        ({"solvers": {1: "sbpi"}}, "solvers must have words for labels"),
        ({"solvers": ["sbpi", 3]}, "solvers must hold names or solvers"),
        ({"solvers": ["sbpi", "sbpi"]}, "'sbpi' comes twice"),
        ({"solvers": ["sbpi", SBPI(barely=0.1)]}, "solvers must have different labels"),
        ({"solvers": {"a": "sbpi", "b": SBPI()}}, "'a' and 'b' are the same"),
        ({"problems": []}, "problems must hold at least one"),
        ({"problems": [1]}, "problems must be a RandomProblems"),
        ({"measurements": "entropy"}, "measurements must be"),
        ({"method": "bp"}, "method must be one of"),
        ({"distance": 0.7}, "distance must lie in"),
        ({"seconds": 0}, "seconds must be"),
        ({"rng": -1}, "rng must be"),
        ({"executor": 3}, "executor must be"),
    ],
)
def test_bad_arguments(changes, words):
    with pytest.raises((TypeError, ValueError), match=words):
        compare(**{"solvers": "sbpi", "problems": PROBLEMS} | changes)


def test_messages_that_there_are_not_are_refused_before_any_work():
    problems = RandomProblems(MODEL, 0.3, 15, 1, units=3)
    with pytest.raises(ValueError, match="method must be one of"):
        compare("sbpi", problems, 1, measurements="local_entropy", method="max-sum")
