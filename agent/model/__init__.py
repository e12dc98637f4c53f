"""A language model behind one door, and everything that keeps it honest: faults, limits, grounding, repeats."""
