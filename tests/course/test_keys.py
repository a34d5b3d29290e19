"""What holds for every key: the solution passes, each known mistake is told, students get files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from whobuys.course import Judge, Question, exercise, load_key, unit_folder, units
from whobuys.course._answers import decode, encode
from whobuys.course._judge import _partial
from whobuys.course._practice import PRACTICE_SEED, TICKET_FILE
from whobuys.grade.release import ticket_json
from whobuys.market import NoTruthError, write_tables

UNITS = units()
KEYS = {unit: load_key(unit_folder(unit) / "key.py") for unit in UNITS}
SEEDS = range(1, 5)  # test_solutions.py tells the mistakes of twenty more cases apart


def closed(unit: str) -> list[Question]:
    return [question for question in KEYS[unit].questions.values() if not question.open]


@pytest.mark.parametrize("seed", [PRACTICE_SEED, *SEEDS])
@pytest.mark.parametrize("unit", UNITS)
def test_the_solution_passes_and_every_mistake_has_its_words_and_credit(
    unit: str, seed: int
) -> None:
    judge = Judge(KEYS[unit], KEYS[unit].draw(seed))
    confused = judge.recognises()
    if confused and seed != PRACTICE_SEED:
        pytest.skip(f"not a fair case, drawn again at release: {confused}")
    assert not confused
    for question in closed(unit):
        right = decode(encode(judge.right(question.id)))
        assert judge.judge(question.id, right).status == "passed"
        told = set()
        for mistake in question.mistakes:
            verdict = judge.judge(question.id, judge._make(question, mistake, {}).answer)
            assert (verdict.mistake, verdict.credit) == (mistake.id, mistake.credit)
            assert verdict.status == ("partly" if mistake.credit else "try_again")
            told.add(verdict.details)
            for odd in ("{", "}", "nan", "inf ", "…", "e+", "None", "np."):
                assert odd not in verdict.details[0], f"{mistake.id}: {verdict.details[0]}"
        assert len(told) == len(question.mistakes)


@pytest.mark.parametrize("unit", UNITS)
def test_a_mistake_earns_no_less_known_than_unknown(unit: str) -> None:
    judge = Judge(KEYS[unit], KEYS[unit].draw(PRACTICE_SEED))
    for question in closed(unit):
        for mistake in question.mistakes:
            wrong, right = judge._make(question, mistake, {}).answer, judge.right(question.id)
            unknown = _partial(question, question.compare.compare(right, wrong))
            assert mistake.credit >= unknown.credit, mistake.id


@pytest.mark.parametrize("unit", UNITS)
def test_questions_have_mistakes_hints_and_a_place_to_read_again(unit: str) -> None:
    for question in KEYS[unit].questions.values():
        assert question.again, question.id
        assert question.hints, question.id
        if not question.open:
            assert len(question.hints) >= 2, question.id
            assert len(question.mistakes) >= 2, question.id
    assert sum(question.points for question in closed(unit)) == 20
    assert KEYS[unit].points == 40


@pytest.mark.parametrize("feedback", ["shape", "full"])
@pytest.mark.parametrize("unit", UNITS)
def test_released_files_give_the_same_right_answers(
    unit: str, feedback: str, tmp_path, monkeypatch
) -> None:
    key = KEYS[unit]
    case = key.draw(3)
    write_tables(case, tmp_path / "data")
    (tmp_path / TICKET_FILE).write_text(ticket_json(key, feedback, case), encoding="utf-8")
    (tmp_path / "key.py").write_bytes((unit_folder(unit) / "key.py").read_bytes())
    monkeypatch.chdir(tmp_path)
    check = exercise(unit)
    for name in case.tables:
        pd.testing.assert_frame_equal(
            check.data(name), case[name], check_dtype=False, atol=0.0051, rtol=0
        )
    from_files, drawn = Judge(key, check._case), Judge(key, case)
    for question in closed(unit):
        try:
            right = decode(encode(from_files.right(question.id)))
        except NoTruthError:
            continue
        assert drawn.judge(question.id, right).status == "passed", question.id
    if feedback == "shape":
        sent = json.dumps(json.loads((tmp_path / TICKET_FILE).read_text(encoding="utf-8")))
        for question in closed(unit):
            for mistake in question.mistakes:
                assert mistake.words[:30] not in sent
