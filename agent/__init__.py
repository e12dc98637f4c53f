"""The conversation: one door to a language model, the brain without a model, approvals."""
