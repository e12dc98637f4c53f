"""The ground floor: plan, recipes, estimates, checks, run store, worker, methods, diagnosis."""
