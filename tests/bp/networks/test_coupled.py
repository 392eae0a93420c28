"""What coupled replicas go on from."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

from bp.networks.coupled import Coupled  # noqa: E402


def coupled(steps, centre):
    held = Coupled()
    held.steps, held._centre = steps, centre
    return held


def test_what_is_kept_is_a_copy_and_comes_back():
    old, new = coupled(7, [[torch.ones(2)], [torch.zeros(3, 1)]]), coupled(0, [[torch.zeros(2)], [torch.ones(3, 1)]])
    state = old.state_dict()
    old._centre[0][0].fill_(5.0)
    new.load_state_dict(state)
    assert new.steps == 7 and new._centre[0][0].tolist() == [1.0, 1.0] and not new._centre[1][0].any()
    alone = coupled(0, None)
    alone.load_state_dict(coupled(3, None).state_dict())
    assert alone.steps == 3


@pytest.mark.parametrize("given", [None, [torch.ones(3)], [torch.ones(2), torch.ones(2)]])
def test_another_centre_is_refused_and_nothing_changes(given):
    held = coupled(1, [[torch.ones(2)]])
    with pytest.raises(ValueError, match="state_dict must have a centre of 1 tensors as here"):
        held.load_state_dict({"steps": 4, "centre": given})
    assert held.steps == 1
    with pytest.raises(TypeError, match="state_dict"):
        held.load_state_dict(3)
