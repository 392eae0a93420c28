"""Schedules: their pairs (gamma, y), and the passes made of them."""

from itertools import islice

import numpy as np
import pytest

from bp.algorithms.schedules import FreeSchedule, Pseudo, Schedule, Scoping, Standard, as_schedule, passes


def test_standard_is_reinforcement():
    pairs = np.array(list(Standard(4)))
    assert np.all(np.isposinf(pairs[:, 0]))
    assert pairs[:, 1] == pytest.approx([1, 4 / 3, 2, 4], rel=1e-15)


def test_pseudo():
    rho = np.arange(5) / 5
    gamma, y = np.array(list(Pseudo(5))).T
    assert np.tanh(gamma) ** 2 == pytest.approx(rho, abs=1e-15)
    assert y == pytest.approx((2 - rho) / (1 - rho), rel=1e-15)


def test_scoping():
    assert list(Scoping(5, y=3, gamma_max=2)) == [(0.0, 3.0), (0.5, 3.0), (1.0, 3.0), (1.5, 3.0), (2.0, 3.0)]


def test_free_schedule():
    pairs = [(0.0, 2.0), (np.inf, 1.5)]
    assert list(FreeSchedule(pairs)) == pairs
    assert list(FreeSchedule(iter(pairs))) == pairs
    assert FreeSchedule(pairs) == FreeSchedule(pairs)


@pytest.mark.parametrize("schedule", [Standard(3), Pseudo(3), Scoping(3), FreeSchedule([(1, 2)] * 3)], ids=repr)
def test_schedules_iterate_again_and_know_their_length(schedule):
    assert len(schedule) == 3 and list(schedule) == list(schedule)
    assert as_schedule(schedule) is schedule and isinstance(schedule, Schedule)
    with pytest.raises(AttributeError):
        schedule.steps = 4


def test_schedule_by_name_or_list():
    assert as_schedule("pseudo", 7) == Pseudo(7)
    assert as_schedule("standard") == Standard()
    assert as_schedule("scoping", 9) == Scoping(9)
    assert as_schedule([(1, 2)]) == FreeSchedule([(1, 2)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: as_schedule("fast"), "schedule must be one of 'pseudo', 'scoping', 'standard', .* got 'fast'"),
        (lambda: as_schedule(Pseudo(3), 4), "steps=4 is for a schedule given by name; Pseudo has its own steps"),
        (lambda: Pseudo(0), "steps must be a positive integer; got 0"),
        (lambda: Standard(-2), "steps must be a positive integer; got -2"),
        (lambda: Scoping(1), "steps must be an integer of at least 2; got 1"),
        (lambda: Scoping(y=-1), "y must be positive and finite; got -1"),
        (lambda: Scoping(gamma_max=np.inf), "gamma_max must be finite and non-negative; got inf"),
        (lambda: Scoping(gamma_max=-1.0), "gamma_max must be finite and non-negative; got -1.0"),
        (lambda: FreeSchedule([]), "those of a schedule.* at least one; got "),
        (lambda: FreeSchedule([(1, 2, 3)]), r"those of a schedule, \(gamma, y\), at least one; got \[\(1, 2, 3\)\]"),
        (lambda: FreeSchedule([1.0]), r"those of a schedule, \(gamma, y\), at least one; got \[1.0\]"),
        (lambda: FreeSchedule([(-0.1, 2)]), "gamma must be non-negative .* got -0.1"),
        (lambda: FreeSchedule([(np.nan, 2)]), "gamma must be non-negative .* got nan"),
        (lambda: FreeSchedule([(1, np.nan)]), "y must be positive and finite; got nan"),
        (lambda: FreeSchedule([(1, np.inf)]), "y must be positive and finite; got inf"),
        (lambda: FreeSchedule([(1, -2)]), "y must be positive and finite; got -2"),
    ],
)
def test_bad_schedules(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_lengths_of_the_passes():
    assert [len(plan) for plan in islice(passes("standard"), 5)] == [200, 400, 800, 1600, 1600]
    assert [len(plan) for plan in islice(passes("pseudo", slow=True), 5)] == [200, 400, 800, 3200, 3200]
    assert [len(plan) for plan in islice(passes("pseudo", is_even=True), 3)] == [800, 800, 1600]
    assert next(passes("standard", is_even=True)).pairs[-1] == (np.inf, pytest.approx(1000))
