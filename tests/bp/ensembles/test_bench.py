"""A bench: what several measurements need is computed once, and only if asked for."""

import numpy as np
import pytest

import bp
from bp.ensembles import bench
from bp.ensembles.bench import Bench, Job
from replica_theory import BinaryPerceptron

JOB = Job(
    BinaryPerceptron(beta=2.0), 0.5, 41, 7, (0, 0, 1), ("entropy",), "focusing-bp", {"max_iter": 50}, 3, "amp", ()
)


def test_seeds_of_the_instance_and_of_the_runs():
    seeds = np.random.SeedSequence([7, 0, 0, 1]).spawn(4)
    made = Bench(JOB)
    np.testing.assert_array_equal(made.instance.xi, bp.random_instance(JOB.model, 41, 0.5, seeds[0]).xi)
    assert [s.spawn_key for s in made.runs] == [s.spawn_key for s in seeds[1:]] and made.beta == 2.0


@pytest.mark.parametrize(("what", "function"), [("messages", "belief_propagation"), ("solution", "solve")])
def test_work_is_done_once_and_when_asked_for(monkeypatch, what, function):
    calls, real = [], getattr(bench, function)
    monkeypatch.setattr(bench, function, lambda *args, **options: calls.append(options) or real(*args, **options))
    made = Bench(JOB)
    assert not calls
    assert getattr(made, what) is getattr(made, what) and len(calls) == 1
