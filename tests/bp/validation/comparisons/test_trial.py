"""A comparison of one's own: an object of a few lines for a call, or a new file for good."""

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from scipy import stats

import bp
from bp.validation.comparison import Comparison
from bp.validation.comparisons import COMPARISONS, comparisons_in
from bp.validation.table import Row, compare
from replica_theory import BinaryPerceptron, SymmetricBinaryPerceptron
from replica_theory.status import silenced
from replica_theory.typical.replica_symmetric import replica_symmetric


class RandomWeights(Comparison):
    """Fraction of patterns that random weights violate: the energy at infinite temperature."""

    name = "random-weights"
    columns = ("energy",)

    def applies(self, model):
        return not model.is_even

    def measure(self, job):
        instance = job.instance()
        weights = np.random.default_rng(job.seeds(2)[1]).choice([-1, 1], job.n)
        return {"energy": np.array(instance.errors(weights) / instance.n_patterns)}

    def rows(self, measured):
        theory = partial(energy_at_infinite_temperature, measured.model)
        row = Row("energy", measured.alpha, np.nan, "replica symmetric", "random weights", "equal", beta=0.0)
        return compare(row, measured.values(theory, "energy"), theory(measured.alpha))


def energy_at_infinite_temperature(model, load):
    with silenced():
        return replica_symmetric(model.at(beta=0.0), load).energy


def run(**changes):
    asked = {"comparisons": ["entropy", RandomWeights()], "n": [51, 101], "samples": 40, "rng": 2} | changes
    return bp.crosscheck(BinaryPerceptron(), 0.5, **asked)


def test_it_runs_beside_those_of_the_house_and_agrees(tmp_path):
    check = run(comparisons=[RandomWeights(), "entropy"])
    assert check.comparisons == ("entropy", "random-weights")
    rows = [row for row in check.rows if row.simulation_source == "random weights"]
    assert [row.n for row in rows] == [51, 101, np.inf]
    for row in rows:
        assert row.theory == pytest.approx(0.5, abs=1e-12)  # exact at every odd N
        assert abs(row.z) < stats.t.isf(stats.norm.sf(4), row.dof)
    assert "random weights" in str(check) and "random weights" in check.to_csv()
    check.save(tmp_path)
    with np.load(tmp_path / "crosscheck.npz") as data:
        assert data["random-weights/energy/101"].shape == (1, 40)


def test_threads_and_folders_do_not_change_a_bit(tmp_path):
    before = run(samples=4)
    with ThreadPoolExecutor(2) as executor:
        assert str(run(samples=4, executor=executor, folder=tmp_path).rows) == str(before.rows)
    assert len(list((tmp_path / "points").glob("random-weights-0-*.npz"))) == 8
    assert str(run(samples=4, folder=tmp_path).rows) == str(before.rows)


@pytest.mark.parametrize(
    "model, comparisons, error, message",
    [
        (SymmetricBinaryPerceptron(), RandomWeights(), ValueError, "'random-weights' does not apply to Symmetric"),
        (BinaryPerceptron(), [RandomWeights(), RandomWeights()], ValueError, "one or more different names"),
        (BinaryPerceptron(), [RandomWeights], TypeError, "names or objects of Comparison; got <class"),
        (BinaryPerceptron(), "random-weights", ValueError, "'all' or among 'entropy', .*; got 'random-weights'"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_work(model, comparisons, error, message):
    with pytest.raises(error, match=message):
        bp.crosscheck(model, 0.5, 51, comparisons=comparisons)


def test_a_name_of_the_house_is_taken():
    class Entropy(RandomWeights):
        name = "entropy"

    with pytest.raises(ValueError, match="'entropy' is a comparison of the house"):
        run(comparisons=[Entropy()])


def test_those_of_the_house_come_in_their_order():
    names = ["entropy", "committee-enumeration", "enumeration", "energy", "state-evolution", "planted", "focusing",
             "solutions", "gradient-descent", "local-energy"]  # fmt: skip
    assert [name for name in COMPARISONS if not name.startswith("formula-")] == names
    assert [name for name, comparison in COMPARISONS.items() if not comparison.default] == [
        "committee-enumeration", "enumeration", "focusing", "local-energy"
    ]  # fmt: skip


FILE = """
from bp.validation.comparison import Comparison


class Trial(Comparison):
    name = "{name}"
    order = {order}
    columns = ()

    def measure(self, job):
        return {{}}

    def rows(self, measured):
        return []
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two comparisons, one file each, and a file without any."""
    folder = tmp_path / "trial_comparisons"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "shared.py").write_text("from bp.validation.comparison import Comparison\n")
    (folder / "a.py").write_text(FILE.format(name="second", order=2))
    (folder / "b.py").write_text(FILE.format(name="first", order=1))
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def test_a_new_file_is_a_new_comparison(package):
    assert list(comparisons_in(importlib.import_module(package.name))) == ["first", "second"]


def test_two_files_with_one_name_are_refused(package):
    (package / "c.py").write_text(FILE.format(name="first", order=3))
    with pytest.raises(ValueError, match="trial_comparisons has two comparisons with the name 'first'"):
        comparisons_in(importlib.import_module(package.name))
