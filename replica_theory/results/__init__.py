"""Results: grids and curves of points with a status each, labelled data, files."""
