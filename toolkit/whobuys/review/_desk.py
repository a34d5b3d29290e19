"""What the review page may ask for, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from whobuys import review
from whobuys._errors import InstructorError
from whobuys.grade._tables import QuestionRow, WorkRow
from whobuys.grade.gradebook import Gradebook
from whobuys.review._marking import named
from whobuys.review._queue import Due, Given, Mode, Waiting, waiting
from whobuys.review._text import is_long, shown, shown_work

PATIENCE = 3.0
#: The methods of `Desk` that a page may call.
READS = ("unit", "question", "work")
WRITES = ("points", "comment", "confirm", "answer", "keep", "use", "drop")
Asked = Mapping[str, Any]


@dataclass(frozen=True)
class Sitting:
    """Who marks what, and how.

    Attributes
    ----------
    gradebook : str or Path
        The gradebook.
    unit : str
        Such as "05_rfm".
    marker : str
        Who marks.
    mode : str
        "first", "second" or "settle", see `whobuys.review.queue`.
    blind : bool
        Whether names stay hidden.
    due : datetime, mapping or None
        When hand-ins were due.
    """

    gradebook: str | Path
    unit: str
    marker: str
    mode: Mode = "first"
    blind: bool = True
    due: Due = None


class Desk:
    """Answers the page. Students' ids and names never reach one that marks blindly."""

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.marker = named(sitting.marker)
        self.book = Gradebook(sitting.gradebook, must_exist=True, patience=PATIENCE)
        try:
            self.questions = review.open_questions(self.book, sitting.unit)
        except BaseException:
            self.book.close()
            raise
        self._owners: dict[tuple[str, str], str] = {}

    def unit(self, asked: Asked) -> dict[str, Any]:
        """Tell what is marked, by whom, along which rubrics."""
        s = self.sitting
        with self.book.session() as session:
            rows = session.scalars(select(QuestionRow).filter_by(unit=s.unit))
            about = {row.id: (row.title, row.points) for row in rows}
        told = [
            {
                "id": id,
                "title": about[id][0],
                "points": about[id][1],
                "rubric": review.rubric(self.book, s.unit, id).to_dict("records"),
            }
            for id in self.questions
        ]
        said = {"unit": s.unit, "marker": self.marker, "mode": s.mode, "blind": s.blind}
        return said | {"questions": told, "tolerance": review.TOLERANCE}

    def question(self, asked: Asked) -> dict[str, Any]:
        """Tell all answers to a question."""
        id = self._question(asked)
        found = self._waiting(id)
        for item in found:
            self._owners[id, item.key] = item.student
        work = self._work(id)
        items = [
            self._plain(item)
            | {"html": shown(item.text), "number": number, "work": work.get(item.student, "")}
            for number, item in enumerate(found, start=1)
        ]
        return {"items": items, "bank": self._bank(id)}

    def work(self, asked: Asked) -> dict[str, Any]:
        """Tell the work cells beside an answer: code and what it showed when it was graded."""
        with self.book.session() as session:
            row = session.get(WorkRow, self._where(asked))
            return {"html": "" if row is None else shown_work(row.html)}

    def points(self, asked: Asked) -> dict[str, Any]:
        """Give points for a criterion."""
        where, points, expected = self._where(asked), asked.get("points"), asked.get("expected")
        for value in (points, expected):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not number:
                raise InstructorError("Points are a number.")
        review.give_points(
            self.book,
            *where,
            self._number(asked, "criterion"),
            points,
            self.marker,
            settled=self._settled,
            why="undone" if asked.get("undo") else "",
            expected=expected,
        )
        return self._again(where)

    def comment(self, asked: Asked) -> dict[str, Any]:
        """Write the comment to a criterion."""
        where, line = self._where(asked), self._number(asked, "criterion")
        words = self._words(asked, "words")
        review.give_comment(self.book, *where, line, words, self.marker, settled=self._settled)
        return self._again(where)

    def confirm(self, asked: Asked) -> dict[str, Any]:
        """Let earlier points hold for the answer as it is now."""
        where = self._where(asked)
        review.confirm(self.book, *where, self.marker, self._settled)
        return self._again(where)

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Answer a student's request: by another mark, or by the same."""
        where, why, points = self._where(asked), self._words(asked, "words"), asked.get("points")
        if points is None:
            review.keep_mark(self.book, *where, self.marker, why)
        elif isinstance(points, int | float) and not isinstance(points, bool):
            review.decide(self.book, *where, points, self.marker, why)
        else:
            raise InstructorError("Points are a number.")
        return self._again(where)

    def keep(self, asked: Asked) -> dict[str, Any]:
        """Keep a comment for use again."""
        id, line = self._question(asked), self._number(asked, "criterion")
        review.keep_comment(self.book, self.sitting.unit, id, self._words(asked, "words"), line)
        return {"bank": self._bank(id)}

    def use(self, asked: Asked) -> dict[str, Any]:
        """Count the use of a kept comment."""
        id = self._question(asked)
        review.count_use(self.book, self._number(asked, "id"))
        return {"bank": self._bank(id)}

    def drop(self, asked: Asked) -> dict[str, Any]:
        """Take a comment out of the bank."""
        id = self._question(asked)
        review.drop_comment(self.book, self._number(asked, "id"))
        return {"bank": self._bank(id)}

    @property
    def _settled(self) -> bool:
        return self.sitting.mode == "settle"

    def _waiting(self, question: str, student: str | None = None) -> list[Waiting]:
        s = self.sitting
        with self.book.session() as session:
            return waiting(session, s.unit, question, self.marker, s.mode, s.due, student)

    def _work(self, question: str) -> dict[str, str]:
        """Return whose answers have work cells beside them, and whether these are long."""
        with self.book.session() as session:
            rows = session.scalars(
                select(WorkRow).filter_by(unit=self.sitting.unit, question=question)
            )
            return {row.student_id: "long" if is_long(row.html) else "short" for row in rows}

    def _again(self, where: tuple[str, str, str]) -> dict[str, Any]:
        _, student, question = where
        found = self._waiting(question, student)
        if not found:
            raise InstructorError("This answer is gone; load the page again.")
        return {"item": self._plain(found[0])}

    def _plain(self, item: Waiting) -> dict[str, Any]:
        told: dict[str, Any] = {
            "key": item.key,
            "state": item.state,
            "mine": _marks(item.mine),
            "late": item.late_minutes,
            "asked": list(item.asked),
            "decided": item.mark.points if self._shows_decision(item) else None,
            "others": [
                {"name": f"Marker {n}" if self.sitting.blind else name, "marks": _marks(marks)}
                for n, (name, marks) in enumerate(sorted(item.others.items()), start=1)
            ],
        }
        if not self.sitting.blind:
            told["name"] = f"{item.name} ({item.student})"
        return told

    def _shows_decision(self, item: Waiting) -> bool:
        """Tell whether a marker may see the mark that counts: else it would betray the others'."""
        return item.mark.state == "decided" and self.sitting.mode != "second"

    def _bank(self, question: str) -> list[dict[str, Any]]:
        bank = review.comment_bank(self.book, self.sitting.unit, question)
        return [
            {"id": int(id), "criterion": int(line), "words": words, "uses": int(uses)}
            for id, line, words, uses in bank[["id", "criterion", "words", "uses"]].itertuples(
                index=False
            )
        ]

    def _question(self, asked: Asked) -> str:
        id = self._words(asked, "question")
        if id not in self.questions:
            raise InstructorError("There is no such open question.")
        return id

    def _where(self, asked: Asked) -> tuple[str, str, str]:
        question, key = self._question(asked), self._words(asked, "key")
        if (question, key) not in self._owners:
            raise InstructorError("There is no such answer; load the page again.")
        return self.sitting.unit, self._owners[question, key], question

    @staticmethod
    def _number(asked: Asked, name: str) -> int:
        value = asked.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InstructorError(f"{name} must be a whole number.")
        return value

    @staticmethod
    def _words(asked: Asked, name: str) -> str:
        value = asked.get(name)
        if not isinstance(value, str):
            raise InstructorError(f"{name} must be a text.")
        return value


def _marks(given: Mapping[int, Given]) -> dict[int, dict[str, Any]]:
    return {n: {"points": g.points, "comment": g.comment, "now": g.now} for n, g in given.items()}
