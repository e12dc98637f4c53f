"""Advice: sentences from a table of facts with sources, chosen by the person's data, machine and question."""
