"""What the numbers of results are: a description and units for each, in one place for both packages."""

from __future__ import annotations

from typing import NamedTuple

NATS = "nats per weight"


class Quantity(NamedTuple):
    """What the numbers of a labelled array are."""

    long_name: str
    units: str = "1"


LOAD = Quantity("load, patterns per weight")
DISTANCE = Quantity("distance from the reference, differing weights over weights")
STATUS = Quantity("outcome of the point")
PARAMETERS = {"kappa": Quantity("margin of the model"), "beta": Quantity("inverse temperature of the model")}
RESIDUAL = Quantity("residual of the saddle-point equations")
SHIFT = Quantity("shift of the fields of a mixture")

SADDLE = {
    "alpha": LOAD,
    "entropy": Quantity("entropy of the configurations at the energy", NATS),
    "free_entropy": Quantity("free entropy; the entropy at beta = inf", NATS),
    "energy": Quantity("fraction of violated patterns"),
    "q": Quantity("overlap between two solutions"),
    "q_hat": Quantity("conjugate of the overlap"),
    "mean_square": Quantity("mean squared weight"),
    "mean_square_hat": Quantity("conjugate of the mean squared weight"),
    "teacher_overlap": Quantity("overlap with the teacher"),
    "teacher_overlap_hat": Quantity("conjugate of the overlap with the teacher"),
    "stability": Quantity("de Almeida-Thouless stability (positive: stable)"),
    "error": Quantity("estimated quadrature error of the free entropy", NATS),
    "residual": RESIDUAL,
    "shift": SHIFT,
}
LEARNING = {
    "alpha": LOAD,
    "teacher_overlap": Quantity("overlap of student and teacher"),
    "generalization_error": Quantity("probability that student and teacher disagree on a new pattern"),
    "vote_error": Quantity("probability that the vote of all students and the teacher disagree on a new pattern"),
    "q": Quantity("overlap between two students"),
    "entropy": Quantity("entropy of the students at their energy", NATS),
    "free_entropy": Quantity("free entropy; the entropy at beta = inf", NATS),
    "perfect": Quantity("whether the point lies on the branch of the teacher (1) or not (0)"),
    "error": Quantity("estimated quadrature error of the free entropy", NATS),
}
TRANSITION = {
    "alpha": LOAD._replace(long_name="load at which the branch of students meets the criterion"),
    "teacher_overlap": Quantity("overlap of student and teacher there"),
    "error": Quantity("estimated error of alpha"),
}
CAPACITY = {
    "alpha": LOAD._replace(long_name="capacity: load at which the replica-symmetric entropy vanishes"),
    "q": Quantity("overlap between two solutions at capacity"),
    "q_hat": Quantity("conjugate of the overlap"),
    "mean_square": Quantity("mean squared weight at capacity"),
    "stability": Quantity("de Almeida-Thouless stability at capacity (positive: stable)"),
    "error": Quantity("estimated error of alpha"),
    "shift": SHIFT,
}
MARGIN = {
    "alpha": LOAD,
    "kappa": Quantity("largest margin at the load"),
    "q": CAPACITY["q"],
    "stability": Quantity("de Almeida-Thouless stability there (positive: stable)"),
    "error": Quantity("estimated error of the margin"),
}
STABILITY_LIMIT = {
    "alpha": LOAD._replace(long_name="load from which on the replica-symmetric saddle point is unstable"),
    "q": Quantity("overlap between two solutions there"),
    "entropy": Quantity("entropy of the solutions there", NATS),
    "error": CAPACITY["error"],
}
LOCAL_ENERGY = {
    "alpha": LOAD,
    "distance": DISTANCE,
    "energy": Quantity("fraction of violated patterns at the distance from the reference"),
    "kappa_ref": Quantity("margin of the reference"),
    "error": Quantity("estimated numerical error of the energy"),
}
THRESHOLD = {
    "kappa": PARAMETERS["kappa"],
    "alpha": LOAD._replace(long_name="load at which the dense region ends, by the criterion"),
    "distance": DISTANCE._replace(long_name="distance at which the criterion is met"),
    "error": Quantity("estimated error of alpha"),
}
TEACHER_THRESHOLD = {
    "alpha": THRESHOLD["alpha"],
    "distance": THRESHOLD["distance"],
    "teacher_overlap": Quantity("overlap of the students with the teacher there"),
    "teacher_overlap_ref": Quantity("overlap of the reference with the teacher there"),
    "error": THRESHOLD["error"],
}
CURVE = {
    "distance": DISTANCE,
    "alpha": LOAD,
    "entropy": Quantity("entropy of the solutions at the distance from the reference", NATS),
    "slope": Quantity("derivative of the entropy in the distance", NATS),
    "complexity": Quantity("logarithm of the number of references per weight", NATS),
    "y": Quantity("number of replicas, conjugate to the local entropy"),
    "error": Quantity("estimated numerical error of the entropy", NATS),
}
OVERLAPS = {
    "q": Quantity("overlap between two solutions at the distance"),
    "q0": Quantity("overlap between solutions around different references"),
    "q1": Quantity("overlap between solutions around the same reference"),
    "t": Quantity("overlap with the reference"),
    "q_ref": Quantity("overlap between two references"),
    "gamma": Quantity("field along the reference, conjugate to the overlap with it"),
    "energy": Quantity("fraction of violated patterns"),
    "phi": Quantity("free entropy of references and replicas", NATS),
    "free_entropy": Quantity("free entropy: entropy minus beta alpha times the energy", NATS),
    "fold": Quantity("distance at which the branch turns back"),
    "replicon": Quantity("stability of the replica-symmetric saddle point (positive: stable)"),
    "replicon_ref": Quantity("the same against breaking among the references"),
    "residual": RESIDUAL,
}
ROBUST = {
    "alpha": LOAD,
    "gamma": Quantity("coupling to the reference"),
    "y": Quantity("number of replicas"),
    "free_entropy": Quantity("free entropy of the reference and all its replicas", NATS),
    "overlap": Quantity("overlap of a replica with the reference"),
    "energy": Quantity("fraction of patterns that a replica violates"),
    "local_entropy": Quantity("entropy of the configurations at the overlap from the reference", NATS),
    "complexity": Quantity("logarithm of the number of references per weight", NATS),
    "q0": Quantity("overlap of replicas of different references"),
    "q1": Quantity("overlap of replicas of the same reference"),
    "q0_hat": Quantity("conjugate of q0"),
    "q1_hat": Quantity("conjugate of q1"),
    "mean_square": Quantity("mean squared weight of the replicas"),
    "mean_square_ref": Quantity("mean squared weight of the reference"),
    "error": Quantity("largest change of free entropy, local entropy and overlap under doubled quadrature"),
    "residual": RESIDUAL,
    "stability": Quantity("smaller eigenvalue against breaking among replicas or references"),
}
FOCUSING = {
    "alpha": LOAD,
    "gamma": ROBUST["gamma"],
    "y": ROBUST["y"],
    "q": Quantity("mean square magnetisation of a replica"),
    "overlap": ROBUST["overlap"],
    "q_tilde": Quantity("mean square magnetisation of the reference"),
    "free_entropy": Quantity("free entropy of a replica", NATS),
    "internal_entropy": Quantity("free entropy less gamma times the overlap: local entropy and complexity / y", NATS),
    "response": Quantity("response through the reference"),
    "stability": Quantity("stability of the messages (positive: stable)"),
    "error": Quantity("largest change of q, overlaps and entropies under doubled quadrature"),
    "residual": Quantity("residual of the equations"),
}
EVOLUTION = {
    "iteration": Quantity("number of the iteration, 0 being the start"),
    "alpha": LOAD,
    "q": Quantity("mean square magnetisation"),
    "teacher_overlap": Quantity("overlap of the magnetisations with the teacher"),
    "mean_square": Quantity("mean squared weight"),
    "q_hat": Quantity("variance of the fields that the iteration made"),
    "teacher_overlap_hat": Quantity("mean of the fields that the iteration made"),
    "error": Quantity("largest change of the overlaps under halved quadrature"),
}
LOCALIZATION = {
    "time": Quantity("signal-to-noise ratio of the observed sample"),
    "q": Quantity("overlap of the magnetisations with the sample, reached from the typical overlap"),
    "rest": Quantity("1 - q to all its digits"),
    "q_hat": Quantity("conjugate of the overlap"),
    "strength": Quantity("signal-to-noise ratio of the field on a weight"),
    "q_other": Quantity("overlap of the fixed point that coexists"),
    "free_entropy": Quantity("free entropy of the tilted measure", NATS),
    "stability": Quantity("de Almeida-Thouless stability of the tilted measure (positive: stable)"),
    "q_ref": Quantity("typical overlap between two samples"),
    "q_hat_ref": Quantity("its conjugate"),
    "entropy": Quantity("entropy of the measure that is sampled", NATS),
    "error": Quantity("estimated numerical error of q"),
}
SAMPLING = {
    "alpha": LOAD._replace(long_name="load up to which the fixed point is unique at all times"),
    "time": Quantity("time at which a second fixed point appears (decimation: fraction of weights fixed)"),
    "q": Quantity("overlap at which it appears"),
    "rest": Quantity("1 - q to all its digits"),
    "entropy": Quantity("entropy of the measure that is sampled, at the threshold", NATS),
    "error": CAPACITY["error"],
}
MESSAGES = {
    "magnetizations": Quantity("mean weight"),
    "entropy": Quantity("Bethe entropy of the configurations", NATS),
    "free_entropy": Quantity("Bethe free entropy", NATS),
    "energy": Quantity("mean fraction of violated patterns"),
    "overlap": Quantity("mean square magnetisation"),
    "residual": Quantity("largest change in the last sweep"),
}
MESSAGE_FIELDS = {
    "message_fields": Quantity("fields of the messages"),
    "message_g": Quantity("output terms of the messages"),
    "message_precisions": Quantity("precisions of the messages"),
}
SAMPLE = {
    "energy": Quantity("mean fraction of violated patterns"),
    "energy_error": Quantity("standard error of the energy"),
    "energies": Quantity("fraction of violated patterns after the sweep"),
    "acceptance": Quantity("fraction of the proposed flips that were made"),
    "weights": Quantity("last configuration"),
}
SATISFIABILITY = {
    "ratio": Quantity("clauses per variable"),
    "entropy": Quantity("entropy per variable", NATS),
    "error": Quantity("standard error of the entropy", NATS),
    "free_entropy": Quantity("free entropy per variable", NATS),
    "energy": Quantity("fraction of violated clauses"),
    "energy_error": Quantity("standard error of the energy"),
    "overlap": Quantity("mean squared magnetization"),
    "overlap_error": Quantity("standard error of the overlap"),
    "annealed": Quantity("first moment", NATS),
}
LADDER = {
    "betas": Quantity("inverse temperature"),
    "energy": SAMPLE["energy"],
    "energy_error": SAMPLE["energy_error"],
    "free_entropy": Quantity("free entropy", NATS),
    "free_entropy_error": Quantity("standard error of the free entropy", NATS),
    "entropy": Quantity("entropy of the measure", NATS),
    "entropy_error": Quantity("standard error of the entropy", NATS),
    "correlation_time": Quantity("integrated autocorrelation time of the energy, in sweeps"),
    "acceptance": SAMPLE["acceptance"],
    "exchange": Quantity("fraction of the proposed exchanges with the next temperature that were made"),
    "round_trips": Quantity("journeys of replicas from the hottest temperature to the coldest and back"),
    "energies": SAMPLE["energies"],
    "weights": SAMPLE["weights"],
}
LOCALIZED = {
    "times": Quantity("time of the observation"),
    "overlaps": Quantity("mean squared magnetization of the sample"),
    "agreements": Quantity("overlap of the magnetizations with the weights that the sample ends in"),
    "failures": Quantity("how often messages did not come to rest"),
    "sweeps": Quantity("sweeps of messages"),
    "errors": Quantity("number of constraints that the sample violates"),
    "sound": Quantity("whether messages came to rest and the sample has a weight"),
    "weights": Quantity("sample"),
}
SOLUTION = {
    "weights": Quantity("configuration with the fewest violated constraints"),
    "errors": Quantity("number of constraints that it violates"),
    "iterations": Quantity("iterations done"),
}
SOLUTIONS = {
    "magnetizations": Quantity("mean weight over the solutions"),
    "energy_counts": Quantity("number of configurations that violate so many patterns"),
    "packed": Quantity("solution as an integer, bit i saying that weight i is +1"),
}
SOLUTION_DISTANCES = {
    "distance": DISTANCE,
    "entropy": Quantity("mean entropy of the solutions at the distance from a solution that has some there", NATS),
    "isolated": Quantity("fraction of the solutions without a solution at the distance"),
}
TUPLE = {
    "alpha": LOAD._replace(long_name="load at which the tuples of solutions end"),
    "sizes": Quantity("solutions in a group"),
    "overlaps": Quantity("overlap between tuples, then inside the groups"),
    "conjugates": Quantity("conjugates of the overlaps"),
    "stability": Quantity("stability of the overlap between tuples (positive: stable)"),
    "error": CAPACITY["error"],
}
TUPLES = {
    "alpha": LOAD._replace(long_name="extrapolated load to which the thresholds of the levels fall"),
    "error": CAPACITY["error"],
    "levels": Quantity("level"),
    "thresholds": LOAD._replace(long_name="threshold of the level"),
    "stabilities": TUPLE["stability"],
    "extrapolations": LOAD._replace(long_name="limits of the power laws 3 and 4"),
}
