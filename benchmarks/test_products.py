"""Packed products of each vector unit: ``pytest -n 0 benchmarks/test_products.py`` (not part of a plain pytest run).

Every target is a process of its own in which numba builds for it, with its own folder of compiled code; targets take
turns. AVX2 code on a processor that has AVX-512 runs on the same adders as elsewhere, at the clock of that processor:
what another machine without AVX-512 takes has to be measured there (its rows "own" and "AVX2" are the same then).
"""

import json
import os
import subprocess
import sys
from functools import cache

import pytest
from import_graph import ROOT

pytest.importorskip("pytest_benchmark")

AVX2 = {"NUMBA_CPU_NAME": "znver3", "NUMBA_CPU_FEATURES": "-avx512f"}
TARGETS = {"own": {}, "AVX2": AVX2, "AVX2, masks expanded": AVX2 | {"EXPANDED": "1"}}
"""What numba is told; the last are the products of before, for which the compiler expands masks."""
ROUNDS = 3
CODE = """
import json, os, sys, time
import numpy as np
from bp.execution.vectors import vector_unit
from bp.problems import _bits
unit = vector_unit()
if os.environ.get("EXPANDED"):
    _bits.vector_unit = lambda: "masks"

def nanoseconds(work, edges):
    repeats = max(1, int(2e7 / edges))
    work()
    best = np.inf
    for _ in range(8):
        start = time.process_time()
        for _ in range(repeats):
            work()
        best = min(best, time.process_time() - start)
    return 1e9 * best / (edges * repeats)

for n, p in ((1001, 701), (4001, 2801), (20001, 14001)):
    bits = np.random.default_rng(1).integers(2**64, size=(p, _bits.words(n)), dtype=np.uint64)
    for dtype in ("float32", "float64"):
        m, g = (np.random.default_rng(2).normal(size=(1, length)).astype(dtype) for length in (n, p))
        times = nanoseconds(lambda: _bits.times(bits, m), n * p)
        back = nanoseconds(lambda: _bits.back(bits, g, n), n * p)
        print(json.dumps({"n": n, "p": p, "dtype": dtype, "unit": unit, "times ns/edge": times, "back ns/edge": back}))
"""


@cache
def measured(folder):
    """Rows by target, the least times of rounds in turn."""
    rows = {}
    for _ in range(ROUNDS):
        for name, told in TARGETS.items():
            place = {"PYTHONPATH": str(ROOT), "NUMBA_NUM_THREADS": "1", "NUMBA_CACHE_DIR": str(folder / name)}
            done = subprocess.run(
                [sys.executable, "-c", CODE], env=os.environ | told | place, check=True, capture_output=True, text=True
            )
            for row in map(json.loads, done.stdout.splitlines()):
                best = rows.setdefault((name, row["n"], row["dtype"]), row)
                for what in ("times ns/edge", "back ns/edge"):
                    best[what] = min(best[what], row[what])
    return rows


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("compiled"))


@pytest.mark.parametrize("n", [1001, 4001, 20_001])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", TARGETS)
def test_products(benchmark, rows, target, dtype, n):
    row = rows[target, n, dtype]
    benchmark.extra_info.update({key: value for key, value in row.items() if key not in ("n", "dtype")})
    benchmark.pedantic(lambda: None, rounds=1)
