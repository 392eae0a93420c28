"""Numbers in the texts are those of the table of quoted numbers, and the table on the site is what comes out."""

import re
from pathlib import Path

import pytest

import replica_theory as rt
from replica_theory.quoted.entries import ENTRIES

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "theory" / "numbers.inc").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("| ") and not line.startswith(("| number", "| ---"))
]
ENTRY_OF = [(topic, entry) for topic, entries in ENTRIES.items() for entry in entries]
NUMBER = re.compile(r"(?<![\d.\w/])-?\d+\.\d{4,}(?![\d\w/])")
PAGES = sorted(path.name for path in (ROOT / "docs" / "theory").glob("*.md") if path.stem != "derived_equations")
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.py") if path.name != "run.py")
TEXTS = [
    "README.md",
    "docs/index.md",
    "replica_theory/__main__.py",
    *(f"docs/theory/{page}" for page in PAGES),
    *(f"notebooks/{name}" for name in NOTEBOOKS),
]
CHEAP = ("capacity", "entropy", "teacher", "committee")
MEASURED = {
    "README.md": {"0.2913", "0.0555", "0.1782", "0.2443", "0.4033", "0.0067", "0.2644"},
    "docs/index.md": {"0.2336"},
    "docs/theory/certified.md": {"1.6051", "0.0016"},
    "docs/theory/committee.md": {"0.336332", "0.94626"},
    "docs/theory/tuples.md": {"1.238518", "1.596166", "1.596972", "1.596309", "1.596764", "1.596403", "1.596681",
                              "1.596462", "1.596643"},
}  # fmt: skip
"""Of instances, which the examples beside them check; widths; extrapolations, and the limit of small margins."""


def unit(text):
    return 10.0 ** -len(text.partition(".")[2])


def test_the_site_has_every_number():
    """What was written by ``python -m replica_theory numbers --all --format markdown``."""
    assert [(row[0], row[4].strip("`")) for row in ROWS] == [(entry.name, entry.call) for _, entry in ENTRY_OF]
    assert all(bool(row[1]) == bool(entry.door) for row, (_, entry) in zip(ROWS, ENTRY_OF, strict=True))
    assert "outside" not in TABLE


def test_what_is_quick_comes_out_as_on_the_site_and_within_what_is_published(monkeypatch):
    """Quick numbers of which something is published, and those of some topics; ``.ci/run`` computes all."""
    quick = {
        topic: tuple(entry for entry in entries if not entry.slow and (entry.published or topic in CHEAP))
        for topic, entries in ENTRIES.items()
    }
    monkeypatch.setattr("replica_theory.quoted.table.ENTRIES", quick)
    found = rt.numbers()
    assert not found.outside and not found.failed and {"inside", "not compared"} <= {row.verdict for row in found}
    on_site = {(topic, entry.name): row for row, (topic, entry) in zip(ROWS, ENTRY_OF, strict=True)}
    for row in found:
        text = on_site[row.topic, row.name][1]
        if row.digits:
            assert row.value == pytest.approx(float(text), abs=1.01 * unit(text)), row.call  # the last digit shown


@pytest.mark.parametrize("text", TEXTS)
def test_numbers_in_texts_are_in_the_table(text):
    """To the digits of the text, as far as those of the table go; or as published."""
    computed = [(float(row[1]), unit(row[1]), float(row[2] or 0)) for row in ROWS if row[1]]
    published = [row[3].partition(" ")[0] for row in ROWS if row[3]]
    quoted = set(NUMBER.findall((ROOT / text).read_text(encoding="utf-8"))) - MEASURED.get(text, set())
    found = {number for number in quoted if len(number.replace(".", "").strip("-0")) > 1}  # not tolerances and steps
    known = {
        number
        for number in found
        if number in published
        or any(
            abs(float(number) - value) <= 0.51 * (unit(number) + last) + error
            for value, last, error in computed
            if last < 1e-4 or last <= unit(number)
        )
    }
    assert found == known
