"""Loads at which something ends: solutions, their dense regions, the impossibility of learning."""
