"""The load up to which a teacher's students are dense."""

import numpy as np
import pytest

from replica_theory import TeacherStudent
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.thresholds.dense_teacher import dense_teacher_threshold


@pytest.mark.slow
def test_threshold_is_where_the_slope_vanishes():
    threshold = dense_teacher_threshold(TeacherStudent())
    assert abs(threshold.alpha - 1.0862927) < 1e-6 and abs(threshold.distance - 0.01851) < 1e-4
    d = np.linspace(0.8, 1.25, 10) * threshold.distance
    below, above = (dense_teacher(TeacherStudent(), threshold.alpha + s * 1e-3, d).slope.min() for s in (-1, 1))
    assert below > 0 > above
    assert threshold.teacher_overlap < threshold.teacher_overlap_ref
