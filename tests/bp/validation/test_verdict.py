"""One p-value for rows that share their instances: it holds its level whatever their correlations."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bp.validation.table import Row
from bp.validation.verdict import verdict

ROW = Row("entropy", 0.5, 101.0, "theory", "BP", "equal", theory=0.3, simulation=0.31, z=2.5, samples=4, dof=3.0)


def of_p(*values):
    """Rows of given p-values."""
    return [replace(ROW, z=stats.t.isf(p / 2, 3)) for p in values]


def test_the_p_value_of_a_row_is_that_of_student():
    assert ROW.p_value == pytest.approx(2 * stats.t.sf(2.5, 3), rel=1e-9)
    assert replace(ROW, z=-2.5).p_value == ROW.p_value
    assert replace(ROW, expected="below").p_value == pytest.approx(stats.t.sf(2.5, 3), rel=1e-9)
    assert replace(ROW, expected="above").p_value == pytest.approx(stats.t.cdf(2.5, 3), rel=1e-9)
    assert replace(ROW, dof=2.7).p_value == pytest.approx(2 * stats.t.sf(2.5, 2.7), rel=1e-9)
    for cannot in ({"expected": "near"}, {"z": np.nan}, {"dof": 0.0}, {"missing": 1}):
        assert np.isnan(replace(ROW, **cannot).p_value)
    assert replace(ROW, samples=99, missing=1).p_value == ROW.p_value  # one in a hundred


def test_simes():
    assert verdict(of_p(0.02, 0.5, 0.9)).p_value == pytest.approx(0.06)  # one that is far off, of three
    assert verdict(of_p(0.03, 0.03, 0.03)).p_value == pytest.approx(0.03)  # one witness, heard three times
    assert verdict(of_p(0.02, 0.9, 0.028)).p_value == pytest.approx(0.042)
    rows = of_p(0.9, 0.001)
    found = verdict(rows)
    assert (found.rows, found.worst) == (2, rows[1]) and not found.agrees
    assert "Together 2 rows give p = 0.002: theory and simulation disagree. Farthest: entropy" in found.message
    assert verdict(of_p(0.4)).agrees and "Together 1 row give" not in verdict(of_p(0.4)).message


def test_rows_of_infinite_size_judge_where_there_are_some():
    away, limit = replace(ROW, z=50.0), replace(ROW, n=np.inf, z=0.5)
    assert verdict([away, limit]).p_value == limit.p_value
    other = replace(away, distance=0.1)  # of this one there is no extrapolation
    assert verdict([away, limit, other]).p_value == pytest.approx(2 * other.p_value)


def test_without_a_row_that_judges_there_is_no_agreement():
    found = verdict([replace(ROW, expected="near")])
    assert np.isnan(found.p_value) and found.rows == 0 and not found.agrees and "No row can judge" in found.message


@pytest.mark.parametrize(
    ("samples", "shared", "signs"), [(3, 0.0, False), (8, 0.6, False), (3, 0.6, True), (8, 1.0, True)]
)
def test_it_holds_its_level_for_rows_of_the_same_instances(samples, shared, signs):
    # ten quantities that follow a common fluctuation of the instance, some of them reversed: no discrepancy
    rng, runs, rows = np.random.default_rng(samples), 1000, 10
    common, own = rng.normal(size=(runs, samples, 1)), rng.normal(size=(runs, samples, rows))
    values = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    if signs:
        values[:, :, ::2] *= -1
    z = values.mean(axis=1) / (values.std(axis=1, ddof=1) / np.sqrt(samples))
    p = np.array([verdict([replace(ROW, z=one, dof=samples - 1.0) for one in run]).p_value for run in z])
    for level in (0.05, 0.01):
        assert np.mean(p < level) < level + 4 * np.sqrt(level * (1 - level) / runs)  # binomial
    if shared == 1.0:  # one witness is heard as one
        assert np.mean(p < 0.05) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / runs))


def test_what_all_rows_say_together_is_heard():
    # each row is off by two and a half standard errors: as one witness that is p = 0.012, not lost among fifty
    rows = [replace(ROW, z=2.5, dof=1e6)] * 50
    assert verdict(rows).p_value == pytest.approx(2 * stats.norm.sf(2.5), rel=1e-4)
