"""What all public functions of theory have in common: the sentences in which they refuse, and what they return."""

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.results.labelled import Labelled

BINARY, STUDENT = rt.BinaryPerceptron(), rt.TeacherStudent()
LOADS, DISTANCES = [0.3, 0.4], [0.1, 0.2, 0.3]
DOORS = {
    "replica_symmetric": lambda alpha=0.3, **_: rt.replica_symmetric(rt.BinaryPerceptron([0.0, 0.1, 0.2]), alpha),
    "annealed_entropy": lambda alpha=0.3, **_: rt.annealed_entropy(rt.BinaryPerceptron([0.0, 0.1, 0.2]), alpha),
    "teacher_student": lambda alpha=0.3, **_: rt.teacher_student(rt.TeacherStudent([0.0, 0.1, 0.2]), alpha),
    "state_evolution": lambda alpha=0.3, **_: rt.state_evolution(rt.BinaryPerceptron([0.0, 0.1, 0.2]), alpha, 2),
    "franz_parisi": lambda alpha=0.3, distance=0.2, **_: rt.franz_parisi(BINARY, alpha, distance),
    "planted_bound": lambda alpha=0.3, distance=0.2, **_: rt.planted_bound(BINARY, alpha, distance),
    "around_teacher": lambda alpha=0.3, distance=0.2, **_: rt.around_teacher(STUDENT, alpha, distance),
    "dense_teacher": lambda alpha=0.3, distance=0.2, **_: rt.dense_teacher(STUDENT, alpha, distance),
    "local_entropy": lambda alpha=0.3, distance=0.2, **_: rt.local_entropy(BINARY, alpha, distance),
    "local_entropy_1rsb": lambda alpha=0.3, distance=0.2, **_: rt.local_entropy_1rsb(BINARY, alpha, distance),
    "robust_ensemble": lambda alpha=0.3, gamma=0.2, **_: rt.robust_ensemble(BINARY, alpha, gamma, 2),
    "focusing_fixed_point": lambda alpha=0.3, gamma=0.2, **_: rt.focusing_fixed_point(BINARY, alpha, gamma, 2),
}
POINTS = {name: door for name, door in DOORS.items() if name not in ("annealed_entropy", "planted_bound")}
NO_NUMBERS = ["0.5", None, True, 0.5j, [True], [None]]


@pytest.mark.parametrize("name", DOORS)
def test_shapes_that_do_not_fit(name):
    with pytest.raises(ValueError, match=r"^alpha, .* and \w+ must broadcast; got shapes \(2,\), (.*, )?\(3,\)"):
        DOORS[name](alpha=LOADS, distance=DISTANCES, gamma=DISTANCES)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number(name, value):
    with pytest.raises(TypeError, match=r"^alpha must be a real number or an array of them; got "):
        DOORS[name](alpha=value)


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, [0.3, np.nan]], ids=repr)
def test_loads_out_of_range(name, value):
    with pytest.raises(ValueError, match=r"^alpha must be positive and finite; got "):
        DOORS[name](alpha=value)


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if "distance" in door.__code__.co_varnames])
@pytest.mark.parametrize("value", [-0.1, 0.6, np.nan])
def test_distances_out_of_range(name, value):
    with pytest.raises(ValueError, match=r"^distance must lie (in [\[(]0, 1/2\]|strictly between 0 and 1/2); got "):
        DOORS[name](distance=value)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: rt.replica_symmetric(m, 0.5),
        lambda m: rt.annealed_entropy(m, 0.5),
        lambda m: rt.state_evolution(m, 0.5, 2),
        lambda m: rt.franz_parisi(m, 0.5, 0.1),
        lambda m: rt.minimum_distance(m, 0.5),
        lambda m: rt.planted_bound(m, 0.5, 0.1),
        lambda m: rt.local_entropy(m, 0.5, 0.1),
        lambda m: rt.local_entropy_1rsb(m, 0.5, 0.1),
        lambda m: rt.robust_ensemble(m, 0.5, 0.1, 2),
        lambda m: rt.focusing_fixed_point(m, 0.5, 0.1, 2),
        rt.capacity,
        rt.local_entropy_threshold,
    ],
)
def test_what_is_no_model(call):
    with pytest.raises(
        TypeError, match=r"^model must be a Model such as BinaryPerceptron\(kappa=0\.0\); got 'binary'$"
    ):
        call("binary")


