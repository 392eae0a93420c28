"""More digits than doubles have, each confirmed by a second run, and balls that are proved to hold a number."""
