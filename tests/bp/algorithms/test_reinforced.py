"""Reinforced BP: focusing BP at infinite coupling."""

import numpy as np
from solver_runs import same

import bp
from bp.algorithms.focusing import FocusingBP
from bp.algorithms.schedules import Standard
from replica_theory.models.perceptron import BinaryPerceptron


def test_reinforced_is_focusing_of_glued_replicas():
    inst = bp.random_instance(BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    single = bp.solve(inst, "reinforced-bp", steps=50, rng=1)
    assert same(single, FocusingBP(schedule=Standard(50))(inst, rng=1))
    found = bp.solve(inst, "reinforced-bp", rng=1)
    assert found.solved and np.all(np.isposinf(found.trace["gamma"]))
