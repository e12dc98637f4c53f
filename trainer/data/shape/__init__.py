"""Which column is what, and which format the rows have: judged by names and by content."""
