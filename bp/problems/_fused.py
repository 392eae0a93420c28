r"""Sums of vectors under masks of bits without mask registers: bits become factors.

Eight bits of a word that lie where a floating-point number has the lowest eight bits of its exponent, singled out one
a lane by a logical *and*, are the numbers :math:`2^{2^j-\text{bias}}`, `j` = 0 … 7, where the bit is set, and 0 where
it is not. Times an entry that was multiplied by the inverse before, this is the entry or 0, without rounding; so one
*and* and one multiplication with addition make eight masked additions in float32, four in float64.

The mantissa takes 23 (52) bits, so words are loaded from every byte, and a block of eight lanes begins one (four)
columns before a byte of the row. Sums are those of `bp.problems._bits`, entry by entry in the same order, and so are
their bits, for finite vectors. Before they are multiplied, vectors with entries of 2 and more are divided by a power
of two, so that nothing overflows; that rounds only entries below :math:`2^{-124}` times the largest (float32).

Nanoseconds an edge and product, N = 4001, P = 2801, where LLVM builds for AVX2 on an AMD EPYC (Zen 5), one thread:
0.022 along rows and along columns in float32, 0.037 and 0.042 in float64; the expanded masks of `_bits` take
0.047, 0.035, 0.100 and 0.071 there. At N = 20 001 columns take 0.028 and 0.078: a pass reads few bytes of every row
(``benchmarks/README.md``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

_BYTE, _WORD = 8, 64
GROUP = 4
"""Rows whose sums are kept in registers together: two vectors each."""
_BLOCKS_32, _BLOCKS_64 = 11, 4
"""Blocks of columns whose sums are kept in registers together; four words have 33 (a block more than bytes)."""
_LEAD_32, _LEAD_64 = 1, 4
"""Columns of a block before its byte: the word has as many bits between the last byte's first and the exponent's."""
_LINE = 64
"""Bytes of a line of the cache."""
_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_alloca: Any = cgutils.alloca_once_value
_function: Any = cgutils.get_or_insert_function


Exponents = NDArray[np.int32] | None
"""Of the powers of two (B, 1) that vectors were divided by; None where all were 1."""


def row_vectors(m: NDArray[Any], width: int, chunk: int) -> tuple[NDArray[Any], Exponents]:
    """Vectors (B, N) as `times` takes them, after a division.

    The array has a row for every `chunk` words of the `width` of a pattern: entries times the inverse of the factor
    that a bit of their lane is, after `lead` zeros.
    """
    m, exponents = column_vectors(m)
    chunk = min(chunk, width)
    out = _aligned_zeros((len(m), -(-width // chunk), _WORD * chunk + _BYTE), m.dtype)
    kind = _kind(8 * m.itemsize)
    _lay_out(m, kind.inverse, kind.lead, out)
    return out, exponents


def column_vectors(g: NDArray[Any]) -> tuple[NDArray[Any], Exponents]:
    """Vectors (B, P) as `back` takes them, after a division."""
    exponents = np.zeros((len(g), 1), dtype=np.int32)
    return (np.ldexp(g, -exponents), exponents) if _exponents(g, exponents) else (g, None)


def restored(sums: NDArray[np.float64], exponents: Exponents) -> NDArray[np.float64]:
    """Sums (B, ...) of the vectors as they were before the division."""
    return sums if exponents is None else np.ldexp(sums, exponents)


def _aligned_zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Zeros that begin a line of the cache, so that no vector of registers lies in two."""
    size = math.prod(shape)
    room = np.zeros(size + _LINE // dtype.itemsize, dtype=dtype)
    start = -room.ctypes.data % _LINE // dtype.itemsize
    return room[start : start + size].reshape(shape)


@dataclass(frozen=True)
class _Kind:
    """A format of floating-point numbers, of 32 or 64 bits."""

    bits: int

    @property
    def mantissa(self) -> int:
        return 23 if self.bits == 32 else 52

    @property
    def lanes(self) -> int:
        return 256 // self.bits

    @property
    def vectors(self) -> int:
        """Vectors of a block of eight lanes."""
        return _BYTE // self.lanes

    @property
    def lead(self) -> int:
        """Columns of a block before its byte."""
        return _LEAD_32 if self.bits == 32 else _LEAD_64

    @cached_property
    def inverse(self) -> NDArray[Any]:
        """Inverse of the factors of the lanes of a block."""
        bias = (1 << (self.bits - self.mantissa - 2)) - 1
        powers = 2.0 ** (bias - 2.0 ** np.arange(_BYTE))
        return powers.astype(np.float32 if self.bits == 32 else np.float64)

    @property
    def element(self) -> ir.Type:
        return ir.FloatType() if self.bits == 32 else ir.DoubleType()

    @property
    def vector(self) -> ir.VectorType:
        return ir.VectorType(self.element, self.lanes)

    def masks(self) -> list[ir.Constant]:
        """The bit of every lane, vector by vector of a block."""
        integers = ir.VectorType(ir.IntType(self.bits), self.lanes)
        ones = [1 << (self.mantissa + j) for j in range(_BYTE)]
        return [ir.Constant(integers, ones[v * self.lanes : (v + 1) * self.lanes]) for v in range(self.vectors)]

    def inverses(self) -> list[ir.Constant]:
        """`inverse`, vector by vector."""
        parts = self.inverse.reshape(self.vectors, self.lanes).tolist()
        return [ir.Constant(self.vector, part) for part in parts]

    def spread(self, builder: Any, value: Any) -> Any:
        """One value in all lanes."""
        undefined = ir.Constant(ir.VectorType(value.type, self.lanes), ir.Undefined)
        single = builder.insert_element(undefined, value, ir.Constant(_I32, 0))
        return builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(_I32, self.lanes), [0] * self.lanes))

    def factors(self, builder: Any, row: Any, block: Any, place: str) -> list[Any]:
        """The bits of a block, from the first byte of the row, as factors; the first and last stay inside the row."""
        size = self.bits // 8
        word = ir.IntType(self.bits)
        begin = {"first": 0, "inner": 1 - size, "last": -size}[place]
        start = builder.gep(row, [builder.add(block, ir.Constant(_I64, begin))])
        value = builder.load(builder.bitcast(start, word.as_pointer()))
        value.align = 1
        if place == "first":
            value = builder.shl(value, ir.Constant(word, self.bits - _BYTE))
        elif place == "last":
            value = builder.lshr(value, ir.Constant(word, _BYTE))
        all_lanes = self.spread(builder, value)
        return [builder.bitcast(builder.and_(all_lanes, mask), self.vector) for mask in self.masks()]

    def add(self, builder: Any, factor: Any, term: Any, total: Any) -> None:
        """Add a factor times a term to the sum at `total`, in one rounding."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        name = f"llvm.fma.v{self.lanes}f{self.bits}"
        builder.store(builder.call(_function(builder.module, kind, name), [factor, term, builder.load(total)]), total)


_kind = cache(_Kind)


def _row_sums(group: int) -> Any:
    """Sums of a chunk of a vector under the masks of `group` rows."""

    def masked(typing: Any, bits: Any, row: Any, m: Any, k: Any, chunk: Any, first: Any, words: Any, out: Any) -> Any:
        signature = types.void(bits, types.intp, m, types.intp, types.intp, types.intp, types.intp, out)
        kind = _kind(m.dtype.bitwidth)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array, values, target = (
                context.make_array(signature.args[j])(context, builder, args[j]) for j in (0, 2, 7)
            )
            width = builder.extract_value(array.shape, 1)
            data = builder.bitcast(array.data, _I8.as_pointer())
            starts = [builder.add(builder.mul(builder.add(args[1], ir.Constant(_I64, r)), width), args[5])
                      for r in range(group)]  # fmt: skip
            rows = [builder.gep(data, [builder.mul(start, ir.Constant(_I64, _BYTE))]) for start in starts]
            chunks, size = (builder.extract_value(values.shape, axis) for axis in (1, 2))
            offset = builder.mul(builder.add(builder.mul(args[3], chunks), args[4]), size)
            terms = builder.bitcast(builder.gep(values.data, [offset]), kind.vector.as_pointer())
            totals = [[_alloca(builder, ir.Constant(kind.vector, [0.0] * kind.lanes)) for _ in range(2)]
                      for _ in range(group)]  # fmt: skip

            def add(block: Any, odd: int, place: str) -> None:
                first = builder.mul(block, ir.Constant(_I64, kind.vectors))
                loads = [builder.load(builder.gep(terms, [builder.add(first, ir.Constant(_I64, v))]))
                         for v in range(kind.vectors)]  # fmt: skip
                for load in loads:
                    load.align = kind.bits // 8
                for r in range(group):
                    for v, factor in enumerate(kind.factors(builder, rows[r], block, place)):
                        kind.add(builder, factor, loads[v], totals[r][(odd * kind.vectors + v) % 2])

            one, step = ir.Constant(_I64, 1), 2 // kind.vectors
            last = builder.mul(args[6], ir.Constant(_I64, _BYTE))
            add(ir.Constant(_I64, 0), 0, "first")
            stop = builder.sub(last, ir.Constant(_I64, step - 1))
            with cgutils.for_range_slice(builder, one, stop, ir.Constant(_I64, step), _I64) as (block, _):
                for j in range(step):
                    add(builder.add(block, ir.Constant(_I64, j)), 1 - j, "inner")
                _keep_order(builder)
            if step == 2:
                add(builder.sub(last, one), 1, "inner")
            add(last, 0, "last")
            for r in range(group):
                total = _in_order(builder, kind, [builder.load(part) for part in totals[r]])
                builder.store(total, builder.gep(target.data, [ir.Constant(_I64, r)]))
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(masked)


def _keep_order(builder: Any) -> None:
    """Have the compiler load nothing of the next round before, for which there are no registers."""
    builder.asm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", [], True)


def _in_order(builder: Any, kind: _Kind, totals: list[Any]) -> Any:
    """The sum of all lanes, in the order of their columns."""
    total = ir.Constant(kind.element, 0.0)
    for column in range(2 * kind.lanes):
        vector, lane = divmod((column + kind.lead) % (2 * kind.lanes), kind.lanes)
        total = builder.fadd(total, builder.extract_element(totals[vector], ir.Constant(_I32, lane)))
    return total


def _column_sums(place: str) -> Any:
    """Sums of `g` over a range of rows under the masks of blocks of columns; `place`: the row begins or ends there."""

    def masked(typing: Any, bits: Any, start: Any, stop: Any, block: Any, g: Any, k: Any, out: Any) -> Any:
        signature = types.void(bits, types.intp, types.intp, types.intp, g, types.intp, out)
        kind = _kind(g.dtype.bitwidth)
        blocks = _BLOCKS_32 if kind.bits == 32 else _BLOCKS_64

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array, values, target = (
                context.make_array(signature.args[j])(context, builder, args[j]) for j in (0, 4, 6)
            )
            width = builder.mul(builder.extract_value(array.shape, 1), ir.Constant(_I64, _BYTE))
            data = builder.bitcast(array.data, _I8.as_pointer())
            offset = builder.mul(args[5], builder.extract_value(values.shape, 1))
            scalars = builder.gep(values.data, [offset])
            zero = ir.Constant(kind.vector, [0.0] * kind.lanes)
            totals = [[_alloca(builder, zero) for _ in range(kind.vectors)] for _ in range(blocks)]
            with cgutils.for_range_slice(builder, args[1], args[2], ir.Constant(_I64, 1), _I64) as (row, _):
                value = kind.spread(builder, builder.load(builder.gep(scalars, [row])))
                terms = [builder.fmul(value, inverse) for inverse in kind.inverses()]
                at = builder.gep(data, [builder.mul(row, width)])
                for c in range(blocks):
                    here = place if c == {"first": 0, "last": blocks - 1}.get(place) else "inner"
                    factors = kind.factors(builder, at, builder.add(args[3], ir.Constant(_I64, c)), here)
                    for v, factor in enumerate(factors):
                        kind.add(builder, factor, terms[v], totals[c][v])
                _keep_order(builder)
            ends = builder.bitcast(target.data, kind.vector.as_pointer())
            for j, total in enumerate(part for parts in totals for part in parts):
                stored = builder.store(builder.load(total), builder.gep(ends, [ir.Constant(_I64, j)]))
                stored.align = kind.bits // 8
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(masked)


_sum_one, _sum_rows = _row_sums(1), _row_sums(GROUP)
_first_columns, _inner_columns, _last_columns = (_column_sums(place) for place in ("first", "inner", "last"))


@njit(cache=True)
def _exponents(vectors: Any, out: Any) -> bool:
    """Exponents of powers of two that vectors are divided by so that no entry reaches 2; whether any is."""
    found = False
    for k in range(len(vectors)):
        largest = 0.0
        for value in vectors[k]:
            if abs(value) > largest:
                largest = abs(value)
        if largest >= 2.0 and largest < math.inf:
            out[k, 0] = math.frexp(largest)[1]
            found = True
    return found


@njit(cache=True)
def _lay_out(m: Any, inverse: Any, lead: int, out: Any) -> None:
    size = out.shape[2] - _BYTE
    for k in range(len(m)):
        for chunk in range(out.shape[1]):
            first = chunk * size
            for i in range(first, min(first + size, m.shape[1])):
                place = i - first + lead
                out[k, chunk, place] = m[k, i] * inverse[place % _BYTE]


@njit(cache=True, nogil=True)
def times(bits: Any, m: Any, out: Any, first: int, last: int) -> None:
    """Sums of the vectors (`row_vectors`) under the masks of a range of groups of rows: ``out[k, a]`` is set."""
    (p, width), size = bits.shape, (m.shape[2] - _BYTE) // _WORD
    partial = np.empty(GROUP, m.dtype)
    for start in range(GROUP * first, min(GROUP * last, p), GROUP):
        stop = min(start + GROUP, p)
        for k in range(len(m)):
            out[k, start:stop] = 0.0
            for chunk in range(m.shape[1]):
                begin = chunk * size
                words = min(size, width - begin)
                if stop - start == GROUP:
                    _sum_rows(bits, start, m, k, chunk, begin, words, partial)
                    for r in range(GROUP):
                        out[k, start + r] += partial[r]
                else:
                    for a in range(start, stop):
                        _sum_one(bits, a, m, k, chunk, begin, words, partial)
                        out[k, a] += partial[0]


@njit(cache=True)
def _back_block(bits: Any, start: int, stop: int, block: int, g: Any, k: int, partial: Any) -> None:
    """Sums of as many columns as `partial` has, from those of byte `block`."""
    if block == 0:
        _first_columns(bits, start, stop, block, g, k, partial)
    elif block + len(partial) // _BYTE > _BYTE * bits.shape[1]:
        _last_columns(bits, start, stop, block, g, k, partial)
    else:
        _inner_columns(bits, start, stop, block, g, k, partial)


@njit(cache=True)
def _back_band(bits: Any, g: Any, first: int, last: int, span: int, out: Any) -> None:
    """A band of words, every vector."""
    blocks, lead = (_BLOCKS_32, _LEAD_32) if g.itemsize == 4 else (_BLOCKS_64, _LEAD_64)
    partial = np.empty(_BYTE * blocks, g.dtype)
    end = _BYTE * last
    for start in range(0, len(bits), span):
        stop = min(start + span, len(bits))
        done, block = _WORD * first, _BYTE * first
        while block <= end:
            block = min(block, end + 1 - blocks)
            begin, until = _BYTE * block - lead, min(_BYTE * (block + blocks) - lead, _WORD * last)
            for k in range(len(g)):
                _back_block(bits, start, stop, block, g, k, partial)
                for i in range(done, until):
                    out[k, i] += partial[i - begin]
            done, block = until, block + blocks


@njit(cache=True, nogil=True)
def back(bits: Any, g: Any, width: int, span: int, out: Any, first: int, last: int) -> None:
    """Sums of the vectors (`column_vectors`) under the masks of a range of bands, added to ``out[k, i]``.

    Bands are `width` words, four of them at least; sums of `span` rows are in the precision of the vector.
    """
    for band in range(first, last):
        _back_band(bits, g, band * width, min((band + 1) * width, bits.shape[1]), span, out)
