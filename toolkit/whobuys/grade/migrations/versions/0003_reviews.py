"""Keep people's marks, requests and decisions, when a hand-in came, and every change of a mark."""

import sqlalchemy as sa
from alembic import op

from whobuys.grade._guards import install_guards

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add two columns and seven tables."""
    with op.batch_alter_table("handin") as table:
        table.add_column(sa.Column("handed_in", sa.DateTime, nullable=True))
        table.add_column(sa.Column("time_from", sa.String, nullable=False, server_default=""))
    with op.batch_alter_table("handin") as table:
        table.alter_column("time_from", server_default=None)
    op.create_table(
        "criterion",
        *_key("unit", "question"),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _text("name"),
        sa.Column("points", sa.Float, nullable=False),
        *map(_text, ("full", "half", "none")),
    )
    op.create_table(
        "answer", *_key("unit", "student_id", "question"), *map(_text, ("text", "digest")), _known()
    )
    op.create_table(
        "review",
        *_key("unit", "student_id", "question", "marker", "role"),
        sa.Column("criterion", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("points", sa.Float, nullable=True),
        *map(_text, ("comment", "answer", "rubric")),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        _known(),
    )
    op.create_table(
        "comment",
        _number(),
        *map(_text, ("unit", "question")),
        sa.Column("criterion", sa.Integer, nullable=False),
        _text("words"),
        sa.Column("uses", sa.Integer, nullable=False),
    )
    op.create_table(
        "regrade",
        _number(),
        *map(_text, ("unit", "student_id", "question", "words")),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        *map(_text, ("state", "answered_by")),
        sa.Column("answered_at", sa.DateTime, nullable=True),
        _text("reply"),
        _known(),
    )
    op.create_table(
        "decision",
        _number(),
        *map(_text, ("unit", "student_id", "question")),
        sa.Column("before", sa.Float, nullable=True),
        sa.Column("after", sa.Float, nullable=False),
        _text("who"),
        sa.Column("at", sa.DateTime, nullable=False),
        *map(_text, ("why", "basis")),
        _known(),
    )
    op.create_table(
        "audit",
        _number(),
        sa.Column("at", sa.DateTime, nullable=False),
        *map(_text, ("who", "unit", "student_id", "question", "what")),
        sa.Column("before", sa.Float, nullable=True),
        sa.Column("after", sa.Float, nullable=True),
        _text("why"),
        sqlite_autoincrement=True,
    )
    install_guards(None, op.get_bind())


def _key(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.String, primary_key=True) for name in names]


def _number() -> sa.Column:
    return sa.Column("id", sa.Integer, primary_key=True)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.String, nullable=False)


def _known() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["student_id"], ["student.id"])
