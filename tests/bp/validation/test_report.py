"""What came of a crosscheck: its lines, its table, its arrays."""

import csv
import io

import numpy as np
import pytest

from bp.validation.report import Crosscheck
from bp.validation.table import Row
from replica_theory import BinaryPerceptron

ROWS = (
    Row("entropy", 0.5, 101, "replica symmetric", "belief propagation", "equal", theory=0.31, simulation=0.3,
        standard_error=0.01, z=-1.0, samples=2, dof=1),
    Row("overlap", 0.5, np.inf, "robust ensemble", "focusing BP", "near", gamma=0.3, y=3.0, theory=0.5, simulation=0.4,
        assumption="replicas are independent", samples=4, dof=2),
)  # fmt: skip


def made():
    points = {"entropy": {101: [{"x": np.array([k, 2.0 * k])} for k in range(4)]}}
    return Crosscheck(BinaryPerceptron(0.1), (101,), 2, 7, "amp", ("entropy",), ROWS, points)


def test_a_line_for_each_row():
    head, first, second = str(made()).splitlines()
    assert head.split()[:4] == ["quantity", "alpha", "N", "where"]
    assert first.split()[:7] == ["entropy", "0.5", "101", "0.310000", "0.300000", "0.010000", "-1.00"]
    assert "∞" in second and "γ=0.3 y=3" in second
    assert "fails: replicas are independent (-0.1000)" in second


def test_csv_has_all_digits():
    lines = list(csv.DictReader(io.StringIO(made().to_csv())))
    assert [float(line["discrepancy"]) for line in lines] == [row.discrepancy for row in ROWS]
    assert lines[1]["assumption"] == "replicas are independent" and float(lines[0]["n"]) == 101


def test_saved_points_have_the_shape_of_loads_and_samples(tmp_path):
    _, npz, _ = made().save(tmp_path)
    with np.load(npz, allow_pickle=False) as data:
        assert data["entropy/x/101"].shape == (2, 2, 2)
        assert data["entropy/x/101"][1, 0].tolist() == [2.0, 4.0]
        assert data["table/theory"].tolist() == [0.31, 0.5]
        assert (str(data["model"]), float(data["kappa"]), str(data["seed"])) == ("BinaryPerceptron", 0.1, "7")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        made().save(tmp_path / "file" / "below")
