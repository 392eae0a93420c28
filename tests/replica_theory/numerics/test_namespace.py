"""Libraries of arrays: kernels written over one give on another what they give on numpy."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special

from replica_theory.numerics.namespace import NUMPY, Namespace


def test_numbers_of_the_host_become_arrays():
    for value in (0.5, [0.1, 0.2]):
        assert isinstance(NUMPY.constant(value), np.ndarray) and NUMPY.constant(value).tolist() == value


def test_it_is_a_frozen_pair_of_modules():
    other = Namespace(SimpleNamespace(exp=np.exp), special)
    assert NUMPY.xp is np and NUMPY.special is special and other != NUMPY
    with pytest.raises(AttributeError):
        NUMPY.xp = other.xp
