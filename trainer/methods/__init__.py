"""How a plan becomes training: the only rooms that import torch, transformers, peft and trl."""
