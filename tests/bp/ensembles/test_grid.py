import re

import numpy as np
import pytest

from bp.ensembles.grid import Grid
from replica_theory import BinaryPerceptron

MODEL = BinaryPerceptron(0.1)


def test_numbers_and_sequences_are_taken():
    assert Grid.checked(MODEL, 0.5, 101, 3, least=1) == Grid(MODEL, (0.5,), (101,), 3)
    assert Grid.checked(MODEL, np.array([0.5, 0.3]), [21, 11], 2, least=2) == Grid(MODEL, (0.5, 0.3), (21, 11), 2)


def test_settings_are_what_points_depend_on_and_not_their_number():
    grid = Grid.checked(MODEL, [0.5], [101], 3, least=1)
    settings = {"model": "BinaryPerceptron", "kappa": 0.1, "alpha": (0.5,), "n": (101,), "seed": 7}
    assert grid.settings(7) == settings


def test_other_models_are_refused():
    with pytest.raises(TypeError, match="model must be a model such as"):
        Grid.checked("binary", 0.5, 101, 3, least=1)
    with pytest.raises(ValueError, match="model must have a single kappa and beta"):
        Grid.checked(BinaryPerceptron([0.0, 0.1]), 0.5, 101, 3, least=1)


def test_a_grid_is_refused_where_its_largest_instance_does_not_fit(monkeypatch):
    monkeypatch.setattr("bp.memory.available_memory", lambda: 1e9)
    Grid.checked(MODEL, [0.1, 0.5], [101, 12001], 2, least=1).require_memory("amp")
    with pytest.raises(MemoryError, match="1 GB are available; method='amp' needs"):
        Grid.checked(MODEL, [0.1, 0.5], [101, 12001], 2, least=1).require_memory("gaussian")
    with pytest.raises(MemoryError, match="drawing 12000 patterns on n=24000 weights"):
        Grid.checked(MODEL, [0.1, 0.5], [101, 24000], 2, least=1).require_memory("amp")


@pytest.mark.parametrize("n", [11, 97, 101, 1001])
def test_the_load_that_the_message_names_gives_a_pattern(n):
    # 0.5/101 rounds to 0.00495, which gives none
    with pytest.raises(ValueError, match="gives no patterns") as refusal:
        Grid.checked(MODEL, 0.49 / n, n, 1, least=1)
    enough = float(re.search(r"at least ([\d.e-]+)", str(refusal.value))[1])
    assert round(Grid.checked(MODEL, enough, n, 1, least=1).alpha[0] * n) == 1 and enough < 0.51 / n
