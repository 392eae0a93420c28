"""What the vectors of the processor can do, as the compiler that numba uses sees it."""

from __future__ import annotations

from functools import cache
from typing import Literal

import llvmlite.binding as llvm
from numba.core.registry import cpu_target

VectorUnit = Literal["masks", "fused", "plain"]

_PROBE = """
define <16 x float> @masked(<16 x float> %sum, <16 x float> %term, i16 %bits) {
  %mask = bitcast i16 %bits to <16 x i1>
  %more = fadd <16 x float> %sum, %term
  %new = select <16 x i1> %mask, <16 x float> %more, <16 x float> %sum
  ret <16 x float> %new
}
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
define <8 x float> @fused(<8 x float> %x, <8 x float> %y, <8 x float> %sum) {
  %new = call <8 x float> @llvm.fma.v8f32(<8 x float> %x, <8 x float> %y, <8 x float> %sum)
  ret <8 x float> %new
}
define <8 x i32> @chosen(<8 x i32> %x, <8 x i32> %y) {
  %new = add <8 x i32> %x, %y
  ret <8 x i32> %new
}
"""
"""A masked addition, a multiplication with addition in one rounding, and an addition of integers."""


@cache
def vector_unit() -> VectorUnit:
    """How sums under masks are best built.

    Read from the instructions that LLVM chooses for the very target of numba (its processor and features, or those of
    ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES``), by which numba keeps its cached code apart too.

    Returns
    -------
    str
        "masks" where registers hold masks (AVX-512), "fused" where vectors of 256 bits are multiplied and added in one
        rounding (AVX2 with FMA), "plain" elsewhere.

    Examples
    --------
    >>> vector_unit() in ("masks", "fused", "plain")
    True
    """
    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    return vector_unit_of(triple, processor, features)


def vector_unit_of(triple: str, processor: str, features: str) -> VectorUnit:
    """`vector_unit` of a target in the names of LLVM."""
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=processor, features=features, opt=2)
    assembly = machine.emit_assembly(llvm.parse_assembly(_PROBE))
    if "{%k" in assembly:
        return "masks"
    return "fused" if "vfmadd" in assembly and "vpaddd\t%ymm" in assembly else "plain"
