"""What algorithms do as N → ∞: their state evolution and fixed points."""
