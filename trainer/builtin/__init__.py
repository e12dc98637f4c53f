"""The base model and the sample data that ship with Tunesmith."""
