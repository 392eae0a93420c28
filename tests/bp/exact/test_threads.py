"""Work in threads: in order, and the same whatever their number."""

import numpy as np

from bp import enumerate_solutions, random_instance
from bp.exact import threads
from replica_theory import SymmetricBinaryPerceptron


def test_result_does_not_depend_on_threads(monkeypatch):
    inst = random_instance(SymmetricBinaryPerceptron(1.0), n=20, alpha=0.5, rng=1)
    several = enumerate_solutions(inst)
    monkeypatch.setattr(threads.numba_config, "NUMBA_NUM_THREADS", 1)
    one = enumerate_solutions(inst)
    assert np.array_equal(several.packed, one.packed)
    assert np.array_equal(several.magnetizations, one.magnetizations)
    assert np.array_equal(several.around_solutions(50, rng=1).entropy, one.around_solutions(50, rng=1).entropy)


def test_parts_come_in_order_and_cover_the_range():
    for size in (1, 2, 63, 64, 1000):
        parts = threads.in_threads(lambda first, last: (first, last), size)
        assert parts[0][0] == 0 and parts[-1][1] == size
        assert [last for _, last in parts[:-1]] == [first for first, _ in parts[1:]]
