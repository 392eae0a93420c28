"""The worked example: every method learns, and goes on bit for bit."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import Images, Plan, Scoping, split_training


def blobs(channels=1, side=8, count=60, classes=3):
    """Images of classes that differ in their mean, easy to tell."""
    source = torch.Generator().manual_seed(1)
    means = torch.randn(classes, channels, side, side, generator=source)

    def drawn(k):
        return means[k % classes] + 0.5 * torch.randn(channels, side, side, generator=source), k % classes

    return Images.of([drawn(k) for k in range(count)], [drawn(k) for k in range(30)], "blobs")


PLAN = {"batch": 10, "width": 2, "draws": 2, "gamma": Scoping(0.3, 0.2, most=4.0)}


def test_every_method_learns():
    record = split_training(blobs(), plan=Plan(epochs=8, **PLAN))
    assert [row.method for row in record.last] == ["sgd", "entropy-sgd", "replicas", "split"]
    assert all(row.test_error < (0.5 if row.method == "split" else 0.2) for row in record.last)  # 0.67 by guessing
    assert [row.gradients for row in record.last] == [48, 40, 144, 48]
    spreads = {row.method: row.spread for row in record.last}
    assert spreads["sgd"] == spreads["entropy-sgd"] == 0 and 0 < spreads["replicas"] < 0.1 and spreads["split"] > 0


def test_resumes_bit_for_bit(tmp_path):
    """Two epochs, then four, are four; a finished run is read."""
    images = blobs()
    whole = split_training(images, plan=Plan(epochs=4, **PLAN))
    split_training(images, plan=Plan(epochs=2, **PLAN), folder=tmp_path)
    assert split_training(images, plan=Plan(epochs=4, **PLAN), folder=tmp_path) == whole
    assert split_training(images, "split", Plan(epochs=3, **PLAN), tmp_path).epochs == whole.epochs[12:15]


def test_files_of_other_runs_are_left(tmp_path):
    split_training(blobs(), "sgd", Plan(epochs=1, **PLAN), tmp_path)
    before = (tmp_path / "sgd.npz").read_bytes()
    for images, plan in ((blobs(), Plan(epochs=1, lr=0.2, **PLAN)), (blobs(count=50), Plan(epochs=1, **PLAN))):
        with pytest.raises(ValueError, match=r"sgd\.npz: it is of another run or was changed"):
            split_training(images, "sgd", plan, tmp_path)
    assert (tmp_path / "sgd.npz").read_bytes() == before


def test_images_of_the_shape_of_cifar():
    record = split_training(blobs(3, 32, 12, 2), plan=Plan(epochs=1, batch=4, width=2, draws=1))
    assert len(record.epochs) == 4 and all(np.isfinite(row.test_error) for row in record.epochs)


def test_refusals():
    with pytest.raises(TypeError, match="images must be an Images"):
        split_training([1, 2])
    with pytest.raises(ValueError, match="methods must be one of 'sgd'"):
        split_training(blobs(), "adam")
    with pytest.raises(ValueError, match="images must hold at least 3 to train with; got 2"):
        split_training(blobs(count=2, classes=2))
    with pytest.raises(ValueError, match="lr must be positive and finite"):
        Plan(lr=0.0)
    with pytest.raises(TypeError, match="gamma must be a Scoping"):
        Plan(gamma=1.0)
