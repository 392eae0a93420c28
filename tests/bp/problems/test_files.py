"""Interchange formats: what is written is read back, and what is damaged is refused with a sentence."""

import gzip
import io
import os
import pickle
import re
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bp import Committee, Instance, random_committee, random_instance, read_instance, write_instance
from replica_theory.models.custom import CustomModel
from replica_theory.models.intervals import IntervalModel, UShapePerceptron
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent

SIGNS = st.sampled_from([-1, 1])
SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7))
NAMES = {"text": ["a.txt", "a.txt.gz"], "labels": ["a.tsv", "a.tsv.gz"], "npz": ["a.npz"]}
TEXT_NAMES = NAMES["text"] + NAMES["labels"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.mark.parametrize("name", TEXT_NAMES)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_text_round_trip(folder, name, data):
    shape = data.draw(SHAPES.filter(lambda s: s != (1, 1)))
    inst = Instance(data.draw(hnp.arrays(np.int64, shape, elements=SIGNS)))
    write_instance(inst, folder / name)
    back = read_instance(folder / name)
    assert np.array_equal(back.xi, inst.xi) and back.xi.dtype == np.int8
    assert (back.kappa, back.constraint, back.teacher) == (0.0, "margin", None)


@settings(deadline=None, max_examples=40)
@given(data=st.data(), kappa=st.floats(0.01, 3), constraint=st.sampled_from(["margin", "symmetric"]))
def test_npz_round_trip(folder, data, kappa, constraint):
    shape = data.draw(SHAPES)
    reals = hnp.arrays(np.float64, shape, elements=st.floats(-1e15, -1e-15) | st.floats(1e-15, 1e15))
    signs = hnp.arrays(np.int8, shape, elements=SIGNS)
    teacher = data.draw(st.none() | hnp.arrays(np.int8, shape[1], elements=SIGNS))
    inst = Instance(data.draw(reals | signs), kappa=kappa, constraint=constraint, teacher=teacher)
    write_instance(inst, folder / "a.npz")
    back = read_instance(folder / "a.npz")
    assert np.array_equal(back.xi, inst.xi) and back.xi.dtype == inst.xi.dtype
    assert (back.kappa, back.constraint) == (kappa, constraint)
    assert (back.teacher is None) == (teacher is None)
    assert teacher is None or np.array_equal(back.teacher, teacher)


def test_npz_holds_signs_as_bits_and_reads_them_unpacked_too(tmp_path):
    inst = random_instance(BinaryPerceptron(0.2), n=1001, alpha=0.5, rng=1)
    write_instance(inst, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as stored:
        rows = stored["patterns"]
        assert np.array_equal(np.unpackbits(rows, axis=1, count=1001, bitorder="little"), inst.xi > 0)
    np.savez_compressed(tmp_path / "old.npz", patterns=inst.xi, labels=np.ones(inst.n_patterns), kappa=0.2)
    for name in ("a.npz", "old.npz"):
        assert np.array_equal(read_instance(tmp_path / name).bits, inst.bits)


def test_teacher_and_labels_survive(tmp_path):
    inst = random_instance(TeacherStudent(), n=15, alpha=2.0, rng=1)
    write_instance(inst, tmp_path / "a.npz")
    assert read_instance(tmp_path / "a.npz").errors(inst.teacher) == 0


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.npz"])
@pytest.mark.parametrize("real", [False, True])
def test_patterns_and_labels_come_back_as_they_were(tmp_path, name, real):
    if real and name != "a.npz":
        return
    rng = np.random.default_rng(1)
    patterns, labels = rng.normal(size=(9, 70)) if real else rng.choice([-1, 1], (9, 70)), rng.choice([-1, 1], 9)
    inst = Instance(patterns, labels)
    write_instance(inst, tmp_path / name)
    back = read_instance(tmp_path / name)
    assert np.array_equal(back.patterns, patterns) and np.array_equal(back.labels, labels)
    assert np.array_equal(back.xi, inst.xi)


def test_text_without_labels_holds_the_products(tmp_path):
    inst = Instance([[1, -1, 1], [1, 1, 1]], [1, -1])
    write_instance(inst, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "1 -1 1\n-1 -1 -1\n"
    assert np.array_equal(read_instance(tmp_path / "a.txt").xi, inst.xi)


CONSTRAINTS = [
    UShapePerceptron(0.4),
    IntervalModel([(-np.inf, -1.0), (-0.25, 0.5), (1.5, np.inf)], 0.1),
    TeacherStudent(0.2),
]


@pytest.mark.parametrize("model", CONSTRAINTS, ids=repr)
def test_any_model_of_numbers_survives(tmp_path, model):
    inst = random_instance(model, n=65, alpha=0.5, rng=1)
    write_instance(inst, tmp_path / "a.npz")
    back = read_instance(tmp_path / "a.npz", constraint=model)
    assert back.model == model and np.array_equal(back.patterns, inst.patterns)
    assert read_instance(tmp_path / "a.npz", constraint=inst.constraint, kappa=inst.kappa).model == model
    with pytest.raises(ValueError, match=r"constraint='symmetric' was asked for but the file holds constraint="):
        read_instance(tmp_path / "a.npz", constraint="symmetric")
    with pytest.raises(ValueError, match=r"constraint=UShapePerceptron\(kappa=0.9, .* was asked for"):
        read_instance(tmp_path / "a.npz", constraint=UShapePerceptron(0.9))


def test_text_takes_a_model(tmp_path):
    (tmp_path / "a.txt").write_text("1 -1 1\n")
    assert read_instance(tmp_path / "a.txt", constraint=CONSTRAINTS[1]).model == CONSTRAINTS[1]
    with pytest.raises(ValueError, match=r"would lose constraint='IntervalModel'; write an \.npz"):
        write_instance(Instance([[1, 1]], constraint=IntervalModel([(-1, 0)])), tmp_path / "b.txt")


def test_a_constraint_that_is_code_is_not_written(tmp_path):
    noisy = CustomModel(lambda mean, std: BinaryPerceptron().probability(mean, std)[0])
    with pytest.raises(ValueError, match="cannot write what cannot be read back: the constraint CustomModel"):
        write_instance(Instance([[1, 1]], constraint=noisy), tmp_path / "a.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", NAMES)
def test_format_keyword_beats_the_name_and_content_beats_both(tmp_path, format):
    inst = random_instance(BinaryPerceptron(), n=9, alpha=0.5, rng=1)
    path = tmp_path / "misleading.npz"
    write_instance(inst, path, format=format)
    assert np.array_equal(read_instance(path).xi, inst.xi)
    assert path.read_bytes().startswith({"text": b"1 ", "labels": b"1\t1", "npz": b"PK"}[format])


def test_same_instance_same_bytes(tmp_path):
    inst = random_instance(BinaryPerceptron(), n=9, alpha=0.5, rng=1)
    for name in TEXT_NAMES + NAMES["npz"]:
        write_instance(inst, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_instance(inst, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize(
    "text",
    [
        "1 -1 1\n-1 1 1\n",
        "1 -1 1\n-1 1 1",
        "+1 -1 +1\r\n-1 1 1\r\n",
        "  1  -1 1 \n\n-1 1 1\n\n",
        "1.0 -1.0 1.0\n-1 1e0 +1.\n",
        "1\t-1\n1\t-1\t1\n1\t-1\t-1\n",
        "1.0\t-1.0\n1.0\t-1.0\t1.0\n1.0\t-1.0\t-1.0\n",
    ],
)
def test_text_that_others_write(tmp_path, text):
    (tmp_path / "a").write_bytes(text.encode())
    expected = [[1, -1, 1], [-1, 1, 1]]
    assert read_instance(tmp_path / "a").xi.tolist() == expected
    (tmp_path / "a").write_bytes(gzip.compress(text.encode()))
    assert read_instance(tmp_path / "a").xi.tolist() == expected


def test_one_pattern_and_one_weight(tmp_path):
    (tmp_path / "a").write_text("-1\n1\t1\t-1\n")
    assert read_instance(tmp_path / "a").xi.tolist() == [[-1, -1, 1]]
    (tmp_path / "a").write_text("-1\t1\n1\n1\n")
    assert read_instance(tmp_path / "a").xi.tolist() == [[-1], [1]]
    (tmp_path / "a").write_text("-1\n1\n")
    assert read_instance(tmp_path / "a").xi.tolist() == [[-1], [1]]
    with pytest.raises(ValueError, match="'labels' needs more than one pattern or weight"):
        write_instance(Instance([[1]]), tmp_path / "b.tsv")


def test_keywords_complete_text_and_check_npz(tmp_path):
    (tmp_path / "a.txt").write_text("1 -1 1\n")
    inst = read_instance(tmp_path / "a.txt", kappa=0.5, constraint="symmetric")
    assert (inst.kappa, inst.constraint) == (0.5, "symmetric")
    write_instance(inst, tmp_path / "a.npz")
    assert read_instance(tmp_path / "a.npz", kappa=0.5, constraint="symmetric").kappa == 0.5
    with pytest.raises(ValueError, match=r"kappa=0\.4 was asked for but the file holds kappa=0\.5"):
        read_instance(tmp_path / "a.npz", kappa=0.4)
    with pytest.raises(ValueError, match="constraint='margin' was asked for but the file holds constraint='symmetric'"):
        read_instance(tmp_path / "a.npz", constraint="margin")
    with pytest.raises(ValueError, match="kappa must be finite"):
        read_instance(tmp_path / "a.txt", kappa=np.nan)


@pytest.mark.parametrize("name", TEXT_NAMES)
@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ({"kappa": 0.5}, "kappa=0.5"),
        ({"kappa": 1.0, "constraint": "symmetric"}, "kappa=1.0"),
        ({"teacher": [1, 1]}, "the teacher"),
        ({"patterns": [[0.5, 1.0]]}, "real patterns"),
    ],
)
def test_text_refuses_to_lose_information(tmp_path, name, options, lost):
    inst = Instance(**({"patterns": [[1, -1]]} | options))
    with pytest.raises(ValueError, match=f"would lose {re.escape(lost)}; write an .npz"):
        write_instance(inst, tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a", "a.gz", "a.csv", "a.npz.gz", "a.npy"])
def test_unknown_suffix(tmp_path, name):
    with pytest.raises(ValueError, match=rf"{re.escape(repr(name))} does not tell the format: end it in \.txt"):
        write_instance(Instance([[1, 1]]), tmp_path / name)
    with pytest.raises(ValueError, match="format must be one of 'text', 'labels', 'npz'; got 'csv'"):
        write_instance(Instance([[1, 1]]), tmp_path / name, format="csv")


def archive(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


GOOD = {"patterns": np.ones((2, 3)), "labels": np.ones(2), "kappa": 0.0}
NPZ = archive(**GOOD)
GZ = gzip.compress(b"1 -1 1\n" * 50)
NPY = io.BytesIO()
np.save(NPY, np.ones((2, 3)))
BAD = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "holds no patterns"),
    "empty gzip": (gzip.compress(b""), "the gzipped file is empty"),
    "truncated gzip": (GZ[:-12], "gzipped data are damaged or truncated"),
    "damaged gzip": (GZ[:20] + b"\xff\xff\xff" + GZ[23:], "gzipped data are damaged or truncated"),
    "wrong checksum": (GZ[:-8] + b"12345678", "gzipped data are damaged or truncated"),
    "pickle": (pickle.dumps(np.ones((2, 3))), "a pickle, which is never loaded"),
    "npy": (NPY.getvalue(), r"a single \.npy array"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    "ragged": (b"1 -1 1\n\n1 -1\n", "line 3 holds 2 entries where line 1 holds 3"),
    "truncated labels": (b"1\t1\t-1\n1\t1\n1\t1\n", "first line holds 3 entries but 2 patterns follow"),
    "ragged labels": (b"1\t1\n1\t1\n1\t1\t1\n", "line 3 holds 3 entries where line 2 holds 2"),
    "labels only": (b"1\t1\n", "first line holds 2 entries but 0 patterns follow"),
    "zero": (b"1 -1\n1 0\n", r"line 2 holds '0' where text files hold entries ±1 \(2\*x - 1 makes ±1 of 0 and 1\)"),
    "eleven": (b"1 -1\n1 11\n", "line 2 holds '11'"),
    "glued": (b"1 -1\n1-1 1\n", "line 2 holds '1-1'"),
    "lone sign": (b"1 -\n1 1\n", "line 1 holds '-'"),
    "double sign": (b"1 --1\n", "line 1 holds '--1'"),
    "word": (b"patterns: 3\n1 1\n", "line 1 holds 'patterns:'"),
    "nan": (b"1 nan\n", "line 1 holds 'nan'"),
    "bytes": (bytes(range(1, 255)) * 3, "where text files hold entries ±1"),
    "truncated npz": (NPZ[: len(NPZ) // 2], r"\.npz archive is damaged"),
    "zip head": (b"PK" + bytes(range(200)), r"\.npz archive is damaged"),
    "damaged npz": (NPZ.replace(b"patterns.npy", b"patterns.npx", 1), r"\.npz archive is damaged"),
    "pickled npz": (archive(**GOOD | {"labels": np.array([{}, 1], dtype=object)}), "pickled objects, which are never"),
    "foreign npz": (archive(weights=np.ones(3)), r"holds no patterns, labels, kappa; it holds weights"),
    "no labels": (archive(patterns=np.ones((2, 3)), kappa=0.0), "holds no labels; it holds patterns, kappa"),
    "empty npz": (archive(), "is damaged|it holds nothing"),
    "bad labels": (archive(**GOOD | {"labels": np.ones(3)}), r"labels must have shape \(2,\)"),
    "bad patterns": (archive(**GOOD | {"patterns": np.array(["a"])}), "patterns must be real numbers"),
    "bits too short": (archive(**GOOD | {"patterns": np.ones((2, 1), np.uint8), "n": 9}), "n=9 does not fit patterns"),
    "bits of floats": (archive(**GOOD | {"n": 3}), r"must be rows of uint8; got float64 of shape \(2, 3\)"),
    "no n": (archive(**GOOD | {"patterns": np.ones((2, 1), np.uint8), "n": [3]}), r"n=\[3\] does not fit"),
    "bad kappa": (archive(**GOOD | {"kappa": np.nan}), "kappa must be finite"),
    "kappa array": (archive(**GOOD | {"kappa": np.zeros(2)}), "kappa of an instance must be a single number"),
    "bad constraint": (archive(**GOOD | {"constraint": "none"}), "constraint must be one of"),
    "bad model": (archive(**GOOD | {"model": "{"}), "its model is no description of one"),
    "no model": (archive(**GOOD | {"model": "[1]"}), "its model is no description of one"),
    "model of code": (archive(**GOOD | {"model": '{"model_class": "os.system"}'}), "its model is a os.system, whose"),
    "hot model": (archive(**GOOD | {"model": '{"model_class": "TeacherStudent", "beta": 1.0}'}), "at beta = inf"),
    "model of another margin": (
        archive(**GOOD | {"model": '{"model_class": "UShapePerceptron", "kappa": 0.5}'}),
        r"contradicts itself: kappa=0\.0, model=UShapePerceptron\(kappa=0\.5",
    ),
    "deep model": (archive(**GOOD | {"model": "[" * 100_000}), "its model is no description of one"),
    "stray bits": (archive(**GOOD | {"patterns": np.full((2, 1), 255, np.uint8), "n": 3}), "zero beyond the first n=3"),
    "nan npz": (archive(**GOOD | {"patterns": np.array([[1.0, np.nan], [1.0, 0.5]])}), "patterns must be finite"),
    "no rows": (archive(**GOOD | {"patterns": np.ones((0, 3))}), "must hold at least one pattern"),
    "zero row": (archive(**GOOD | {"patterns": np.array([[1.0, 0.5], [0.0, 0.0]])}), "must not have a row of zeros"),
    "0 and 1": (archive(**GOOD | {"patterns": np.array([[1.0, 0.0], [0.0, 1.0]])}), r"2\*x - 1 makes ±1"),
    "labels 0 and 1": (archive(**GOOD | {"labels": np.array([0, 1])}), r"labels must be ±1; .*2\*x - 1 makes ±1"),
    "text as kappa": (archive(**GOOD | {"kappa": "0"}), "kappa must be a real number"),
    "complex kappa": (archive(**GOOD | {"kappa": 1j}), "kappa must be a real number"),
    "two constraints": (archive(**GOOD | {"constraint": ["margin", "margin"]}), "constraint must be one of"),
    "another kind of compression": (b"\xfd7zXZ\x00 and so on", "compressed by xz; text may be compressed by gzip"),
    "bad teacher": (archive(**GOOD | {"teacher": np.zeros(3)}), "teacher must be ±1"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_file_is_refused_and_left_alone(tmp_path, kind):
    data, sentence = BAD[kind]
    path = tmp_path / "bad file"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=sentence) as caught:
        read_instance(path)
    assert str(caught.value).startswith(f"cannot read an instance from {str(path)!r}: ")
    assert path.read_bytes() == data


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=60) | st.text("1-+ \t\n.e0", max_size=30).map(str.encode))
def test_any_bytes_are_an_instance_or_refused(folder, data):
    """Nothing but ValueError comes out."""
    (folder / "any").write_bytes(data)
    try:
        read_instance(folder / "any")
    except ValueError as error:
        assert "cannot read an instance from" in str(error)


@pytest.mark.parametrize("name", ["a.txt", "a.tsv.gz", "a.npz"])
def test_standard_input_and_pipes(tmp_path, monkeypatch, name):
    inst = random_instance(BinaryPerceptron(), n=33, alpha=0.5, rng=1)
    write_instance(inst, tmp_path / name)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((tmp_path / name).read_bytes())))
    assert np.array_equal(read_instance("-").xi, inst.xi)
    with pytest.raises(ValueError, match="cannot read an instance from standard input: the file is empty"):
        read_instance("-")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_bytes((tmp_path / name).read_bytes())
    for path in ("./-", tmp_path / "-"):
        assert np.array_equal(read_instance(path).xi, inst.xi)
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as executor:
        executor.submit((tmp_path / "pipe").write_bytes, (tmp_path / name).read_bytes())
        assert np.array_equal(read_instance(tmp_path / "pipe").xi, inst.xi)


def test_text_takes_little_more_than_its_bits(tmp_path):
    """A gzipped file of 50 kB that holds 36 MB of text, and was held several times over."""
    inst = Instance(np.ones((3000, 6000), dtype=np.int8))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress((b"1 " * 6000 + b"\n") * 3000))
    tracemalloc.start()
    try:
        back = read_instance(tmp_path / "a.txt.gz")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.array_equal(back.bits, inst.bits) and peak < 30e6


@pytest.mark.parametrize("name", ["a.txt.gz", "a.npz"])
def test_what_does_not_fit_in_memory_is_refused(tmp_path, monkeypatch, name):
    write_instance(random_instance(BinaryPerceptron(), n=1001, alpha=0.5, rng=1), tmp_path / name)
    monkeypatch.setattr("bp.memory.available_memory", lambda: 1e4)
    monkeypatch.setattr("bp.memory._TRIFLE", 0)
    with pytest.raises(MemoryError, match="GB are available; take fewer patterns"):
        read_instance(tmp_path / name)


def test_missing_and_unreadable_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_instance(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        read_instance(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_instance(Instance([[1, 1]]), tmp_path / "nowhere" / "a.txt")


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    for function in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, fail)
            with pytest.raises(OSError, match="disk full"):
                write_instance(Instance([[1, 1]]), path)
        assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]
    write_instance(Instance([[1, 1]]), path)
    assert path.read_text() == "1 1\n" and os.listdir(tmp_path) == ["a.txt"]


def test_write_follows_links_and_the_umask(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_instance(Instance([[1, -1]]), tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "1 -1\n"
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "real.txt").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("tree", [False, True])
def test_committee_machines(tmp_path, tree):
    com = random_committee(TeacherStudent(), 45, 3, 0.5, rng=1, tree=tree)
    write_instance(com, tmp_path / "a.npz")
    back = read_instance(tmp_path / "a.npz")
    assert isinstance(back, Committee) and repr(back) == repr(com)
    assert np.array_equal(back.data.bits, com.data.bits) and np.array_equal(back.data.labels, com.data.labels)
    assert np.array_equal(back.teacher, com.teacher) and back.errors(com.teacher) == 0
    assert read_instance(tmp_path / "a.npz", kappa=0.0, constraint="margin").fingerprint == back.fingerprint
    for name in ("a.txt", "a.tsv"):
        with pytest.raises(ValueError, match=r"would lose the teacher; write an \.npz"):
            write_instance(com, tmp_path / name)
        assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", TEXT_NAMES)
@pytest.mark.parametrize("tree", [False, True])
def test_committee_machines_in_text(tmp_path, name, tree):
    patterns, labels = np.random.default_rng(1).choice([-1, 1], (7, 45 if tree else 15)), [1, -1, 1, 1, -1, -1, 1]
    com = Committee(patterns, labels, units=3, tree=tree)
    write_instance(com, tmp_path / name)
    raw = (tmp_path / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith("gz") else raw).decode()
    assert text.startswith(f"# committee units=3 tree={str(tree).lower()}\n") and text.count("\n") == 8 + (
        ".tsv" in name
    )
    back = read_instance(tmp_path / name)
    assert isinstance(back, Committee) and repr(back) == repr(com) and np.array_equal(back.data.xi, com.data.xi)
    assert ".txt" in name or back.fingerprint == com.fingerprint
    assert read_instance(tmp_path / name, kappa=0.5, constraint="margin").kappa == 0.5
    with pytest.raises(ValueError, match="units of a committee machine have a margin; got constraint='symmetric'"):
        read_instance(tmp_path / name, kappa=1.0, constraint="symmetric")
    with pytest.raises(ValueError, match=r"format '(text|labels)' would lose kappa=0.5; write an \.npz"):
        write_instance(Committee(patterns, units=3, tree=tree, kappa=0.5), tmp_path / name)
    with pytest.raises(ValueError, match="would lose real patterns"):
        write_instance(Committee(patterns * 0.5, units=3, tree=tree), tmp_path / name)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("# committee units=2\n1 1\n", "units must be an odd number, for a majority; got 2"),
        ("# committee units=0\n1 1\n", "units must be an integer from 1 to 1001; got 0"),
        ("# committee units=5 tree=true\n1 1 1\n", "units must divide the 3 entries of a tree's patterns; got 5"),
        ("# committee units=3 tree=maybe\n1 1 1\n", "line 1 speaks of a committee machine as 'units=3 tree=maybe'"),
        ("# committee units=3\n", "the file holds no patterns"),
        ("# committee units=3\n1 1\n1\n", "line 3 holds 1 entries where line 2 holds 2"),
        ("# committee units=3\n1 0\n", "line 2 holds '0'"),
    ],
)
def test_damaged_committee_machines_in_text(tmp_path, text, match):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ValueError, match=re.escape(match)):
        read_instance(tmp_path / "a.txt")


def test_committee_machines_on_real_patterns(tmp_path):
    com = Committee(np.random.default_rng(1).standard_normal((4, 7)), [1, -1, 1, -1], units=5, kappa=-0.25)
    write_instance(com, tmp_path / "a.npz")
    back = read_instance(tmp_path / "a.npz")
    assert back.fingerprint == com.fingerprint and back.kappa == -0.25 and back.teacher is None


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"units": 2}, "units must be an odd number"),
        ({"units": 2.5}, "units"),
        ({"units": [3, 3]}, "units"),
        ({"tree": 7}, "tree must be"),
        ({"units": 7, "tree": True}, "units must divide the 15 entries"),
        ({"constraint": "symmetric", "kappa": 1.0}, "the units of a committee machine have a margin"),
        ({"n": 40}, "n=40 does not fit"),
        ({"teacher": np.ones(4)}, "teacher"),
    ],
)
def test_damaged_committee_machines(tmp_path, change, match):
    write_instance(random_committee(BinaryPerceptron(), 45, 3, 0.5, rng=1), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        np.savez(tmp_path / "b.npz", **(dict(arrays) | change))
    with pytest.raises(ValueError, match=match):
        read_instance(tmp_path / "b.npz")
