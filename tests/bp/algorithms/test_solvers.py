"""Solvers as a user calls them: automatic restarts, reinforced BP, and runs that are killed and go on."""

import os
import signal
import subprocess
import sys
import time
from itertools import islice

import numpy as np
import pytest

import bp
from bp.algorithms import checkpoint as module
from bp.algorithms import focusing
from bp.algorithms.schedules import Standard, passes
from bp.messages.amp import Amp
from replica_theory.models.intervals import IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron
from replica_theory.models.perceptron import BinaryPerceptron

HARD = {"n": 101, "alpha": 1.2}
"""Beyond capacity: every pass fails."""


def hard(rng=1):
    return bp.random_instance(BinaryPerceptron(), **HARD, rng=rng)


def same(a, b):
    return (
        np.array_equal(a.weights, b.weights)
        and np.array_equal(a.trace.view(np.uint8), b.trace.view(np.uint8))
        and (a.errors, a.iterations, a.status) == (b.errors, b.iterations, b.status)
    )


@pytest.mark.parametrize("solver", ["focusing-bp", "reinforced-bp"])
def test_restarts_until_the_budget_is_spent(solver):
    found = bp.solve(hard(), solver, rng=1, max_iter=1500)
    assert not found.solved and found.status == "max-iterations" and found.iterations == 1500
    restart = found.trace["restart"]
    assert restart[0] == 0 and restart[-1] >= 2 and set(np.diff(restart)) == {0, 1}
    starts = np.flatnonzero(np.diff(restart)) + 1
    assert np.all(np.diff(found.trace["y"][starts]) == 0)
    searches = np.flatnonzero(np.isnan(found.trace["y"]))
    assert np.array_equal(searches, starts - 1)  # one at the end of every pass
    assert found.errors == found.trace["errors"].min() <= found.trace["errors"][searches].min()


@pytest.mark.parametrize("solver", ["focusing-bp", "reinforced-bp"])
@pytest.mark.parametrize("form", ["amp", "edges"])
@pytest.mark.parametrize(
    "model",
    [UShapePerceptron(0.6), IntervalModel([(-2.0, -0.8), (-0.1, 0.4), (1.0, np.inf)]), IntervalModel([(-0.5, 1.0)])],
    ids=repr,
)
def test_unions_of_intervals_are_solved(model, form, solver):
    inst = bp.random_instance(model, n=201, alpha=0.3, rng=2)
    found = bp.solve(inst, solver, form=form, rng=1)
    assert found.solved and np.all(model.allows(inst.stabilities(found.weights)))


def test_checkpoints_tell_intervals_apart():
    patterns = np.random.default_rng(1).choice([-1, 1], (5, 9))
    marks = [
        module.fingerprint(bp.Instance(patterns, constraint=IntervalModel(ends)))
        for ends in ([(-1, 0)], [(-1, 0.5)], [(-1, 0), (1, 2)])
    ]
    assert len(set(marks)) == 3


def test_restarts_solve_what_one_pass_does_not():
    solved = np.zeros(2, dtype=int)
    for seed in range(6):
        inst = bp.random_instance(BinaryPerceptron(), n=501, alpha=0.74, rng=seed)
        found = bp.solve(inst, rng=seed, max_iter=3000)
        assert found.errors == inst.errors(found.weights)
        solved += (found.solved and found.trace["restart"][-1] == 0, found.solved)
    assert solved[1] > solved[0]


def test_reinforced_is_focusing_of_glued_replicas():
    inst = bp.random_instance(BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    single = bp.solve(inst, "reinforced-bp", steps=50, rng=1)
    assert same(single, focusing.focusing_bp(inst, schedule=Standard(50), rng=1))
    found = bp.solve(inst, "reinforced-bp", rng=1)
    assert found.solved and np.all(np.isposinf(found.trace["gamma"]))


@pytest.mark.parametrize(("kappa", "alpha"), [(1.0, 0.02), (1.0, 0.05), (1.0, 1.3), (0.5, 0.3)])
def test_symmetric_at_small_and_large_loads(kappa, alpha):
    inst = bp.random_instance(SymmetricBinaryPerceptron(kappa), n=1001, alpha=alpha, rng=2)
    assert bp.solve(inst, rng=1).solved


def test_lengths_of_the_passes():
    assert [len(plan) for plan in islice(passes("standard"), 5)] == [200, 400, 800, 1600, 1600]
    assert [len(plan) for plan in islice(passes("pseudo", is_even=True), 3)] == [800, 800, 1600]
    assert next(passes("standard", is_even=True)).pairs[-1] == (np.inf, pytest.approx(1000))


# Checkpoints


def interrupted(monkeypatch, path, inst, step, **options):
    """Run until Ctrl-C inside a step."""
    sweep, count = focusing.AmpState.sweep, [0]

    def stop(self, field, damping):
        count[0] += 1
        if count[0] == step:
            raise KeyboardInterrupt
        return sweep(self, field, damping)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="the same call goes on from"):
        patch.setattr(focusing.AmpState, "sweep", stop)
        bp.solve(inst, checkpoint=path, **options)


@pytest.mark.parametrize("model", [BinaryPerceptron(0.5), SymmetricBinaryPerceptron(0.3)], ids=repr)
@pytest.mark.parametrize("step", [4, 401, 900])
def test_interrupted_run_goes_on_bit_for_bit(model, step, tmp_path, monkeypatch):
    inst = bp.random_instance(model, **HARD, rng=1)
    options = {"rng": 3, "max_iter": 1200}
    path = tmp_path / "run.npz"
    interrupted(monkeypatch, path, inst, step, **options)
    assert path.exists()
    assert same(bp.solve(inst, checkpoint=path, **options), bp.solve(inst, **options))
    assert not path.exists()


