"""Test errors of the classifiers on two digits, as on their page: ``python benchmarks/digits.py``, under a minute."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import bp

SPLITS = range(100, 120)
SOLVERS = ("focusing-bp", "sbpi", "replicated-sgd", "replicated-annealing", "simulated-annealing")


def row(name: str, make: Callable[[int], Any]) -> None:
    """Print the test error over the splits, with its standard error, and CPU time a fit."""
    X, y = load_digits(return_X_y=True)
    two = (y == 3) | (y == 8)
    errors, solved, start = [], 0, time.process_time()
    for split in SPLITS:
        train, test, label, truth = train_test_split(X[two], y[two], random_state=split)
        classifier = make(split - SPLITS[0]).fit(train, label)
        errors.append(100 * (1 - classifier.score(test, truth)))
        solved += classifier.solved_
    mean, error = np.mean(errors), np.std(errors, ddof=1) / np.sqrt(len(SPLITS))
    seconds = (time.process_time() - start) / len(SPLITS)
    print(f"{name:34s} {mean:5.2f} ± {error:.2f} %  solved {solved} of {len(SPLITS)}, {seconds:.2f} CPU s a fit")


if __name__ == "__main__":
    row("all solutions", lambda seed: bp.BinaryPerceptronClassifier(random_state=seed))
    for solver in SOLVERS:
        row(
            f"weights of {solver}",
            lambda seed, solver=solver: bp.BinaryPerceptronClassifier(solver, vote="weights", random_state=seed),
        )
    row("committee of 5, all solutions", lambda seed: bp.CommitteeMachineClassifier(random_state=seed))
    row(
        "committee of 5, weights of sbpi", lambda seed: bp.CommitteeMachineClassifier(vote="weights", random_state=seed)
    )
