"""Keep the roster's order in a column, and with a hand-in how it was confined."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both columns: students are numbered as entered, earlier hand-ins not recorded."""
    connection = op.get_bind()
    entered = connection.execute(sa.text("SELECT id FROM student ORDER BY rowid")).scalars().all()
    with op.batch_alter_table("student") as table:
        table.add_column(sa.Column("position", sa.Integer, nullable=False, server_default="0"))
    for position, id in enumerate(entered):
        number = sa.text("UPDATE student SET position = :position WHERE id = :id")
        connection.execute(number, {"position": position, "id": id})
    with op.batch_alter_table("student") as table:
        table.alter_column("position", server_default=None)
    with op.batch_alter_table("handin") as table:
        table.add_column(
            sa.Column("confined", sa.String, nullable=False, server_default="not recorded")
        )
    with op.batch_alter_table("handin") as table:
        table.alter_column("confined", server_default=None)
