"""Sets of images: any data set of torch, digits, and the reader of CIFAR-10 on a stand-in of its shape."""

import sys
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra [torch])")

import torch

from bp.networks import Images


def test_any_data_set():
    images, labels = torch.randn(30, 2, 5, 5) * 3 + 1, torch.arange(30) % 3
    dataset = torch.utils.data.TensorDataset(images, labels)
    made = Images.of(torch.utils.data.Subset(dataset, range(20)), [dataset[k] for k in range(20, 30)])
    assert made.classes == 3 and made.train[0].shape == (20, 2, 5, 5) and made.test[1].tolist() == labels[20:].tolist()
    torch.testing.assert_close(made.train[0].mean(dim=(0, 2, 3)), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.train[0].std(dim=(0, 2, 3)), torch.ones(2))
    scale = images[:20].std(dim=(0, 2, 3), keepdim=True)
    torch.testing.assert_close(made.test[0], (images[20:] - images[:20].mean(dim=(0, 2, 3), keepdim=True)) / scale)


def test_digits():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra [sklearn])")
    made, same = Images.digits(600, rng=3), Images.digits(600, rng=3)
    assert made.train[0].shape == (600, 1, 8, 8) and made.test[0].shape == (1197, 1, 8, 8) and made.classes == 10
    assert torch.equal(made.train[1], same.train[1]) and not torch.equal(made.train[1], Images.digits(600).train[1])
    with pytest.raises(ValueError, match="train must be an integer from 1 to 1796"):
        Images.digits(1797)


def test_cifar10_by_torchvision(monkeypatch, tmp_path):
    """What torchvision gives: pictures of 32 x 32 with three channels of bytes, labels 0 to 9."""
    calls = []

    class CIFAR10:
        def __init__(self, root, train, download):
            calls.append((root, train, download))
            source = np.random.default_rng(train)
            self.pictures, self.count = source.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8), 12

        def __len__(self):
            return self.count

        def __getitem__(self, index):
            return self.pictures[index], index % 10

    datasets = ModuleType("torchvision.datasets")
    datasets.CIFAR10 = CIFAR10
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    made = Images.cifar10(tmp_path)
    assert calls == [(str(tmp_path), True, False), (str(tmp_path), False, False)]
    assert made.name == "cifar10" and made.train[0].shape == (12, 3, 32, 32) and made.classes == 10
    raw = torch.as_tensor(CIFAR10("", True, False).pictures[4]).permute(2, 0, 1).float()
    shown = made.train[0][4]
    slope = (shown[1, 2, 3] - shown[1, 0, 0]) / (raw[1, 2, 3] - raw[1, 0, 0])
    torch.testing.assert_close(shown[1], shown[1, 0, 0] + slope * (raw[1] - raw[1, 0, 0]), rtol=1e-3, atol=1e-3)


def test_cifar10_without_torchvision(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ImportError):
        Images.cifar10(tmp_path)


def test_refusals():
    image = torch.zeros(1, 4, 4)
    with pytest.raises(ValueError, match="train must hold at least one image"):
        Images.of([], [(image, 0)])
    with pytest.raises(ValueError, match=r"test must hold images of shape \(1, 4, 4\); got \(1, 5, 5\)"):
        Images.of([(image, 0)], [(torch.zeros(1, 5, 5), 0)])
    with pytest.raises(TypeError, match="train must hold pairs of an image"):
        Images.of([3], [(image, 0)])
    with pytest.raises(ValueError, match="images \\(channels, height, width\\) and labels from 0"):
        Images.of([(image, -1)], [(image, 0)])
