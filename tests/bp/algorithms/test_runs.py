"""Many runs side by side: each as if it were alone, and fewer passes over the patterns."""

import numpy as np
import pytest
from solver_runs import hard, same

import bp
from bp.messages.amp import Amp
from replica_theory.models.perceptron import BinaryPerceptron


@pytest.mark.parametrize("method", ["focusing-bp", "reinforced-bp"])
def test_batch_equals_single_runs_bit_for_bit(method):
    """Runs of different lengths, one of which goes through passes and searches until its budget ends."""
    easy = bp.random_instance(BinaryPerceptron(), n=301, alpha=0.6, rng=1)
    options = {"max_iter": 900, "entropies": True}
    batch = bp.solve_batch([easy, hard(), easy, easy], method, rngs=[1, 2, 3, 4], **options)
    single = [bp.solve(inst, method, rng=k, **options) for k, inst in enumerate([easy, hard(), easy, easy], start=1)]
    assert all(map(same, batch, single))
    assert {found.iterations == 900 for found in batch} == {True, False}


@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_batch_of_edge_messages(method):
    inst = bp.random_instance(BinaryPerceptron(), n=51, alpha=0.4, rng=1)
    batch = bp.solve_batch(inst, rngs=[1, 2], method=method)
    assert all(map(same, batch, (bp.solve(inst, rng=k, method=method) for k in (1, 2))))


def test_batch_shares_the_passes(monkeypatch):
    inst, passes = hard(), []
    step = Amp.step
    monkeypatch.setattr(Amp, "step", lambda self, m, g: (passes.append(np.shape(m)), step(self, m, g))[1])
    bp.solve_batch(inst, rngs=range(5), schedule="pseudo", steps=10)
    assert passes == [(5, 101)] * 20


def test_batch_of_real_patterns_solves():
    inst = bp.random_instance(BinaryPerceptron(), 201, 0.4, rng=1, patterns="gaussian")
    assert all(found.solved and not inst.errors(found.weights) for found in bp.solve_batch(inst, rngs=[1, 2, 3]))
