"""Files of whatever kind: what the content says, not the name."""

import gzip
import io
import sys

import pytest

import bp
from bp.problems.any_file import read_problem
from replica_theory import SymmetricBinaryPerceptron

FORMULA, PATTERNS = b"p cnf 3 2\n1 -3 0\n2 3 0\n", b"1 -1 1\n-1 -1 1\n"


@pytest.mark.parametrize("head", [b"", b"c\n", b"c p cnf\n\n", b"\n  \n", b"c a comment\r\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_formulas_are_known_by_their_first_line(head, pack, tmp_path):
    path = tmp_path / "some.txt"
    path.write_bytes(pack(head + FORMULA))
    found = read_problem(path)
    assert isinstance(found, bp.Satisfiability) and found.clauses == [[1, -3], [2, 3]]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_everything_else_is_an_instance(pack, tmp_path):
    path = tmp_path / "some.cnf"
    path.write_bytes(pack(PATTERNS))
    assert isinstance(read_problem(path), bp.Instance)
    assert read_problem(path, kappa=0.1).kappa == 0.1
    assert read_problem(path, constraint=SymmetricBinaryPerceptron(1.0)).model == SymmetricBinaryPerceptron(1.0)
    path.write_bytes(pack(b"# committee units=3 tree=false\n" + PATTERNS))
    assert isinstance(read_problem(path), bp.Committee)
    bp.write_instance(bp.Instance([[0.5, 1.0]]), tmp_path / "a.npz")
    assert read_problem(tmp_path / "a.npz").n == 2


def test_standard_input_is_read_once(monkeypatch):
    for text, kind in ((FORMULA, bp.Satisfiability), (PATTERNS, bp.Instance)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert isinstance(read_problem("-"), kind)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (FORMULA, {"kappa": 0.0}, "kappa and constraint must be left out for a formula"),
        (FORMULA, {"constraint": "margin"}, "kappa and constraint must be left out for a formula"),
        (b"p cnf 3 1\n1 4 0\n", {}, "cannot read a formula from .* holds the literal 4"),
        (b"patterns\n", {}, "cannot read an instance from"),
        (b"cnf\n", {}, "cannot read an instance from"),
        (gzip.compress(FORMULA, mtime=0)[:-12], {}, "cannot read a formula from .* damaged or truncated"),
        (b"\x1f\x8bnothing", {}, "cannot read an instance from .* damaged or truncated"),
        (b"", {}, "the file is empty"),
        (PATTERNS, {"kappa": "x"}, "kappa must be"),
    ],
)
def test_refusals(data, options, words, tmp_path):
    path = tmp_path / "some"
    path.write_bytes(data)
    with pytest.raises((TypeError, ValueError), match=words):
        read_problem(path, **options)
