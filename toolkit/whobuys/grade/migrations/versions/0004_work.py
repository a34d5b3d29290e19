"""Keep the work cells beside an open answer, for who marks it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a table; it fills when hand-ins are graded."""
    op.create_table(
        "work",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("unit", "student_id", "question")
        ),
        sa.Column("html", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"]),
    )
