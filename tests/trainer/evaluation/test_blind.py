"""Blind comparisons: sides by lot, votes kept and taken back, the outcome in words, a favoured side noticed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.evaluation.compared import answered
from trainer.errors import UserFacingError
from trainer.evaluation import blind
from trainer.evaluation.blind import Vote
from trainer.evaluation.preferences import preferences, words


def voted(run: Any, rater: str, better: Any, other: str = "base") -> None:
    """A rater who votes as `better` says of (pair, left side): left, right or tie."""
    pairs = blind.opened(run, other)
    for number in range(len(pairs.pairs)):
        left = blind.left_side(pairs, rater, number)
        vote = {"rater": rater, "pair": number, "left": left, "choice": better(number, left)}
        blind.cast(run, other, Vote.model_validate(vote))


def own(_: int, left: int) -> str:
    """Always for the run's answer."""
    return "left" if left == 0 else "right"


def test_rows_answered_alike_are_left_out_and_the_read_is_logged(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    pairs = blind.opened(run)
    assert len(pairs.pairs) == 10 and pairs.same == 2
    assert blind.opened(run) == pairs, "it is made once"
    assert [e["by"] for e in run.events() if e["kind"] == "holdout_read"] == ["blind comparison"]
    pair = pairs.pairs[0]
    assert pair.question == f"question {pair.row}?" and pair.reference == f"right {pair.row}"
    assert pair.answers == (f"good answer {pair.row}", f"bad answer {pair.row}")


def test_sides_are_dealt_by_lot_for_each_rater_and_stay(home: Path, qa_file: Path) -> None:
    pairs = blind.opened(answered(qa_file, 60))
    one, two = ([blind.left_side(pairs, name, n) for n in range(50)] for name in ("ann", "bob"))
    assert 12 < sum(one) < 38 and one != two
    assert one == [blind.left_side(pairs, "ann", n) for n in range(50)]


def test_who_always_chooses_one_model_makes_it_win(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    voted(run, "ann", own)
    found = preferences(blind.opened(run), blind.votes(run))
    assert (found.wins, found.losses, found.ties) == (10, 0, 0) and found.share is not None
    assert "run-1 is preferred: 10 to 0, 0 ties" in words(blind.opened(run), found)


def test_a_last_vote_counts_and_can_be_taken_back(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    voted(run, "ann", own)
    blind.cast(run, "base", Vote(rater="ann", pair=3, left=0, choice="tie"))
    assert preferences(blind.opened(run), blind.votes(run)).ties == 1
    assert blind.take_back(run, "base", "ann")
    found = preferences(blind.opened(run), blind.votes(run))
    assert (found.pairs, found.ties) == (9, 0) and not blind.take_back(run, "base", "nobody")


def test_votes_by_chance_show_no_preference(home: Path, qa_file: Path) -> None:
    run, lot = answered(qa_file, 60), random.Random(2)
    voted(run, "ann", lambda *_: lot.choice(["left", "right", "tie"]))
    text = words(blind.opened(run), preferences(blind.opened(run), blind.votes(run)))
    assert "No preference that 50 pairs could show" in text


def test_planted_raters_give_their_kappa(home: Path, qa_file: Path) -> None:
    run = answered(qa_file, 60)
    voted(run, "ann", own)
    voted(run, "bob", lambda n, left: own(n, left) if n % 5 else own(n, 1 - left))
    voted(run, "cy", lambda n, left: own(n, left) if n % 2 else own(n, 1 - left))
    pairs, said = blind.opened(run), blind.votes(run)
    two = preferences(pairs, [v for v in said if v.rater != "cy"])
    three = preferences(pairs, said)
    # ann is always for one: beyond chance she agrees with nobody
    assert two.kappa == pytest.approx(0.0) and three.kappa is not None and three.kappa < 0.3
    voted(run, "dan", lambda n, left: own(n, left) if n % 2 else own(n, 1 - left))
    same = preferences(pairs, [v for v in blind.votes(run) if v.rater in ("cy", "dan")])
    assert same.kappa == pytest.approx(1.0) and "almost perfect beyond chance (Cohen's kappa 1.00)" in words(
        pairs, same
    )
    assert "Fleiss's kappa" in words(pairs, preferences(pairs, blind.votes(run)))


def test_a_rater_who_favours_a_side_is_noticed(home: Path, qa_file: Path) -> None:
    run = answered(qa_file, 60)
    voted(run, "ann", lambda n, _: "left" if n % 10 else "right")
    found = preferences(blind.opened(run), blind.votes(run))
    assert found.left == pytest.approx(0.9)
    assert "The answer on the left was chosen in 90 % of the votes" in words(blind.opened(run), found)


def test_ratings_on_a_scale_have_a_gap_and_a_weighted_kappa(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    pairs = blind.opened(run)
    for rater in ("ann", "bob"):
        order = blind.items(pairs, rater)
        assert sorted(order) == [(p, s) for p in range(10) for s in (0, 1)]
        for pair, side in order:
            off = rater == "bob" and pair == 0
            blind.cast(run, "base", Vote(rater=rater, pair=pair, left=side, rating=(2 if side else 4) + pair % 2 + off))
    found = preferences(pairs, blind.votes(run))
    assert found.ratings is not None and found.ratings_gap is not None
    assert found.ratings[0].value > found.ratings[1].value and found.ratings_gap.low > 0
    assert found.ratings_kappa is not None and found.ratings_kappa > 0.9 and found.pairs == 0


def test_decided_pairs_become_preference_rows(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    voted(run, "ann", lambda n, left: "tie" if n == 0 else own(n, left))
    rows = blind.preferred(blind.opened(run), blind.votes(run))
    assert len(rows) == 9
    assert all(r["chosen"].startswith("good") and r["rejected"].startswith("bad") for r in rows)


def test_two_runs_are_compared_on_the_rows_both_were_asked(home: Path, qa_file: Path) -> None:
    first, second = answered(qa_file), answered(qa_file, words="better")
    pairs = blind.opened(second, first.id)
    assert len(pairs.pairs) == 12 and pairs.names == ("run-2", "run-1")
    with pytest.raises(UserFacingError, match="answered every row alike"):
        blind.opened(first, answered(qa_file).id)


def test_runs_of_other_rows_and_names_that_lead_elsewhere_are_refused(home: Path, qa_file: Path) -> None:
    first, other = answered(qa_file), answered(qa_file, 20)
    with pytest.raises(UserFacingError, match="tested on different rows"):
        blind.opened(first, other.id)
    for name in ("../proposal", "../../run-2/blind/base", "run-9"):
        with pytest.raises(UserFacingError, match="there is no run"):
            blind.opened(first, name)
    with pytest.raises(UserFacingError, match="compared with itself"):
        blind.opened(first, first.id)
    third = answered(qa_file, words="fine")
    assert blind.opened(first, "last").other == third.id, "a name that moves is kept as what it meant"


def test_a_run_without_answers_is_refused_in_a_sentence(home: Path, qa_file: Path) -> None:
    run = answered(qa_file)
    (run.folder / "answers.json").unlink()
    with pytest.raises(UserFacingError, match="no written answers"):
        blind.opened(run)
