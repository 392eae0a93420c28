"""What a run needs to know of where its problems come from: both kinds of random problems say it."""

import pytest

from bp.ensembles.random_formulas import RandomFormulas
from bp.ensembles.random_problems import RandomProblems
from bp.ensembles.source import ProblemSource
from replica_theory import BinaryPerceptron

SOURCES = {
    "perceptrons": lambda samples: RandomProblems(BinaryPerceptron(), [0.3, 0.5], [15, 21], samples),
    "formulas": lambda samples: RandomFormulas([2.0, 3.0], [15, 21], 3, samples),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_problems_are_those_of_their_places(kind):
    sources, more = SOURCES[kind](2).drawn(7), SOURCES[kind](3).drawn(7)
    assert [one.place for one in sources] == [(i, j, s) for i in (0, 1) for j in (0, 1) for s in (0, 1)]
    assert len({one.name for one in sources}) == len(sources) and {one.root for one in sources} == {7}
    prints = [one.problem().fingerprint for one in sources]
    assert prints == [one.problem().fingerprint for one in sources] and len(set(prints)) == len(prints)
    assert set(prints) < {one.problem().fingerprint for one in more}
    assert not set(prints) & {one.problem().fingerprint for one in SOURCES[kind](2).drawn(8)}


@pytest.mark.parametrize("kind", SOURCES)
def test_more_samples_are_the_same_run(kind):
    few, more = SOURCES[kind](2), SOURCES[kind](3)
    assert isinstance(few, ProblemSource) and (few.samples, len(few), len(more)) == (2, 8, 12)
    assert few.settings(7) == more.settings(7) != few.settings(8)


def test_kinds_are_told_apart():
    assert len({str(make(2).settings(1)) for make in SOURCES.values()}) == len(SOURCES)
