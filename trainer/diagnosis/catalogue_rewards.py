"""The table behind `catalogue.py` for preference (DPO) and reward (GRPO) training."""

from trainer.diagnosis.catalogue_entries import Entry

REWARD_ENTRIES: dict[str, Entry] = {
    "dpo_margin_collapse": Entry(
        "dpo",
        "critical",
        "a collapse of the preference margin",
        "Chosen and rejected answers are pushed down together until the model no longer tells them apart.",
        "Lower the learning rate and raise beta.",
        "Healthy DPO lets the chosen rewards sink a little while the margin keeps growing.",
        "lower_learning_rate_raise_beta",
    ),
    "dpo_reward_overoptimization": Entry(
        "dpo",
        "critical",
        "over-optimised preferences",
        "The pairs are separated far beyond what they can teach, at the cost of the answers themselves.",
        "Lower the learning rate.",
        "Healthy DPO keeps some loss and a margin of a few units.",
        "lower_learning_rate",
    ),
    "dpo_loss_stuck_0693": Entry(
        "dpo",
        "critical",
        "a policy that does not move",
        "Policy and reference give the same answers, so the loss stays at the value of a coin toss.",
        "Make the policy trainable and different from the reference (adapter active, requires_grad).",
        "A slow start leaves that value within some tens of steps.",
        "make_policy_trainable",
    ),
    "grpo_reward_flat": Entry(
        "grpo",
        "critical",
        "rewards that do not differ",
        "GRPO learns from differences within a group of answers; where all get the same reward "
        "there is nothing to learn.",
        "Fix the reward so that it varies within a group.",
        "A learning rate that is too low would still show rewards that differ.",
        "fix_reward_function",
    ),
    "grpo_length_explosion": Entry(
        "grpo",
        "critical",
        "answers that grow until they are cut off",
        "Longer became better in the reward's eyes, until the answers no longer end.",
        "Add a length penalty, mask overlong answers, or reward an ending.",
        "Healthy runs grow a little while the reward rises.",
        "penalise_length",
    ),
    "grpo_kl_blowup": Entry(
        "grpo",
        "critical",
        "a policy that runs away from its reference",
        "The distance to the starting model (KL) explodes and the answers lose their sense.",
        "Lower the learning rate and raise beta.",
        "A healthy run drifts slowly while the reward rises.",
        "lower_learning_rate_raise_beta",
    ),
}
