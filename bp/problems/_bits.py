r"""Products of vectors with ±1 patterns held as bits, and the bits themselves.

A pattern is a row of 64-bit words, bit `j` of word `w` set where :math:`\xi_{64w+j} = +1`, zero beyond `N`. Adding the
entries of a vector under the mask of 16 bits (8 in float64) is one vector instruction, so

.. math:: \sum_i\xi_{ai}m_i = 2\sum_{i:\,\xi_{ai}=1}m_i - \sum_im_i

needs no unpacked pattern. Products along rows keep eight partial sums in registers while they share the loads of `m`;
products along columns keep those of 256 columns (128 in float64) while they run over a block of rows. Sums of one
block are in the precision of the vector, across blocks in float64. Who adds what is fixed, so results do not depend on
the number of threads.

Without mask registers (AVX-512) the compiler expands the masks. Where the target of numba has AVX2 with FMA instead,
the products are those of `bp.problems._fused`, which have the same bits.

Nanoseconds an edge and product on one core of an AMD EPYC (Zen 5), N = 20 001, P = 14 001: 0.0126 along rows and 0.0146
along columns in float32, 0.0234 and 0.0252 in float64, half of that on two cores; 0.77 to 0.92 of what the loads of
the masks allow (``benchmarks/README.md``). Converting int8 patterns block by block for the BLAS took 0.5.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from bp.execution.threads import in_threads
from bp.execution.vectors import vector_unit
from bp.problems import _fused

Words = NDArray[np.uint64]

_WORD = 64
_UNIT = 4
"""Rows are padded to a multiple of this many words: one tile of columns in float32."""
_CHUNK = 64
"""Words of a row summed in the precision of the vector before the sum goes on in float64."""
_GROUP = 8
"""Rows whose sums are kept in registers together."""
_TILE = 16
"""Vectors of columns whose sums are kept in registers together."""
_BAND, _ROWS = 64, 1024
"""Words and rows of a block of column sums: half a megabyte, which stays in cache for all tiles of the band, in runs of
eight cache lines, which the processor fetches ahead."""
_WORD_SECONDS = 1.6e-9
"""What a word takes in float64, about."""
_LONG = 4e-4
"""Seconds from which on columns are cut for several threads."""
_TURNED = 1024
"""Rows that are unpacked at a time to be transposed."""
_I64 = ir.IntType(64)
_alloca: Any = cgutils.alloca_once_value


def words(n: int) -> int:
    """Words of a row of `n` bits."""
    return -(-n // (_WORD * _UNIT)) * _UNIT


def pack(signs: NDArray[Any]) -> Words:
    """Rows of ±1 (P, N) as words (P, `words(N)`)."""
    p, n = signs.shape
    out = np.zeros((p, 8 * words(n)), dtype=np.uint8)
    packed = np.packbits(signs > 0, axis=1, bitorder="little")
    out[:, : packed.shape[1]] = packed
    return out.view("<u8").astype(np.uint64, copy=False)


def unpack(bits: Words, n: int) -> NDArray[np.int8]:
    """Words as rows of ±1, int8 (P, N)."""
    ones = np.unpackbits(as_bytes(bits, n), axis=1, count=n, bitorder="little")
    return np.asarray(2 * ones.view(np.int8) - 1, dtype=np.int8)


def as_bytes(bits: Words, n: int) -> NDArray[np.uint8]:
    """Words as rows of ceil(N/8) bytes, little-endian bits."""
    return bits.astype("<u8", copy=False).view(np.uint8)[:, : -(-n // 8)]


def from_bytes(rows: NDArray[np.uint8], n: int) -> Words:
    """Inverse of `as_bytes`; bits beyond `n` stay as they are (`stray`)."""
    out = np.zeros((len(rows), 8 * words(n)), dtype=np.uint8)
    out[:, : rows.shape[1]] = rows
    return out.view("<u8").astype(np.uint64, copy=False)


def stray(bits: Words, n: int) -> int | None:
    """The first row that has a bit set beyond `n`, None if there is none."""
    word, bit = divmod(n, _WORD)
    beyond = np.any(bits[:, word + 1 :], axis=1)
    if word < bits.shape[1]:
        beyond |= bits[:, word] >> np.uint64(bit) != 0
    return int(np.argmax(beyond)) if beyond.any() else None


def transposed(bits: Words, n: int) -> Words:
    """The same patterns by weight: row `i` holds bit `a` where the entry of pattern `a` is +1, (N, `words(P)`)."""
    p = len(bits)
    out = np.zeros((n, 8 * words(p)), dtype=np.uint8)
    for start in range(0, p, _TURNED):
        signs = unpack(bits[start : start + _TURNED], n)
        packed = np.packbits(signs.T > 0, axis=1, bitorder="little")
        out[:, start // 8 : start // 8 + packed.shape[1]] = packed
    return out.view("<u8").astype(np.uint64, copy=False)


def negate(bits: Words, rows: NDArray[np.bool_], n: int) -> None:
    """Change the sign of some rows, in place."""
    ones = pack(np.ones((1, n), dtype=np.int8))
    for a in np.flatnonzero(rows):
        bits[a] ^= ones[0]


def times(bits: Words, m: NDArray[Any]) -> NDArray[np.float64]:
    r"""Products :math:`\sum_i\xi_{ai}m_i`, float64 (B, P), of vectors `m` (B, N), float32 or float64."""
    batch, n = m.shape
    out, seconds = np.empty((batch, len(bits))), _seconds(bits, m)
    if vector_unit() == "fused":
        vectors, exponents = _fused.row_vectors(m, bits.shape[1], _CHUNK)
        groups = -(-len(bits) // _fused.GROUP)
        in_threads(lambda first, last: _fused.times(bits, vectors, out, first, last), groups, seconds)
        out = _fused.restored(out, exponents)
    else:
        padded = np.zeros((batch, _WORD * bits.shape[1]), dtype=m.dtype)
        padded[:, :n] = m
        in_threads(lambda first, last: _times(bits, padded, out, first, last), -(-len(bits) // _GROUP), seconds)
    return 2.0 * out - np.sum(m, axis=1, dtype=np.float64, keepdims=True)


def back(bits: Words, g: NDArray[Any], n: int) -> NDArray[np.float64]:
    r"""Products :math:`\sum_a\xi_{ai}g_a`, float64 (B, N), of vectors `g` (B, P), float32 or float64."""
    out = np.zeros((len(g), _WORD * bits.shape[1]))
    g = np.ascontiguousarray(g)
    seconds = _seconds(bits, g)
    threads = numba.get_num_threads() if seconds > _LONG else 1
    bands = threads * -(-bits.shape[1] // (_BAND * threads))  # as many for every thread
    width = words(-(-out.shape[1] // bands))
    bands = -(-bits.shape[1] // width)
    if vector_unit() == "fused":
        vectors, exponents = _fused.column_vectors(g)
        in_threads(lambda first, last: _fused.back(bits, vectors, width, _ROWS, out, first, last), bands, seconds)
        out = _fused.restored(out, exponents)
    else:
        in_threads(lambda first, last: _back(bits, g, width, out, first, last), bands, seconds)
    return 2.0 * out[:, :n] - np.sum(g, axis=1, dtype=np.float64, keepdims=True)


def sums(bits: Words, weights: Words, n: int) -> NDArray[np.int64]:
    r"""Exact sums :math:`\sum_i\xi_{ai}W_i` (P,) of a configuration given as one row of words."""
    out = np.empty(len(bits), dtype=np.int64)
    differences(bits, weights.ravel(), out)
    return np.asarray(n - 2 * out)


def _seconds(bits: Words, vectors: NDArray[Any]) -> float:
    """Seconds that a product takes on one thread, about."""
    return _WORD_SECONDS * bits.size * len(vectors) * vectors.itemsize / 8


def _lanes(kind: types.Type) -> tuple[int, ir.Type]:
    """Vector length and element type: 512 bits."""
    return (16, ir.FloatType()) if kind == types.float32 else (8, ir.DoubleType())


def _masked_add(builder: Any, bits: Any, index: Any, vector: Any, total: Any, lanes: int) -> None:
    """Add `vector` to the sum at `total` in the lanes whose bits are set."""
    word = builder.load(builder.gep(bits, [index]))
    mask = builder.bitcast(word, ir.VectorType(ir.IntType(1), lanes))
    old = builder.load(total)
    builder.store(builder.select(mask, builder.fadd(old, vector), old), total)


def _row_sums(group: int) -> Any:
    """Sums of a vector under the masks of `group` rows, over a range of words."""

    def masked(typing: Any, bits: Any, row: Any, m: Any, k: Any, start: Any, stop: Any, out: Any) -> Any:
        signature = types.void(bits, types.intp, m, types.intp, types.intp, types.intp, out)
        lanes, element = _lanes(m.dtype)
        vector = ir.VectorType(element, lanes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kinds = signature.args
            array = context.make_array(kinds[0])(context, builder, args[0])
            values = context.make_array(kinds[2])(context, builder, args[2])
            target = context.make_array(kinds[6])(context, builder, args[6]).data
            steps = ir.Constant(_I64, _WORD // lanes)
            width = builder.mul(builder.extract_value(array.shape, 1), steps)
            masks = builder.bitcast(array.data, ir.IntType(lanes).as_pointer())
            offset = builder.mul(args[3], builder.extract_value(values.shape, 1))
            vectors = builder.bitcast(builder.gep(values.data, [offset]), vector.as_pointer())
            zero = ir.Constant(vector, [0.0] * lanes)
            totals = [_alloca(builder, zero) for _ in range(group)]
            rows = [builder.mul(builder.add(args[1], ir.Constant(_I64, r)), width) for r in range(group)]
            first, last = builder.mul(args[4], steps), builder.mul(args[5], steps)
            with cgutils.for_range_slice(builder, first, last, steps, _I64) as (base, _):
                for part in range(_WORD // lanes):
                    j = builder.add(base, ir.Constant(_I64, part))
                    load = builder.load(builder.gep(vectors, [j]))
                    load.align = 4 * 16 // lanes
                    for r in range(group):
                        _masked_add(builder, masks, builder.add(rows[r], j), load, totals[r], lanes)
            for r in range(group):
                total, sum_ = builder.load(totals[r]), ir.Constant(element, 0.0)
                for lane in range(lanes):
                    sum_ = builder.fadd(sum_, builder.extract_element(total, ir.Constant(ir.IntType(32), lane)))
                builder.store(sum_, builder.gep(target, [ir.Constant(_I64, r)]))
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(masked)


def _column_sums_at(typing: Any, bits: Any, start: Any, stop: Any, column: Any, g: Any, k: Any, out: Any) -> Any:
    """Sums of g over a range of rows under the masks of `_TILE` vectors of columns."""
    signature = types.void(bits, types.intp, types.intp, types.intp, g, types.intp, out)
    lanes, element = _lanes(g.dtype)
    vector = ir.VectorType(element, lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        array = context.make_array(kinds[0])(context, builder, args[0])
        values = context.make_array(kinds[4])(context, builder, args[4])
        target = context.make_array(kinds[6])(context, builder, args[6]).data
        steps = ir.Constant(_I64, _WORD // lanes)
        width = builder.mul(builder.extract_value(array.shape, 1), steps)
        masks = builder.bitcast(array.data, ir.IntType(lanes).as_pointer())
        offset = builder.mul(args[5], builder.extract_value(values.shape, 1))
        scalars = builder.gep(values.data, [offset])
        undefined = ir.Constant(vector, ir.Undefined)
        zero, lane0 = ir.Constant(vector, [0.0] * lanes), ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        totals = [_alloca(builder, zero) for _ in range(_TILE)]
        with cgutils.for_range_slice(builder, args[1], args[2], ir.Constant(_I64, 1), _I64) as (row, _):
            base = builder.add(builder.mul(row, width), args[3])
            value = builder.load(builder.gep(scalars, [row]))
            single = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
            spread = builder.shuffle_vector(single, undefined, lane0)
            for c in range(_TILE):
                _masked_add(builder, masks, builder.add(base, ir.Constant(_I64, c)), spread, totals[c], lanes)
        ends = builder.bitcast(target, vector.as_pointer())
        for c in range(_TILE):
            stored = builder.store(builder.load(totals[c]), builder.gep(ends, [ir.Constant(_I64, c)]))
            stored.align = 4 * 16 // lanes
        return context.get_dummy_value()

    return signature, generate


def _popcount_of(typing: Any, word: Any) -> Any:
    """Number of bits set."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


