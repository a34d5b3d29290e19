"""Datasets by name: invented ones shipped here, real ones read from installed packages."""

from ._load import Card, card, datasets, load, tables

__all__ = ["Card", "card", "datasets", "load", "tables"]
