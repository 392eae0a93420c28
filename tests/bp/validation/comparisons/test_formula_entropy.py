"""Crosscheck of random formulas: the table, its files, the command line, and what is refused."""

import json
from functools import partial

import numpy as np
import pytest

import bp
from bp.__main__ import main
from bp.validation import theory
from bp.validation.comparisons import COMPARISONS
from replica_theory import BinaryPerceptron, RandomSatisfiability, satisfiability_entropy

MODEL = RandomSatisfiability(3)
RUN = {"alpha": [1.5, 2.0], "n": 200, "samples": 8, "rng": 5, "comparisons": "formula-entropy"}


@pytest.fixture(autouse=True)
def small_populations(monkeypatch):
    """Populations of a second, not of ten."""
    monkeypatch.setattr(theory, "satisfiability_entropy", partial(satisfiability_entropy, sweeps=30))
    yield
    for cached in (theory.population, theory._populations):
        cached.cache_clear()


@pytest.fixture(scope="module")
def check():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theory, "satisfiability_entropy", partial(satisfiability_entropy, sweeps=30))
        yield bp.crosscheck(MODEL, **RUN)


def test_rows_hold_both_sides_and_both_errors(check):
    assert (check.method, check.comparisons) == ("exact", ("formula-entropy",))
    assert [row.quantity for row in check.rows] == 2 * ["entropy", "overlap q"]
    for row in check.rows:
        j = 0 if row.alpha == 1.5 else 1
        column = "entropy" if row.quantity == "entropy" else "overlap"
        point = theory._populations(MODEL, row.alpha)
        own = point.error if column == "entropy" else point.overlap_error
        assert (row.theory, row.theory_error) == (getattr(point, column), own) and own > 0
        seeds = [np.random.SeedSequence([5, j, 200, s]).spawn(2) for s in range(8)]
        runs = [
            bp.belief_propagation(bp.random_satisfiability(200, row.alpha, 3, draw), rng=order) for draw, order in seeds
        ]
        assert [float(p[column]) for p in check.points["formula-entropy"][200]][8 * j : 8 * j + 8] == [
            getattr(run, column) for run in runs
        ]
        assert row.z == pytest.approx((row.simulation - row.theory) / np.hypot(row.standard_error, own), rel=1e-12)
        assert abs(row.z) < 5  # t with 5 degrees of freedom: once in 250 rows


def test_files_and_pictures(check, tmp_path):
    csv, npz, png = check.save(tmp_path)
    assert "theory_error" in csv.read_text().splitlines()[0] and png.stat().st_size > 10_000
    with np.load(npz, allow_pickle=False) as data:
        assert (str(data["model"]), int(data["k"]), "kappa" in data) == ("RandomSatisfiability", 3, False)
    assert "population dynamics ± 0.00" in str(check)
    assert "RandomSatisfiability(k=3" in repr(check)
    pytest.importorskip("xarray")
    again = bp.Crosscheck.from_xarray(check.to_xarray())
    assert again.model == MODEL and again.rows == check.rows


def test_command_line(tmp_path, capsys):
    run = ["crosscheck", "--model", "satisfiability", "--alpha", "1.5", "--n", "60", "--samples", "2",
           "--comparisons", "formula-entropy", "--workers", "1", "--output", str(tmp_path), "--json"]  # fmt: skip
    assert main(run) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["k"], report["method"]) == ("RandomSatisfiability", 3, "exact")
    assert main(["crosscheck", "--resume", "--workers", "1", "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == report["rows"]
    for change, sentence in (
        (["--k", "1"], "k must be an integer of at least 2"),
        (["--kappa", "0.1"], "--kappa is for perceptrons"),
        (["--interval", "0", "1"], "--interval A B is for --model interval"),
        (["--comparisons", "entropy"], "'entropy' does not apply to RandomSatisfiability"),
        (["--method", "amp"], "method must be"),
        (["--k", "4"], "k was 3 and is 4 now"),
    ):
        assert main([*run, *change]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["crosscheck", "--k", "4", "--output", str(tmp_path / "other")]) == 2
    assert "--k is for --model satisfiability" in capsys.readouterr().err
    assert main(["crosscheck", "--model", "satisfiability", "--output", str(tmp_path / "other")]) == 2
    assert "needs its loads" in capsys.readouterr().err


def test_each_comparison_says_to_what_it_applies():
    for name, comparison in COMPARISONS.items():
        assert comparison.applies(MODEL) == name.startswith("formula-")
        assert not (name.startswith("formula-") and comparison.applies(BinaryPerceptron()))
    assert not COMPARISONS["formula-counts"].applies(RandomSatisfiability(7))


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"model": RandomSatisfiability(3, beta=1.0)}, ValueError, "beta = inf; got RandomSatisfiability"),
        ({"method": "amp"}, ValueError, "method must be"),
        ({"comparisons": "planted"}, ValueError, "'planted' does not apply to RandomSatisfiability"),
        ({"comparisons": "formula-counts", "alpha": 0.03}, ValueError, "at n=12 gives no clauses.*leave out"),
        ({"n": 2}, ValueError, "n must be at least k=3"),
    ],
)
def test_bad_arguments_are_refused_before_work(change, error, sentence, monkeypatch):
    monkeypatch.setattr("bp.validation.crosscheck.measure", None)
    with pytest.raises(error, match=sentence):
        bp.crosscheck(**{"model": MODEL} | RUN | change)


def test_missing_messages_are_missing_values():
    check = bp.crosscheck(MODEL, 6.0, 40, 3, rng=1, comparisons="formula-entropy")  # hardly one has a solution
    entropy = check.rows[0]
    assert entropy.missing > 0 and not entropy.complete and "no value on" in entropy.assumption
