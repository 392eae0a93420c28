"""Focusing BP at given (gamma, y): its own theory, and the robust ensemble that it approximates."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from bp.algorithms.focusing import reference_field, replica_measures
from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from replica_theory.algorithms.focusing import FocusingFixedPoint, focusing_fixed_point
from replica_theory.models.model import Model
from replica_theory.neighbourhood.robust_ensemble import RobustEnsemble, robust_ensemble
from replica_theory.status import silenced

_PAIRS = ((0.3, 1.0), (0.2, 3.0), (0.4, 3.0))
_MEASURES = ("overlap", "q", "q_tilde", "internal_entropy")
_DAMPING, _TOLERANCE, _SWEEPS = 0.5, 1e-8, 2000
_INITIAL = 0.1


class Focusing(Comparison[Model]):
    """What focusing BP reports once its messages have settled, without any fit."""

    name = "focusing"
    default = False
    order = 5
    columns = (*_MEASURES, "control_variates")

    def applies(self, model: System) -> bool:
        """Random labels, and a log-concave kernel for the theory; an even constraint stays at zero magnetisations."""
        return isinstance(model, Model) and not model.has_teacher and not model.is_even and model.is_concave

    def measure(self, job: Job[Model]) -> Point:
        """The trace columns at every pair; NaN where the messages do not settle."""
        instance, seed = job.instance(), job.seeds(2)[1]
        state = instance.messages("amp", init=_INITIAL, rng=seed)
        table = np.full((len(_MEASURES), len(_PAIRS)), np.nan)
        for k, (gamma, y) in enumerate(_PAIRS):
            for _ in range(_SWEEPS):
                if state.sweep(reference_field(state.fields, gamma, y), _DAMPING) < _TOLERANCE:
                    measures = replica_measures(state, gamma, y, entropies=True)
                    table[:, k] = [getattr(measures, name) for name in _MEASURES]
                    break
        return dict(zip(_MEASURES, table, strict=True)) | {"control_variates": control_variates(instance)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Both theories, pair by pair."""
        return [row for k in range(len(_PAIRS)) for row in self._at(measured, k)]

    def _at(self, measured: Measured[Model], k: int) -> list[Row]:
        gamma, y = _PAIRS[k]
        alpha, model = measured.alpha, measured.model
        exact = {name: name for name in _MEASURES}
        robust = {"overlap": "overlap", "q": "q0", "internal_entropy": "internal_entropy"}
        wrong = "" if y == 1 else "a pattern's replicas are independent"
        rows = []
        for source, fields, assumption in (("focusing theory", exact, ""), ("robust ensemble", robust, wrong)):
            for name, field in fields.items():
                theory = partial(_field, source, field, model, gamma, y)
                row = Row(name.replace("_", " "), alpha, np.nan, source, "focusing BP",
                          "near" if assumption else "equal", gamma=gamma, y=y, assumption=assumption)  # fmt: skip
                rows += compare(row, measured.values(theory, name, k), theory)
        return rows


def _field(source: str, field: str, model: Model, gamma: float, y: float, load: float) -> float:
    return float(getattr(_theory(source, model, gamma, y, load), field)[0])


@lru_cache(maxsize=256)
def _theory(source: str, model: Model, gamma: float, y: float, load: float) -> FocusingFixedPoint | RobustEnsemble:
    with silenced():
        if source == "focusing theory":
            return focusing_fixed_point(model, load, np.array([gamma]), y)
        return robust_ensemble(model, load, np.array([gamma]), y)
