"""The catalogue of fields: what an archive may hold, why, and for how long."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

with (files("whobuys.archive") / "fields.csv").open(encoding="utf-8") as _file:
    FIELDS: pd.DataFrame = pd.read_csv(_file, keep_default_na=False)
