"""Sets of images with labels, for training and for testing: digits of scikit-learn, CIFAR-10 of torchvision."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bp.randomness import Rng, generator
from replica_theory.arguments import checked_integer, checked_path, shown


@dataclass(frozen=True)
class Images:
    """Images to train with and to test with, in memory.

    Attributes
    ----------
    name : str
    train, test : pair of tensors
        Images (P, channels, height, width) and labels (P,) from 0.
    """

    name: str
    train: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]

    @property
    def classes(self) -> int:
        """Number of labels."""
        return int(torch.cat([self.train[1], self.test[1]]).max()) + 1

    @classmethod
    def of(cls, train: Iterable[Any], test: Iterable[Any], name: str = "images") -> Images:
        """From two data sets of torch: pairs (image, label), images as tensors of one shape.

        Each channel is shifted and scaled to mean 0 and variance 1 over the training images.

        Raises
        ------
        TypeError, ValueError
            If a set is empty, or does not hold such pairs.
        """
        (x, y), (new, truth) = _tensors("train", train), _tensors("test", test)
        if x.shape[1:] != new.shape[1:]:
            raise ValueError(f"test must hold images of shape {tuple(x.shape[1:])}; got {tuple(new.shape[1:])}")
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        scale = x.std(dim=(0, 2, 3), keepdim=True).clamp_min(1e-12)
        return cls(name, ((x - mean) / scale, y), ((new - mean) / scale, truth))

    @classmethod
    def digits(cls, train: int = 600, rng: Rng = 0) -> Images:
        """The 1797 handwritten digits of scikit-learn, 8 by 8, at random in two parts (needs the extra ``sklearn``).

        Raises
        ------
        TypeError, ValueError
            If `train` is no integer from 1 to 1796.
        """
        from sklearn.datasets import load_digits

        checked_integer("train", train, 1, 1796)
        pixels, labels = load_digits(return_X_y=True)
        order = generator(rng).permutation(len(labels))
        pairs = [(torch.as_tensor(pixels[k].reshape(1, 8, 8) / 16), int(labels[k])) for k in order]
        return cls.of(pairs[:train], pairs[train:], "digits")

    @classmethod
    def cifar10(cls, folder: str | os.PathLike[str]) -> Images:
        """CIFAR-10 as torchvision reads it from a folder (nothing is downloaded).

        Raises
        ------
        ImportError
            If torchvision is not installed.
        RuntimeError
            If the folder does not hold the data.
        TypeError, ValueError
            If it is no path.
        """
        from torchvision.datasets import CIFAR10

        path = checked_path("folder", folder)
        sets = [CIFAR10(path, train=train, download=False) for train in (True, False)]
        pairs = [[(_image(picture), label) for picture, label in one] for one in sets]
        return cls.of(pairs[0], pairs[1], "cifar10")


def _image(picture: Any) -> Tensor:
    """A picture (height, width, channels) of bytes as a tensor (channels, height, width) between 0 and 1."""
    return torch.as_tensor(np.asarray(picture)).permute(2, 0, 1) / 255


def _tensors(name: str, pairs: Iterable[Any]) -> tuple[Tensor, Tensor]:
    """All images and labels of a data set."""
    indexed = hasattr(pairs, "__len__") and hasattr(pairs, "__getitem__")
    listed = [pairs[k] for k in range(len(pairs))] if indexed else list(pairs)  # type: ignore[arg-type,index]
    if not listed:
        raise ValueError(f"{name} must hold at least one image; got none")
    try:
        images = torch.stack([torch.as_tensor(image) for image, _ in listed]).to(torch.get_default_dtype())
        labels = torch.tensor([int(label) for _, label in listed])
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"{name} must hold pairs of an image, all of one shape, and a label ({error})") from None
    if images.dim() != 4 or labels.min() < 0:
        shape = shown(tuple(images.shape[1:]))
        raise ValueError(f"{name} must hold images (channels, height, width) and labels from 0; got shape {shape}")
    return images, labels
