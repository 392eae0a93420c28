"""Typical solutions: replica-symmetric saddle points, students and teachers."""
