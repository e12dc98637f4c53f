"""What the agent may do: one typed function each."""
