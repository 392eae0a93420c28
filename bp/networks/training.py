"""The worked example: one network trained alone, by its local entropy, as replicas, and on split data."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from bp.execution.store import require_writable, save_npz, unsealed
from bp.networks.all_convolutional import AllConvolutional
from bp.networks.centre import centre_network
from bp.networks.entropy_sgd import EntropySGD
from bp.networks.flatness import local_energy
from bp.networks.images import Images
from bp.networks.record import Epoch, TrainingRecord
from bp.networks.replicas import Replicas
from bp.networks.scoping import Scoping
from bp.networks.state_arrays import arrays_of, state_of
from replica_theory._version import __version__
from replica_theory.arguments import (
    NON_NEGATIVE,
    POSITIVE,
    checked_choices,
    checked_integer,
    checked_kind,
    checked_number,
    checked_path,
)
from replica_theory.results.files import remove_leftovers

METHODS = ("sgd", "entropy-sgd", "replicas", "split")
_EVALUATED = 512
"""Images that are evaluated at a time."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """Options of `split_training` that are not about data.

    Parameters
    ----------
    epochs : int
        Passes over the data: of each replica over what it has.
    batch : int
        Images of a minibatch.
    lr, momentum : float
        Of SGD; `lr` is also the inner step of Entropy-SGD.
    y : int
        Number of replicas.
    gamma : Scoping
        Coupling of the replicas.
    steps : int
        Gradients for one outer step of Entropy-SGD.
    width : int
        Of the network: `AllConvolutional`.
    sigma : float
        Disturbance that flatness is measured with.
    draws : int
        Of this disturbance.
    seed : int
        Of all.

    Raises
    ------
    TypeError, ValueError
        If an option is not allowed.
    """

    epochs: int = 10
    batch: int = 20
    lr: float = 0.05
    momentum: float = 0.9
    y: int = 3
    gamma: Scoping = field(default_factory=lambda: Scoping(0.2, 0.02, most=20.0))
    steps: int = 5
    width: int = 8
    sigma: float = 0.2
    draws: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "y", "steps", "width", "draws"):
            checked_integer(name, getattr(self, name))
        checked_integer("seed", self.seed, 0)
        for name in ("lr", "sigma"):
            checked_number(name, getattr(self, name), POSITIVE)
        checked_number("momentum", self.momentum, NON_NEGATIVE)
        checked_kind("gamma", self.gamma, Scoping, such="Scoping(0.2, 0.02)")


def split_training(
    images: Images,
    methods: str | Sequence[str] = METHODS,
    plan: Plan | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> TrainingRecord:
    """Train a small all-convolutional network on a set of images by several methods and measure each epoch.

    ``"sgd"`` is one network on all images; ``"entropy-sgd"`` one too, by `EntropySGD`; ``"replicas"`` are `y` networks
    on all images each, coupled by `Replicas`; ``"split"`` are `y` coupled networks that see a part of the images each.
    Of the replicas the network at the centre is measured.

    Parameters
    ----------
    images : Images
    methods : str or sequence of str
        Among ``"sgd"``, ``"entropy-sgd"``, ``"replicas"``, ``"split"``.
    plan : Plan, optional
    folder : path, optional
        Where the state of every method is kept after each epoch: the same call goes on from there, and ends with the
        same numbers, bit for bit, as if it had not been stopped. More epochs continue it.

    Returns
    -------
    TrainingRecord

    Raises
    ------
    OSError
        If the folder cannot be written.
    TypeError, ValueError
        If an argument is not allowed, or the folder holds a run of other images or options.
    """
    checked_kind("images", images, Images, such="Images.digits()")
    chosen = checked_choices("methods", methods, METHODS)
    plan = Plan() if plan is None else plan
    checked_kind("plan", plan, Plan)
    least = plan.y if "split" in chosen else 1
    if len(images.train[1]) < least:
        raise ValueError(f"images must hold at least {least} to train with; got {len(images.train[1])}")
    place = None if folder is None else Path(checked_path("folder", folder))
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        require_writable(place)
    epochs: list[Epoch] = []
    for method in chosen:
        epochs += _trained(_Team(method, images, plan), place)
    return TrainingRecord(images.name, plan.sigma, tuple(epochs))


def _trained(team: _Team, folder: Path | None) -> list[Epoch]:
    """All epochs of one method, those in the file and the rest."""
    path, rows = None if folder is None else folder / f"{team.method}.npz", []
    if path is not None:
        remove_leftovers(path.parent, path.name)
        if path.exists():
            rows = _read(team, path)
    wanted = team.plan.epochs
    for epoch in tqdm(range(len(rows) + 1, wanted + 1), desc=team.method, unit="epoch", disable=None, leave=False):
        team.train(epoch)
        rows.append(team.measured(epoch))
        _log.info("%s, epoch %d of %d: test error %.4f", team.method, epoch, wanted, rows[-1].test_error)
        if path is not None:
            state = {"team": team.state_dict(), "rows": [asdict(row) for row in rows]}
            save_npz(path, arrays_of(state), team.about())
    return rows[:wanted]


def _read(team: _Team, path: Path) -> list[Epoch]:
    """Epochs that a file holds; the team goes on from the last."""
    try:
        state = state_of(unsealed(path.read_bytes(), team.about()))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; it is left as it was") from None
    team.load_state_dict(state["team"])
    return [Epoch(**row) for row in state["rows"]]


class _Team:
    """The networks of one method with their optimisers."""

    def __init__(self, method: str, images: Images, plan: Plan) -> None:
        self.method, self.images, self.plan, self.gradients = method, images, plan, 0
        y = plan.y if method in ("replicas", "split") else 1
        channels, classes = images.train[0].shape[1], images.classes
        self.nets = [AllConvolutional(channels, classes, plan.width, self._seed(0, a)) for a in range(y)]
        self.optimizers = [self._optimizer(net) for net in self.nets]
        gamma = plan.gamma if y > 1 else 0.0
        self.replicas = Replicas(self.optimizers, gamma=gamma)
        order = np.random.default_rng(self._seed(1, 0)).permutation(len(images.train[1]))
        self.shards = np.array_split(order, y) if method == "split" else [order] * y

    def train(self, epoch: int) -> None:
        """One pass of every replica over its images."""
        streams = [self._batches(epoch, a) for a in range(len(self.nets))]
        gradients = self.plan.steps if self.method == "entropy-sgd" else 1
        batches = -(-len(self.shards[0]) // self.plan.batch)
        for net in self.nets:
            net.train()
        for _ in range(max(1, round(batches / gradients))):
            for net, optimizer, stream in zip(self.nets, self.optimizers, streams, strict=True):
                optimizer.step(partial(self._loss, net, stream))
            self.replicas.step()
            self.gradients += gradients * len(self.nets)

    def measured(self, epoch: int) -> Epoch:
        """Errors and flatness of the network at the centre."""
        train, plan = _batches_of(self.images.train), self.plan
        network = centre_network(self.replicas, self.nets[0], [inputs for inputs, _ in train])
        energy = local_energy(network, train, sigma=plan.sigma, samples=plan.draws, rng=self._seed(2, 0))
        test = local_energy(network, _batches_of(self.images.test), sigma=0.0, samples=1, recompute=False, rng=0)
        spread = self.replicas.spread()
        rise, error = float(energy.rise[0]), float(energy.error[0])
        return Epoch(self.method, epoch, self.gradients, energy.undisturbed, test.undisturbed, rise, error, spread)

    def state_dict(self) -> dict[str, Any]:
        nets = [net.state_dict() for net in self.nets]
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        replicas = self.replicas.state_dict()
        return {"nets": nets, "optimizers": optimizers, "replicas": replicas, "gradients": self.gradients}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for net, optimizer, *given in zip(self.nets, self.optimizers, state["nets"], state["optimizers"], strict=True):
            net.load_state_dict(given[0])
            optimizer.load_state_dict(given[1])
        self.replicas.load_state_dict(state["replicas"])
        self.gradients = state["gradients"]

    def about(self) -> str:
        """What a file with the state of this run belongs to."""
        plan = {name: value for name, value in asdict(self.plan).items() if name != "epochs"}
        sums = [float(part.double().abs().sum()) for pair in (self.images.train, self.images.test) for part in pair]
        about = {"version": __version__, "method": self.method, "data": self.images.name, "sums": sums, "plan": plan}
        return json.dumps(about)

    def _optimizer(self, net: torch.nn.Module) -> torch.optim.Optimizer:
        plan = self.plan
        if self.method == "entropy-sgd":
            return EntropySGD(net.parameters(), momentum=plan.momentum, nesterov=plan.momentum > 0, steps=plan.steps,
                              step_size=plan.lr, growth=1e-3, seed=plan.seed)  # fmt: skip
        return torch.optim.SGD(net.parameters(), lr=plan.lr, momentum=plan.momentum)

    def _loss(self, net: torch.nn.Module, batches: Iterator[tuple[Tensor, Tensor]]) -> Any:
        images, labels = next(batches)
        net.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(images), labels)
        loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
        return loss

    def _batches(self, epoch: int, replica: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Minibatches of a replica in an epoch: pass after pass, each in an order of its own."""
        source, (images, labels) = np.random.default_rng(self._seed(3, epoch, replica)), self.images.train
        while True:
            order = torch.as_tensor(source.permutation(self.shards[replica]))
            for part in order.split(self.plan.batch):
                yield images[part], labels[part]

    def _seed(self, *words: int) -> np.random.SeedSequence:
        return np.random.SeedSequence([self.plan.seed, *words])


def _batches_of(pair: tuple[Tensor, Tensor]) -> list[tuple[Tensor, Tensor]]:
    return list(zip(pair[0].split(_EVALUATED), pair[1].split(_EVALUATED), strict=True))
