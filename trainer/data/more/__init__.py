"""More rows from a person's own: varied by rules, or written by a language model; held for review before training."""