def test_every_boundary_can_be_gone_on_from(tmp_path, monkeypatch):
    inst, path = hard(), tmp_path / "run.npz"
    options = {"rng": 3, "max_iter": 500}
    whole = bp.solve(inst, **options)
    monkeypatch.setattr(module, "INTERVAL", 0.0)
    for step in range(203, 500, 99):
        interrupted(monkeypatch, path, inst, step, **options)
        assert same(bp.solve(inst, checkpoint=path, **options), whole)


SCRIPT = """
import sys, bp
from bp.algorithms import checkpoint
from replica_theory import BinaryPerceptron
checkpoint.INTERVAL = 0.0
inst = bp.random_instance(BinaryPerceptron(), n=101, alpha=1.2, rng=1)
bp.solve(inst, rng=1, max_iter=1_000_000, checkpoint=sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_killed_process_leaves_a_whole_checkpoint(tmp_path):
    path = tmp_path / "run.npz"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], env=os.environ | {"NUMBA_NUM_THREADS": "1"})
    try:
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    with np.load(path, allow_pickle=False) as file:
        state = {name: file[name] for name in file.files if name != "settings"}
    done = int(state["progress"][2])
    whole = bp.solve(hard(), rng=1, max_iter=done)  # the same up to there
    assert np.array_equal(state["trace"].view(np.uint8), whole.trace.view(np.uint8))
    assert np.array_equal(state["best"], whole.weights)


def test_checkpoint_of_another_run_is_refused(tmp_path, monkeypatch):
    path, inst = tmp_path / "run.npz", hard()
    interrupted(monkeypatch, path, inst, 20, rng=3)
    before = path.read_bytes()
    for other, options, what in (
        (inst, {"rng": 4}, "seed was 3 and is 4 now"),
        (inst, {"rng": 3, "damping": 0.6}, "damping was 0.5 and is 0.6 now"),
        (inst, {"rng": 3, "schedule": "standard"}, "schedule was pseudo and is Standard"),
        (hard(2), {"rng": 3}, "instance was"),
    ):
        with pytest.raises(ValueError, match=f"checkpoint of another run .*{what}"):
            bp.solve(other, checkpoint=path, **options)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["short", "text", "empty"])
def test_damaged_checkpoint_is_refused_and_left(damage, tmp_path, monkeypatch):
    path, inst = tmp_path / "run.npz", hard()
    interrupted(monkeypatch, path, inst, 20, rng=3)
    data = {"short": path.read_bytes()[:-100], "text": b"1 -1\n", "empty": b""}[damage]
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is no checkpoint or is damaged"):
        bp.solve(inst, rng=3, checkpoint=path)
    assert path.read_bytes() == data


# Many runs side by side


@pytest.mark.parametrize("method", ["focusing-bp", "reinforced-bp"])
def test_batch_equals_single_runs_bit_for_bit(method):
    """Runs of different lengths, one of which goes through passes and searches until its budget ends."""
    easy = bp.random_instance(BinaryPerceptron(), n=301, alpha=0.6, rng=1)
    options = {"max_iter": 900, "entropies": True}
    batch = bp.solve_batch([easy, hard(), easy, easy], method, rngs=[1, 2, 3, 4], **options)
    single = [bp.solve(inst, method, rng=k, **options) for k, inst in enumerate([easy, hard(), easy, easy], start=1)]
    assert all(map(same, batch, single))
    assert {found.iterations == 900 for found in batch} == {True, False}


@pytest.mark.parametrize("form", ["edges", "exact"])
def test_batch_of_edge_messages(form):
    inst = bp.random_instance(BinaryPerceptron(), n=51, alpha=0.4, rng=1)
    batch = bp.solve_batch(inst, rngs=[1, 2], form=form)
    assert all(map(same, batch, (bp.solve(inst, rng=k, form=form) for k in (1, 2))))


def test_batch_shares_the_passes(monkeypatch):
    inst, passes = hard(), []
    step = Amp.step
    monkeypatch.setattr(Amp, "step", lambda self, m, g: (passes.append(np.shape(m)), step(self, m, g))[1])
    bp.solve_batch(inst, rngs=range(5), schedule="pseudo", steps=10)
    assert passes == [(5, 101)] * 20


def test_batch_of_real_patterns_solves():
    inst = bp.random_instance(BinaryPerceptron(), 201, 0.4, rng=1, patterns="gaussian")
    assert all(found.solved and not inst.errors(found.weights) for found in bp.solve_batch(inst, rngs=[1, 2, 3]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rngs": [1], "checkpoint": "x.npz"}, "checkpoint is for a single run"),
        ({"rngs": [1], "method": "luck"}, "method must be one of"),
        ({"rngs": [1, 2], "instance": [hard()]}, "one for each of the 2 rngs; got 1"),
    ],
)
def test_bad_batches(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        bp.solve_batch(**{"instance": hard()} | arguments)
    with pytest.raises(TypeError, match="unexpected keyword argument 'stops'"):
        bp.solve_batch(hard(), rngs=[1], stops=3)
    with pytest.raises(TypeError, match="rngs must be a sequence of seeds, one for each run; got 3"):
        bp.solve_batch(hard(), rngs=3)
    with pytest.raises(TypeError, match=r"instance must be a bp\.Instance or a sequence of them; got NoneType"):
        bp.solve_batch(None, rngs=[1])