@pytest.mark.parametrize("name", POINTS)
def test_every_result_says_how_it_ended_and_shows_itself_short(name):
    result = POINTS[name]()
    assert isinstance(result, Labelled) and np.all(result.converged) and np.all(np.asarray(result.error) >= 0)
    assert np.all(np.asarray(result.status) == "converged") and "converged" in result.message
    assert len(repr(result)) < 200 and "array" not in repr(result)
    assert result._repr_html_().startswith("<table>") and result.to_csv().count("\n") > 1
    assert result == POINTS[name]() and result != DOORS["franz_parisi"](alpha=0.2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(result)


@pytest.mark.parametrize("name", POINTS)
def test_every_result_is_read_back(name, tmp_path):
    pytest.importorskip("h5netcdf")
    for result in (POINTS[name](), POINTS[name](alpha=[[0.3], [0.4]])):
        result.to_netcdf(tmp_path / "result.nc")
        assert rt.read_netcdf(tmp_path / "result.nc") == result


@pytest.mark.parametrize(
    "result",
    [
        rt.teacher_student_transition(STUDENT),
        rt.teacher_student_spinodal(STUDENT),
        rt.capacity(rt.BinaryPerceptron([0.0, 0.1])),
        rt.DenseTeacherThreshold(1.0, 0.02, 0.5, 0.4, 1e-9, model=STUDENT),
    ],
    ids=lambda result: type(result).__name__,
)
def test_thresholds_are_read_back(result, tmp_path):
    pytest.importorskip("h5netcdf")
    result.to_netcdf(tmp_path / "result.nc")
    assert rt.read_netcdf(tmp_path / "result.nc") == result
    assert np.all(result.converged) and np.all(np.asarray(result.error) < 1e-8) and "alpha = " in repr(result)


def at_reference():
    """Curves from d = 0 to d = 1/2, by every door that takes a distance."""
    d = [0.0, 0.5]
    binary, teacher = rt.BinaryPerceptron(), rt.TeacherStudent()
    yield "franz_parisi", rt.franz_parisi(binary, 0.4, d)
    yield "thermal franz_parisi", rt.franz_parisi(binary.at(beta=3.0), 0.4, d)
    yield "around_teacher", rt.around_teacher(teacher, 0.4, d)
    yield "thermal around_teacher", rt.around_teacher(teacher.at(beta=3.0), 0.4, d)
    yield "dense_teacher", rt.dense_teacher(teacher, 0.4, d)
    for y in (0.5, 1.0, np.inf):
        yield f"local_entropy, y = {y}", rt.local_entropy(binary, 0.4, d, y=y)
    yield "thermal local_entropy", rt.local_entropy(binary.at(beta=3.0), 0.4, d, y=1.0)
    yield "solutions", rt.local_entropy(binary, 0.4, d, reference="solution", y=1.0)


def test_the_ends_of_curves_answer_alike():
    """At d = 0 one configuration, with entropy 0 and infinite slope; at d = 1/2 a number, at most the typical one."""
    for name, curve in at_reference():
        typical = rt.replica_symmetric(curve.model, 0.4).entropy
        assert curve.entropy[0] == 0 and curve.slope[0] == np.inf and curve.status[0] == "converged", name
        assert 0 < curve.entropy[1] <= typical + 1e-9 and curve.status[1] == "converged", name


def test_references_that_are_not_allowed():
    """-inf at d = 0, by every door that has such references."""
    teacher = rt.around_teacher(rt.TeacherStudent(0.3), 0.4, [0.0, 0.2])
    typical = rt.franz_parisi(rt.BinaryPerceptron(0.2), 0.4, [0.0, 0.2], reference=rt.BinaryPerceptron())
    anything = rt.local_entropy(rt.BinaryPerceptron(), 0.4, [0.0, 0.2], y=0.0)
    for curve in (teacher, typical, anything):
        assert curve.entropy[0] == -np.inf and curve.status[0] == "negative-entropy"


def test_solutions_above_capacity_are_no_references():
    curve = rt.local_entropy(rt.BinaryPerceptron(), 0.9, 0.2, reference="solution", y=1.0)
    assert curve.status == "no-reference" and curve.converged


def test_instability_and_folds_are_told():
    """The statuses of curves agree with the eigenvalues and the fold that they report."""
    curve = rt.local_entropy(rt.BinaryPerceptron(), 0.6, [0.1, 0.3], y=30.0)
    stability = np.fmin(curve.overlaps["replicon"], curve.overlaps["replicon_ref"])
    assert [s == "unstable" for s in curve.status] == (stability < 0).tolist() == [True, False]
    with pytest.warns(rt.ConvergenceWarning):
        curve = rt.dense_teacher(rt.TeacherStudent(), 1.2, [0.005, 0.2])
    assert curve.status[0] == "fold" and 0.005 < curve.overlaps["fold"][0] < 0.2
