"""Exact enumeration of small instances."""
