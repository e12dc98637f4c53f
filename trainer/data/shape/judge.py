"""Columns for the roles that are trained on, by name first and then by content."""

from __future__ import annotations

from collections.abc import Callable

from trainer.data.shape.draft import STRONG, Draft
from trainer.data.shape.extras import extras_of
from trainer.data.shape.labels import take_label
from trainer.data.shape.look import Claim, Look, unnamed, value_words
from trainer.data.shape.names import key_of, table, words_in
from trainer.data.shape.pair import contents, order

SURE = 0.6
"""Below this confidence the person is asked."""


def drafted(look: Look, wanted: dict[str, str]) -> Draft:
    """Every role that names and content make plain."""
    draft = Draft(look, {role: Claim(name, 1.0, "you said so") for role, name in wanted.items()})
    _pairs_of_answers(draft)
    _conversations(draft)
    draft.extras = extras_of(look, [n for n in draft.free() if look.plain(n)])
    draft.take("system", look.best("system", draft.free(), _worded(look)))
    _question_and_answer(draft)
    take_label(draft)
    return draft


def _worded(look: Look) -> Callable[[str], float]:
    """Fit of a column for words that are read or written: full for plain names, less for what looks like data."""

    def fit(name: str) -> float:
        signs = look.signs[name]
        if not look.plain(name) or max(signs.date, signs.uuid, signs.link) >= 0.9:
            return 0.0
        strong = max(look.name_score(r, name) for r in ("prompt", "completion", "system", "chosen", "rejected"))
        if strong >= STRONG:
            return 1.0 if signs.prose else 0.95
        return 1.0 if signs.prose and not look.labelish(name) else 0.3

    return fit


def _pairs_of_answers(draft: Draft) -> None:
    """chosen and rejected, as texts, turns or conversations; one alone is nothing."""
    look = draft.look

    def fit(name: str) -> float:
        if look.columns[name].kind not in ("text", "list", "object", "mixed") or look.yes_no(name):
            return 0.0
        named = max(look.name_score("chosen", name), look.name_score("rejected", name))
        return 1.0 if named >= STRONG or not look.labelish(name) else 0.0

    chosen = draft.claims.get("chosen") or look.best("chosen", draft.free(), fit)
    left = [n for n in draft.free() if chosen is None or n != chosen.column]
    rejected = draft.claims.get("rejected") or look.best("rejected", left, fit)
    if chosen and rejected:
        draft.take("chosen", chosen)
        draft.take("rejected", rejected)


def _conversations(draft: Draft) -> None:
    """Lists of turns (also as JSON in a text), and the tools that go with them."""
    look = draft.look
    _told_pairs(draft)
    turns = [n for n in draft.free() if look.signs[n].turns]
    lists = [n for n in draft.free() if look.columns[n].kind == "list" and look.name_score("messages", n) >= 0.6]
    found = max(turns, key=lambda n: look.name_score("messages", n), default=None)
    if found:
        draft.take("messages", Claim(found, 0.99, f"holds turns with {look.signs[found].turns.removeprefix('json ')}"))
    elif lists:
        draft.take("messages", Claim(lists[0], 0.5, "named like a conversation"))
    if "messages" in draft.claims:
        draft.take("tools", look.best("tools", draft.free(), lambda _: 1.0))


def _told_pairs(draft: Draft) -> None:
    """TRL's conversational columns: a prompt of turns beside a completion, or beside chosen and rejected."""
    look = draft.look
    turns = [n for n in draft.free() if look.signs[n].turns and not look.signs[n].turns.startswith("json")]
    prompt = look.best("prompt", turns, lambda _: 1.0, least=0.9)
    answer = look.best("completion", turns, lambda _: 1.0, least=0.9)
    if prompt and (answer or "chosen" in draft.claims):
        draft.take("prompt", prompt)
        draft.take("completion", answer)


def _question_and_answer(draft: Draft) -> None:
    look, worded = draft.look, _worded(draft.look)
    if "messages" in draft.claims:
        draft.take("completion", look.best("completion", draft.free(), worded, least=STRONG))
        return
    draft.take("completion", look.best("completion", _no_titles(draft), worded))
    draft.take("prompt", _asked(draft, worded))
    if "chosen" in draft.claims:
        return
    if "completion" in draft.claims and "prompt" not in draft.claims:
        _question_for(draft)
    elif "prompt" in draft.claims and "completion" not in draft.claims:
        _answer_for(draft)
    elif "prompt" not in draft.claims:
        _both_by_content(draft)
    _weigh(draft)
    if "prompt" in draft.claims:
        draft.take("input", look.best("input", draft.free(), worded) or _empty_input(look))


def _no_titles(draft: Draft) -> list[str]:
    """Free columns, a summary that is the title of a description left out."""
    free, known = draft.free(), table()
    described = any(key_of(n) in known.described for n in draft.look.columns)
    return [n for n in free if not (described and key_of(n) in known.titles)]


