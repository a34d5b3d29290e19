"""A service policy by tier: who owns it, what is promised, how it is measured, what it costs."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd

from whobuys.segment._lines import counted, first_few, numbers, require_columns
from whobuys.strategy._satisfaction import ALL
from whobuys.value._values import amounts

with (files("whobuys.strategy") / "tier_policy.csv").open(encoding="utf-8") as _file:
    TIER_POLICY: pd.DataFrame = pd.read_csv(_file)
"""An example to start from, for the scheme of profit: ``tier``, ``aim``, ``owner``, ``service``,
``times_a_year``, ``hours_each``, ``other_cost`` and ``measure``."""

with (files("whobuys.strategy") / "crm_process.csv").open(encoding="utf-8") as _file:
    CRM_PROCESS: pd.DataFrame = pd.read_csv(_file)
"""The steps of customer relationship management: ``step``, ``question``, ``does``, ``owner``,
``record`` (the table used) and ``measure``."""

WORDS = ("owner", "service", "measure")


def tier_policy(
    policy: pd.DataFrame,
    tiers: pd.Series,
    values: pd.Series,
    *,
    hour_cost: float,
    years: float = 1.0,
) -> pd.DataFrame:
    """Hold what a policy costs against what the customers of each tier bring.

    Parameters
    ----------
    policy : DataFrame
        One row a service: ``tier``, ``owner``, ``service``, ``measure``, and what it takes:
        ``times_a_year``, ``hours_each`` and ``other_cost`` (money a time). A tier may have several.
    tiers : Series
        The tier of each customer, indexed by customer.
    values : Series
        What each customer brings before the cost of this policy, same index.
    hour_cost : float
        What an hour of service costs.
    years : float
        How many years `values` span; the result is for one year.

    Returns
    -------
    DataFrame
        One row a tier in the order of `policy` and a last row "all": ``tier``, ``customers``,
        ``owner``, ``service``, ``measure`` (several joined by "; "), ``value``, ``value_each``,
        ``hours``, ``cost``, ``cost_each``, ``left`` (value − cost), ``cost_share`` (cost / value,
        missing where the value is not above 0), ``losing`` (customers who bring less than their
        service costs) and ``pays`` (cost below value).

    Raises
    ------
    ValueError
        A column is missing, a number is below 0, or a customer's tier has no policy.

    Notes
    -----
    A tier that pays as a whole may hold many who do not (``losing``): that is for the next grading,
    or for a cheaper way of service. What the same customers would bring without the service is not
    in the table; only a comparison group tells.

    Examples
    --------
    >>> import pandas as pd
    >>> rules = pd.DataFrame({
    ...     "tier": ["A (profit)", "D (profit)"], "owner": ["key account manager", "web shop"],
    ...     "service": ["visit", "mail"], "measure": ["profit kept", "cost a customer"],
    ...     "times_a_year": [6, 4], "hours_each": [2.0, 0.0], "other_cost": [0.0, 1.0]})
    >>> tiers = pd.Series(["A (profit)", "D (profit)", "D (profit)"])
    >>> found = tier_policy(rules, tiers, pd.Series([900.0, 30.0, 2.0]), hour_cost=40.0)
    >>> found[["tier", "customers", "value", "cost", "left", "losing"]]
             tier  customers  value   cost   left  losing
    0  A (profit)          1  900.0  480.0  420.0       0
    1  D (profit)          2   32.0    8.0   24.0       1
    2         all          3  932.0  488.0  444.0       1
    """
    needs = ("tier", *WORDS, "times_a_year", "hours_each", "other_cost")
    require_columns(policy, {name: name for name in needs}, table="policy")
    money = amounts(values)
    if not tiers.index.equals(money.index):
        raise ValueError(
            f"tiers and values must have the same index, one row a customer in the same order: "
            f"tiers has {len(tiers):,} rows, values {len(money):,}."
        )
    if not 0 <= hour_cost < np.inf:
        raise ValueError(f"hour_cost must be 0 or more, not {hour_cost!r}.")
    if not 0 < years < np.inf:
        raise ValueError(f"years must be above 0, not {years!r}.")
    number = {
        name: numbers(policy[name], name=name, table="policy")
        for name in ("times_a_year", "hours_each", "other_cost")
    }
    for name, column in number.items():
        if (column < 0).any():
            raise ValueError(f'Column "{name}" of policy must be 0 or more in every row.')
    if tiers.isna().any():
        raise ValueError(f"{counted(int(tiers.isna().sum()), 'customer')} have no tier.")
    names = policy["tier"].unique().tolist()
    without = [name for name in tiers.unique() if name not in names]
    if without:
        raise ValueError(
            f"policy has no row for the tier {first_few(without)}; it has: {first_few(names, 8)}."
        )
    hours_each = number["times_a_year"] * number["hours_each"]
    cost_each = hours_each * hour_cost + number["times_a_year"] * number["other_cost"]
    rows = []
    for name in names:
        rule, mine = (policy["tier"] == name).to_numpy(), (tiers == name).to_numpy()
        each = float(cost_each[rule].sum())
        worth = money.to_numpy()[mine] / years
        said = [_joined(policy.loc[rule, column]) for column in WORDS]
        rows.append(
            (name, int(mine.sum()), *said, float(worth.sum()), float(hours_each[rule].sum()) *
             int(mine.sum()), each * int(mine.sum()), int((worth < each).sum()))
        )  # fmt: skip
    columns = ["tier", "customers", *WORDS, "value", "hours", "cost", "losing"]
    table = pd.DataFrame(rows, columns=columns)
    sums = table[["customers", "value", "hours", "cost", "losing"]].sum()
    whole = {"tier": ALL, **dict.fromkeys(WORDS, ""), **dict(sums)}
    table = pd.concat([table, pd.DataFrame([whole])], ignore_index=True)
    table = table.astype({"customers": int, "losing": int})
    people = table["customers"].where(table["customers"] > 0)
    table["value_each"] = table["value"] / people
    table["cost_each"] = table["cost"] / people
    table["left"] = table["value"] - table["cost"]
    table["cost_share"] = (table["cost"] / table["value"]).where(table["value"] > 0)
    table["pays"] = table["cost"] < table["value"]
    order = ["value", "value_each", "hours", "cost", "cost_each", "left", "cost_share", "losing"]
    return table[["tier", "customers", *WORDS, *order, "pays"]]


def check_policy(policy: pd.DataFrame, costed: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what a policy leaves open: no owner, no measure, two tiers alike, dearer than its worth.

    Parameters
    ----------
    policy : DataFrame
        As for `tier_policy`.
    costed : DataFrame, optional
        What `tier_policy` found for it: then the cost is checked against the value.

    Returns
    -------
    DataFrame
        One row a problem: ``tier``, ``problem``, ``mend``; empty if there is none.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    A tier whose name is a bare letter (A, B, ...) is a problem too: there are several schemes of
    the same letters, so the scheme stands beside it.

    Examples
    --------
    >>> import pandas as pd
    >>> rules = pd.DataFrame({
    ...     "tier": ["C (profit)", "D (profit)"], "owner": ["shop", ""], "service": "web and phone",
    ...     "measure": "cost a customer", "times_a_year": 2, "hours_each": 0.1, "other_cost": 0.0})
    >>> check_policy(rules)[["tier", "problem"]].to_dict("split")["data"]
    [['D (profit)', 'no owner'], ['C (profit), D (profit)', 'the same service and measure']]
    """
    names = ("tier", *WORDS)
    require_columns(policy, {name: name for name in names}, table="policy")
    rows: list[tuple[str, str, str]] = []
    plain = policy.assign(
        **{name: policy[name].fillna("").astype(str).str.strip() for name in names}
    )
    for tier, mine in plain.groupby("tier", sort=False):
        for name in WORDS:
            if (mine[name] == "").any():
                rows.append((str(tier), f"no {name}", f"Name the {name} of each service."))
        if len(str(tier)) == 1:
            rows.append((str(tier), "a letter without its scheme", f'Write "{tier} (profit)".'))
    by = plain.groupby("tier", sort=False)
    said = by[["service", "measure"]].agg(_joined)
    said = said.apply(lambda words: words.str.casefold())
    for _, alike in said[said["service"] != ""].groupby(["service", "measure"], sort=False):
        if len(alike) > 1:
            rows.append(
                (", ".join(map(str, alike.index)), "the same service and measure",
                 "Say what differs between them, or make them one tier.")
            )  # fmt: skip
    if costed is not None:
        require_columns(costed, {n: n for n in ("tier", "cost", "value")}, table="costed")
        over = costed[(costed["cost"] >= costed["value"]) & (costed["tier"] != ALL)]
        for row in over.to_dict("records"):
            rows.append(
                (str(row["tier"]), f"costs {row['cost']:,.0f} and brings {row['value']:,.0f}",
                 "Serve it in a cheaper way, or say what else it brings.")
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["tier", "problem", "mend"])


def _joined(words: pd.Series) -> str:
    return "; ".join(dict.fromkeys(str(w).strip() for w in words if str(w).strip()))
