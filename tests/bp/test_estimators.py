"""The solvers as classifiers of scikit-learn."""

import doctest
import pickle
from pathlib import Path

import numpy as np
import pytest

import bp
from replica_theory import TeacherStudent

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [sklearn])")

from sklearn.base import clone
from sklearn.datasets import load_digits, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from bp import estimators
from bp.algorithms.sbpi import SBPI
from bp.estimators import BinaryPerceptronClassifier, CommitteeMachineClassifier

ZEROS = "patterns of zeros as they are: no weights change their stability, so that they are refused with a sentence"
FEW = {"max_iter": 20}
CHECKED = {
    "default": BinaryPerceptronClassifier(solver_options=FEW),
    "weights": BinaryPerceptronClassifier("sbpi", vote="weights", binarize="median", solver_options=FEW),
    "as they are": BinaryPerceptronClassifier(binarize=None, vote="weights", solver_options=FEW),
    "committee": CommitteeMachineClassifier(units=3, n_projections=51, solver_options={"max_iter": 5}),
    "tree": CommitteeMachineClassifier("simulated-annealing", units=3, tree=True, n_projections=51, vote="weights",
                                       solver_options={"max_iter": 10_000}),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # checks feed what warns on purpose
@pytest.mark.parametrize("name", CHECKED)
def test_conventions(name):
    """Every check of scikit-learn passes, but for what is declared with its reason."""
    estimator = CHECKED[name]
    expected = {"check_estimators_dtypes": ZEROS} if estimator.binarize is None else {}
    results = check_estimator(estimator, expected_failed_checks=expected, on_skip=None)
    assert {each["check_name"] for each in results if each["status"] == "xfail"} == set(expected)
    assert sum(each["status"] == "passed" for each in results) > 40


@pytest.fixture(scope="module")
def taught():
    inst = bp.random_instance(TeacherStudent(), n=201, alpha=0.6, rng=1)
    new = np.random.default_rng(2).choice([-1, 1], (500, 201))
    return inst, new


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    two = (y == 3) | (y == 8)
    return train_test_split(X[two], y[two], random_state=1)


def test_patterns_of_signs_are_the_instance_and_its_solution(taught):
    """As they are: the weights of bp.solve, the vote of bp.belief_propagation, labels by bp.predict."""
    inst, new = taught
    classifier = BinaryPerceptronClassifier(random_state=7).fit(inst.patterns, inst.labels)
    found = bp.solve(inst, rng=7)
    assert (classifier.weights_[0] == found.weights).all() and classifier.solved_ and classifier.binarizer_ is None
    assert classifier.solution_ == found and classifier.n_iter_ == found.iterations and classifier.errors_ == 0
    m = bp.belief_propagation(inst, "amp", damping=0.5, tol=1e-4).magnetizations
    np.testing.assert_array_equal(classifier.magnetizations_[0], m)
    share = bp.predict_probability(m, new)
    np.testing.assert_allclose(classifier.predict_proba(new)[:, 1], share, rtol=1e-12)  # rounding
    np.testing.assert_allclose(classifier.predict_proba(new).sum(axis=1), 1.0, rtol=1e-14)
    assert (classifier.predict(new) == bp.predict(m, new)).all()
    weights = BinaryPerceptronClassifier(vote="weights", random_state=7).fit(inst.patterns, inst.labels)
    assert (weights.predict(new) == bp.predict(found.weights, new)).all()
    np.testing.assert_allclose(weights.decision_function(new), new @ found.weights.astype(float) / np.sqrt(201))
    assert weights.score(inst.patterns, inst.labels) == 1.0
    assert not hasattr(weights, "predict_proba") and not hasattr(weights, "magnetizations_")


def test_the_vote_is_better_than_one_student():
    """Bayes: fewer errors than the weights found, in the mean of 12 instances by over two of its standard errors."""
    gains = []
    for seed in range(12):
        inst = bp.random_instance(TeacherStudent(), n=201, alpha=0.6, rng=seed)
        classifier = BinaryPerceptronClassifier("simulated-annealing", random_state=seed).fit(
            inst.patterns, inst.labels
        )
        both = np.concatenate([classifier.weights_, classifier.magnetizations_])
        gains.append(np.subtract(*bp.generalization_error(both, inst.teacher)))
    assert np.mean(gains) > 2 * np.std(gains, ddof=1) / np.sqrt(12)


def test_the_problem_is_what_measurements_take(taught):
    inst, _ = taught
    classifier = BinaryPerceptronClassifier(random_state=7).fit(inst.patterns, inst.labels)
    problem = classifier.problem(inst.patterns, inst.labels)
    assert (problem.xi == inst.xi).all()
    assert bp.local_entropy(problem, classifier.solution_.weights, 0.05, method="amp").entropy > 0
    with pytest.raises(ValueError, match=r"classes \[-1, 1\]"):
        classifier.problem(inst.patterns, inst.labels * 2)


@pytest.mark.parametrize("labels", [[0, 1], [False, True], ["eight", "three"], [-1.0, 1.0], [8, 3]])
def test_any_two_labels(labels, taught):
    """The larger one is +1; nothing else changes."""
    inst, new = taught
    low, high = sorted(labels)
    y = np.where(inst.labels > 0, high, low)
    classifier = BinaryPerceptronClassifier("sbpi", random_state=1).fit(inst.patterns, y)
    plain = BinaryPerceptronClassifier("sbpi", random_state=1).fit(inst.patterns, inst.labels)
    assert classifier.classes_.tolist() == [low, high]
    assert (classifier.predict(new) == np.where(plain.predict(new) > 0, high, low)).all()


def test_one_unit_is_the_perceptron(taught):
    inst, _ = taught
    options = {"solver": "simulated-annealing", "kappa": 0.1, "random_state": 3}
    perceptron = BinaryPerceptronClassifier(**options).fit(inst.patterns, inst.labels)
    committee = CommitteeMachineClassifier(units=1, **options).fit(inst.patterns, inst.labels)
    # two implementations of the same messages: each within the tolerance of 1e-4, some times the gain of their map
    np.testing.assert_allclose(committee.magnetizations_, perceptron.magnetizations_, atol=2e-3)
    sums = committee.weights_[0] @ inst.patterns.T.astype(float)
    weights = clone(committee).set_params(vote="weights").fit(inst.patterns, inst.labels)
    assert (np.sign(weights.decision_function(inst.patterns)) == np.sign(sums)).all()


@pytest.mark.parametrize("tree", [False, True])
def test_committees_label_by_their_majority(tree):
    com_units, inputs = 3, 67
    rng = np.random.default_rng(1)
    X = rng.choice([-1, 1], (60, com_units * inputs if tree else inputs))
    y = rng.choice(["a", "b"], 60)
    machine = CommitteeMachineClassifier(units=3, tree=tree, vote="weights", random_state=1).fit(X, y)
    assert machine.solved_ and machine.weights_.shape == (3, inputs) and machine.score(X, y) == 1.0
    for x, label in zip(X, y, strict=True):
        parts = x.reshape(3, -1) if tree else [x] * 3
        votes = [np.sign(w.astype(int) @ part) for w, part in zip(machine.weights_, parts, strict=True)]
        assert (sum(votes) > 0) == (label == "b")
    assert machine.problem(X, y).errors(machine.solution_.weights) == 0


def test_units_of_the_vote_are_alike_until_the_symmetry_breaks():
    """What the note of the committee says: equal mean weights, so that the vote's labels are those of one unit's."""
    rng = np.random.default_rng(1)
    X, y = rng.choice([-1.0, 1.0], (90, 101)), rng.choice([-1, 1], 90)
    machine = CommitteeMachineClassifier(units=3, random_state=1).fit(X, y)
    np.testing.assert_allclose(machine.magnetizations_, np.tile(machine.magnetizations_[:1], (3, 1)), atol=1e-12)
    assert (machine.predict(X) == np.sign(machine.magnetizations_[0] @ X.T)).all()


def test_what_no_plane_separates_is_separated_by_projections():
    """Exclusive or: odd under no reflection, so that a perceptron on the features is right on half of it at best."""
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (200, 2))
    y = X[:, 0] * X[:, 1] > 0
    projections = BinaryPerceptronClassifier(random_state=1).fit(X[:120], y[:120])
    assert projections.solved_ and projections.weights_.shape == (1, 501)
    assert projections.score(X[120:], y[120:]) > 0.85
    planes = BinaryPerceptronClassifier(binarize="median", vote="weights", random_state=1, solver_options=FEW)
    assert planes.fit(X[:120], y[:120]).score(X[120:], y[120:]) < 0.75


