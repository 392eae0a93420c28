"""Many runs side by side: each as if it were alone, and fewer passes over the patterns."""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from solver_runs import hard, same

import bp
from bp.algorithms import runs
from bp.problems.products import PackedPatterns
from replica_theory.models.perceptron import BinaryPerceptron


@pytest.mark.parametrize("method", ["focusing-bp", "reinforced-bp"])
def test_batch_equals_single_runs_bit_for_bit(method):
    """Runs of different lengths, one of which goes through passes and searches until its budget ends."""
    easy = bp.random_instance(BinaryPerceptron(), n=301, alpha=0.6, rng=1)
    options = {"max_iter": 900, "entropies": True}
    batch = bp.solve_batch([easy, hard(), easy, easy], method, rngs=[1, 2, 3, 4], **options)
    single = [bp.solve(inst, method, rng=k, **options) for k, inst in enumerate([easy, hard(), easy, easy], start=1)]
    assert all(map(same, batch, single))
    assert {found.status for found in batch} == {"max-iterations", "solved"}


@pytest.mark.parametrize("method", ["gaussian", "exact"])
def test_batch_of_edge_messages(method):
    inst = bp.random_instance(BinaryPerceptron(), n=51, alpha=0.4, rng=1)
    batch = bp.solve_batch(inst, rngs=[1, 2], method=method)
    assert all(map(same, batch, (bp.solve(inst, rng=k, method=method) for k in (1, 2))))


def test_batch_shares_the_passes(monkeypatch):
    inst, passes = hard(), []
    times = PackedPatterns.times
    monkeypatch.setattr(PackedPatterns, "times", lambda self, m: (passes.append(np.shape(m)), times(self, m))[1])
    bp.solve_batch(inst, rngs=range(5), schedule="pseudo", steps=10)
    assert passes == [(5, 101)] * 20


def test_batch_of_real_patterns():
    inst = bp.random_instance(BinaryPerceptron(), 201, 0.4, rng=1, patterns="gaussian")
    batch = bp.solve_batch(inst, rngs=[1, 2, 3])
    assert all(found.solved and not inst.errors(found.weights) for found in batch)
    assert all(map(same, batch, (bp.solve(inst, rng=k) for k in (1, 2, 3))))


# Interruptions and signs of life

SCRIPT = """
import sys, bp
from replica_theory import BinaryPerceptron
inst = bp.random_instance(BinaryPerceptron(), n=101, alpha=1.2, rng=1)
bp.solve(inst, sys.argv[2], max_iter=30, rng=1)  # loads what is compiled
print("ready", flush=True)
bp.solve(inst, sys.argv[2], rng=1, max_iter=1_000_000, checkpoint=sys.argv[1])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no signals on this system")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("solver", ["focusing-bp", pytest.param("reinforced-bp", marks=pytest.mark.slow)])
def test_a_signal_leaves_a_checkpoint_and_a_sentence(tmp_path, sign, solver):
    path = tmp_path / "run.npz"
    command = [sys.executable, "-c", SCRIPT, str(path), solver]
    process = subprocess.Popen(
        command, env=os.environ | {"NUMBA_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(1.0)
    process.send_signal(sign)
    _, words = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"the same call goes on from {path}" in words
    with np.load(path, allow_pickle=False) as file:
        restart, _, done = map(int, file["progress"])
        trace = file["trace"]
    whole = bp.solve(hard(), solver, rng=1, max_iter=done + 134 * (restart + 1))  # and its searches
    assert done > 0 and trace.tobytes() == whole.trace[: len(trace)].tobytes()


def test_sigterm_is_left_as_it_was():
    before = signal.getsignal(signal.SIGTERM)
    bp.solve(bp.random_instance(BinaryPerceptron(), 51, 0.3, rng=1), rng=1)
    assert signal.getsignal(signal.SIGTERM) is before
    mine = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        handler = signal.getsignal(signal.SIGTERM)
        bp.solve(bp.random_instance(BinaryPerceptron(), 51, 0.3, rng=1), rng=1)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, mine)


def test_runs_work_in_any_thread():
    inst, found = bp.random_instance(BinaryPerceptron(), 51, 0.3, rng=1), []
    thread = threading.Thread(target=lambda: found.append(bp.solve(inst, rng=1)))
    thread.start()
    thread.join()
    assert found[0].solved


def test_off_a_terminal_a_long_run_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(runs, "_QUIET", 0.0)
    with caplog.at_level(logging.INFO, logger="bp"):
        bp.solve(hard(), rng=1, max_iter=40)
    assert re.fullmatch(r"focusing-bp: \d+ of 40 iterations, \d+ errors left, \d+ at best", caplog.messages[-1])
