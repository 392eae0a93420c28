import json
import os

import numpy as np
import pytest

from bp.execution.store import (
    DamagedPointWarning,
    PointStore,
    require_writable,
    root_seed,
    save_npz,
    stored_settings,
)
from replica_theory import __version__

POINT = {"x": np.arange(3.0), "name": np.array("a"), "solved": np.array(True)}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        np.testing.assert_array_equal(a[name], b[name])


def filled(folder, settings):
    """A store with a point."""
    store = PointStore(folder, settings)
    with store.locked():
        store.put("a", POINT)
    return store


def test_points_come_back_and_nothing_else_is_left(tmp_path):
    store = PointStore(tmp_path / "new" / "run", {"n": 5, "alpha": (0.1, 0.2)})
    assert store.get("0-0", POINT) is None and len(store) == 0 and os.listdir(tmp_path) == []
    with store.locked():
        store.put("0-0", POINT)
    again = PointStore(tmp_path / "new" / "run", {"n": 5, "alpha": [0.1, 0.2]})
    assert_same(again.get("0-0", POINT), POINT)
    assert len(again) == 1
    assert sorted(os.listdir(store.folder)) == ["0-0.npz", "settings.json"]
    settings = {"format": 2, "version": __version__, "n": 5, "alpha": [0.1, 0.2]}
    assert stored_settings(tmp_path / "new" / "run") == settings
    assert stored_settings(tmp_path) is None


def test_other_settings_are_refused_and_named(tmp_path):
    filled(tmp_path, {"n": 5, "kappa": 0.0, "seed": 1})
    before = (tmp_path / "points" / "settings.json").read_bytes()
    with pytest.raises(ValueError, match=r"kappa was 0\.0 and is 0\.5 now, n was 5 and is 7 now") as error:
        PointStore(tmp_path, {"n": 7, "kappa": 0.5, "seed": 1})
    assert "seed" not in str(error.value)
    with pytest.raises(ValueError, match="beta was None and is 2 now"):
        PointStore(tmp_path, {"n": 5, "kappa": 0.0, "seed": 1, "beta": 2})
    assert (tmp_path / "points" / "settings.json").read_bytes() == before


@pytest.mark.parametrize("key, message", [("format", "another format"), ("version", "another version of this package")])
def test_a_folder_of_another_format_or_version_is_refused(tmp_path, key, message):
    filled(tmp_path, {"n": 5})
    path = tmp_path / "points" / "settings.json"
    path.write_text(json.dumps(stored_settings(tmp_path) | {key: "0.0"}))
    with pytest.raises(ValueError, match=rf"points of {message} \({key} was 0\.0 and is .* now\)"):
        PointStore(tmp_path, {"n": 7})


def test_settings_that_another_run_wrote_meanwhile_are_noticed(tmp_path):
    store = PointStore(tmp_path, {"n": 5})
    filled(tmp_path, {"n": 7})
    with pytest.raises(ValueError, match="n was 7 and is 5 now"), store.locked():
        pass


def test_a_run_that_is_refused_changes_nothing(tmp_path):
    """The settings of the second of two that begin together had replaced those of the first."""
    first, second = PointStore(tmp_path, {"n": 5}), PointStore(tmp_path, {"n": 7})
    with first.locked():
        before = (tmp_path / "points" / "settings.json").read_bytes()
        with pytest.raises(BlockingIOError, match="another run"), second.locked():
            pass
    assert (tmp_path / "points" / "settings.json").read_bytes() == before
    assert stored_settings(tmp_path)["n"] == 5