popcount: Any = intrinsic(_popcount_of)
_column_sums: Any = intrinsic(_column_sums_at)
_sum_one, _sum_group = _row_sums(1), _row_sums(_GROUP)


@njit(cache=True)
def _times_rows(bits: Any, m: Any, out: Any, chunk: int) -> None:
    """A group of rows, every vector."""
    p, width = bits.shape
    start, stop = _GROUP * chunk, min(_GROUP * (chunk + 1), p)
    partial = np.empty(_GROUP, m.dtype)
    for k in range(len(m)):
        out[k, start:stop] = 0.0
        for first in range(0, width, _CHUNK):
            last = min(first + _CHUNK, width)
            if stop - start == _GROUP:
                _sum_group(bits, start, m, k, first, last, partial)
                for r in range(_GROUP):
                    out[k, start + r] += partial[r]
            else:
                for a in range(start, stop):
                    _sum_one(bits, a, m, k, first, last, partial)
                    out[k, a] += partial[0]


@njit(cache=True, nogil=True)
def _times(bits: Any, m: Any, out: Any, first: int, last: int) -> None:
    for chunk in range(first, last):
        _times_rows(bits, m, out, chunk)


@njit(cache=True)
def _back_band(bits: Any, g: Any, width: int, out: Any, band: int) -> None:
    """A band of `width` words, every vector."""
    lanes = 64 // g.itemsize
    size = _TILE * lanes
    first, last = band * width * _WORD, min((band + 1) * width * _WORD, out.shape[1])
    partial = np.empty(size, g.dtype)
    for start in range(0, len(bits), _ROWS):
        stop = min(start + _ROWS, len(bits))
        for column in range(first, last, size):
            for k in range(len(g)):
                _column_sums(bits, start, stop, column // lanes, g, k, partial)
                for j in range(size):
                    out[k, column + j] += partial[j]


@njit(cache=True, nogil=True)
def _back(bits: Any, g: Any, width: int, out: Any, first: int, last: int) -> None:
    for band in range(first, last):
        _back_band(bits, g, width, out, band)


@njit(cache=True)
def back_serial(bits: Any, g: Any, width: int, out: Any) -> None:
    """Sums of `g` under the masks of the columns, added to `out`."""
    for band in range(-(-bits.shape[1] // width)):
        _back_band(bits, g, width, out, band)


@njit(cache=True)
def differences(bits: Any, weights: Any, out: Any) -> None:
    """Number of places in which each row differs from the weights."""
    for a in range(len(bits)):
        total = np.uint64(0)
        for w in range(bits.shape[1]):
            total += popcount(bits[a, w] ^ weights[w])
        out[a] = total
