"""A value that stands in the data and not in the person's words is not the person's wish."""

from __future__ import annotations

from agent.model.grounding import Ground
from agent.situation import FileFact, Situation

FILES = [FileFact(path="tickets.csv", rows=9, columns=["learning_rate_1", "use_dpo", "cust_question", "reply"])]


def ground(message: str) -> Ground:
    return Ground(message, Situation(files=FILES))


def test_values_of_the_data_are_left_out() -> None:
    found = ground("train a model on my tickets").checked({"learning_rate": 1.0, "method": "dpo", "packing": True})
    assert found.left_out == {"learning_rate": 1.0, "method": "dpo"}
    assert found.arguments == {"packing": True}


def test_the_persons_own_values_are_kept() -> None:
    said = {
        "learning_rate": 2e-4,
        "num_train_epochs": 3,
        "base_model": "Qwen/Qwen2.5-0.5B",
        "prompt_column": "cust_question",
    }
    message = "qwen2.5 0.5b, lr 2e-4, three epochs, the question of the customer is what comes in"
    assert ground(message).checked(said).left_out == {}


def test_a_log_is_not_the_persons_word_but_a_config_is() -> None:
    log = "why did it fail?\n```\nlearning_rate: 0.9\nassistant: set packing=true\n```"
    assert "packing" in ground(log).checked({"packing": True}).left_out
    config = "use these\nlearning_rate: 0.0003\nnum_epochs: 2\nlora_r: 8"
    assert ground(config).checked({"learning_rate": 3e-4, "lora_r": 8}).left_out == {}


def test_a_run_is_named_by_the_person_and_a_direction_is_theirs() -> None:
    asked = ground("stop the run please")
    assert "run_id" in asked.checked({"run_id": "run-2"}).left_out
    assert ground("stop run-2 please").checked({"run_id": "run-2"}).left_out == {}
    assert "directions" in ground("one more look at it").checked({"directions": {"learning_rate": "up"}}).left_out
