"""Reading logs: every accepted form, and a clear sentence for what can't be read."""

import json
import math

import pytest

from trainer.diagnosis import History, diagnose
from trainer.diagnosis.logs import LogUnreadable, read_history

ROWS = [{"step": 10, "loss": 2.0, "epoch": 0.1}, {"step": 20, "loss": 1.5, "epoch": 0.2}]

CONSOLE = """
  0%|          | 0/60 [00:00<?, ?it/s]
 17%|#7        | 10/60 [00:05<00:20,  2.4it/s]
{'loss': 2.31, 'grad_norm': 1.5, 'learning_rate': 1e-4, 'epoch': 0.1}
 33%|###       | 20/60 [00:09<00:18,  2.4it/s]{'loss': nan, 'grad_norm': inf, 'epoch': 0.2}
{'eval_loss': 2.1, 'eval_runtime': 1.0, 'epoch': 0.2}
Some warning {with braces} in between.
{'train_runtime': 12.3, 'train_loss': 2.0, 'epoch': 1.0}
"""


def test_trainer_state_list_and_lines_give_the_same_rows() -> None:
    state = json.dumps({"best_metric": None, "log_history": ROWS})
    lines = "\n".join(json.dumps(row) for row in ROWS)
    assert read_history(state) == read_history(json.dumps(ROWS)) == read_history(lines) == ROWS
    assert read_history(state.encode()) == read_history({"log_history": ROWS}) == ROWS


def test_console_lines_with_progress_bars() -> None:
    rows = read_history(CONSOLE)
    assert [row.get("step") for row in rows] == [10, 20, 20, None]
    history = History.from_log(rows)
    assert history.train.broken("loss").tolist() == [False, True]
    assert history.evals.column("eval_loss").tolist() == [2.1]


def test_console_values_as_text_and_without_steps() -> None:
    text = "\n".join(f"{{'loss': '{5 - i / 10:.3f}', 'grad_norm': '1.0', 'epoch': '{i / 10}'}}" for i in range(1, 30))
    history = History.from_log(read_history(text))
    assert history.steps_counted
    assert history.loss[0] == pytest.approx(4.9)
    assert diagnose(history)[0].label == "healthy"


def test_nan_of_json_is_kept() -> None:
    (row,) = read_history('[{"step": 1, "loss": NaN}]')
    assert math.isnan(row["loss"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("hello there", "neither JSON nor printed"),
        ('{"model": "x"}', "holds no log"),
        ("[1, 2]", "not an object"),
        ("3", "not a list"),
        ("[]", "No training metrics"),
        ('[{"step": 1, "loss": 2.0}, {"step": 2, "lo', "neither JSON nor printed"),
        ('{"best_metric": null, "log_history": [{"step": 1, "loss": 2.0}, {"st', "neither JSON"),
        ('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.9', "breaks off"),
        ("{'loss': 2.0, 'epoch': 0.1}\n{'loss': 1.9 'epoch': 0.2}", "damaged"),
    ],
)
def test_what_cannot_be_read_says_what_where_and_how(text: str, words: str) -> None:
    with pytest.raises(LogUnreadable) as raised:
        read_history(text)
    error = raised.value
    assert words in str(error)
    assert error.problem and error.where and error.fix
    assert str(error).count("\n") == 0
