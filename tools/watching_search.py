"""Looking after a search: where it stands, ending it, going on with it."""

from __future__ import annotations

from tools.desk import Desk, ToolResult
from tools.search.study import ACTIVE, Study, StudyStore
from tools.words import number


def meant_search(name: str | None, desk: Desk) -> Study | None:
    """The search that a person speaks of: by its name, or this conversation's own while it goes on."""
    store = StudyStore(desk.home)
    if name is not None and name.startswith("study-"):
        return store.get(name)
    if name is not None or desk.study_id is None:
        return None
    own = store.get(desk.study_id)
    return own if own.state().get("status") in ACTIVE else None


def search_status(study: Study) -> ToolResult:
    """How many trials are done, the best so far, how it ended."""
    return ToolResult(status_of(study), {"study": study.id, **study.state()})


def status_of(study: Study) -> str:
    """Where a search stands, in a sentence or two."""
    state, search = study.state(), study.order().search
    if state.get("status") not in ACTIVE:
        more = f" Go on with it: tunesmith resume {study.id}." if state.get("status") == "died" else ""
        return f"{study.id}: {state.get('status')}. {state.get('text', '')}{more}".strip()
    trials = state.get("trials", [])
    done = sum(t["state"] != "running" for t in trials)
    whole = [t for t in trials if t["value"] is not None and t.get("share") == 1.0]
    best = min(whole, key=lambda t: t["value"], default=None)
    told = "" if best is None else f" Best so far: {best['value']:.4f} with {_values(best['params'])}."
    of = f" of {search.n_trials}" if search else ""
    return f"{study.id}: {state.get('status')}, {done}{of} trials done.{told}"


def _values(params: dict[str, object]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in params.items())


def stop_search(study: Study) -> ToolResult:
    """End it now: what was tried counts, what is under way is cut off."""
    if study.state().get("status") not in ACTIVE:
        return search_status(study)
    study.ask_stop()
    say = f"{study.id} is ending: what is under way is stopped, and the best of what was tried is told."
    return ToolResult(say, {"study": study.id}, [{"type": "stopping", "study": study.id}])


def resume_search(study: Study) -> ToolResult:
    """Go on with a search whose processes were killed. Raises UserFacingError where it goes on by itself."""
    study.resume()
    done = sum(t["state"] != "running" for t in study.state().get("trials", []))
    say = f"{study.id} goes on: {done} trials are done, what was under way is taken up where it stood."
    return ToolResult(say, {"study": study.id}, [{"type": "search_started", "study": study.id}])
