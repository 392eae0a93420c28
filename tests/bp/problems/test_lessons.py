"""Compiled lessons at the ends of words: what lies beyond the weights never learns."""

import numpy as np
import pytest

from bp.problems import _bits, _lessons
from bp.problems.learners import gap_tables


@pytest.mark.parametrize("n", [1, 63, 64, 65, 130])
def test_sweep_and_gather_against_numpy(n):
    rng = np.random.default_rng(n)
    signs = rng.choice(np.array([-1, 1], dtype=np.int8), (40, n))
    weights = rng.choice(np.array([-1, 1], dtype=np.int8), n)
    lattice = np.array([[2 - n % 2, n + 2]])
    gaps, sides = gap_tables(n, lattice)
    bits, words = _bits.pack(signs), _bits.pack(weights[None])[0]
    moves = np.zeros(64 * bits.shape[1], dtype=np.float32)
    wrong = signs.astype(int) @ weights < lattice[0, 0]
    violated = _lessons.gather(bits, n, gaps, sides, words, np.arange(40), moves)
    assert violated == np.count_nonzero(wrong)
    assert np.array_equal(moves[:n], signs[wrong].sum(axis=0, dtype=int))

    fields = np.zeros_like(moves)
    fields[:n] = weights
    h, count = weights.astype(int), 0
    for row in signs.astype(int):
        if row @ np.where(h > 0, 1, -1) < lattice[0, 0]:
            h, count = h + 2 * row, count + 1
    assert _lessons.sweep(bits, n, gaps, sides, fields, words, np.arange(40), np.ones(40), 0.5) == count
    assert np.array_equal(fields[:n], h)
    assert np.array_equal(_bits.unpack(words[None], n)[0], np.where(h > 0, 1, -1))
    assert _bits.stray(words[None], n) is None


@pytest.mark.parametrize("n", [1, 63, 64, 65, 130])
def test_turns_against_numpy(n):
    """A move of all fields, then a pull by the signs that they have by then; votes follow the weights."""
    rng = np.random.default_rng(n)
    fields, moves = rng.integers(-3, 4, (2, 192)).astype(np.float32)
    before = np.where(fields[:n] > 0, 1, -1)
    words, votes = _bits.pack(before[None])[0], rng.integers(-2, 3, n)
    beyond, gains = fields[n:].copy(), rng.integers(-4, 5, (2, 5)) / 4
    moved = fields[:n] + 2.0 * moves[:n]
    pulled = moved + gains[(moved > 0).astype(int), votes + 2]
    after = votes + np.where(pulled > 0, 1, -1) - before
    _lessons.turn(n, fields, moves, words, 2.0, votes, gains, True)
    assert np.array_equal(fields[:n], pulled) and np.array_equal(fields[n:], beyond)
    assert np.array_equal(_bits.unpack(words[None], n)[0], np.where(pulled > 0, 1, -1))
    assert np.array_equal(votes, after) and _bits.stray(words[None], n) is None
