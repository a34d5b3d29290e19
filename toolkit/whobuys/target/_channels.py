"""Where customers are found: how many, how good, how far each channel leans."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from whobuys.segment._lines import counted, require_columns
from whobuys.target._needs import wilson


def channel_table(
    prospects: pd.DataFrame,
    *,
    channel: str = "channel",
    qualified: str = "qualified",
    converted: str = "converted",
    value: str = "value",
    cost: str | None = None,
) -> pd.DataFrame:
    """Compare the channels through which customers are found.

    Parameters
    ----------
    prospects : DataFrame
        One row a contact.
    channel : str
        Column of the channel (existing business, survey, web, ...).
    qualified, converted : str
        Yes-no columns: fits the target, became a customer.
    value : str
        Column with what a converted contact is worth; missing for the others.
    cost : str, optional
        Column with what the contact cost to find.

    Returns
    -------
    DataFrame
        One row a channel, the largest first: the channel, ``size``, ``share``, ``qualified``,
        ``qualified_rate``, ``converted``, ``conversion`` (converted / all contacts of the channel)
        with ``low`` and ``high``, ``conversion_of_qualified``, ``mean_value`` (of the converted),
        ``value_per_contact`` and, with `cost`, ``cost_per_customer``.

    Raises
    ------
    ValueError
        A column is missing or has missing entries, or a converted contact has no value.

    Notes
    -----
    Interval of Wilson (1927). State the base of every rate: conversion *of contacts* and *of
    qualified* can name different channels. One contact may have been reached through several
    channels; the table believes the one written down.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"channel": ["web", "web", "web", "survey"],
    ...     "qualified": [True, False, True, True], "converted": [True, False, False, True],
    ...     "value": [40.0, None, None, 90.0]})
    >>> channel_table(found)[["channel", "size", "qualified_rate", "conversion"]].round(2)
      channel  size  qualified_rate  conversion
    0     web     3            0.67        0.33
    1  survey     1            1.00        1.00
    """
    needed = {"channel": channel, "qualified": qualified, "converted": converted, "value": value}
    require_columns(prospects, needed | ({"cost": cost} if cost else {}), table="prospects")
    if prospects.empty:
        raise ValueError("prospects has no rows, so there are no channels to compare.")
    for name in (channel, qualified, converted):
        if missing := int(prospects[name].isna().sum()):
            raise ValueError(
                f'Column "{name}" of prospects is missing in {counted(missing, "row")} of '
                f"{len(prospects):,}."
            )
    flags = prospects[[qualified, converted]].astype(bool)
    bought = flags[converted]
    if (prospects.loc[bought, value].isna()).any():
        raise ValueError(
            f'{int(prospects.loc[bought, value].isna().sum()):,} converted rows have no "{value}".'
        )
    rows: list[dict[str, object]] = []
    for found, place in prospects.groupby(channel, sort=True).indices.items():
        own, yes = prospects.iloc[place], flags.iloc[place]
        size, fit, won = len(own), int(yes[qualified].sum()), int(yes[converted].sum())
        fit_and_won = int((yes[qualified] & yes[converted]).sum())
        earned = float(own.loc[yes[converted], value].sum())
        low, high = wilson(won, size)
        row = {
            channel: found,
            "size": size,
            "share": size / len(prospects),
            "qualified": fit,
            "qualified_rate": fit / size,
            "converted": won,
            "conversion": won / size,
            "low": low,
            "high": high,
            "conversion_of_qualified": fit_and_won / fit if fit else float("nan"),
            "mean_value": earned / won if won else float("nan"),
            "value_per_contact": earned / size,
        }
        if cost:
            spent = float(own[cost].sum())
            row["cost_per_customer"] = spent / won if won else float("nan")
        rows.append(row)
    table = pd.DataFrame(rows)
    return table.sort_values("size", ascending=False, kind="stable").reset_index(drop=True)


def channel_bias(
    prospects: pd.DataFrame,
    population: pd.DataFrame,
    traits: Sequence[str],
    *,
    channel: str = "channel",
) -> pd.DataFrame:
    """Say in which traits the contacts of a channel differ from the population.

    Parameters
    ----------
    prospects : DataFrame
        One row a contact, with `channel` and the traits.
    population : DataFrame
        One row a member of the population, with the traits.
    traits : sequence of str
        Columns with few levels (age band, region, member).
    channel : str
        Column of the channel.

    Returns
    -------
    DataFrame
        One row a channel and trait: the channel, ``trait``, ``contacts``, ``bias`` (the share of
        contacts that would have to be others to have the population's mix, 0 to 1), ``by_chance``
        (the bias to be expected of a random sample of this size), ``over`` and ``under`` (the
        levels furthest above and below), each with its difference in shares ``over_by``,
        ``under_by``.

    Raises
    ------
    ValueError
        A column is missing, or a table has no rows.

    Notes
    -----
    The index of dissimilarity (Duncan and Duncan, 1955): half the sum of the absolute differences.
    It is never negative, so a small sample has some by chance alone; ``by_chance`` is the normal
    approximation of its mean.

    Examples
    --------
    >>> import pandas as pd
    >>> found = pd.DataFrame({"channel": ["web"] * 4, "age": ["young", "young", "young", "old"]})
    >>> people = pd.DataFrame({"age": ["young", "old"] * 50})
    >>> channel_bias(found, people, ["age"])[["trait", "bias", "over", "over_by"]]
      trait  bias   over  over_by
    0   age  0.25  young     0.25
    """
    names = list(traits)
    require_columns(prospects, {n: n for n in [channel, *names]}, table="prospects")
    require_columns(population, {n: n for n in names}, table="population")
    if prospects.empty or population.empty:
        raise ValueError("prospects and population must both have rows.")
    rows = []
    for name, place in prospects.groupby(channel, sort=True).indices.items():
        own = prospects.iloc[place]
        for trait in names:
            whole = population[trait].astype(str).value_counts(normalize=True)
            here = own[trait].astype(str).value_counts(normalize=True)
            levels = sorted(set(whole.index) | set(here.index))
            p = whole.reindex(levels, fill_value=0.0)
            apart = here.reindex(levels, fill_value=0.0) - p
            chance = float(((2 * p * (1 - p) / (math.pi * len(own))) ** 0.5).sum() / 2)
            rows.append(
                (name, trait, len(own), float(apart.abs().sum() / 2), chance, apart.idxmax(),
                 float(apart.max()), apart.idxmin(), float(apart.min()))
            )  # fmt: skip
    columns = [
        channel, "trait", "contacts", "bias", "by_chance", "over", "over_by", "under", "under_by",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
