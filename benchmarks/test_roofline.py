"""Roofline of this machine: ``pytest -n 0 benchmarks/test_roofline.py`` (not part of a plain pytest run).

What it can read and add, and how near to that the products with packed patterns come. An edge of a product needs its
bit from memory and a sixteenth (an eighth in float64) of an addition of 512 bits under a mask:

- `test_read` sums words with wide vectors, from arrays that stay in L1, in L2 and nowhere;
- `test_masked_adds` adds registers under masks that are in registers too, or that are loaded from L1 one by one, which
  is what a product that waits for nothing else does;
- `test_product` runs the products of `bp.problems._bits`, and in turn a sum over the very words they read and
  additions under masks from L1. The larger of these two times is the bound; extra info has the fraction of it reached.
"""

import time
from functools import lru_cache

import numpy as np
import pytest
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from bp.problems import _bits

pytest.importorskip("pytest_benchmark")

both = pytest.mark.parametrize("threads", [1, 2], indirect=True)
SUMS = 16
"""Sums kept in registers, so that none waits for its last addition."""
CYCLE = 64
"""Times `SUMS` masks in L1."""
INT = ir.IntType(64)


def masked_adds(loads):
    """Additions of the first vector of `values` under masks to `SUMS` sums; with or without a load for every mask."""

    def of_types(typing, masks, values, repeats, out):
        lanes, element = (16, ir.FloatType()) if values.dtype == types.float32 else (8, ir.DoubleType())
        vector, mask = ir.VectorType(element, lanes), ir.VectorType(ir.IntType(1), lanes)

        def generate(context, builder, signature, args):
            arrays = [context.make_array(signature.args[k])(context, builder, args[k]) for k in (0, 1, 3)]
            words = builder.bitcast(arrays[0].data, ir.IntType(lanes).as_pointer())
            value, target = (builder.bitcast(array.data, vector.as_pointer()) for array in arrays[1:])
            value = builder.load(value)
            value.align = 4
            sums = [cgutils.alloca_once_value(builder, ir.Constant(vector, [0.0] * lanes)) for _ in range(SUMS)]

            def load(start, c):
                at = builder.gep(words, [builder.add(start, ir.Constant(INT, c))])
                return builder.bitcast(builder.load(at), mask)

            kept = [load(ir.Constant(INT, 0), c) for c in range(4)]
            with cgutils.for_range(builder, args[2]) as loop:
                start = builder.mul(builder.and_(loop.index, ir.Constant(INT, CYCLE - 1)), ir.Constant(INT, SUMS))
                for c, total in enumerate(sums):
                    old, chosen = builder.load(total), load(start, c) if loads else kept[c % len(kept)]
                    builder.store(builder.select(chosen, builder.fadd(old, value), old), total)
            for c, total in enumerate(sums):
                stored = builder.store(builder.load(total), builder.gep(target, [ir.Constant(INT, c)]))
                stored.align = 4
            return context.get_dummy_value()

        return types.void(masks, values, types.intp, out), generate

    return intrinsic(of_types)


add_loaded, add_kept = masked_adds(True), masked_adds(False)


@njit(parallel=True)
def adds(masks, values, repeats, loads, out):
    for k in prange(len(out)):
        if loads:
            add_loaded(masks, values, repeats, out[k])
        else:
            add_kept(masks, values, repeats, out[k])


@njit
def total(words):
    found = np.uint64(0)
    for i in range(len(words)):
        found += words[i]
    return found


@njit(parallel=True)
def read(words, repeats, out):
    """Sums of len(out) equal parts of the words."""
    size = len(words) // len(out)
    for k in prange(len(out)):
        for _ in range(repeats):
            out[k] += total(words[k * size : (k + 1) * size])


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def adding(dtype, loads, threads, repeats=200_000):
    """Work, and the number of edges it adds."""
    lanes = 64 // np.dtype(dtype).itemsize
    masks = np.random.default_rng(1).integers(2**64, size=CYCLE * SUMS * lanes // 64, dtype=np.uint64)
    values, out = np.ones(lanes, dtype), np.zeros((threads, SUMS * lanes), dtype)
    return lambda: adds(masks, values, repeats, loads, out), repeats * SUMS * lanes * threads


@both
@pytest.mark.parametrize(("where", "kilobytes"), [("L1", 16), ("L2", 512), ("memory", 1 << 20)])
def test_read(benchmark, threads, where, kilobytes):
    words, out = np.ones(kilobytes * 128 * (1 if where == "memory" else threads), np.uint64), np.zeros(threads, "u8")
    repeats = max(1, (1 << 18) // kilobytes)
    read(words, repeats, out)
    benchmark.pedantic(read, args=(words, repeats, out), rounds=10)
    benchmark.extra_info["GB/s"] = 1e-9 * words.nbytes * repeats / benchmark.stats["min"]


@both
@pytest.mark.parametrize("masks", ["kept", "loaded"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_masked_adds(benchmark, threads, dtype, masks):
    work, edges = adding(dtype, masks == "loaded", threads)
    work()
    benchmark.pedantic(work, rounds=20)
    best = benchmark.stats["min"]
    lanes = 64 // np.dtype(dtype).itemsize
    benchmark.extra_info.update({"ns/edge": 1e9 * best / edges, "Gadds/s": 1e-9 * edges / lanes / best})


@lru_cache(maxsize=1)
def random_words(n, p):
    return np.random.default_rng(1).integers(2**64, size=(p, _bits.words(n)), dtype=np.uint64)


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("product", ["times", "back"])
@pytest.mark.parametrize(("n", "p"), [(4001, 2801), (20_001, 14_001), (100_001, 60_001)])
def test_product(benchmark, n, p, product, dtype, threads):
    """Fraction of the bound reached: the least times of works done in turn, so that all see the same machine."""
    bits = random_words(n, p)
    x = np.random.default_rng(2).normal(size=(1, n if product == "times" else p)).astype(dtype)
    work = (lambda: _bits.times(bits, x)) if product == "times" else (lambda: _bits.back(bits, x, n))
    words, out = bits.ravel(), np.zeros(threads, np.uint64)
    add, added = adding(dtype, True, threads)
    works = (work, lambda: read(words, 1, out), add)
    rounds = 10 if n > 50_000 else 30
    best, reading, arithmetic = np.min([[seconds(w) for w in works] for _ in range(rounds)], axis=0)
    per_edge = 1e9 / (n * p)
    bounds = {"read": reading * per_edge, "adds": 1e9 * arithmetic / added}
    bound = max(bounds, key=bounds.__getitem__)
    benchmark.extra_info.update({
        "ns/edge": best * per_edge,
        "GB/s": 1e-9 * bits.nbytes / best,
        "read ns/edge": bounds["read"],
        "adds ns/edge": bounds["adds"],
        "bound": bound,
        "fraction": bounds[bound] / (best * per_edge),
    })  # fmt: skip
    benchmark.pedantic(work, rounds=1)
