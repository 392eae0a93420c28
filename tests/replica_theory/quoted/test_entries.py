import pytest

import replica_theory as rt
from replica_theory.quoted.entries import ENTRIES

ALL = [(topic, entry) for topic, entries in ENTRIES.items() for entry in entries]
CALLED = [(topic, entry) for topic, entry in ALL if entry.door is not None]


def test_names_are_different_and_nothing_is_without_a_source():
    assert len({(topic, entry.name) for topic, entry in ALL}) == len(ALL)
    assert all(entry.door or entry.published for _, entry in ALL)
    assert all(entry.published.citation for _, entry in ALL if entry.published)
    assert all(not set(entry.name) & set("|`\n") for _, entry in ALL)  # they stand in tables


@pytest.mark.parametrize(("topic", "entry"), CALLED, ids=[f"{t}: {e.name}" for t, e in CALLED])
def test_the_text_of_a_call_is_the_call(topic, entry):
    """As a reader would type it, it names public functions and the models that the entry has."""
    called = []
    names = vars(rt) | {entry.door.__name__: lambda *given, **options: called.append((given, options))}
    assert entry.door is getattr(rt, entry.door.__name__)
    eval(entry.point, names | {"inf": float("inf")})
    assert called == [(entry.arguments, dict(entry.options))]
