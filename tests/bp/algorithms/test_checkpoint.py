"""Runs that are interrupted or killed and go on, and files that are no checkpoint of theirs."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from solver_runs import HARD, hard, same

import bp
from bp.algorithms import checkpoint as module
from bp.messages.amp import AmpState
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.perceptron import BinaryPerceptron


def interrupted(monkeypatch, path, inst, step, **options):
    """Run until Ctrl-C inside a step."""
    sweep, count = AmpState.sweep, [0]

    def stop(self, field, damping):
        count[0] += 1
        if count[0] == step:
            raise KeyboardInterrupt
        return sweep(self, field, damping)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="the same call goes on from"):
        patch.setattr(AmpState, "sweep", stop)
        bp.solve(inst, checkpoint=path, **options)


@pytest.mark.parametrize("model", [BinaryPerceptron(0.5), SymmetricBinaryPerceptron(0.3)], ids=repr)
@pytest.mark.parametrize("part", [0.01, *(pytest.param(k, marks=pytest.mark.slow) for k in (0.4, 0.9))])
def test_interrupted_run_goes_on_bit_for_bit(model, part, tmp_path, monkeypatch):
    inst = bp.random_instance(model, **HARD, rng=1)
    options = {"rng": 3, "max_iter": 1200}
    path, whole = tmp_path / "run.npz", bp.solve(inst, **options)
    interrupted(monkeypatch, path, inst, 2 + int(part * (whole.iterations - 2)), **options)
    assert path.exists()
    assert same(bp.solve(inst, checkpoint=path, **options), whole)
    assert not path.exists()


@pytest.mark.slow
def test_every_boundary_can_be_gone_on_from(tmp_path, monkeypatch):
    inst, path = hard(), tmp_path / "run.npz"
    options = {"rng": 3, "max_iter": 500}
    whole = bp.solve(inst, **options)
    monkeypatch.setattr(module, "INTERVAL", 0.0)
    for step in np.linspace(0.4 * whole.iterations, whole.iterations - 1, 4).astype(int):
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
        (inst, {"rng": 3, "schedule": "standard"}, "schedule was None and is Standard"),
        (hard(2), {"rng": 3}, "problem was"),
    ):
        with pytest.raises(ValueError, match=f"checkpoint of another run .*{what}"):
            bp.solve(other, checkpoint=path, **options)
    assert path.read_bytes() == before


CHANGES = {
    "missing": lambda arrays: arrays.pop("fields"),
    "added": lambda arrays: arrays.update(more=np.zeros(1)),
    "nan": lambda arrays: arrays.update(fields=np.full_like(arrays["fields"], np.nan)),
    "shape": lambda arrays: arrays.update(fields=arrays["fields"][:-1]),
    "dtype": lambda arrays: arrays.update(fields=arrays["fields"].astype(str)),
    "progress": lambda arrays: arrays.update(progress=np.array([10**6, 0, 0, 0])),
    "weights": lambda arrays: arrays.update(best=np.zeros_like(arrays["best"])),
    "generator": lambda arrays: arrays.update(rng=np.asarray("{}")),
    "settings are a list": lambda arrays: arrays.update(settings=np.str_("[1, 2]")),
    "settings are nothing": lambda arrays: arrays.update(settings=np.str_("null")),
    "settings are no JSON": lambda arrays: arrays.update(settings=np.str_("{")),
    "no settings": lambda arrays: arrays.pop("settings"),
    "no seal": lambda arrays: arrays.pop("seal"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sound_archive_that_is_no_checkpoint_is_refused_and_left(change, tmp_path, monkeypatch):
    """Each of them crashed, or ran on with what it found."""
    path, inst = tmp_path / "run.npz", hard()
    interrupted(monkeypatch, path, inst, 20, rng=3)
    with np.load(path) as file:
        arrays = dict(file)
    CHANGES[change](arrays)
    np.savez(path, **arrays)
    data = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.npz is no checkpoint or is damaged"):
        bp.solve(inst, rng=3, checkpoint=path)
    assert path.read_bytes() == data


def test_a_checkpoint_of_another_version_is_refused(tmp_path, monkeypatch):
    path, inst = tmp_path / "run.npz", hard()
    with monkeypatch.context() as patch:
        patch.setattr(module, "__version__", "0.0")
        interrupted(patch, path, inst, 20, rng=3)
    with pytest.raises(ValueError, match=r"checkpoint of another run \(version was 0\.0 and is"):
        bp.solve(inst, rng=3, checkpoint=path)


def test_what_a_killed_run_left_beside_its_checkpoint_is_removed(tmp_path):
    for name in (".run.npz.0123abcd.tmp", ".other.npz.0123abcd.tmp"):
        (tmp_path / name).write_bytes(b"half")
    module.Checkpoint(tmp_path / "run.npz", {})
    assert os.listdir(tmp_path) == [".other.npz.0123abcd.tmp"]


@pytest.mark.parametrize("damage", ["short", "text", "empty"])
def test_damaged_checkpoint_is_refused_and_left(damage, tmp_path, monkeypatch):
    path, inst = tmp_path / "run.npz", hard()
    interrupted(monkeypatch, path, inst, 20, rng=3)
    data = {"short": path.read_bytes()[:-100], "text": b"1 -1\n", "empty": b""}[damage]
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is no checkpoint or is damaged"):
        bp.solve(inst, rng=3, checkpoint=path)
    assert path.read_bytes() == data
