"""What a run was asked for, written beside its points and read back."""

import json

import pytest

from bp.execution.call import store_call, stored_call
from bp.execution.store import PointStore

CALL = {"model": "BinaryPerceptron", "kappa": 0.0, "alpha": [0.5], "n": [101], "distance": [0.1], "method": "amp",
        "seed": "7", "samples": 2, "comparisons": ["entropy"]}  # fmt: skip


def test_it_is_read_back_as_it_was_given(tmp_path):
    store = PointStore(tmp_path, {})
    with store.locked():
        store_call(store, CALL)
    assert stored_call(tmp_path, "crosscheck", CALL) == CALL


def test_nothing_to_resume(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ValueError, match=r"there is nothing to resume in .*: no run of crosscheck was begun there"):
            stored_call(folder, "crosscheck", CALL)


@pytest.mark.parametrize(
    "text", ["{", "[]", json.dumps({"model": "BinaryPerceptron"}), "", "[" * 100_000, json.dumps(CALL | {"model": []})]
)
def test_damage_is_said(tmp_path, text):
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "call.json").write_text(text)
    with pytest.raises(ValueError, match=r"call\.json is damaged: it does not tell what was asked for"):
        stored_call(tmp_path, "crosscheck", CALL)
