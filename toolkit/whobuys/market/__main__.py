"""Write a company's files: ``python -m whobuys.market --to DIR COMPANY --seed N``.

Without a folder, the shipped company's files in ``datasets/`` are written again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from . import companies, datasets_folder, market, write_package
from ._columns import TABLES

SHIPPED = "teahouse"


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw a company and write its tables, card and package file."""
    parser = argparse.ArgumentParser(
        prog="python -m whobuys.market", description="Write an invented company's files."
    )
    parser.add_argument(
        "company",
        nargs="?",
        default=SHIPPED,
        help=f"{', '.join(companies())}, or the path of a .yml file",
    )
    parser.add_argument("--to", type=Path, help="folder; without it, the shipped files are renewed")
    parser.add_argument("--seed", type=int, default=0, help="0 by default")
    parser.add_argument("--customers", type=int, help="how many, instead of the company's own")
    given = parser.parse_args(arguments)
    if given.to is None and (given.company, given.seed, given.customers) != (SHIPPED, 0, None):
        parser.error("say where to: --to DIR")
    try:
        if given.to is None:
            files = write_package(market(SHIPPED, 0), datasets_folder() / SHIPPED, TABLES)
        else:
            case = market(given.company, given.seed, customers=given.customers)
            files = write_package(case, given.to)
    except ValueError as error:
        parser.error(str(error))
    for file in files:
        print(f"{file.stat().st_size:>10,} bytes  {file}")


if __name__ == "__main__":
    main()
