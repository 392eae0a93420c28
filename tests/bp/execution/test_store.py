import json
import os

import numpy as np
import pytest

from bp.execution.store import DamagedPointWarning, PointStore, require_writable, save_npz, stored_settings
from replica_theory import __version__

POINT = {"x": np.arange(3.0), "name": np.array("a"), "solved": np.array(True)}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype
        np.testing.assert_array_equal(a[name], b[name])


def test_points_come_back_and_nothing_else_is_left(tmp_path):
    store = PointStore(tmp_path / "new" / "run", {"n": 5, "alpha": (0.1, 0.2)})
    assert store.get("0-0", POINT) is None and len(store) == 0
    store.put("0-0", POINT)
    again = PointStore(tmp_path / "new" / "run", {"n": 5, "alpha": [0.1, 0.2]})
    assert_same(again.get("0-0", POINT), POINT)
    assert len(again) == 1
    assert sorted(os.listdir(store.folder)) == ["0-0.npz", "settings.json"]
    settings = {"format": 1, "version": __version__, "n": 5, "alpha": [0.1, 0.2]}
    assert stored_settings(tmp_path / "new" / "run") == settings
    assert stored_settings(tmp_path) is None


def test_other_settings_are_refused_and_named(tmp_path):
    PointStore(tmp_path, {"n": 5, "kappa": 0.0, "seed": 1}).put("a", POINT)
    before = (tmp_path / "points" / "settings.json").read_bytes()
    with pytest.raises(ValueError, match=r"kappa was 0\.0 and is 0\.5 now, n was 5 and is 7 now") as error:
        PointStore(tmp_path, {"n": 7, "kappa": 0.5, "seed": 1})
    assert "seed" not in str(error.value)
    with pytest.raises(ValueError, match="beta was None and is 2 now"):
        PointStore(tmp_path, {"n": 5, "kappa": 0.0, "seed": 1, "beta": 2})
    assert (tmp_path / "points" / "settings.json").read_bytes() == before


@pytest.mark.parametrize("key, message", [("format", "another format"), ("version", "another version of this package")])
def test_a_folder_of_another_format_or_version_is_refused(tmp_path, key, message):
    PointStore(tmp_path, {"n": 5})
    path = tmp_path / "points" / "settings.json"
    path.write_text(json.dumps(stored_settings(tmp_path) | {key: "0.0"}))
    with pytest.raises(ValueError, match=rf"points of {message} \({key} was 0\.0 and is .* now\)"):
        PointStore(tmp_path, {"n": 7})


def test_settings_that_another_run_wrote_meanwhile_are_noticed(tmp_path):
    store = PointStore(tmp_path, {"n": 5})
    (tmp_path / "points" / "settings.json").unlink()
    PointStore(tmp_path, {"n": 7})
    with pytest.raises(ValueError, match="n was 7 and is 5 now"), store.locked():
        pass


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("bp.execution.store.fcntl.flock", unsupported)
    with pytest.warns(UserWarning, match=r"cannot be locked .* start no second run there"):
        with PointStore(tmp_path, {}).locked():
            pass


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe"])
def test_damaged_settings_are_refused_and_left(tmp_path, content):
    path = tmp_path / "points" / "settings.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"settings\.json is damaged"):
        PointStore(tmp_path, {"n": 5})
    assert path.read_bytes() == content


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "foreign", "pickled", "column"])
def test_a_damaged_point_is_set_aside(tmp_path, damage):
    store = PointStore(tmp_path, {})
    store.put("a", POINT)
    path = store.folder / "a.npz"
    data = bytearray(path.read_bytes())
    if damage == "column":
        save_npz(path, {"x": POINT["x"]})
    elif damage == "pickled":
        np.savez(path, **POINT | {"x": np.array([{}], dtype=object)})
    else:
        data[60] ^= 0xFF
        path.write_bytes({"empty": b"", "truncated": data[:-40], "flipped": bytes(data), "foreign": b"{}" * 50}[damage])
    content = path.read_bytes()
    with pytest.warns(DamagedPointWarning, match=r"a\.npz is damaged .* it is now a\.damaged"):
        assert store.get("a", POINT) is None
    assert not path.exists()
    assert path.with_suffix(".damaged").read_bytes() == content
    store.put("a", POINT)
    assert_same(store.get("a", POINT), POINT)


def test_an_unreadable_point_is_not_taken_for_a_damaged_one(tmp_path):
    store = PointStore(tmp_path, {})
    (store.folder / "a.npz").mkdir()
    with pytest.raises(IsADirectoryError):
        store.get("a", POINT)


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    # permission bits do not stop root, a regular file in the way stops everyone
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="cannot write to the folder"):
            PointStore(folder, {})
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
