"""Patterns in text: read rightly or refused, however the text comes in pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bp.problems import _bits, text
from bp.problems.text import parse_signs

PLAIN = [[1, -1, 1], [-1, 1, 1]]


def read(data, size=10**6):
    """Labels and patterns of a text that comes in blocks of some size."""
    n, bits, labels, _ = parse_signs(data[k : k + size] for k in range(0, len(data), size))
    return None if labels is None else labels.tolist(), _bits.unpack(bits, n).tolist()


GOOD = {
    "lines of Windows": b"1 -1 1\r\n-1 1 1\r\n",
    "lines of old Macs": b"1 -1 1\r-1 1 1\r",
    "lines of all systems, some empty": b"\r\n1 -1 1\r\r-1 1 1\n\n",
    "blanks": b"  1   -1 1  \n -1 1 1",
    "commas": b"1,-1,1\n-1,1,1\n",
    "commas and blanks": b"1, -1 , 1\r\n -1,  1, 1\r\n",
    "UTF-8 with a mark": b"\xef\xbb\xbf1 -1 1\n-1 1 1\n",
    "UTF-16": "1 -1 1\r\n-1 1 1\r\n".encode("utf-16"),
    "UTF-16, the other way": b"\xfe\xff" + "1 -1 1\n-1 1 1\n".encode("utf-16-be"),
    "UTF-32": "1 -1 1\n-1 1 1\n".encode("utf-32"),
    "comments": b"# patterns, 1\n1 -1 1 # first\n#\n-1 1 1 #last",
    "comments in UTF-16": "# Gerüst\t1\n1 -1 1\n-1 1 1\n".encode("utf-16"),
    "floats": b"1.0 -1e0 +1.\n-1.000000000000000000e+00 1 1\n",
    "floats and commas": b"1.0,-1.0,1.0\n-1.0,1.0,1.0\n",
}
LABELLED = {
    "labels": b"1\t-1\n1\t-1\t1\n-1\t1\t1\n",
    "labels, line ends of old Macs": b"1\t-1\r1\t-1\t1\r-1\t1\t1\r",
    "labels, floats": b"1.0\t-1.0\n1.0\t-1.0\t1.0\n-1.0\t1.0\t1.0\n",
    "labels in UTF-16": "1\t-1\r\n1\t-1\t1\r\n-1\t1\t1\r\n".encode("utf-16"),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10**6])
@pytest.mark.parametrize("kind", [*GOOD, *LABELLED])
def test_text_that_others_write(kind, size):
    expected = (None, PLAIN) if kind in GOOD else ([1, -1], PLAIN)
    assert read((GOOD | LABELLED)[kind], size) == expected


@pytest.mark.parametrize("size", [1, 10**6])
@pytest.mark.parametrize(
    ("data", "labels", "patterns"),
    [
        (b"1", None, [[1]]),
        (b"-1\n1\n", None, [[-1], [1]]),
        (b" -1\n  1\n", None, [[-1], [1]]),
        (b"-1 1\n", None, [[-1, 1]]),
        (b"-1\n1\t1\t-1\n", [-1], [[1, 1, -1]]),
        (b"-1\t1\n1\n1\n", [-1, 1], [[1], [1]]),
    ],
)
def test_one_pattern_or_one_weight(data, labels, patterns, size):
    assert read(data, size) == (labels, patterns)


BAD = {
    "vertical tab": (b"1 -1\x0b-1 1\n", r"line 1 holds the character b'\\x0b' where text files hold entries ±1"),
    "form feed": (b"1 -1\n1 1\x0c-1 1\n", r"line 2 holds the character b'\\x0c'"),
    "unit separator": (b"1\x1f-1\n", r"line 1 holds the character b'\\x1f'"),
    "UTF-16 without a mark": ("1 -1\n".encode("utf-16-le"), r"b'\\x00' .*UTF-16 without a byte order mark"),
    "half of UTF-16": ("1 -1\n".encode("utf-16")[:-1], "begins as UTF-16-LE but is not"),
    "another line end": (b"1 -1\x85-1 1\n", r"line 1 holds '-1\\x85-1'"),
    "another line end in UTF-16": ("1 -1\u20281 1".encode("utf-16"), r"line 1 holds '-1\\u20281'"),
    "another minus": ("\u22121 1\n".encode(), "line 1 holds .*1' where text"),
    "0 and 1": (b"1 1\n1 0\n", r"line 2 holds '0' where .* \(2\*x - 1 makes ±1 of 0 and 1\)"),
    "0.0 and 1.0": (b"1.0,0.0\n", r"line 1 holds '0.0' where .* \(2\*x - 1 makes"),
    "reals": (b"1 1\n0.5 1\n", r"line 2 holds '0.5' where .* \(others go in an .npz\)"),
    "almost": (b"1 1.0000001\n", "line 1 holds '1.0000001'"),
    "words": (b"a,b\n1,1\n", "line 1 holds 'a'"),
    "words of Python": (b"True\n", "line 1 holds 'True'"),
    "underscores": (b"0_1 1\n", "line 1 holds '0_1'"),
    "other comments": (b"% 1\n1\n", "line 1 holds '%'"),
    "semicolons": (b"1;-1\n", "line 1 holds '1;-1'"),
    "quotes": (b'"1","-1"\n', "line 1 holds '\"1\"'"),
    "no patterns": (b"# 1 1\n\n", "the file holds no patterns"),
    "nothing": (b"\xef\xbb\xbf", "the file holds no patterns"),
    "missing cell": (b"1,1,1\n1,,1\n", "line 2 has an empty cell"),
    "comma at the end": (b"1,1,\n", "line 1 has an empty cell"),
    "comma at the beginning": (b"1,1\n,1\n", "line 2 has an empty cell"),
    "a line of a comma": (b"1,1\n,\n", "line 2 has an empty cell"),
    "tab at the end": (b"1\t\n-1\t\n", "line 1 has an empty cell"),
    "tabs and spaces": (b"1\t-1 1\n", "separated by tabs and spaces"),
    "tabs after spaces": (b"1 -1\n1\t1\n", "separated by tabs and spaces"),
    "a stray tab": (b"1 -1 1\n1 -1 1\t\n1 1 1\n", "separated by tabs and spaces"),
    "tabs and commas": (b"1,1\n1,\t1\n", "separated by tabs and commas"),
    "commas after spaces": (b"1 1\n1,1\n", "separated by spaces and commas"),
    "two faults that make up for one another": (b"1 1,,1\n", "separated by spaces and commas"),
    "ragged": (b"\n1 1\n\n1 1 1\n", "line 4 holds 3 entries where line 2"),
    "ragged, line ends of old Macs": (b"1 1\r1 1 1\r", "line 2 holds 3 entries where line 1 holds 2"),
    "labels only": (b"1\t1\n", "first line holds 2 entries but 0 patterns follow"),
    "labels of others": (b"1\t1\t1\n1\t1\n1\t1\n", "first line holds 3 entries but 2 patterns follow"),
    "no entry, and long": (b"1" * 5000, "line 1 holds '11111"),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 3, 10**6])
@pytest.mark.parametrize("kind", BAD)
def test_what_is_something_else_is_refused(kind, size):
    data, sentence = BAD[kind]
    with pytest.raises(ValueError, match=sentence):
        read(data, size)


def architecture(data, size=10**6):
    return parse_signs(data[k : k + size] for k in range(0, len(data), size)).committee


ANNOUNCED = {
    "as it is written": (b"# committee units=3 tree=false\n1 -1 1\n", (3, False)),
    "a tree": (b"# committee units=3 tree=true\n1 -1 1\n", (3, True)),
    "fully connected unless it is said": (b"#committee units=3\n1 -1 1\n", (3, False)),
    "words of Python, the other way round": (b" #  committee tree=True units=15 \n1 -1 1\n", (15, True)),
    "line ends of Windows": (b"# mine\r\n\r\n# committee units=3\r\n1 -1 1\r\n", (3, False)),
    "UTF-16": ("# committee units=3\n1 -1 1\n".encode("utf-16"), (3, False)),
    "with labels": (b"# committee units=3\n-1\n1\t-1\t1\n", (3, False)),
    "another comment": (b"# committees units=3\n1 -1 1\n", None),
    "said after the first pattern": (b"1 -1 1\n# committee units=3\n1 1 1\n", None),
    "said behind a pattern": (b"1 -1 1 # committee units=3\n", None),
}


@pytest.mark.parametrize("size", [1, 3, 10**6])
@pytest.mark.parametrize("kind", ANNOUNCED)
def test_comments_that_speak_of_a_committee_machine(kind, size):
    data, expected = ANNOUNCED[kind]
    assert architecture(data, size) == expected
    assert expected is None or read(data, size)[1] == [[1, -1, 1]]


@pytest.mark.parametrize("size", [1, 10**6])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("committee", "line 2 speaks of a committee machine as ''"),
        ("committee of five", "line 2 speaks of a committee machine as 'of five'"),
        ("committee units=", "as 'units='"),
        ("committee units=3.0", "as 'units=3.0'"),
        ("committee units=-3", "as 'units=-3'"),
        ("committee units=\u0663", "as 'units="),
        ("committee units=" + "9" * 5000, "as 'units=999"),
        ("committee units=3, tree=false", "as 'units=3, tree=false'"),
        ("committee units=3 units=5", "as 'units=3 units=5'"),
        ("committee units=3 tree=yes", "as 'units=3 tree=yes'"),
        ("committee units=3 kappa=0.5", "as 'units=3 kappa=0.5'"),
        ("committee units=3\n# committee units=3", "line 3 speaks of a committee machine a second time"),
    ],
)
def test_other_words_of_a_committee_machine_are_refused(words, said, size):
    with pytest.raises(ValueError, match=f"{said}.*; say it once, as in '# committee units=5 tree=false'"):
        architecture(f"# a comment\n# {words}\n1 1 1\n".encode(), size)


@settings(deadline=None, max_examples=150)
@given(st.text("11--+ \t\n\r,#.e0", max_size=40).map(str.encode), st.integers(1, 9))
def test_pieces_make_no_difference(data, size):
    """Of any size they give the same patterns, or are refused as well."""
    outcomes = []
    for length in (size, 10**6):
        try:
            outcomes.append(read(data, length))
        except ValueError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]


@settings(deadline=None, max_examples=100)
@given(st.text("11--+ \t\n,.", max_size=40).map(str.encode))
def test_the_quick_parser_and_the_careful_one_agree(data):
    quick = text._parsed_quickly(data)
    if quick is not None:
        assert all(np.array_equal(a, b) for a, b in zip(quick, text._parsed_carefully(data, 1), strict=True))


def test_a_line_longer_than_a_block():
    signs = np.random.default_rng(1).choice([-1, 1], (3, 4000))
    for separator in (" ", ",", "\t"):
        rows = [separator.join(map(str, row)) for row in [*([[1, -1, 1]] if separator == "\t" else []), *signs]]
        assert read("\n".join(rows).encode(), 101)[1] == signs.tolist()


def test_numpy_and_pandas_write_what_is_read(tmp_path):
    signs = np.random.default_rng(1).choice([-1, 1], (5, 7))
    for options in ({"fmt": "%d"}, {}, {"delimiter": ","}, {"header": "patterns 1 1", "newline": "\r\n"}):
        np.savetxt(tmp_path / "a", signs, **options)
        assert read((tmp_path / "a").read_bytes()) == (None, signs.tolist())
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(signs)
    assert read(table.to_csv(index=False, header=False).encode()) == (None, signs.tolist())
    with pytest.raises(ValueError, match=r"line 1 holds '0'|line 1 has an empty cell"):
        read(table.to_csv().encode())
