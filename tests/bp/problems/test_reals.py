"""Products with real patterns against plain ones; neither threads nor batches change a bit of them."""

import numba
import numpy as np
import pytest

from bp.problems import _reals

SHAPES = [(1, 1), (3, 5), (67, 513), (130, 1201)]  # within and beyond a block of rows and of columns


def drawn(p, n, dtype=np.float64, batch=3):
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in ((p, n), (batch, n), (batch, p)))


def products(x, m, g):
    return [function(x, v, squared=squared) for function, v in ((_reals.times, m), (_reals.back, g))
            for squared in (False, True)]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("p", "n"), SHAPES)
def test_products_are_those_of_the_matrix(p, n, dtype):
    x, m, g = (array.astype(float) for array in drawn(p, n, dtype))
    expected = [m @ x.T, m @ (x * x).T, g @ x, g @ (x * x)]
    scale = [abs(m) @ abs(x).T, abs(m) @ (x * x).T, abs(g) @ abs(x), abs(g) @ (x * x)]
    for value, right, size in zip(products(*drawn(p, n, dtype)), expected, scale, strict=True):
        assert value.dtype == np.float64
        # rounding of a sum of n terms: at most n times that of one, of the sum of their sizes
        assert np.all(abs(value - right) <= max(n, p) * np.finfo(dtype).eps * size)


def test_squares_of_single_precision_are_summed_in_double():
    x, m, g = drawn(130, 1201)
    single = x.astype(np.float32)
    exact = single.astype(float) ** 2
    # squares are rounded to single precision, 1e-7 each, independently; their sums are not
    np.testing.assert_allclose(_reals.times(single, m, squared=True), m @ exact.T, atol=1e-5)
    np.testing.assert_allclose(_reals.back(single, g, squared=True), g @ exact, atol=1e-5)


def test_threads_and_batches_change_nothing(monkeypatch):
    monkeypatch.setattr("bp.execution.threads._SHARE", 1e-7)
    x, m, g = drawn(130, 1201)
    found = []
    for count in (1, 2, 3):
        monkeypatch.setattr(numba, "get_num_threads", lambda count=count: count)
        found.append(products(x, m, g))
    single = products(x, m[1:2], g[1:2])
    for one, two, three, alone in zip(*found, single, strict=True):
        assert np.array_equal(one, two) and np.array_equal(one, three) and np.array_equal(one[1:2], alone)


def test_what_is_not_finite_stays_so():
    x, m, g = drawn(3, 5)
    m[1, 2] = np.nan
    g[2, 0] = np.inf
    assert np.all(np.isnan(_reals.times(x, m)) == [[False], [True], [False]])
    assert np.all(np.isinf(_reals.back(x, g)) == [[False], [False], [True]])
