"""One thread of the BLAS for as long as anyone asks for it."""

import threading

import pytest

from bp.execution import blas
from bp.execution.blas import one_blas_thread


@pytest.fixture
def number():
    """What tells the number of threads, which is 3 to begin with."""
    functions = blas._functions()
    if functions is None:
        pytest.skip("the BLAS of this numpy does not tell its number of threads")
    get, limit = functions
    before = get()
    limit(3)
    if get() != 3:  # built without threads
        pytest.skip("the BLAS of this numpy has one thread")
    yield get
    limit(before)


def test_one_thread_and_back(number):
    with one_blas_thread():
        assert number() == 1
        with one_blas_thread():
            assert number() == 1
        assert number() == 1
    assert number() == 3
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert number() == 3


def test_the_last_one_gives_the_threads_back(number):
    inside, end = threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            inside.set()
            end.wait()

    thread = threading.Thread(target=other)
    with one_blas_thread():
        thread.start()
        inside.wait()
    assert number() == 1
    end.set()
    thread.join()
    assert number() == 3


def test_a_library_that_cannot_be_asked_stays_as_it_is(monkeypatch):
    monkeypatch.setattr(blas, "_functions", lambda: None)
    with one_blas_thread():
        pass


def test_a_foreign_library_is_none(monkeypatch):
    monkeypatch.setattr(blas, "_NAMES", [("no_such_function", "no_such_function")])
    assert blas._functions.__wrapped__() is None
