"""The brain that needs no model: reads a message by rules and tables."""

from agent.builtin.understand import understand

__all__ = ["understand"]