def test_no_solution_is_no_error():
    """Two patterns with both labels each: fewest errors, said, and a vote at finite temperature."""
    rng = np.random.default_rng(1)
    X = np.repeat(rng.choice([-1, 1], (20, 51)), 2, axis=0)
    y = np.concatenate([[0, 1, 0, 1], np.repeat(rng.integers(0, 2, 18), 2)])
    classifier = BinaryPerceptronClassifier(random_state=1, solver_options={"max_iter": 100}).fit(X, y)
    assert not classifier.solved_ and classifier.errors_ == 2 == classifier.problem(X, y).errors(classifier.weights_[0])
    assert classifier.beta_ < np.inf and classifier.score(X, y) == 38 / 40
    assert (classifier.predict_proba(X[:4]).max(axis=1) < 0.9).all()


def test_committees_give_up_in_time():
    """SBPI would go on for thousands of sweeps; an option, or a solver with its own, says otherwise."""
    X, y = np.repeat(np.random.default_rng(1).choice([-1, 1], (3, 11)), 2, axis=0), [0, 1] * 3
    for options, sweeps in (({}, 200), ({"solver_options": {"max_iter": 5}}, 5), ({"solver": SBPI(max_iter=210)}, 210)):
        machine = CommitteeMachineClassifier(units=3, vote="weights", random_state=1, **options).fit(X, y)
        assert machine.n_iter_ == sweeps and machine.errors_ >= 3 and not machine.solved_


