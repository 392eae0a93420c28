from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from bp.jobs import run_points
from bp.store import PointStore

COLUMNS = ("x",)


@dataclass(frozen=True)
class Square:
    number: int
    marks: str = ""

    @property
    def name(self):
        return str(self.number)


def square(job):
    return {"x": np.array(job.number**2)}


def values(points):
    return [int(point["x"]) for point in points]


JOBS = [Square(k) for k in (3, 1, 2, 5, 4)]
SQUARES = [9, 1, 4, 25, 16]


def test_points_come_in_the_order_of_the_jobs():
    assert values(run_points(square, JOBS, columns=COLUMNS)) == SQUARES
    with ThreadPoolExecutor(3) as executor:
        assert values(run_points(square, JOBS, columns=COLUMNS, executor=executor)) == SQUARES
    assert run_points(square, [], columns=COLUMNS) == []


def test_names_are_unique():
    with pytest.raises(ValueError, match="'3' comes more than once"):
        run_points(square, [*JOBS, Square(3)], columns=COLUMNS)


def test_what_is_in_the_store_is_not_done_again(tmp_path):
    store = PointStore(tmp_path, {})
    run_points(square, JOBS[1:3], columns=COLUMNS, store=store)
    done = []

    def counted(job):
        done.append(job.name)
        return square(job)

    assert values(run_points(counted, JOBS, columns=COLUMNS, store=store)) == SQUARES
    assert done == ["3", "5", "4"]
    assert len(store) == 5
