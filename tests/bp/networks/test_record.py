"""Table and picture of a training."""

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

from bp.networks import Epoch, TrainingRecord

ROWS = tuple(Epoch(method, epoch, 10 * epoch, 0.1 / epoch, 0.2 / epoch, 0.05, 0.01, 0.5)
             for method in ("sgd", "split") for epoch in (1, 2))  # fmt: skip
RECORD = TrainingRecord("digits", 0.1, ROWS)


def test_table():
    lines = str(RECORD).splitlines()
    assert len(lines) == 5 and lines[2].split() == ["sgd", "2", "20", "5.00", "10.00", "5.00", "±", "1.00", "0.500"]
    assert [row.method for row in RECORD.last] == ["sgd", "split"] and all(row.epoch == 2 for row in RECORD.last)


def test_files(tmp_path):
    paths = RECORD.save(tmp_path / "new")
    table = paths[0].read_text().splitlines()
    assert table[0].startswith("method,epoch,gradients,train_error") and len(table) == 5
    assert table[4].split(",")[:3] == ["split", "2", "20"] and paths[1].read_bytes().startswith(b"\x89PNG")
    left, right = RECORD.plot().axes
    assert [line.get_label() for line in left.lines] == ["sgd", "split"] and len(right.containers) == 2
