"""Rows of the table: z-scores that follow Student's t, control variates, extrapolation in 1/N."""

import numpy as np
import pytest

from bp.validation.table import Row, Values, compare

ROW = Row("x", 0.5, np.nan, "theory", "simulation", "equal")


def at_size(values, variates=None, theory=0.0, n=101):
    values = np.array(values)
    return Values(n, 0.5, theory, values, np.empty((len(values), 0)) if variates is None else variates)


def test_z_follows_student():
    # with 3 samples |t| > 4.30 in 5 % of the cases: a Gaussian z would make that one in 60 000
    rng = np.random.default_rng(5)
    z = np.array([compare(ROW, [at_size(rng.normal(size=3))], 0.0)[0].z for _ in range(4000)])
    fraction = np.mean(np.abs(z) > 4.303)
    assert fraction == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def test_control_variates_take_scatter_out_and_leave_the_mean_and_its_error():
    rng, rows = np.random.default_rng(6), []
    for _ in range(2000):
        known = rng.normal(size=(9, 2))
        rows += compare(ROW, [at_size(1.0 + known @ [3.0, -2.0] + 0.1 * rng.normal(size=9), known, 1.0)], 1.0)
    assert {row.dof for row in rows} == {6}
    assert np.mean([row.simulation for row in rows]) == pytest.approx(1.0, abs=4 * 0.1 / np.sqrt(9 * 2000))
    assert np.median([row.standard_error for row in rows]) < 0.06  # 1.2 without the control variates
    # t with 6 degrees of freedom: beyond 2.447 in 5 % of the cases
    assert np.mean([abs(row.z) > 2.447 for row in rows]) == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 2000))


def test_sizes_are_extrapolated():
    rng, z = np.random.default_rng(7), []
    for _ in range(300):
        sizes = [at_size(0.3 + 0.01 + 2.0 / n + 0.1 / n * rng.normal(size=40), theory=0.3, n=n) for n in (51, 101, 201)]
        *each, limit = compare(ROW, sizes, 0.4)
        assert [row.n for row in each] == [51, 101, 201] and limit.n == np.inf and limit.samples == 120
        assert limit.theory == 0.4 and limit.alpha == 0.5
        z.append((limit.simulation - 0.41) / limit.standard_error)
    assert abs(np.mean(z)) < 4 / np.sqrt(300) and np.std(z) == pytest.approx(1, abs=0.2)
    assert len(compare(ROW, sizes, 0.4, each=False)) == 1


def test_without_scatter_the_limit_has_no_error():
    sizes = [at_size([0.3 + 1 / n] * 4, theory=0.3, n=n) for n in (50, 100, 200)]
    limit = compare(ROW, sizes, 0.3)[-1]
    assert limit.discrepancy == pytest.approx(0, abs=1e-12)
    assert limit.standard_error == 0 and np.isnan(limit.z)


def test_failed_measurements_do_not_count_and_are_told():
    (row,) = compare(ROW, [at_size([1.0, np.nan, 3.0, -np.inf], theory=1.0)], 1.0)
    assert (row.samples, row.simulation, row.z) == (2, pytest.approx(2), pytest.approx(1))
    assert row.expected == "near" and row.assumption == "no value on 2 of 4"
    (row,) = compare(ROW, [at_size([1.0, np.nan])], 1.0)
    assert row.samples == 1 and np.isnan(row.standard_error) and np.isnan(row.z)
    (row,) = compare(ROW, [at_size([np.nan])], 1.0)
    assert row.samples == 0 and np.isnan(row.simulation)


@pytest.mark.parametrize("samples", [4, 8])
def test_extrapolations_are_as_far_off_as_their_degrees_of_freedom_say(samples):
    # z^2 had a mean of 1.94 and 1.45 at 4 and 8 samples, with degrees of freedom that claimed 1.29 and 1.11
    rng, runs, rows = np.random.default_rng(samples), 500, []
    for _ in range(runs):
        sizes = [at_size(2.0 / n + rng.normal(size=samples) / np.sqrt(n), n=n) for n in (201, 401, 801)]
        rows += compare(ROW, sizes, 0.0, each=False)
    assert max(row.dof for row in rows) < 3 * (samples - 1)
    for level in (0.3173, 0.05, 0.01):
        rare = np.mean([row.p_value < level for row in rows])
        assert rare == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / runs))


def test_theory_at_the_load_asked_for_is_sought_only_where_it_is_needed():
    asked = []
    assert len(compare(ROW, [at_size([1.0, 2.0])], asked.append)) == 1 and not asked

    def theory(load):
        asked.append(load)
        return 0.25

    *_, limit = compare(ROW, [at_size([1.0, 2.0], n=n) for n in (51, 101)], theory)
    assert asked == [0.5] and limit.theory == 0.25


def test_rows_tell_how_many_instances_have_no_value():
    sizes = [at_size([1.0, np.nan, 3.0, 2.0], n=n) for n in (51, 101)]
    first, second, limit = compare(ROW, sizes, 0.0)
    assert (first.missing, second.missing, limit.missing) == (1, 1, 2) and not limit.complete
    assert np.isnan(limit.p_value)
