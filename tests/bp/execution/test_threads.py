"""Work in threads: in order, the same whatever their number, and through forks."""

import os
import re
import subprocess
import sys
import threading
import time

import numba
import numpy as np
import pytest
from import_graph import PATHS

from bp import enumerate_solutions, random_instance
from bp.execution import threads
from replica_theory import SymmetricBinaryPerceptron


@pytest.fixture
def several(monkeypatch):
    """As on a machine with three cores, whatever this one has."""
    monkeypatch.setattr(threads.numba, "get_num_threads", lambda: 3)
    monkeypatch.setattr(threads.numba.config, "NUMBA_NUM_THREADS", 3)


def test_result_does_not_depend_on_threads(monkeypatch):
    inst = random_instance(SymmetricBinaryPerceptron(1.0), n=20, alpha=0.5, rng=1)
    found = []
    for number in (1, 3):
        monkeypatch.setattr(threads.numba, "get_num_threads", lambda number=number: number)
        found.append(enumerate_solutions(inst))
    one, three = found
    assert np.array_equal(three.packed, one.packed)
    assert np.array_equal(three.magnetizations, one.magnetizations)
    assert np.array_equal(three.around_solutions(50, rng=1).entropy, one.around_solutions(50, rng=1).entropy)


@pytest.mark.parametrize("seconds", [0.0, 1e-3, np.inf])
def test_parts_come_in_order_and_cover_the_range(several, seconds):
    for size in (1, 2, 63, 64, 1000):
        parts = threads.in_threads(lambda first, last: (first, last), size, seconds)
        assert parts[0][0] == 0 and parts[-1][1] == size
        assert [last for _, last in parts[:-1]] == [first for first, _ in parts[1:]]


def idents(seconds):
    """Threads that have worked."""

    def task(first, last):
        time.sleep(0.002)
        return threading.get_ident()

    return set(threads.in_threads(task, 20, seconds))


def test_small_work_stays_on_this_thread(several):
    assert idents(1e-4) == {threading.get_ident()}
    assert len(idents(1.0)) > 1


def test_the_mask_of_numba_counts():
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        assert idents(1.0) == {threading.get_ident()}
    finally:
        numba.set_num_threads(before)


def test_an_error_in_a_thread_is_raised(several):
    def task(first, last):
        if first:
            raise RuntimeError(first)
        time.sleep(0.05)

    with pytest.raises(RuntimeError, match=r"^\d+$"):
        threads.in_threads(task, 3)


def test_without_further_threads_this_one_does_all(several, monkeypatch):
    def none(self, work):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads.ThreadPoolExecutor, "submit", none)
    assert idents(1.0) == {threading.get_ident()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_no_thread_outlives_a_fork(several):
    idents(1.0)
    assert any(thread.name.startswith("bp") for thread in threading.enumerate())
    pid = os.fork()
    if pid == 0:
        os._exit(len(idents(1.0)))  # the child works, with threads of its own
    assert not any(thread.name.startswith("bp") for thread in threading.enumerate())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) > 1
    assert len(idents(1.0)) > 1


def test_threads_that_wait_do_nothing(several):
    """Those of OpenMP turn round and round; these sleep."""
    idents(1.0)
    before = time.process_time()
    time.sleep(0.2)
    assert time.process_time() - before < 0.1


def test_compiled_code_starts_no_threads_of_its_own():
    """OpenMP's spin and die in forked children; those of numba's workqueue abort beside other Python threads."""
    assert "bp.messages._gaussian" in PATHS
    for name, path in PATHS.items():
        assert not re.search(r"prange|parallel=True", path.read_text(encoding="utf-8")), name


AT_ONCE = """
import threading
import bp, replica_theory as rt
inst = bp.random_instance(rt.BinaryPerceptron(), 1501, 0.5, rng=1)
def run():
    found.append(bp.belief_propagation(inst).entropy)
found = []
workers = [threading.Thread(target=run) for _ in range(3)]
for worker in workers: worker.start()
for worker in workers: worker.join()
print(len(found), len(set(found)))
"""


@pytest.mark.parametrize("layer", ["workqueue", "omp"])
def test_several_python_threads_at_once(layer):
    if layer == "omp":
        pytest.importorskip("numba.np.ufunc.omppool")
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE],
        env=os.environ | {"NUMBA_THREADING_LAYER": layer, "NUMBA_NUM_THREADS": "2"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == ("3 1\n", "", 0)
