"""A search whose trials Ray places: each trial is a run of backend `ray`, Optuna stays in the driver.

Trials join one cluster, the plan's or one of the study's own; those that don't fit wait in Ray's line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trainer.backends import ray
from trainer.fields import replace
from trainer.plan import Plan


@contextmanager
def placed(plan: Plan, workers: int) -> Iterator[Plan]:
    """The plan with the address of the cluster that all its trials share; other backends' plans as they are."""
    if plan.compute.backend != "ray":
        yield plan
        return
    each = ray.threads_each(plan)
    with ray.cluster(plan.compute.address, workers * plan.compute.num_processes * each, each) as address:
        yield replace(plan, {"address": address})
