"""The vector unit is that of numba's target, not that of the machine."""

import os
import subprocess
import sys

import pytest
from llvmlite import binding as llvm

from bp.execution.vectors import vector_unit, vector_unit_of

X86 = "x86_64-unknown-linux-gnu"
on_x86 = pytest.mark.skipif(not llvm.get_default_triple().startswith("x86_64"), reason="LLVM builds for x86 there")


@on_x86
@pytest.mark.parametrize(
    ("processor", "features", "unit"),
    [
        ("icelake-server", "", "masks"),
        ("skylake-avx512", "", "masks"),
        ("icelake-server", "-avx512f", "fused"),
        ("znver3", "", "fused"),
        ("haswell", "", "fused"),
        ("generic", "+avx2,+fma", "fused"),
        ("generic", "+avx2", "plain"),
        ("generic", "+avx,+fma", "plain"),
        ("generic", "", "plain"),
    ],
)
def test_units_of_processors(processor, features, unit):
    assert vector_unit_of(X86, processor, features) == unit


@on_x86
def test_numba_is_asked():
    """A feature that numba is told not to use is not used, whatever the processor has."""
    code = "from bp.execution.vectors import vector_unit; print(vector_unit())"
    names = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "+sse2"}
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | names, capture_output=True, text=True)
    assert done.stdout == "plain\n", done.stderr
    assert vector_unit() in ("masks", "fused", "plain")
