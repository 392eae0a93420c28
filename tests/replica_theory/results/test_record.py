"""Results whose arrays have axes of their own."""

import csv
import io
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.results.quantities import Quantity
from replica_theory.results.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class Run(Record):
    """A run.

    Not shown.
    """

    _quantities: ClassVar = {name: Quantity(name) for name in ("entropy", "weights", "patterns")}
    _axes: ClassVar = {"weights": ("weight",), "patterns": ("pattern", "weight")}
    _table: ClassVar = "weight"
    error: ClassVar = 0.0

    entropy: float
    weights: np.ndarray
    patterns: np.ndarray | None = None
    name: str = "run"
    count: int = 3
    status: rt.Status = rt.Status.MAX_ITERATIONS


def run(**changes):
    return Run(**{"entropy": np.nan, "weights": np.array([1, -1], dtype=np.int8)} | changes)


def test_dataset_and_back():
    pytest.importorskip("xarray")
    for result in (run(), run(patterns=np.ones((3, 2)), entropy=0.5, name="another")):
        data = result.to_xarray()
        assert data["weights"].dims == ("weight",) and data.attrs["description"] == "A run."
        assert data.attrs["status"] == "max-iterations"
        again = Run.from_xarray(data)
        assert again == result and again.status is rt.Status.MAX_ITERATIONS and type(again.count) is int
        assert again.weights.dtype == np.int8 and again.message == rt.Status.MAX_ITERATIONS.sentence
    with pytest.raises(ValueError, match="it is no Run"):
        Run.from_xarray(run().to_xarray().drop_vars("weights"))


def test_csv_runs_along_the_main_axis():
    lines = list(csv.DictReader(io.StringIO(run(patterns=np.ones((3, 2)), entropy=0.5).to_csv())))
    expected = {"entropy": "0.5", "status": "max-iterations"}
    assert lines == [{"weight": "0", "weights": "1"} | expected, {"weight": "1", "weights": "-1"} | expected]


def test_it_shows_itself_short():
    assert repr(run(weights=np.ones(10**6), entropy=0.5)) == "Run(entropy = 0.5, max-iterations)"
    assert not run().converged
