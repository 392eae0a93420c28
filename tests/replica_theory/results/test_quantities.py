"""Labels and units."""

from dataclasses import fields

import replica_theory as rt
from replica_theory.results import quantities
from replica_theory.results.quantities import NATS, Quantity


def tables():
    return {name: value for name, value in vars(quantities).items() if isinstance(value, dict) and name.isupper()}


def test_every_quantity_says_what_it_is_and_entropies_have_units():
    assert len(tables()) > 10
    for name, table in tables().items():
        for quantity, label in table.items():
            assert isinstance(label, Quantity) and label.long_name and label.units, (name, quantity)
            if quantity.endswith("entropy") or quantity in ("phi", "complexity", "slope"):
                assert label.units == NATS, (name, quantity)


def test_labels_belong_to_fields():
    for kind in (rt.ReplicaSymmetric, rt.Capacity, rt.RobustEnsemble, rt.EntropyCurve, rt.Learning, rt.DenseThreshold,
                 rt.LearningTransition, rt.DenseTeacherThreshold, rt.FocusingFixedPoint,
                 rt.SatisfiabilityEntropy):  # fmt: skip
        assert kind._quantities.keys() <= {field.name for field in fields(kind)}, kind