def test_what_killed_processes_left_is_removed(tmp_path):
    filled(tmp_path, {})
    leftover, mine = tmp_path / "points" / ".a.npz.0123abcd.tmp", tmp_path / "points" / ".mine.tmp"
    for path in (leftover, mine):
        path.write_bytes(b"half")
    with PointStore(tmp_path, {}).locked():
        assert not leftover.exists() and mine.exists()


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("bp.execution.store.fcntl.flock", unsupported)
    with pytest.warns(UserWarning, match=r"cannot be locked .* start no second run there"):
        with PointStore(tmp_path, {}).locked():
            pass


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_damaged_settings_are_refused_and_left(tmp_path, content):
    path = tmp_path / "points" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"settings\.json is damaged"):
        PointStore(tmp_path, {"n": 5})
    assert path.read_bytes() == content


@pytest.mark.parametrize("seed", [{}, {"seed": None}, {"seed": "1"}, {"seed": True}, {"seed": -1}, {"seed": [1]}])
def test_settings_without_a_seed_are_refused(tmp_path, seed):
    filled(tmp_path, {"n": 5} | seed)
    with pytest.raises(ValueError, match=r"settings\.json is damaged: it holds no seed"):
        root_seed(None, tmp_path)
    assert root_seed(3, tmp_path) == 3


CHANGES = {
    "number": {"x": np.array([0.0, 1.0, 2.5])},
    "nan": {"x": np.array([0.0, np.nan, 2.0])},
    "shape": {"x": np.arange(3.0)[None]},
    "dtype": {"x": np.arange(3.0, dtype=np.float32)},
    "added": {"z": np.zeros(1)},
}


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "foreign", "pickled", "column", "unsealed",
                                    "another point", "another run", *CHANGES])  # fmt: skip
def test_a_damaged_point_is_set_aside(tmp_path, damage):
    """Sound archives of something else too: points of another run, or with other arrays in them."""
    store = filled(tmp_path, {})
    path = store.folder / "a.npz"
    data = bytearray(path.read_bytes())
    if damage == "column":
        save_npz(path, {"x": POINT["x"]}, store._about("a"))
    elif damage == "unsealed":
        save_npz(path, POINT)
    elif damage == "another point":
        store.put("b", POINT)
        (store.folder / "b.npz").rename(path)
    elif damage == "another run":
        path.write_bytes((filled(tmp_path / "other", {"n": 7}).folder / "a.npz").read_bytes())
    elif damage in CHANGES:
        with np.load(path) as arrays:
            np.savez(path, **dict(arrays) | CHANGES[damage])
    elif damage == "pickled":
        np.savez(path, **POINT | {"x": np.array([{}], dtype=object)})
    else:
        data[60] ^= 0xFF
        path.write_bytes({"empty": b"", "truncated": data[:-40], "flipped": bytes(data), "foreign": b"{}" * 50}[damage])
    content = path.read_bytes()
    assert store.peek("a", POINT) is None and path.read_bytes() == content
    with pytest.warns(DamagedPointWarning, match=r"a\.npz is damaged .* it is now a\.damaged"):
        assert store.get("a", POINT) is None
    assert not path.exists()
    assert path.with_suffix(".damaged").read_bytes() == content
    store.put("a", POINT)
    assert_same(store.get("a", POINT), POINT)


def test_an_unreadable_point_is_not_taken_for_a_damaged_one(tmp_path):
    store = PointStore(tmp_path, {})
    (store.folder / "a.npz").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        store.get("a", POINT)


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    # permission bits do not stop root, a regular file in the way stops everyone
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="cannot write to the folder"), PointStore(folder, {}).locked():
            pass
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_takes_no_files_is_refused(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bp.execution.store.replace_file", full)
    with pytest.raises(OSError, match=r"cannot write to the folder .*: No space left on device"):
        require_writable(tmp_path)


def test_npz_never_needs_a_pickle(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(TypeError, match="'bad' holds Python objects"):
        save_npz(path, {"good": 1.0, "bad": np.array([{}])})
    assert os.listdir(tmp_path) == []
    save_npz(path, {"good": 1.0, "text": json.dumps({})})
    with np.load(path, allow_pickle=False) as data:
        assert sorted(data.files) == ["good", "text"]