def test_a_vote_that_is_not_found_is_said(taught, monkeypatch):
    inst, new = taught
    monkeypatch.setattr(estimators, "_TOL", 1e-8)
    original = bp.belief_propagation
    monkeypatch.setattr(estimators, "belief_propagation", lambda *a, **k: original(*a, **k | {"max_iter": 1}))
    with pytest.warns(ConvergenceWarning, match="at no temperature"):
        classifier = BinaryPerceptronClassifier(random_state=7).fit(inst.patterns, inst.labels)
    assert np.isnan(classifier.beta_) and set(np.unique(classifier.predict_proba(new))) <= {0.0, 1.0}
    assert (classifier.predict(new) == bp.predict(classifier.weights_[0], new)).all()


def test_pipelines_grids_and_other_tools(digits):
    train, test, label, truth = digits
    pipeline = make_pipeline(StandardScaler(), BinaryPerceptronClassifier(binarize=None, random_state=1))
    flat = train.std(axis=0) > 0
    pipeline.set_params(binaryperceptronclassifier__solver_options={"max_iter": 100}).fit(train[:, flat], label)
    assert pipeline.score(test[:, flat], truth) > 0.8
    grid = {"kappa": [0.0, 0.5], "solver": ["sbpi", "focusing-bp"]}
    search = GridSearchCV(BinaryPerceptronClassifier(vote="weights", random_state=1), grid, cv=3).fit(train, label)
    assert search.best_score_ > 0.9 and len(search.cv_results_["params"]) == 4
    copy = pickle.loads(pickle.dumps(search.best_estimator_))
    assert (copy.predict(test) == search.predict(test)).all()
    X, y = load_digits(n_class=3, return_X_y=True)
    several = OneVsRestClassifier(BinaryPerceptronClassifier("sbpi", random_state=1)).fit(X[:200], y[:200])
    assert several.score(X[200:400], y[200:400]) > 0.95


def test_same_seed_same_result():
    X, y = make_moons(100, noise=0.1, random_state=1)
    first, again, other = (BinaryPerceptronClassifier("sbpi", random_state=k).fit(X, y) for k in (1, 1, 2))
    assert (first.weights_ == again.weights_).all() and (first.weights_ != other.weights_).any()
    old = [BinaryPerceptronClassifier(random_state=np.random.RandomState(3)).fit(X, y).weights_ for _ in range(2)]
    assert (old[0] == old[1]).all()
    new = BinaryPerceptronClassifier(random_state=np.random.default_rng(1)).fit(X, y)
    assert new.solved_


def test_blocks_do_not_change_predictions(digits, monkeypatch):
    train, test, label, _ = digits
    classifier = BinaryPerceptronClassifier("sbpi", random_state=1).fit(train, label)
    whole = classifier.decision_function(test)
    monkeypatch.setattr(estimators, "_BLOCK", 4000)
    np.testing.assert_allclose(classifier.decision_function(test), whole, rtol=1e-9)  # sums in another order


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"solver": "no-such"}, ValueError, "solver must be one of"),
        ({"kappa": np.nan}, ValueError, "kappa must be finite"),
        ({"binarize": "sign"}, ValueError, "binarize must be one of"),
        ({"vote": "all"}, ValueError, "vote must be one of"),
        ({"beta": -1.0}, ValueError, "beta must be"),
        ({"n_projections": 0}, ValueError, "n_projections must be"),
        ({"solver_options": {"speed": 3}}, TypeError, "has no option 'speed'"),
        ({"solver_options": 3}, TypeError, "solver_options must be"),
        ({"random_state": "one"}, ValueError, "cannot be used to seed"),
        ({"solver": "max-sum", "binarize": None}, ValueError, "max-sum"),
    ],
)
def test_bad_parameters_are_refused_as_it_is_fitted(options, error, words):
    X = np.random.default_rng(1).normal(size=(20, 5))
    classifier = BinaryPerceptronClassifier(**options)
    with pytest.raises(error, match=words):
        classifier.fit(X, np.arange(20) % 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": 4}, "units must be an odd number"),
        ({"tree": 2}, "tree must be"),
        ({"tree": True, "units": 3, "binarize": "median"}, "units must divide the 5 entries"),
    ],
)
def test_bad_architectures_are_refused(options, words):
    X = np.random.default_rng(1).normal(size=(20, 5))
    with pytest.raises((TypeError, ValueError), match=words):
        CommitteeMachineClassifier(**options).fit(X, np.arange(20) % 2)


def test_labels_of_another_number():
    X = np.random.default_rng(1).normal(size=(20, 5))
    with pytest.raises(ValueError, match="one class"):
        BinaryPerceptronClassifier().fit(X, np.ones(20))
    with pytest.raises(ValueError, match="Only binary classification"):
        BinaryPerceptronClassifier().fit(X, np.arange(20) % 3)


def test_the_page_runs():
    page = Path(__file__).parents[2] / "docs" / "estimators.md"
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted > 5 and not result.failed
