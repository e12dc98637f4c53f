"""Proof by experiment: a moment of a run trained again, as it was and without the suspect, a few times each.

`replay` says what would be done and how long it takes, `carry_out` does it in a process of its own
(`trainer.methods.replay`), `outcome` weighs what came out. Nothing of the run itself is touched.
"""
