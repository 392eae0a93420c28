"""Comparisons of every hard constraint: what applies, and that theory and simulation agree on unions of intervals."""

import json

import numpy as np
import pytest

import bp
from bp.__main__ import main
from bp.validation.comparisons import COMPARISONS
from replica_theory import BinaryPerceptron, IntervalModel, SymmetricBinaryPerceptron, UShapePerceptron

SHELF = IntervalModel([(-1.6, -1.3), (0.3, np.inf)])
BANDS = IntervalModel([(-2.0, -0.8), (0.8, 2.0)])


def test_what_applies_to_a_union():
    applies = {
        name: [comparison.applies(model) for model in (BinaryPerceptron(), SHELF, BANDS)]
        for name, comparison in COMPARISONS.items()
    }
    assert applies["planted"] == [False, False, True]
    assert applies["focusing"] == [True, False, False]
    assert applies["entropy"] == applies["energy"] == applies["enumeration"] == [True, True, True]


@pytest.mark.slow
@pytest.mark.parametrize("model", [UShapePerceptron(0.6), SHELF, BANDS], ids=repr)
def test_entropy_iterations_and_planted_solutions_agree(model):
    names = [name for name in ("entropy", "state-evolution", "planted") if COMPARISONS[name].applies(model)]
    check = bp.crosscheck(model, 0.3, 301, samples=6, rng=3, comparisons=names, distance=[0.1, 0.2])
    rows = [row for row in check.rows if row.expected == "equal"]
    assert len(rows) >= 6 and all(np.isfinite(row.discrepancy) for row in rows)
    for row in rows:
        assert abs(row.discrepancy) < 5 * row.standard_error + 1 / 301
    check.plot()


@pytest.mark.slow
def test_planted_solutions_are_typical_where_the_annealed_entropy_is_exact():
    for model, alpha, typical in (
        (SymmetricBinaryPerceptron(1.0), 0.8, True),
        (UShapePerceptron(1.5), 0.08, True),
        (UShapePerceptron(1.5), 0.25, False),
    ):
        check = bp.crosscheck(model, alpha, 101, samples=3, rng=1, comparisons=["planted"], distance=[0.3])
        (row,) = check.rows
        assert ("planted solutions are typical" in row.assumption) != typical


def test_command_line_with_intervals(tmp_path, capsys):
    given = ["--model", "interval", "--interval", "-1.6", "-1.3", "--interval", "0.3", "inf", "--alpha", "0.2"]
    run = ["crosscheck", "--n", "51", "--samples", "2", "--comparisons", "entropy", "--workers", "1"]
    assert main([*run, *given, "--output", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["model"] == "IntervalModel" and report["intervals"] == [[-1.6, -1.3], [0.3, np.inf]]
    assert main(["crosscheck", "--resume", "--workers", "1", "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == report["rows"]
    other = ["--interval", "0", "1"]
    assert main(["crosscheck", "--resume", *other, "--workers", "1", "--output", str(tmp_path)]) == 2
    assert "intervals was [[-1.6, -1.3], [0.3, inf]] and is [[0.0, 1.0]] now" in capsys.readouterr().err
    assert main(["crosscheck", "--model", "u-shape", "--output", str(tmp_path / "other")]) == 2
    assert "--model u-shape needs its loads: --alpha A" in capsys.readouterr().err


def test_files_with_intervals_on_the_command_line(tmp_path, capsys):
    patterns = np.random.default_rng(1).choice([-1, 1], (9, 41))
    path = tmp_path / "patterns.txt"
    np.savetxt(path, patterns, fmt="%d")
    given = ["--model", "interval", "--interval", "-2", "-0.5", "--interval", "0.25", "inf"]
    assert main(["entropy", str(path), *given, "--json"]) == 0
    model = IntervalModel([(-2.0, -0.5), (0.25, np.inf)])
    expected = bp.belief_propagation(bp.Instance(patterns, constraint=model)).entropy
    assert json.loads(capsys.readouterr().out)["entropy"] == expected
    assert main(["solve", str(path), "--model", "u-shape", "--kappa", "0.5"]) == 0
    weights = np.loadtxt(f"{path}.weights.txt", dtype=int)
    assert np.all(np.abs(patterns @ weights) >= 0.5 * np.sqrt(41))
    assert main(["entropy", str(path), "--interval", "0", "1"]) == 2
    assert "--interval A B is for --model interval" in capsys.readouterr().err
