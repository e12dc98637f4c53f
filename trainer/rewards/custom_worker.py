"""The process of a person's own reward: reads its source, then answers rows, JSON lines in and out.

Only the standard library is imported here, so that the file meets an empty room.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from typing import Any

Row = dict[str, Any]


def main() -> None:
    """Answer until the other side closes. What the file prints goes nowhere: the answers' pipe is kept from it."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    hello = json.loads(sys.stdin.readline())
    names: Row = {"__name__": "reward_file", "__file__": hello["name"]}
    fault = _read(hello, names)
    _say(pipe, {"fault": fault} if fault else {"ready": True})
    for line in sys.stdin:
        row = json.loads(line)
        _say(pipe, {"id": row["id"], **_scored(names["reward"], row)})


def _say(pipe: Any, row: Row) -> None:
    pipe.write(json.dumps(row) + "\n")
    pipe.flush()


def _read(hello: Row, names: Row) -> str:
    """Run the file; what is wrong with it, or ''."""
    try:
        exec(compile(hello["source"], hello["name"], "exec"), names)
    except BaseException as error:  # noqa: BLE001  (the person's code may raise anything, SystemExit too)
        return f"{hello['name']} can't be loaded: {_told(error, hello['name'])}"
    return "" if callable(names.get("reward")) else f"{hello['name']} has no function called reward"


def _scored(reward: Any, row: Row) -> Row:
    try:
        value = reward(row["completion"], **row["columns"])
        return {"score": float(value)} if _is_number(value) else {"fault": f"it gave {value!r:.80}, not a number"}
    except Exception as error:  # noqa: BLE001  (the person's code may raise anything)
        return {"fault": _told(error, "")}


def _is_number(value: Any) -> bool:
    """Numbers, and what turns into one without being text (numpy's scalars)."""
    return not isinstance(value, str | bytes) and hasattr(value, "__float__")


def _told(error: BaseException, name: str) -> str:
    """An error with the line of the person's file it came from."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    where = f" (line {lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {str(error)[:200]}{where}"


def _follow(parent: int) -> None:
    """Leave with the one who asked, also out of an endless loop."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
