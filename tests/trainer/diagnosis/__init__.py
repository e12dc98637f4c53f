"""Tests of the diagnosis: a simulator of histories, faults on top of it, and real short runs."""