def _empty_input(look: Look) -> Claim | None:
    """A column named 'input' without a value in these rows may have one in others."""
    empty = [n for n, c in look.columns.items() if c.kind == "empty" and look.name_score("input", n) >= 0.95]
    return Claim(empty[0], 0.8, "named like what a question is about; empty here") if empty else None


def _asked(draft: Draft, worded: Callable[[str], float]) -> Claim | None:
    """Named like a question; where there is an answer, a column named 'text' is what it answers."""
    look, free = draft.look, draft.free()
    asked = look.best("prompt", free, worded)
    text = look.best("text", free, worded, least=0.9)
    if text and "completion" in draft.claims and (asked is None or asked.confidence < 0.9):
        return Claim(text.column, 0.85, "the text that the answer belongs to")
    return asked


def _question_for(draft: Draft) -> None:
    """An answer is known; what does it answer?"""
    look, answer = draft.look, draft.claims["completion"]
    texts = draft.texts()
    if not texts:
        if look.name_score("completion", answer.column) < STRONG and answer.confidence < 1.0:
            del draft.claims["completion"]  # 'comment' alone is a text, no answer
        return
    if len(texts) == 1:
        (name,) = texts
        rival = look.name_score("completion", name) >= look.name_score("completion", answer.column) - 0.05
        if answer.confidence == 1.0 or not rival:
            draft.take("prompt", Claim(name, 0.85, f"the only other text beside {answer.column}"))
            return
        _directed(draft, name, answer.column)
        return
    found = max(texts, key=lambda n: (look.name_score("text", n), look.signs[n].asks - look.signs[n].replies))
    ahead = [n for n in texts if n != found and look.signs[n].asks >= look.signs[found].asks - 0.2]
    if look.name_score("text", found) or not ahead:
        draft.take("prompt", Claim(found, 0.75, f"of the other texts it asks most; {answer.column} answers"))
    else:
        draft.doubt = (found, answer.column)


def _answer_for(draft: Draft) -> None:
    """A question is known; is there a text that answers it?"""
    look, asked = draft.look, draft.claims["prompt"]
    texts = [n for n in draft.texts() if unnamed(n) or look.name_score("text", n)]
    texts = [n for n in texts if not look.name_score("prompt", n) or look.name_score("text", n) > STRONG]
    if not texts:
        return
    named = look.name_score("prompt", asked.column) >= STRONG or asked.confidence == 1.0
    verdicts = [order(look, asked.column, n) for n in texts]
    clear = [v for v in verdicts if v.first == asked.column and v.confidence >= SURE]
    if clear:
        best = max(clear, key=lambda v: v.confidence)
        draft.take("completion", Claim(best.second, max(best.confidence, 0.8 if named else 0.0), best.why))
    elif named and len(texts) == 1:
        draft.take("completion", Claim(texts[0], 0.75, f"the only other text beside {asked.column}"))
    elif not named and asked.confidence < 1.0 and verdicts[0].confidence >= SURE:
        draft.claims.pop("prompt")
        _directed(draft, asked.column, texts[0])


def _both_by_content(draft: Draft) -> None:
    """No name says anything: the pair whose words are plainest."""
    look, texts = draft.look, draft.texts()[:6]
    pairs = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :]]
    if not pairs:
        return
    best = max(pairs, key=lambda ab: order(look, *ab).confidence)
    if _one_text_only(draft, best):
        return
    _directed(draft, *best)


def _one_text_only(draft: Draft, pair: tuple[str, str]) -> bool:
    """A title or a note beside the one text that a label is about: no pair of question and answer."""
    look = draft.look
    named = [n for n in pair if look.name_score("text", n) >= 0.6]
    labelled = any(look.name_score("label", n) and look.labels(n) for n in draft.free())
    return bool(named) and (labelled or order(look, *pair).confidence < SURE) and len(draft.texts()) >= 2 and labelled


def _directed(draft: Draft, a: str, b: str) -> None:
    verdict = order(draft.look, a, b)
    draft.claims.pop("completion", None)
    if verdict.confidence < SURE or (_a_language(a) and _a_language(b)):
        draft.doubt = (verdict.first, verdict.second)
        return
    draft.take("prompt", Claim(verdict.first, verdict.confidence, verdict.why))
    draft.take("completion", Claim(verdict.second, verdict.confidence, verdict.why))


def _a_language(name: str) -> bool:
    """'en', 'text_de', 'German': translations go either way."""
    return bool(set(words_in(name)[-1:]) & value_words()["language"])


def _weigh(draft: Draft) -> None:
    """What the words add to names: longer, worded as a reply, or the other way round."""
    prompt, answer = draft.claims.get("prompt"), draft.claims.get("completion")
    if not prompt or not answer or not answer.why.startswith("named"):
        return
    told = contents(draft.look, prompt.column, answer.column)
    verdict = order(draft.look, prompt.column, answer.column)
    if verdict.first == answer.column and verdict.confidence >= 0.8:
        sure, told = min(answer.confidence, 0.65), "though its words ask more than they answer"
    else:
        sure = answer.confidence
    draft.claims["completion"] = Claim(answer.column, sure, f"{answer.why}; {told}" if told else answer.why)
