"""Options of a command line that choose a model: what each model takes, and what it does not."""

import argparse

import numpy as np
import pytest

from replica_theory import BinaryPerceptron, IntervalModel, TreeCommittee
from replica_theory.models.command_line import add_model_options, model_of, particular_options, plain_models


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    return vars(parser.parse_args(arguments))


def test_models_that_are_code_are_left_out():
    names = set(plain_models())
    assert {"binary", "symmetric", "u-shape", "interval"} <= names and "custom" not in names


def test_intervals_may_be_repeated_and_reach_to_infinity():
    given = parsed("--interval", "-inf", "-1e0", "--interval", "0.5", "2")
    assert model_of("interval", given, kappa=0.1) == IntervalModel([(-np.inf, -1.0), (0.5, 2.0)], 0.1)


def test_a_margin_is_enough_for_most():
    assert model_of("binary", parsed(), kappa=0.3, beta=2.0) == BinaryPerceptron(0.3, 2.0)


def test_missing_and_foreign_options_are_refused():
    with pytest.raises(ValueError, match="--model interval needs --interval A B"):
        particular_options("interval", parsed())
    with pytest.raises(ValueError, match="--interval A B is for --model interval; got it with --model binary"):
        particular_options("binary", parsed("--interval", "0", "1"))


def test_words_and_hidden_layers():
    given = parsed("--activation", "relu", "--units", "inf")
    assert model_of("committee", given) == TreeCommittee(activation="relu")
    assert model_of("committee", parsed("--units", "3"), kappa=0.2) == TreeCommittee(0.2, units=3)
    with pytest.raises(ValueError, match="activation must be one of 'linear', 'relu', 'sign'; got 'step'"):
        model_of("committee", parsed("--activation", "step"))
    with pytest.raises(ValueError, match="--activation is for --model committee; got it with --model binary"):
        particular_options("binary", given)
    # Other commands have units of their own, which say nothing of the model.
    assert "committee" not in plain_models(layered=False)
    assert particular_options("binary", given, layered=False) == {}
