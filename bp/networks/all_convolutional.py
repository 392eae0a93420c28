"""A small network of convolutions alone, with batch norm."""

from __future__ import annotations

import torch
from torch import Tensor

from bp.randomness import Rng, generator
from replica_theory.arguments import checked_integer


class AllConvolutional(torch.nn.Module):
    """Convolutions instead of pooling and dense layers, each with batch norm (Springenberg et al. 2015, made small).

    Two of width `width`, the second of stride 2; two of twice the width, the second of stride 2; one by one to the
    classes; the mean over all places.

    Parameters
    ----------
    channels : int
        Of the images, whose sides may have any length of at least 4.
    classes : int
        Outputs.
    width : int
        Channels of the first layer; 96 in the paper.
    rng : int, SeedSequence, Generator or None
        The start: convolutions normal with variance 2 / inputs of a unit (He et al. 2015).

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Examples
    --------
    >>> AllConvolutional(3, 10, rng=1)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, channels: int, classes: int, width: int = 8, rng: Rng = None) -> None:
        super().__init__()
        for name, value in (("channels", channels), ("classes", classes), ("width", width)):
            checked_integer(name, value)
        source = torch.Generator().manual_seed(int(generator(rng).integers(2**62)))
        layers: list[torch.nn.Module] = []
        for inputs, outputs, stride in (
            (channels, width, 1),
            (width, width, 2),
            (width, 2 * width, 1),
            (2 * width, 2 * width, 2),
        ):
            layers += [_convolution(inputs, outputs, 3, stride, source), torch.nn.BatchNorm2d(outputs), torch.nn.ReLU()]
        self.layers = torch.nn.Sequential(*layers, _convolution(2 * width, classes, 1, 1, source))

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the classes, shape (batch, classes)."""
        return self.layers(images).mean(dim=(2, 3))


def _convolution(inputs: int, outputs: int, side: int, stride: int, source: torch.Generator) -> torch.nn.Conv2d:
    """A convolution that begins at normal weights."""
    made = torch.nn.Conv2d(inputs, outputs, side, stride, padding=side // 2)
    with torch.no_grad():
        made.weight.normal_(0, (2 / (inputs * side**2)) ** 0.5, generator=source)
        torch.nn.init.zeros_(made.bias)  # type: ignore[arg-type,unused-ignore]
    return made
