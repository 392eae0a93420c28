"""Measurements on many instances, and what their averages are worth."""
