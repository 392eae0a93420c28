"""Jobs on any executor, and the files that their results are kept in."""
