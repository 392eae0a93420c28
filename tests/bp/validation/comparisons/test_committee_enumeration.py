"""Tree committees in crosschecks: what is drawn and enumerated, by brute force, and that it agrees with theory."""

import json
from itertools import product

import numpy as np
import pytest

import bp
import bp.validation.comparisons.committee_enumeration as module
from bp.__main__ import main
from bp.ensembles.control_variates import control_variates
from bp.validation.comparison import Job
from bp.validation.comparisons import COMPARISONS
from replica_theory import BinaryPerceptron, TreeCommittee

THREE = TreeCommittee(units=3)
ENUMERATION = COMPARISONS["committee-enumeration"]


def job(n, comparison=ENUMERATION):
    return Job(THREE, 0.3, n, 7, (0, n, 0), comparison, (0.1,), "amp")


def test_entropies_by_brute_force(monkeypatch):
    monkeypatch.setattr(module, "_BATCH", {9: 3})
    point = ENUMERATION.measure(job(9))
    for entropy, seed in zip(point["entropy"], job(9).seeds(3), strict=True):
        machine = module._sphere_committee(job(9), np.random.default_rng(seed))
        np.testing.assert_allclose(np.sum(machine.data.xi.reshape(-1, 3, 3) ** 2, axis=2), 3.0, rtol=1e-12)
        count = 0
        for signs in product([-1, 1], repeat=9):
            fields = np.sum(machine.data.xi.reshape(-1, 3, 3) * np.reshape(signs, (3, 3)), axis=2)
            count += np.all(np.sum(fields >= 0, axis=1) >= 2)
        assert entropy == pytest.approx(np.log(count) / 9, rel=1e-12)


def test_it_is_for_three_units():
    named = {name for name, comparison in COMPARISONS.items() if comparison.admits(THREE)}
    assert named == {"entropy", "state-evolution", "committee-enumeration"}
    assert not ENUMERATION.admits(TreeCommittee(units=5)) and not ENUMERATION.admits(BinaryPerceptron())


def test_small_machines_agree_with_theory(monkeypatch):
    monkeypatch.setattr(module, "_BATCH", {12: 60, 18: 40})
    load = 1 / 3  # that of both sizes: theory is asked once
    rows = bp.crosscheck(THREE, load, 105, samples=2, rng=1, comparisons="committee-enumeration").rows
    assert [row.quantity for row in rows] == ["entropy", "entropy difference", "Franz-Parisi", "Franz-Parisi"]
    assert all(row.n == np.inf for row in rows)
    for row in rows:
        assert row.expected == "equal" and row.standard_error < 0.02
        assert abs(row.discrepancy) < 4 * row.standard_error  # 4 standard errors of some hundred machines


def test_belief_propagation_agrees_with_theory():
    draw = job(105, COMPARISONS["entropy"])
    expected = bp.random_committee(BinaryPerceptron(), 105, 3, 0.3, draw.seeds(1)[0], tree=True)
    np.testing.assert_array_equal(draw.problem().data.xi, expected.data.xi)
    rows = bp.crosscheck(THREE, 0.5, 1005, samples=8, rng=2).rows
    assert [row.quantity for row in rows] == ["entropy", "overlap q", *["AMP overlap q"] * 4]
    for row in rows:
        # Quantile of Student's t (7 degrees of freedom, 5 when regressed) as rare as 4 standard errors: about 10.
        assert abs(row.discrepancy) < 10 * row.standard_error and row.standard_error < 3e-3


def test_control_variates_of_a_tree_are_those_of_its_patterns():
    machine = bp.random_committee(BinaryPerceptron(), 21, 3, 0.5, 1, tree=True)
    whole = bp.Instance(machine.data.xi)
    np.testing.assert_array_equal(control_variates(machine), control_variates(whole))


def test_command_line(tmp_path, capsys):
    given = ["--model", "committee", "--units", "3", "--alpha", "0.3", "--samples", "2", "--comparisons", "entropy"]
    assert main(["crosscheck", *given, "--workers", "1", "--output", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["units"], report["activation"]) == ("TreeCommittee", 3.0, "sign")
    assert [row["n"] for row in report["rows"]] == [999, 999]  # a usual size, of which every unit has an odd share
    assert main(["crosscheck", "--resume", "--workers", "1", "--output", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == report["rows"]


def test_what_has_no_machines():
    for model, n, sentence in (
        (TreeCommittee(), 15, "model must have no hidden layer, or one of finitely many units here"),
        (TreeCommittee(0.3, units=3), 15, "model must have kappa = 0, at which the majority of its units decides"),
        (THREE, [15, 16], "n must be a multiple of the 3 units of the model, such as 15; got 16"),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}"):
            bp.crosscheck(model, 0.4, n, 2, rng=1)
