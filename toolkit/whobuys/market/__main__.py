"""Rewrite the shipped company's files: ``python -m whobuys.market``."""

from __future__ import annotations

from . import datasets_folder, market, write_package


def main() -> None:
    """Draw the shipped company and write its tables, card and package file."""
    for file in write_package(market("teahouse", 0), datasets_folder() / "teahouse"):
        print(f"{file.stat().st_size:>10,} bytes  {file}")


if __name__ == "__main__":
    main()
