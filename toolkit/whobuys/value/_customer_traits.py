"""Good and bad customers: a checklist of traits, and what it adds up to."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns

with (files("whobuys.value") / "customer_traits.csv").open(encoding="utf-8") as _file:
    CUSTOMER_TRAITS: pd.DataFrame = pd.read_csv(_file)


def trait_score(
    marks: pd.DataFrame, traits: pd.DataFrame = CUSTOMER_TRAITS, *, most: float = 4
) -> pd.DataFrame:
    """Add up the marks of a checklist of good and bad traits, each side by its mean.

    Parameters
    ----------
    marks : DataFrame
        One row a customer, one column a trait of `traits`: 0 (not at all) to `most` (fully).
    traits : DataFrame
        ``trait`` and ``side`` ("good" or "bad"); by default `CUSTOMER_TRAITS`, four good and five
        bad ones.
    most : float
        The highest mark.

    Returns
    -------
    DataFrame
        Indexed as `marks`: ``good`` and ``bad`` (mean mark over `most`, 0 to 1), ``balance`` (good
        less bad, -1 to 1) and ``worst`` (the bad trait with the highest mark, empty when all are
        0).

    Raises
    ------
    ValueError
        A trait is missing or a mark is not from 0 to `most`.

    Notes
    -----
    A checklist helps people to say why they find an account hard; it is an opinion. What serving a
    customer costs is counted, not marked: see `customer_contribution`.

    Examples
    --------
    >>> import pandas as pd
    >>> marks = pd.DataFrame([[4, 4, 2, 2, 0, 0, 1, 1, 0]], columns=CUSTOMER_TRAITS["trait"])
    >>> trait_score(marks).values.tolist()
    [[0.75, 0.1, 0.65, 'buy little at high cost']]
    """
    require_columns(traits, {name: name for name in ("trait", "side")}, "traits")
    names = traits["trait"].tolist()
    require_columns(marks, {name: name for name in names}, "marks", rows=True)
    given = np.column_stack([numbers(marks[name], name=name, table="marks") for name in names])
    if bad := [n for n, column in zip(names, given.T, strict=True)
               if (column < 0).any() or (column > most).any()]:  # fmt: skip
        raise ValueError(f"Marks must be from 0 to {most:g}; see {first_few(bad)}.")
    kind = traits["side"].to_numpy()
    if set(kind) != {"good", "bad"}:
        raise ValueError('Column "side" of traits must say "good" or "bad", with both there.')
    good, ill = (given[:, kind == side] / most for side in ("good", "bad"))
    names_of_ill = np.asarray(names, dtype=object)[kind == "bad"]
    return pd.DataFrame(
        {
            "good": good.mean(axis=1),
            "bad": ill.mean(axis=1),
            "balance": good.mean(axis=1) - ill.mean(axis=1),
            "worst": np.where(ill.max(axis=1) > 0, names_of_ill[ill.argmax(axis=1)], ""),
        },
        index=marks.index,
    )
