"""Comments kept for use again."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from whobuys._errors import InstructorError
from whobuys.grade._tables import CommentRow
from whobuys.grade.gradebook import Gradebook

LONGEST_COMMENT = 5_000


def comment_bank(book: Gradebook, unit: str, question: str | None = None) -> pd.DataFrame:
    """Return the kept comments, most used first.

    Returns
    -------
    pandas.DataFrame
        `id`, `question`, `criterion` (0: for any line of the rubric), `words`, `uses`.
    """
    wanted = select(CommentRow).filter_by(unit=unit)
    if question is not None:
        wanted = wanted.filter_by(question=question)
    with book.session() as session:
        rows = session.scalars(wanted.order_by(CommentRow.uses.desc(), CommentRow.id))
        data = [(r.id, r.question, r.criterion, r.words, r.uses) for r in rows]
    return pd.DataFrame(data, columns=["id", "question", "criterion", "words", "uses"])


def keep_comment(book: Gradebook, unit: str, question: str, words: str, criterion: int = 0) -> int:
    """Keep a comment; return its id. One with the same words is kept once.

    Raises
    ------
    InstructorError
        If it is empty or too long.
    """
    words = said(words)
    if not words:
        raise InstructorError("An empty comment cannot be kept.")
    key = {"unit": unit, "question": question, "criterion": criterion, "words": words}
    with book.session(write=True) as session:
        row = session.scalars(select(CommentRow).filter_by(**key)).first()
        if row is None:
            row = CommentRow(**key, uses=1)
            session.add(row)
            session.flush()
        return row.id


def count_use(book: Gradebook, id: int) -> None:
    """Note that a kept comment was used once more."""
    with book.session(write=True) as session:
        row = session.get(CommentRow, id)
        if row is not None:
            row.uses += 1


def drop_comment(book: Gradebook, id: int) -> None:
    """Take a comment out of the bank; where it was used it stays."""
    with book.session(write=True) as session:
        row = session.get(CommentRow, id)
        if row is not None:
            session.delete(row)


def said(words: str) -> str:
    """Return words as they can be stored.

    Raises
    ------
    InstructorError
        If they are too long.
    """
    words = (
        words.replace("\x00", "\ufffd").encode("utf-8", errors="replace").decode("utf-8").strip()
    )
    if len(words) > LONGEST_COMMENT:
        raise InstructorError(
            f"The comment has {len(words):,} characters; {LONGEST_COMMENT:,} is the most."
        )
    return words
