"""What is learned, and how the loss says so: one section a method, in TRL's names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from trainer.plan.part import Part

DpoLoss = Literal[
    "sigmoid",
    "sigmoid_norm",
    "hinge",
    "ipo",
    "robust",
    "exo_pair",
    "nca_pair",
    "bco_pair",
    "sppo_hard",
    "aot",
    "apo_zero",
    "apo_down",
    "discopop",
]
RewardKind = Literal[
    "exact_match", "number", "regex", "json_valid", "json_schema", "length", "unit_tests", "judge", "custom"
]


class Sft(Part):
    """Supervised fine-tuning: learn to write the answers in the data."""

    method: Literal["sft"] = "sft"
    assistant_only_loss: bool = True
    """Train on the answers alone, not on the prompts."""


class Cpt(Part):
    """Continued pretraining: go on reading plain text."""

    method: Literal["cpt"] = "cpt"


class Dpo(Part):
    """Direct preference optimisation: make the better of two answers likelier than the worse (arXiv 2305.18290)."""

    method: Literal["dpo"] = "dpo"
    beta: float = Field(default=0.1, gt=0, le=10)
    """How strongly the model is held to where it began; small is loose."""
    loss_type: DpoLoss = "sigmoid"
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)

    @model_validator(mode="after")
    def _smoothed(self) -> Dpo:
        if self.loss_type == "exo_pair" and self.label_smoothing == 0:
            raise ValueError("loss_type exo_pair needs label_smoothing above 0 (its paper uses 0.001)")
        return self


class Kto(Part):
    """Learn from answers that are marked good or bad, one at a time (arXiv 2402.01306)."""

    method: Literal["kto"] = "kto"
    beta: float = Field(default=0.1, gt=0, le=10)
    loss_type: Literal["kto", "apo_zero_unpaired"] = "kto"
    desirable_weight: float = Field(default=1.0, gt=0, le=100)
    undesirable_weight: float = Field(default=1.0, gt=0, le=100)


class Orpo(Part):
    """Answers and preference in one loss, without a reference model (arXiv 2403.07691)."""

    method: Literal["orpo"] = "orpo"
    beta: float = Field(default=0.1, gt=0, le=10)
    """Weight of the odds ratio beside the likelihood of the better answer (the paper's lambda)."""


class Cpo(Part):
    """Contrastive preference optimisation, and SimPO by loss_type (arXiv 2401.08417, 2405.14734)."""

    method: Literal["cpo"] = "cpo"
    beta: float = Field(default=0.1, gt=0, le=10)
    loss_type: Literal["sigmoid", "hinge", "ipo", "simpo"] = "sigmoid"
    cpo_alpha: float = Field(default=1.0, ge=0, le=10)
    """Weight of the likelihood of the better answer; SimPO has 0."""
    simpo_gamma: float = Field(default=0.5, ge=0, le=10)
    """SimPO's target margin."""


class RewardModeling(Part):
    """A model that gives answers a number: higher for the better of two."""

    method: Literal["reward_modeling"] = "reward_modeling"
    center_rewards_coefficient: float | None = Field(default=None, ge=0, le=1)


class Reward(Part):
    """One verifiable judgement of a written answer, 0 to 1, and its weight in the sum."""

    kind: RewardKind
    weight: float = Field(default=1.0, gt=0, le=100)
    pattern: str | None = Field(default=None, max_length=2000)
    """regex: what the answer must match (fully or in part, as the pattern says)."""
    json_schema: dict[str, Any] | None = None
    min_length: int | None = Field(default=None, ge=0)
    """length: the fewest characters."""
    max_length: int | None = Field(default=None, ge=1)
    """length: the most characters."""
    file: str | None = None
    """custom: a Python file with `def reward(completion, **columns) -> float`; unit_tests: no file, rows hold them."""
    fingerprint: str | None = None
    """custom: SHA-256 of the file as it was shown before approval."""
    rubric: str | None = Field(default=None, max_length=4000)
    """judge: what makes an answer good."""
    judge_model: str | None = None
    """judge: the model that judges, as LiteLLM names it. It is asked over the network unless it is local."""

    @model_validator(mode="after")
    def _complete(self) -> Reward:
        needs = {"regex": "pattern", "json_schema": "json_schema", "custom": "file", "judge": "judge_model"}
        lacking = needs.get(self.kind)
        if lacking and getattr(self, lacking) is None:
            raise ValueError(f"a reward of the kind {self.kind} needs {lacking}")
        if self.kind == "length" and self.min_length is None and self.max_length is None:
            raise ValueError("a reward of the kind length needs min_length or max_length")
        return self


class _Online(Part):
    """What methods share that write answers while they train."""

    max_completion_length: int = Field(ge=1, le=32_768)
    """Tokens an answer may have."""
    temperature: float = Field(default=1.0, gt=0, le=5)
    num_generations: int = Field(default=8, ge=2, le=256)
    """Answers written for each prompt; they are compared with each other."""
    rewards: tuple[Reward, ...] = Field(min_length=1)


class Grpo(_Online):
    """Write several answers, reinforce those that score above their group's mean (arXiv 2402.03300)."""

    method: Literal["grpo"] = "grpo"
    beta: float = Field(default=0.0, ge=0, le=10)
    """Weight of the KL term; 0 keeps no reference model."""
    loss_type: Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo"] = "dapo"
    scale_rewards: Literal["group", "batch", "none"] = "group"


class Rloo(_Online):
    """REINFORCE with the other answers' mean as the baseline (arXiv 2402.14740)."""

    method: Literal["rloo"] = "rloo"
    beta: float = Field(default=0.05, ge=0, le=10)


class Distillation(Part):
    """The model answers, a larger teacher says at every token what it would have said (arXiv 2306.13649)."""

    method: Literal["distillation"] = "distillation"
    teacher_model: str
    teacher_fingerprint: str
    """SHA-256 over the teacher's folder."""
    beta: float = Field(default=1.0, ge=0, le=1)
    """0: forward KL, 1: reverse KL, between: Jensen-Shannon."""
    temperature: float = Field(default=1.0, gt=0, le=5)
    max_completion_length: int = Field(ge=1, le=32_768)


Method = Annotated[
    Sft | Cpt | Dpo | Kto | Orpo | Cpo | RewardModeling | Grpo | Rloo | Distillation, Field(discriminator="method")
]
PAIRWISE = ("dpo", "orpo", "cpo", "reward_modeling")
"""Methods that learn from a better and a worse answer."""
ONLINE = ("grpo", "rloo", "distillation")
"""Methods that write answers while they train."""
