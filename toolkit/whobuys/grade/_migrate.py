"""Bring a gradebook made by an older version up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, Inspector, column, inspect, select, table, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from whobuys._errors import InstructorError
from whobuys.grade._tables import Base

SCRIPTS = Path(__file__).with_name("migrations")
NEWEST = "0004"
FIRST = "0001"
DAMAGE = ("malformed", "not a database", "no such table", "no such column", "could not decode")
_VERSION = table("alembic_version", column("version_num"))


def bring_up_to_date(engine: Engine, where: str, must_exist: bool = False) -> None:
    """Make the tables in an empty database, or change those of an older version, whole or not.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The database.
    where : str
        Its name in messages.
    must_exist : bool
        Refuse an empty one.

    Raises
    ------
    InstructorError
        If what is there is no gradebook, or one of a newer version.
    """
    try:
        with engine.begin() as connection:
            there = inspect(connection)
            names = set(there.get_table_names())
            if not names and must_exist:
                raise InstructorError(f"{where} holds no gradebook.")
            if not names:
                Base.metadata.create_all(connection)
                connection.execute(
                    text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
                )
                connection.execute(_VERSION.insert().values(version_num=NEWEST))
                return
            version = _version(connection, names)
            if version is None or not _looks_like_one(there, names):
                raise InstructorError(f"{where} is not a gradebook: its tables are others.")
            if version > NEWEST:
                raise InstructorError(
                    f"{where} was made by a newer Who Buys? (its version is {version}, this one "
                    f"knows {NEWEST}). Install the newer one; nothing was changed."
                )
            if version < NEWEST:
                _upgrade(connection, "alembic_version" in names)
    except DatabaseError as error:
        if not is_damage(error.orig):
            raise
        raise InstructorError(damaged(where, error.orig)) from error


def is_damage(error: BaseException | None) -> bool:
    """Tell whether SQLite says that a file is damaged, or none of its own."""
    said = str(error).lower()
    return isinstance(error, sqlite3.Error) and any(sign in said for sign in DAMAGE)


def damaged(where: str, error: BaseException | None) -> str:
    """Return what an instructor reads of a damaged gradebook.

    Parameters
    ----------
    where : str
        The file.
    error : Exception
        What SQLite says.
    """
    what = "is damaged"
    if "not a database" in str(error):
        what = "is not a gradebook, or a damaged one"
    return (
        f"{where} {what} ({str(error)[:120]}). Put a copy of it back if you have one, for it holds "
        "the marks that people gave; without a copy, move it away and grade again."
    )


def _version(connection: Connection, names: set[str]) -> str | None:
    """Return the version; the first gradebooks did not write it down."""
    if "alembic_version" in names:
        return connection.scalar(select(_VERSION.c.version_num))
    return FIRST if {"student", "question", "handin", "mark"} <= names else None


def _looks_like_one(there: Inspector, names: set[str]) -> bool:
    if "student" not in names:
        return False
    return {"id", "name"} <= {found["name"] for found in there.get_columns("student")}


def _upgrade(connection: Connection, versioned: bool) -> None:
    """Run what lies between; the library is loaded only when there is something to do."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if not versioned:
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
