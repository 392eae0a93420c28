"""Products from bits against unpacked patterns; neither threads nor blocks nor batches change a bit of them."""

import tracemalloc

import numba
import numpy as np
import pytest

from bp import Instance, random_instance
from bp.problems import _bits
from bp.problems.perceptron import random_bits
from replica_theory import BinaryPerceptron

SHAPES = [(1, 1), (3, 7), (9, 64), (8, 65), (17, 256), (33, 1001), (70, 4200)]
LARGE = (400, 20001)  # several blocks of rows, enough words for threads


def signs(shape, seed=1):
    return 2 * np.random.default_rng(seed).integers(0, 2, shape, dtype=np.int8) - 1


@pytest.fixture
def threads(monkeypatch):
    """Sets the number of threads, also beyond that of the cores."""
    return lambda count: monkeypatch.setattr(numba, "get_num_threads", lambda: count)


@pytest.mark.parametrize(("p", "n"), SHAPES)
def test_bits_hold_the_signs(p, n):
    xi = signs((p, n))
    bits = _bits.pack(xi)
    assert bits.shape == (p, _bits.words(n))
    assert np.array_equal(_bits.unpack(bits, n), xi)
    assert np.array_equal(_bits.from_bytes(_bits.as_bytes(bits, n), n), bits)
    rows = np.arange(p) % 2 == 0
    _bits.negate(bits, rows, n)
    assert np.array_equal(bits, _bits.pack(np.where(rows[:, None], -xi, xi)))


@pytest.mark.parametrize("n", [3, 63, 64, 65, 250, 256])
def test_bits_beyond_the_last_weight_are_found(n):
    bits = _bits.pack(np.ones((3, n)))
    assert _bits.stray(bits, n) is None
    for place in {n, n + 1, 64 * bits.shape[1] - 1} & set(range(n, 64 * bits.shape[1])):
        odd = bits.copy()
        odd[1, place // 64] |= np.uint64(1) << np.uint64(place % 64)
        assert _bits.stray(odd, n) == 1


@pytest.mark.parametrize(("p", "n"), [*SHAPES, LARGE])
@pytest.mark.parametrize(("dtype", "rounding"), [(np.float64, 1e-13), (np.float32, 2e-6)])
def test_products(p, n, dtype, rounding):
    """Rounding is that of sums of a block, relative to the sum of all sizes."""
    rng, xi = np.random.default_rng(2), signs((p, n))
    bits = _bits.pack(xi)
    m, g = rng.normal(size=(2, n)).astype(dtype), rng.normal(size=(2, p)).astype(dtype)
    along = np.abs(_bits.times(bits, m) - m.astype(float) @ xi.T)
    across = np.abs(_bits.back(bits, g, n) - g.astype(float) @ xi)
    assert np.all(along <= rounding * np.sum(np.abs(m), axis=1, keepdims=True))
    assert np.all(across <= rounding * np.sum(np.abs(g), axis=1, keepdims=True))


@pytest.mark.parametrize(("p", "n"), SHAPES)
def test_sums_of_configurations_are_exact(p, n):
    xi, weights = signs((p, n)), signs((1, n), seed=3)
    expected = xi.astype(int) @ weights[0].astype(int)
    assert np.array_equal(_bits.sums(_bits.pack(xi), _bits.pack(weights), n), expected)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_threads_change_nothing(threads, dtype, monkeypatch):
    monkeypatch.setattr("bp.execution.threads._SHARE", 1e-6)
    monkeypatch.setattr(_bits, "_LONG", 1e-6)
    p, n = LARGE
    rng, bits = np.random.default_rng(2), _bits.pack(signs(LARGE))
    m, g = rng.normal(size=(3, n)).astype(dtype), rng.normal(size=(3, p)).astype(dtype)
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append((_bits.times(bits, m), _bits.back(bits, g, n)))
    for one, two, three in zip(*results, strict=True):
        assert np.array_equal(one, two) and np.array_equal(one, three)


@pytest.mark.parametrize(("p", "n"), [(33, 1001), LARGE])
def test_vectors_together_equal_one_by_one(p, n):
    rng, bits = np.random.default_rng(2), _bits.pack(signs((p, n)))
    m, g = rng.normal(size=(5, n)), rng.normal(size=(5, p))
    along = np.concatenate([_bits.times(bits, m[k : k + 1]) for k in range(5)])
    across = np.concatenate([_bits.back(bits, g[k : k + 1], n) for k in range(5)])
    assert np.array_equal(_bits.times(bits, m), along)
    assert np.array_equal(_bits.back(bits, g, n), across)


@pytest.mark.parametrize("n", [1, 31, 64, 1001])
def test_blocks_do_not_change_random_patterns(n):
    """Nor does the storage: they are the entries that one draw of int8 gives."""
    whole = 2 * np.random.default_rng(5).integers(0, 2, size=(50, n), dtype=np.int8) - 1
    for block in (1, 100, 10**6):
        bits = random_bits(np.random.default_rng(5), 50, n, block)
        assert np.array_equal(_bits.unpack(bits, n), whole)


def test_random_patterns_take_little_more_than_their_bits():
    """The int8 patterns of this instance would take 72 MB, its bits take 9; blocks of the draw take the rest."""
    tracemalloc.start()
    try:
        instance = random_instance(BinaryPerceptron(), n=12001, alpha=0.5, rng=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert instance.bits.nbytes < 9.3e6 and peak < 30e6


def test_instances_from_bits():
    xi = signs((3, 70))
    labels = np.array([1, -1, 1])
    instance = Instance.from_bits(_bits.pack(xi), 70, labels)
    assert np.array_equal(instance.xi, Instance(xi, labels).xi)
    with pytest.raises(TypeError, match="contiguous array of uint64"):
        Instance.from_bits(xi, 70)
    with pytest.raises(ValueError, match=r"shape \(P, 4\) for n=70; got shape \(3, 8\)"):
        Instance.from_bits(np.zeros((3, 8), dtype=np.uint64), 70)


@pytest.mark.parametrize(
    ("bits", "n", "error", "sentence"),
    [
        (_bits.pack(np.ones((2, 64))), 5, ValueError, "bits must be zero beyond the first n=5 of a row; row 0 is not"),
        (_bits.pack(np.ones((2, 3))), 2.5, TypeError, "n must be a positive integer; got 2.5"),
        (_bits.pack(np.ones((2, 3))), True, TypeError, "n must be a positive integer; got True"),
        (_bits.pack(np.ones((2, 3))), 0, ValueError, "n must be a positive integer; got 0"),
        (_bits.pack(np.ones((2, 3))).astype(">u8"), 3, TypeError, "native byte order; got an array of >u8"),
        (
            _bits.pack(np.ones((2, 3))).tolist(),
            3,
            TypeError,
            "contiguous array of uint64 in native byte order; got list",
        ),
        (np.ma.masked_array(_bits.pack(np.ones((2, 3)))), 3, TypeError, "bits must not be masked"),
    ],
)
def test_what_are_no_bits_of_patterns_is_refused(bits, n, error, sentence):
    with pytest.raises(error, match=sentence):
        Instance.from_bits(bits, n)


def test_labels_do_not_change_bits_that_are_read_only():
    """Those of another instance, for example."""
    xi, labels = signs((3, 70)), [1, -1, 1]
    first = Instance(xi)
    assert np.array_equal(Instance.from_bits(first.bits, 70, labels).xi, xi * np.array(labels)[:, None])
    assert np.array_equal(first.xi, xi)
