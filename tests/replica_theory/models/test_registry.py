"""The registry: what is in it, how a model gets in, and who reads it."""

import importlib
import inspect
import json
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import replica_theory as rt
import replica_theory.models as package
from replica_theory.__main__ import main
from replica_theory.models.model import Kernel, Model
from replica_theory.models.registry import describe, models, named, particulars, restore

SOURCE = '''
from dataclasses import dataclass
from typing import ClassVar

from replica_theory.models.intervals import UShapePerceptron


@dataclass(frozen=True, eq=False)
class Dropped(UShapePerceptron):
    """A model that is one new file."""

    name: ClassVar[str] = "dropped"
    condition: ClassVar[str] = "|h| >= kappa, once more"
'''


@dataclass(frozen=True, eq=False)
class Tail(Model):
    """h <= kappa, from a kernel and its edge alone."""

    name: ClassVar[str] = "tail-of-a-test"
    title: ClassVar[str] = "perceptron of a test"
    condition: ClassVar[str] = "h <= kappa"

    def log_probability(self, mean, std, space=None):
        kernel = rt.BinaryPerceptron(-np.asarray(self.kappa)).log_probability(-np.asarray(mean), std)
        return Kernel(kernel.log, -kernel.d1, kernel.d2)

    @property
    def edges(self):
        return (self.kappa,)


@pytest.fixture
def dropped(tmp_path, monkeypatch):
    """A module in a folder of the package, gone afterwards."""
    (tmp_path / "dropped.py").write_text(SOURCE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield
    module = sys.modules.pop(f"{package.__name__}.dropped")
    module.Dropped.name = ""


def test_models_of_the_package():
    known = models()
    assert {entry.kind for entry in known.values()} >= {
        rt.BinaryPerceptron,
        rt.CustomModel,
        rt.IntervalModel,
        rt.SymmetricBinaryPerceptron,
        rt.TeacherStudent,
        rt.UShapePerceptron,
    }
    assert list(known) == sorted(known)
    assert not known["custom"].is_plain and known["interval"].is_plain and not known["interval"].is_marginal
    assert known["symmetric"].default("kappa") == 1.0


@pytest.mark.parametrize("entry", models().values(), ids=lambda entry: entry.name)
def test_options_are_the_constructor_arguments(entry):
    parameters = inspect.signature(entry.kind).parameters
    assert [option.name for option in entry.options] == list(parameters)
    for option in entry.options:
        assert option.required == (parameters[option.name].default is inspect.Parameter.empty) and option.meaning
    assert entry.kind.title and entry.kind.condition


def test_a_class_anywhere_with_a_name_is_a_model(capsys):
    assert named("tail-of-a-test").kind is Tail is named("Tail").kind
    assert main(["entropy", "--model", "tail-of-a-test", "--alpha", "0.5", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)["points"]
    assert point["entropy"] == pytest.approx(rt.replica_symmetric(rt.BinaryPerceptron(), 0.5).entropy, abs=1e-9)
    assert restore(json.loads(json.dumps(describe(Tail(0.3))))) == Tail(0.3)
    assert Tail(0.3).allowed_intervals == ((-np.inf, 0.3),)


def test_a_model_is_one_new_file(dropped, capsys):
    assert "dropped" in models()
    assert main(["capacity", "--model", "dropped", "--kappa", "0.5", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)["points"]
    assert point["capacity"] == pytest.approx(rt.capacity(rt.UShapePerceptron(0.5)).alpha, rel=1e-12)
    with pytest.raises(SystemExit):
        main(["capacity", "--help"])
    assert "dropped: |h| >= kappa, once more" in capsys.readouterr().out


def test_two_models_of_one_name_are_refused():
    @dataclass(frozen=True, eq=False)
    class Rival(rt.BinaryPerceptron):
        name: ClassVar[str] = "binary"

    try:
        with pytest.raises(ValueError, match=r"two models are called 'binary' or Rival: .*\.BinaryPerceptron"):
            models()
    finally:
        Rival.name = ""


def test_a_class_defined_anew_replaces_the_one_before():
    def define(condition):
        @dataclass(frozen=True, eq=False)
        class Again(rt.BinaryPerceptron):
            name: ClassVar[str] = "again"

        Again.condition = condition
        return Again

    first, second = define("once"), define("twice")
    try:
        assert named("again").kind is second
    finally:
        first.name = second.name = ""


@pytest.mark.parametrize(
    "model",
    [
        rt.BinaryPerceptron(0.1, 2.0),
        rt.TeacherStudent(),
        rt.UShapePerceptron([0.2, 0.3]),
        rt.IntervalModel([(-np.inf, -1), (0, 2)], 0.5),
    ],
    ids=repr,
)
def test_descriptions_are_restored(model):
    assert restore(json.loads(json.dumps(describe(model)))) == model
    assert set(particulars(model)) == ({"intervals"} if isinstance(model, rt.IntervalModel) else set())


def test_what_is_code_or_unknown_is_not_restored():
    custom = rt.CustomModel(lambda mean, std: rt.BinaryPerceptron().probability(mean, std)[0])
    with pytest.raises(ValueError, match="its model is a CustomModel, whose constraint is code"):
        restore(describe(custom))
    with pytest.raises(ValueError, match=r"its model is no UShapePerceptron: .*depth"):
        restore({"model_class": "UShapePerceptron", "depth": 3})
    with pytest.raises(ValueError, match=r"the models are 'binary', .*; got 'ising'"):
        named("ising")


@pytest.mark.parametrize(
    "model",
    [
        rt.BinaryPerceptron(0.3),
        rt.SymmetricBinaryPerceptron(0.7),
        rt.UShapePerceptron(0.4),
        rt.IntervalModel([(-2, -1), (0.5, np.inf)], 0.2),
    ],
    ids=repr,
)
def test_allowed_intervals_are_where_the_model_allows(model):
    h = np.linspace(-3, 3, 1201) + 1e-5
    inside = np.any([(h >= a) & (h <= b) for a, b in model.allowed_intervals], axis=0)
    assert np.array_equal(inside, model.allows(h))
    read_off = np.array(Model.allowed_intervals.fget(model), dtype=float)
    np.testing.assert_allclose(read_off, np.array(model.allowed_intervals, dtype=float))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "interval"], "--model interval needs --interval A B: allowed stabilities from A to B"),
        (["--interval", "0", "1"], "--interval A B is for --model interval; got it with --model binary"),
        (["--model", "interval", "--interval", "1", "0"], "intervals: every (a, b) needs a < b; got [[1.0, 0.0]]"),
    ],
)
def test_command_line_refusals(arguments, sentence, capsys):
    assert main(["entropy", "--alpha", "0.1", *arguments]) == 2
    assert capsys.readouterr().err.strip() == f"python -m replica_theory: {sentence}"


def test_intervals_on_the_command_line(capsys):
    given = ["--interval", "-inf", "-1e-1", "--interval", "0.5", "inf"]
    assert main(["entropy", "--model", "interval", *given, "--kappa", "0.2", "--alpha", "0.3", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)["points"]
    model = rt.IntervalModel([(-np.inf, -0.1), (0.5, np.inf)], 0.2)
    assert point["entropy"] == pytest.approx(rt.replica_symmetric(model, 0.3).entropy, rel=1e-12)
