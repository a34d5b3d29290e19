"""Everything the reports count, each thing counted once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from whobuys.report._material import Material
from whobuys.report._settings import Settings
from whobuys.segment import find_segments, purchase_cycle, rfm_table, scale_features
from whobuys.strategy import migration_matrix
from whobuys.value import abc_grades, grade_summary, line_margins

SEED = 0
WEIGHTS = {"value_share": 0.4, "value_each": 0.2, "growth": 0.2, "came_again": 0.2}
"""Weights of the ranking of segments; a choice, so the report shows how much hangs on it."""

FEATURES = ("recency_days", "frequency", "order_value", "discount_share", "categories")


@dataclass(eq=False)
class Analysis:
    """The numbers behind a report, computed when first asked for.

    Parameters
    ----------
    material : Material
        The tables.
    settings : Settings
        How to count.
    """

    material: Material
    settings: Settings

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Order lines with a customer and an amount above 0, with ``value`` of each.

        The value is the margin where the cost of goods is known, else the money paid.
        """
        lines = self.material.tables["transactions"]
        lines = lines[lines["customer_id"].notna() & (lines["amount"] > 0)]
        if self.has_margin:
            return line_margins(lines, self.products).assign(value=lambda t: t["margin"])
        return lines.assign(value=lines["amount"])

    @property
    def products(self) -> pd.DataFrame:
        """The products, if there are any."""
        return self.material.tables["products"]

    @cached_property
    def has_margin(self) -> bool:
        """True when the cost of goods is known."""
        if not self.material.has("products", "product_id", "unit_cost"):
            return False
        if not self.material.has("transactions", "product_id", "quantity"):
            return False
        sold = self.material.tables["transactions"]["product_id"]
        costs = self.products.set_index("product_id")["unit_cost"]
        return bool(costs.index.is_unique and costs.notna().all() and sold.isin(costs.index).all())

    @cached_property
    def orders(self) -> pd.DataFrame:
        """One row an order: ``customer_id``, ``order_id``, ``date``, ``amount``, ``value``."""
        keys = ["customer_id", "order_id"]
        lines = self.lines
        if "order_id" not in lines.columns:
            lines = lines.assign(order_id=lines["date"].dt.normalize())
        return lines.groupby(keys, sort=True, as_index=False).agg(
            date=("date", "min"), amount=("amount", "sum"), value=("value", "sum")
        )

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row a customer known, buyers and others, indexed by ``customer_id``."""
        buyers = pd.Index(self.orders["customer_id"].unique(), name="customer_id")
        if not self.material.has("customers", "customer_id"):
            return pd.DataFrame(index=buyers.sort_values())
        known = self.material.tables["customers"].drop_duplicates("customer_id")
        known = known.set_index("customer_id")
        if self.material.has("profiles", "customer_id"):
            profiles = self.material.tables["profiles"].drop_duplicates("customer_id")
            known = known.join(profiles.set_index("customer_id"))
        return known.reindex(known.index.union(buyers).sort_values())

    @cached_property
    def buyers(self) -> pd.DataFrame:
        """One row a buyer: recency, orders, money and value, and the traits of the archive."""
        rfm = rfm_table(self.orders, as_of=self.material.end).set_index("customer_id")
        rfm["order_value"] = rfm["monetary"] / rfm["frequency"]
        rfm["value"] = self.lines.groupby("customer_id")["value"].sum()
        halves = self.orders.assign(second=self.orders["date"] > self.middle)
        for name, half in (("first_half", ~halves["second"]), ("second_half", halves["second"])):
            amounts = halves[half].groupby("customer_id")["amount"].sum()
            rfm[name] = amounts.reindex(rfm.index).fillna(0.0)
        lines = self.lines
        if "discount" in lines.columns:
            cut = lines["amount"].where(lines["discount"] > 0, 0.0)
            paid = lines.groupby("customer_id")["amount"].sum()
            rfm["discount_share"] = cut.groupby(lines["customer_id"]).sum() / paid
        if self.categories is not None:
            rfm["categories"] = self.categories.groupby(lines["customer_id"]).nunique()
        return rfm.join(self.customers)

    @cached_property
    def categories(self) -> pd.Series | None:
        """The category of each line, where known."""
        if "category" in self.lines.columns:
            return self.lines["category"]
        if self.material.has("products", "product_id", "category") and "product_id" in self.lines:
            kinds = self.products.drop_duplicates("product_id").set_index("product_id")["category"]
            return self.lines["product_id"].map(kinds)
        return None

    @cached_property
    def middle(self) -> pd.Timestamp:
        """The day in the middle of the period."""
        return self.material.start + (self.material.end - self.material.start) / 2

    @cached_property
    def cycle(self) -> float:
        """The typical customer's typical days between purchases; missing if nobody came again."""
        try:
            return purchase_cycle(self.orders)
        except ValueError:
            return float("nan")

    @cached_property
    def repeat_share(self) -> float:
        """Share of buyers with at least two orders."""
        return float((self.buyers["frequency"] > 1).mean())

    @cached_property
    def features(self) -> pd.DataFrame:
        """The numbers segments are found in: those known that differ between customers."""
        found = self.buyers.reindex(columns=list(FEATURES)).dropna(axis=1)
        return found.loc[:, found.nunique() > 1]

    @cached_property
    def scaled(self) -> pd.DataFrame:
        """The same on one scale."""
        return scale_features(self.features)

    @cached_property
    def k(self) -> int:
        """How many segments were asked for, or as many as the buyers allow."""
        return min(self.settings.k, max(2, len(self.scaled.drop_duplicates()) // 10))

    @cached_property
    def segment(self) -> pd.Series:
        """Each buyer's segment, numbered from the one that brings most value."""
        labels = find_segments(self.scaled, self.k, seed=SEED, n_init=10).labels
        worth = self.buyers["value"].groupby(labels.to_numpy()).sum()
        order = worth.sort_values(ascending=False, kind="stable").index
        number = {label: rank for rank, label in enumerate(order, start=1)}
        return pd.Series(
            [number[label] for label in labels], index=self.scaled.index, name="segment"
        )

    @cached_property
    def sheet(self) -> pd.DataFrame:
        """One row a segment: size, value, behaviour, growth."""
        table = self.buyers.assign(segment=self.segment)
        grouped = table.groupby("segment", sort=True)
        total = table["value"].sum()
        lately = 2 * self.cycle if np.isfinite(self.cycle) else 90.0
        sheet = pd.DataFrame(
            {
                "customers": grouped.size(),
                "customer_share": grouped.size() / len(table),
                "revenue": grouped["monetary"].sum(),
                "revenue_share": grouped["monetary"].sum() / table["monetary"].sum(),
                "value": grouped["value"].sum(),
                "value_share": grouped["value"].sum() / total,
                "value_each": grouped["value"].mean(),
                "orders_each": grouped["frequency"].mean(),
                "order_value": grouped["monetary"].sum() / grouped["frequency"].sum(),
                "recency_median": grouped["recency_days"].median(),
                "came_again": grouped["frequency"].agg(lambda orders: (orders > 1).mean()),
                "active_share": grouped["recency_days"].agg(lambda days: (days <= lately).mean()),
                "growth": grouped["second_half"].sum() / grouped["first_half"].sum() - 1,
            }
        )
        if "discount_share" in table.columns:
            sheet["discount_share"] = grouped["discount_share"].mean()
        sheet["growth"] = sheet["growth"].replace([np.inf, -np.inf], np.nan)
        return sheet.reset_index()

    @cached_property
    def traits(self) -> dict[int, list[tuple[str, str]]]:
        """For each segment its features with "high" or "low", the most telling first."""
        centres = self.scaled.groupby(self.segment).mean()
        spread = self.scaled.std(ddof=0)
        apart = (centres - self.scaled.mean()) / spread
        found = {}
        for number, row in apart.iterrows():
            order = row.abs().sort_values(ascending=False, kind="stable").index
            found[int(str(number))] = [(str(f), "high" if row[f] > 0 else "low") for f in order]
        return found

    @cached_property
    def growth(self) -> float:
        """Second half's revenue over the first half's, less 1."""
        first, second = self.buyers["first_half"].sum(), self.buyers["second_half"].sum()
        return float(second / first - 1) if first > 0 else float("nan")

    @cached_property
    def year_growth(self) -> float:
        """Revenue of the last 365 days over that of the 365 before, less 1; missing if unseen."""
        end = self.material.end
        year = pd.Timedelta("365D")
        if end - 2 * year < self.material.start - pd.Timedelta("1D"):
            return float("nan")
        when, paid = self.orders["date"], self.orders["amount"]
        last = paid[when > end - year].sum()
        before = paid[(when > end - 2 * year) & (when <= end - year)].sum()
        return float(last / before - 1) if before > 0 else float("nan")

    @cached_property
    def survey(self) -> pd.DataFrame | None:
        """The answers with each respondent's segment; None if nobody was asked."""
        if not self.material.has("survey"):
            return None
        answers = self.material.tables["survey"]
        if "customer_id" in answers.columns:
            return answers.assign(segment=answers["customer_id"].map(self.segment))
        return answers.assign(segment=np.nan)

    @property
    def answers(self) -> pd.DataFrame:
        """The answers, where somebody was asked."""
        assert self.survey is not None  # noqa: S101 - asked for with a survey only
        return self.survey

    @property
    def brands(self) -> pd.DataFrame:
        """The brands, where they are known."""
        assert self.rivals is not None  # noqa: S101 - asked for with rivals only
        return self.rivals

    @cached_property
    def needs(self) -> dict[str, str]:
        """Needs with both an importance and a performance, with their words."""
        if self.survey is None:
            return {}
        keys = [
            str(column).removeprefix("importance_")
            for column in self.survey.columns
            if str(column).startswith("importance_")
        ]
        keys = [key for key in keys if f"performance_{key}" in self.survey.columns]
        return {key: self.material.needs.get(key, key.replace("_", " ")) for key in keys}

    @cached_property
    def complaints(self) -> pd.DataFrame | None:
        """Complaints of the period with ``days`` to settle, missing while open."""
        if not self.material.has("interactions", "kind", "opened"):
            return None
        made = self.material.tables["interactions"]
        made = made[made["kind"].astype(str).str.lower() == "complaint"]
        closed = made["closed"] if "closed" in made.columns else pd.Series(pd.NaT, made.index)
        return made.assign(days=(closed - made["opened"]).dt.days)

    @cached_property
    def rivals(self) -> pd.DataFrame | None:
        """The brands on the market, if known and ours is among them."""
        if not self.material.has("rivals", "brand", "ours"):
            return None
        brands = self.material.tables["rivals"]
        return brands if brands["ours"].astype(bool).sum() == 1 and len(brands) > 1 else None

    @property
    def our_brand(self) -> str:
        """Our own brand among the rivals."""
        return str(self.brands.loc[self.brands["ours"].astype(bool), "brand"].iloc[0])

    @cached_property
    def features_rated(self) -> dict[str, str]:
        """Features on which the brands were rated, with their words."""
        if self.rivals is None:
            return {}
        keys = [
            str(column).removeprefix("rating_")
            for column in self.rivals.columns
            if str(column).startswith("rating_")
        ]
        return {key: self.material.features.get(key, key.replace("_", " ")) for key in keys}

    @cached_property
    def grades(self) -> pd.DataFrame:
        """Each buyer's grade by value; D is for those who bring nothing."""
        cuts = self.settings.grade_cuts
        letters = "ABCD"[: len(cuts) + 1]
        losses = "D" if "D" not in letters else "E"
        return abc_grades(
            self.buyers["value"],
            scheme=self.scheme,
            cuts=cuts,
            labels=list(letters),
            losses=losses,
            base="gains",
        )

    @cached_property
    def grade_sheet(self) -> pd.DataFrame:
        """The grades summed up."""
        return grade_summary(self.grades)

    @cached_property
    def tier(self) -> pd.Series:
        """Each buyer's grade as text, indexed by customer."""
        return self.grades["grade"].astype(str)

    @cached_property
    def moves(self) -> pd.DataFrame | None:
        """Who moved between the grades of the first and of the second half of the period.

        The least value of each grade in the first half is the rule in both; None where a half has
        no buyers or no value.
        """
        worth = [
            half.groupby("customer_id")["value"].sum()
            for half in (
                self.orders[self.orders["date"] <= self.middle],
                self.orders[self.orders["date"] > self.middle],
            )
        ]
        if any(half.empty or half.clip(lower=0).sum() <= 0 for half in worth):
            return None
        cuts = self.settings.grade_cuts
        before = abc_grades(
            worth[0],
            scheme=self.scheme,
            cuts=cuts,
            labels=list("ABCD"[: len(cuts) + 1]),
            base="gains",
        )
        names = [str(grade) for grade in before["grade"].cat.categories]
        then = before["grade"].astype(str)
        least = [worth[0][then == name].min() for name in names[:-1]]
        place = [int(sum(value < low for low in least)) for value in worth[1]]
        now = pd.Series([names[at] for at in place], index=worth[1].index)
        return migration_matrix(then, now, order=names)

    @property
    def scheme(self) -> str:
        """What the grades grade by."""
        return "margin" if self.has_margin else "revenue"

    @property
    def years(self) -> float:
        """How many years the period spans."""
        return ((self.material.end - self.material.start).days + 1) / 365.25
