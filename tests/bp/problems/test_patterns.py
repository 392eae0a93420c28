"""Patterns with labels: what they accept, and that they are their own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp.problems.perceptron import Instance, random_instance
from replica_theory import TeacherStudent


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64, object])
def test_signs_of_any_dtype_become_int8(dtype):
    if dtype is object:
        with pytest.raises(TypeError, match="patterns must be real numbers; got dtype object"):
            Instance(np.array([[1, -1]], dtype=object))
        return
    inst = Instance(np.array([[1, -1]], dtype=dtype), labels=np.array([-1], dtype=dtype))
    assert inst.xi.dtype == np.int8 and inst.is_binary
    assert inst.xi.tolist() == [[-1, 1]]


def test_real_patterns_stay_real():
    inst = Instance([[0.5, -2.0], [1.0, 1.0]], labels=[-1, 1])
    assert inst.xi.dtype == np.float64 and not inst.is_binary
    assert inst.xi.tolist() == [[-0.5, 2.0], [1.0, 1.0]]


def test_caller_keeps_its_arrays():
    patterns, labels, teacher = np.ones((2, 3)), np.array([1, -1]), np.array([1, -1, 1])
    inst = Instance(patterns, labels, teacher=teacher)
    patterns[:], labels[:], teacher[:] = 7, 7, 7
    assert inst.xi.tolist() == [[1, 1, 1], [-1, -1, -1]]
    assert inst.teacher.tolist() == [1, -1, 1]


def test_large_sums_do_not_overflow():
    """Products of int8 entries are summed in a wider type."""
    inst = Instance(np.ones((1, 1000)))
    assert inst.stabilities(np.ones(1000))[0] == pytest.approx(np.sqrt(1000), rel=1e-15)
    assert inst.errors(np.ones(1000)) == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_patterns_and_labels_come_back(seed, real):
    rng = np.random.default_rng(seed)
    patterns = rng.normal(size=(7, 70)) if real else rng.choice(np.array([-1, 1], dtype=np.int8), (7, 70))
    labels = rng.choice([-1, 1], 7)
    inst = Instance(patterns, labels)
    assert np.array_equal(inst.patterns, patterns) and inst.patterns.dtype == patterns.dtype
    assert np.array_equal(inst.labels, labels) and inst.labels.dtype == np.int8
    assert np.array_equal(inst.xi, patterns * labels[:, None])
    for array in (inst.patterns, inst.labels, inst.allowed.stabilities, inst.allowed.sums):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert Instance(patterns).labels.tolist() == 7 * [1]


def test_memory_is_that_of_the_bits_and_the_labels():
    inst = random_instance(TeacherStudent(), 2049, 1.0, rng=1)
    held = [value.nbytes for value in vars(inst).values() if isinstance(value, np.ndarray)]
    assert sum(held) <= inst.bits.nbytes + inst.n_patterns + inst.n


@pytest.mark.parametrize("patterns", ["binary", "gaussian"])
def test_rows_and_sums_are_those_of_the_matrix(patterns):
    inst = random_instance(TeacherStudent(), 70, 0.5, rng=3, patterns=patterns)
    weights = np.random.default_rng(4).choice([-1, 1], 70)
    np.testing.assert_allclose(inst.sums(weights), inst.xi @ weights, rtol=1e-13)
    for a in (0, 17, 34):
        np.testing.assert_array_equal(inst.row(a), inst.xi[a])
    assert inst.n_constraints == inst.n_patterns == 35
    assert inst.energies == (("errors", "flips") if patterns == "binary" else ("errors",))
    assert set(inst.arrays()) >= {"n", "labels", "bits" if patterns == "binary" else "real"}


def test_tables_of_other_libraries():
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    signs = np.random.default_rng(1).choice([-1, 1], (3, 5))
    frame = pandas.DataFrame(signs, columns=list("abcde"), index=[7, 5, 3])
    for patterns in (frame, frame.astype(float), xarray.DataArray(signs, dims=("pattern", "weight"))):
        assert np.array_equal(Instance(patterns, pandas.Series([1, -1, 1], index=[7, 5, 3])).patterns, signs)
    holes = frame.astype("Int64")
    holes.iloc[1, 2] = pandas.NA
    for bad in (holes, frame.astype(object), xarray.Dataset({"x": (("a", "b"), signs)})):
        with pytest.raises(TypeError, match=r"must be (an array of )?real numbers; got (Dataset|dtype object)"):
            Instance(bad)
    with pytest.raises(ValueError, match=r"patterns must be finite; entry \(1, 2\) is nan"):
        Instance(holes.astype("Float64").to_numpy(dtype=float, na_value=np.nan))
    with pytest.raises(ValueError, match=r"entry .* is (True|False) \(2\*x - 1 makes ±1 of 0 and 1\)"):
        Instance(frame > 0)


def test_patterns_of_three_values_and_of_any_width_of_floats():
    ternary = np.array([[1.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    for kind in (np.float16, np.float32, np.float64, np.longdouble):
        assert np.array_equal(Instance(ternary.astype(kind)).real, ternary)
