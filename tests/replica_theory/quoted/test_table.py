"""The table of quoted numbers, and the copy of it that the site shows."""

import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest

import replica_theory as rt
from replica_theory.quoted import table as module
from replica_theory.quoted.entry import Entry, Published


@pytest.fixture
def quoted(monkeypatch):
    """A table of numbers that are at hand."""

    def made(*entries, slow=False):
        monkeypatch.setattr(module, "ENTRIES", {"topic": entries})
        return rt.numbers(slow=slow)

    return made


def two():
    return 2.0


def lost():
    point = rt.replica_symmetric(rt.BinaryPerceptron(), 0.5)
    raise rt.ConvergenceError("lost", replace(point, entropy=np.nan, status=rt.Status.SADDLE_LOST))


@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        (None, ""),
        (Published("2.0", "x"), "inside"),
        (Published("2", "x", exact=True), "inside"),
        (Published("2.1", "x"), "outside"),
        (Published("2.1", "x", exact=True), "outside"),
        (Published("1.9 to 2.1", "x"), "inside"),
        (Published("1.7 to 1.9", "x"), "outside"),
        (Published("2.1", "x", same=False), "not compared"),
    ],
)
def test_verdicts(quoted, published, verdict):
    (row,) = found = quoted(Entry("two", two, quantity="", published=published))
    assert row.verdict == verdict and row.value == 2.0
    assert found.outside == ((row,) if verdict == "outside" else ())


def test_an_error_widens_the_bracket(quoted):
    """A number sampled with an error of 3e-4 is not outside by less."""
    point = rt.satisfiability_entropy(rt.RandomSatisfiability(), 0.1, population=1000, sweeps=20)
    near, far = f"{point.entropy + 0.9 * point.error:.12f}", f"{point.entropy + 1.1 * point.error:.12f}"
    for text, verdict in ((near, "inside"), (far, "outside")):
        (row,) = quoted(Entry("", lambda: point, quantity="entropy", published=Published(text, "x")))
        assert (row.verdict, row.error) == (verdict, point.error)


def test_what_takes_seconds_is_left_out_unless_asked_for(quoted):
    entries = (
        Entry("two", two, quantity="", published=Published("3", "x"), slow=True),
        Entry("again", two, quantity=""),
    )
    left_out, again = quoted(*entries)
    assert (
        math.isnan(left_out.value) and left_out.verdict == "left out" and left_out.digits == "" and again.value == 2.0
    )
    assert quoted(*entries, slow=True).rows[0].verdict == "outside"


def test_a_call_is_made_once(quoted):
    made = []

    def point():
        made.append(rt.replica_symmetric(rt.BinaryPerceptron(), 0.5))
        return made[-1]

    entropy, q = quoted(Entry("s", point, quantity="entropy"), Entry("q", point, quantity="q"))
    assert len(made) == 1 and (entropy.value, q.value) == (made[0].entropy, made[0].q)
    assert entropy.error == made[0].error and math.isnan(q.error)  # the error is that of the entropy


def test_a_call_that_does_not_converge_is_no_silent_number(quoted):
    (row,) = found = quoted(Entry("lost", lost, quantity="entropy", published=Published("0.3", "x")))
    assert math.isnan(row.value) and found.failed == (row,) and row.verdict == "not compared"


def test_forms():
    found = rt.numbers(["entropy", "end of the dense region"])
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    held = json.loads(found.to_json())["numbers"]
    assert len(rows) == len(held) == len(found) == len(found.to_text().splitlines()) - 1
    for row, line, entry in zip(found, rows, held, strict=True):
        assert line["name"] == entry["name"] == row.name
        assert (entry["value"] is None) == math.isnan(row.value) and (
            entry["value"] is None or entry["value"] == row.value
        )
        assert repr(float(line["value"])) == repr(row.value)  # all digits
        assert f"| {row.name} | {row.digits} |" in found.to_markdown()
    assert found["entropy", "load 0.5"].digits == "0.314390066856"
    with pytest.raises(KeyError):
        found["entropy", "load 17"]
    assert repr(found) == f"NumberTable({len(found)} numbers, 0 outside what is published)"


@pytest.mark.parametrize(
    ("error", "digits"),
    [(1e-14, "0.123456789012"), (3e-4, "0.1235"), (1e-10, "0.1234567890"), (np.nan, "0.123456789"), (2.0, "0")],
)
def test_digits_are_those_that_the_error_leaves(error, digits):
    row = rt.QuotedNumber("", "", 0.12345678901234, error, "", "", 0.0, 0.0, "", "", "")
    assert row.digits == digits


def test_equal_by_value():
    one, other = rt.numbers("entropy").rows[:2]
    assert one == replace(one, low=np.nan) and one != other and one != "row"
    assert len({one, rt.numbers("entropy").rows[0]}) == 1


def test_unknown_topics():
    with pytest.raises(ValueError, match=r"^topics must .*'thermodynamics'"):
        rt.numbers(["thermodynamics"])
