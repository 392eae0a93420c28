import importlib
import signal
import subprocess
import sys
import time

import numba
import numpy as np
import pytest
from dask_workers import dask_workers

import bp
from bp.execution.store import DamagedPointWarning
from bp.execution.workers import worker_processes
from replica_theory import BinaryPerceptron
from replica_theory.status import ConvergenceWarning

bench = importlib.import_module("bp.ensembles.bench")
module = importlib.import_module("bp.ensembles.ensemble")
MODEL = BinaryPerceptron()
MEASUREMENTS = ["entropy", "overlap", "solved", "iterations", "local_entropy", "solution_overlaps"]
SMALL = {"alpha": [0.3, 0.5], "n": [61, 101], "samples": 2, "rng": 7, "distance": [0.1, 0.3], "solver_runs": 2}


def run(measurements=MEASUREMENTS, model=MODEL, **changes):
    return bp.ensemble(model, measurements=measurements, **SMALL | changes)


def assert_identical(a, b):
    assert a.values.keys() == b.values.keys()
    for name in a.values:
        assert a.values[name].tobytes() == b.values[name].tobytes(), name


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """The instances are so small that threads would only wait for each other."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


@pytest.fixture(scope="module")
def serial():
    return run()


def test_a_larger_run_goes_on_and_other_settings_are_refused(serial, tmp_path, monkeypatch):
    run(folder=tmp_path, samples=1)
    assert_identical(run(folder=tmp_path, rng=None), serial)
    assert len(list((tmp_path / "points").glob("*.npz"))) == 8
    monkeypatch.setattr(module, "run_points", None)  # no work may begin
    for change, name in [
        ({"rng": 8}, "seed"),
        ({"alpha": [0.3, 0.4]}, "alpha"),
        ({"n": 61}, "n"),
        ({"distance": 0.1}, "distance"),
        ({"method": "amp"}, "method"),
        ({"solver": "reinforced-bp"}, "solver"),
        ({"solver_runs": 3}, "solver_runs"),
        ({"solver_options": {"max_iter": 100}}, "solver_options"),
        ({"measurements": ["entropy", "local_entropy"]}, "measurements"),
        ({"model": BinaryPerceptron(0.1)}, "kappa"),
    ]:
        with pytest.raises(ValueError, match=rf"points of another run \({name} was .* now\)"):
            run(folder=tmp_path, **change)


def test_messages_that_do_not_converge_are_reported_once(monkeypatch):
    real = bp.belief_propagation
    monkeypatch.setattr(bench, "belief_propagation", lambda *a, **k: real(*a, **k | {"max_iter": 1}))
    with pytest.warns(ConvergenceWarning, match="NaN on so many instances: entropy 2") as caught:
        result = run(["entropy", "solved"], alpha=0.5, n=61)
    assert len(caught) == 1
    assert not result.converged.any() and (result.status == "max-iterations").all()
    assert np.isnan(result.values["entropy"]).all() and result.values["solved"].all()


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"model": "binary"}, TypeError, "model must be a model"),
        ({"model": BinaryPerceptron([0.0, 1.0])}, ValueError, "single kappa and beta"),
        ({"alpha": 0.0}, ValueError, "alpha must be positive and finite; got 0.0"),
        ({"alpha": "x"}, TypeError, "alpha must be a real number"),
        ({"alpha": [0.5, 0.5]}, ValueError, "alpha must hold different numbers"),
        ({"alpha": 0.001}, ValueError, "gives no patterns"),
        ({"n": 10.5}, TypeError, "n must be a positive integer"),
        ({"n": []}, ValueError, "n must hold at least one"),
        ({"n": 0}, ValueError, "n must be a positive integer; got 0"),
        ({"samples": 0}, ValueError, "samples must be a positive integer; got 0"),
        ({"solver_runs": 1}, ValueError, "solver_runs must be an integer of at least 2; got 1"),
        ({"measurements": []}, ValueError, "measurements must be one or more"),
        ({"measurements": ["entropie"]}, ValueError, "measurements must be one of 'entropy'.*got 'entropie'"),
        ({"measurements": "energy"}, ValueError, "needs a finite beta"),
        ({"measurements": "generalization_error"}, ValueError, "needs a model with a teacher"),
        ({"distance": 0.0}, ValueError, r"distance must lie in \(0, 1/2\]; got 0"),
        ({"distance": [0.1, 0.1]}, ValueError, "distance must hold different numbers"),
        ({"n": 10**7 + 1, "method": "amp"}, MemoryError, "choose a smaller n"),
        ({"solver": "magic"}, ValueError, "solver must be one of"),
        ({"method": "magic"}, ValueError, "method must be one of"),
        ({"rng": -1}, ValueError, "rng must be a non-negative integer.*; got -1"),
    ],
)
def test_bad_arguments_are_refused_before_work(monkeypatch, change, error, message):
    monkeypatch.setattr(module, "run_points", None)
    with pytest.raises(error, match=message):
        run(**change)


@pytest.mark.slow
def test_processes_do_not_change_a_bit(serial, tmp_path):
    with worker_processes(2) as executor:
        assert_identical(run(executor=executor, folder=tmp_path), serial)


FORTY = {"alpha": 0.5, "n": [61, 101], "measurements": ["entropy", "solved", "solution_overlaps"], "rng": 3}

# More samples than it gets to before it is killed, however long the test is kept waiting.
DRIVER = """
import sys, bp, replica_theory as rt
from bp.execution.workers import worker_processes
if __name__ == "__main__":
    with worker_processes(int(sys.argv[2])) as executor:
        bp.ensemble(rt.BinaryPerceptron(), 0.5, [61, 101], 1000, ["entropy", "solved", "solution_overlaps"], rng=3,
                    executor=executor, folder=sys.argv[1])
"""


@pytest.fixture(scope="module")
def forty():
    return bp.ensemble(MODEL, samples=20, **FORTY)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_a_random_moment_and_resumed_is_uninterrupted(forty, tmp_path, workers):
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    rng = np.random.default_rng()  # the moment may differ from run to run, the outcome may not
    points = tmp_path / "points"
    driver = subprocess.Popen([sys.executable, script, tmp_path, str(workers)], stderr=subprocess.DEVNULL)
    while driver.poll() is None and len(list(points.glob("*.npz"))) < 3:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.05))
    driver.kill()
    assert driver.wait() == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in points.glob("*.npz")}
    assert len(before) >= 3
    assert_identical(bp.ensemble(MODEL, samples=20, **FORTY, folder=tmp_path), forty)
    assert all(path.stat().st_mtime_ns == written for path, written in before.items())  # none was done twice


def test_a_damaged_point_is_done_again(serial, tmp_path):
    run(folder=tmp_path)
    damaged = tmp_path / "points" / "1-0-1.npz"
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.warns(DamagedPointWarning, match=r"1-0-1\.npz is damaged"):
        assert_identical(run(folder=tmp_path), serial)
    assert damaged.with_suffix(".damaged").exists()


@pytest.mark.slow
def test_dask_does_not_change_a_bit(serial, tmp_path):
    with dask_workers(2) as (client, executor):
        assert_identical(run(executor=executor, folder=tmp_path), serial)
        assert len(client.run(lambda: None)) == 2
