"""Work that has one thread to itself, and what it leaves behind."""

import numba
import pytest

from bp.execution.one_thread import on_one_thread

MOST = numba.config.NUMBA_NUM_THREADS


def count(_):
    return numba.get_num_threads()


@pytest.fixture
def threads():
    """As many as there can be."""
    before = numba.get_num_threads()
    numba.set_num_threads(MOST)
    yield
    numba.set_num_threads(before)


def test_one_thread_and_back(threads):
    assert on_one_thread(count, None) == 1
    assert numba.get_num_threads() == MOST


def test_an_error_leaves_the_threads_as_they_were(threads):
    with pytest.raises(ZeroDivisionError):
        on_one_thread(lambda x: 1 / x, 0)
    assert numba.get_num_threads() == MOST
