"""The first gradebook."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "student",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table(
        "question",
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_table(
        "handin",
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("student_id", sa.String, sa.ForeignKey("student.id"), primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("report", sa.String, nullable=False),
        sa.Column("graded_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "mark",
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("student_id", sa.String, primary_key=True),
        sa.Column("question", sa.String, primary_key=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("points", sa.Float, nullable=False),
        sa.Column("credit", sa.Float, nullable=False),
        sa.Column("earned", sa.Float, nullable=False),
        sa.Column("mistake", sa.String, nullable=True),
        sa.Column("words", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["unit", "student_id"], ["handin.unit", "handin.student_id"]),
    )
