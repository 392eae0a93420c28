"""Products with bits as factors: the very bits of the masked sums, in this process and where numba builds for AVX2."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest
from import_graph import ROOT
from llvmlite import binding as llvm

from bp.problems import _bits, _fused

HOST = llvm.get_host_cpu_features()
pytestmark = pytest.mark.skipif(
    not (HOST.get("fma") or llvm.get_default_triple().startswith(("aarch64", "arm64"))),
    reason="no multiplication with addition in one instruction",
)
SHAPES = [(1, 1), (3, 7), (9, 64), (8, 65), (17, 256), (33, 1001), (6, 4200), (2100, 300), (70, 8300)]
"""Of few words and several bands and chunks, one row and more than are summed in one precision."""
AVX2 = {"NUMBA_CPU_NAME": "znver3", "NUMBA_CPU_FEATURES": "-avx512f"}
IN_AVX2 = """
import sys
import numpy as np
from bp.execution.vectors import vector_unit
from bp.problems import _bits
given = np.load("given.npz")
found = {}
for name in ("float32", "float64"):
    bits, m, g = (given[what + name] for what in ("bits", "m", "g"))
    found |= {"times" + name: _bits.times(bits, m), "back" + name: _bits.back(bits, g, m.shape[1])}
np.savez("found.npz", **found)
print(vector_unit())
"""


def drawn(p, n, dtype, size):
    """Bits between words that are full, and two vectors for each product, one of them 1e-5 as large."""
    rng = np.random.default_rng(p * n)
    room = np.full((p + 2, _bits.words(n)), 2**64 - 1, dtype=np.uint64)
    bits = room[1:-1]
    bits[:] = _bits.pack(2 * rng.integers(0, 2, (p, n), dtype=np.int8) - 1)
    m, g = (size * rng.normal(size=(2, length)).astype(dtype) for length in (n, p))
    m[1], g[1] = m[1] * dtype(1e-5), g[1] * dtype(1e-5)
    return bits, m, g


def products(unit, monkeypatch, bits, m, g, n):
    monkeypatch.setattr(_bits, "vector_unit", lambda: unit)
    return _bits.times(bits, m), _bits.back(bits, g, n)


@pytest.mark.parametrize(("p", "n"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_are_those_of_masked_sums(monkeypatch, p, n, dtype):
    for size in (1e-30, 7e5):
        bits, m, g = drawn(p, n, dtype, dtype(size))
        masked, fused = (products(unit, monkeypatch, bits, m, g, n) for unit in ("masks", "fused"))
        assert np.array_equal(fused[0], masked[0])
        assert np.array_equal(fused[1], masked[1])
    xi = _bits.unpack(bits, n)
    assert np.allclose(fused[0], m.astype(float) @ xi.T, rtol=0, atol=1e-5 * np.sum(np.abs(m)))
    assert np.allclose(fused[1], g.astype(float) @ xi, rtol=0, atol=1e-5 * np.sum(np.abs(g)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_and_the_largest_numbers(monkeypatch, dtype):
    bits, m, g = drawn(9, 70, dtype, dtype(1.0))
    assert not np.any(products("fused", monkeypatch, bits, 0 * m, 0 * g, 70)[0])
    m[0, 3], m[1, 5] = np.finfo(dtype).max / 4, np.finfo(dtype).tiny
    masked, fused = (products(unit, monkeypatch, bits, m, g, 70) for unit in ("masks", "fused"))
    assert np.array_equal(masked[0], fused[0])
    m[0, 3] = np.nan
    assert np.all(np.isnan(products("fused", monkeypatch, bits, m, g, 70)[0][0]))


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("bp.execution.threads._SHARE", 1e-6)
    monkeypatch.setattr(_bits, "_LONG", 1e-6)
    bits, m, g = drawn(70, 8300, np.float32, np.float32(1.0))
    results = []
    for count in (1, 3):
        monkeypatch.setattr(numba, "get_num_threads", lambda count=count: count)
        results.append(products("fused", monkeypatch, bits, m, g, 8300))
    for one, three in zip(*results, strict=True):
        assert np.array_equal(one, three)


def test_vectors_are_divided_where_they_would_overflow():
    m = np.array([[0.5, -1.9], [3.0, -1000.0], [np.inf, 1.0]])
    divided, exponents = _fused.column_vectors(m)
    assert exponents is not None and exponents.ravel().tolist() == [0, 10, 0]
    assert np.array_equal(divided, [[0.5, -1.9], [3 / 1024, -1000 / 1024], [np.inf, 1.0]])
    assert np.array_equal(_fused.restored(divided, exponents), m)
    assert _fused.column_vectors(m[:1])[1] is None


@pytest.mark.skipif(not HOST.get("avx2"), reason="the processor has no AVX2")
def test_where_numba_builds_for_avx2(tmp_path):
    """The compiler has no mask registers there; the ordinary process has, if the processor has."""
    given = {}
    for name in ("float32", "float64"):
        bits, m, g = drawn(1030, 4200, np.dtype(name).type, 3.0)
        given |= {f"bits{name}": bits, f"m{name}": m, f"g{name}": g}
    np.savez(tmp_path / "given.npz", **given)
    done = subprocess.run(
        [sys.executable, "-c", IN_AVX2],
        env=os.environ | AVX2 | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout == "fused\n", done.stderr
    found = np.load(tmp_path / "found.npz")
    for name in ("float32", "float64"):
        bits, m, g = (given[f"{what}{name}"] for what in ("bits", "m", "g"))
        assert np.array_equal(found[f"times{name}"], _bits.times(bits, m))
        assert np.array_equal(found[f"back{name}"], _bits.back(bits, g, 4200))
