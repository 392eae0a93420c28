"""The table of published and independently computed numbers, row by row."""

import csv
from pathlib import Path

import pytest

from replica_theory import (
    BinaryPerceptron,
    SymmetricBinaryPerceptron,
    TeacherStudent,
    capacity,
    franz_parisi,
    replica_symmetric,
    teacher_student,
    teacher_student_transition,
)

MODELS = {"binary": BinaryPerceptron, "symmetric": SymmetricBinaryPerceptron, "teacher-student": TeacherStudent}
QUANTITIES = {
    "capacity": lambda model, row: capacity(model).alpha,
    "rs_entropy": lambda model, row: replica_symmetric(model, float(row["alpha"])).entropy,
    "franz_parisi": lambda model, row: franz_parisi(model, float(row["alpha"]), float(row["distance"])).entropy,
    "teacher_student_transition": lambda model, row: teacher_student_transition(model).alpha,
    "teacher_student_overlap": lambda model, row: teacher_student(model, float(row["alpha"])).teacher_overlap,
}
TABLE = Path(__file__).parent.parent / "reference_values.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
THEORY = [row for row in ROWS if row["quantity"] in QUANTITIES]


def name(row):
    return "-".join(filter(None, (row[key] for key in ("quantity", "model", "kappa", "alpha", "distance"))))


@pytest.mark.parametrize("row", THEORY, ids=name)
def test_reference_value(row):
    model = MODELS[row["model"]](kappa=float(row["kappa"]))
    value = float(QUANTITIES[row["quantity"]](model, row))
    assert value == pytest.approx(float(row["value"]), abs=float(row["tolerance"])), row["source"]


def test_the_table_is_read():
    assert len(THEORY) >= 19 and all(row["source"] for row in ROWS)
