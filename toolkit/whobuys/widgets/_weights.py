"""Weights in a list of boxes: who comes out on top, and who only because of the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

import ipywidgets
import pandas as pd
import traitlets

from whobuys.segment import weighted_score
from whobuys.widgets._panel import Panel

MOST = 10


class _WeightBox(ipywidgets.Text):
    """A box for a weight: a number box of the browser would make 25 of "2,5" and say nothing."""

    value = traitlets.CUnicode().tag(sync=True)


def weight_panel(
    table: pd.DataFrame,
    weights: Mapping[str, int],
    *,
    scale: str | None = "range",
    reverse: Iterable[str] = (),
    customer: str = "customer_id",
    top: int = 10,
) -> Panel:
    """Move the weights of a score and see who stays on top.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    weights : mapping of str to int
        The columns to use and the weights to start with, whole numbers from 0 to 10.
    scale, reverse, customer
        As for `whobuys.segment.weighted_score`.
    top : int
        How many customers are chosen.

    Returns
    -------
    Panel
        A box for each weight; the customers on top, where they stood at the start, and how many of
        the first list are still there. What is no whole number from 0 to 10 is named, and stays in
        its box.

    Raises
    ------
    ValueError
        A weight is not a whole number from 0 to 10, or see `whobuys.segment.weighted_score`.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": list("ABC"), "orders": [9, 5, 1],
    ...                       "margin": [10.0, 90.0, 80.0]})
    >>> panel = weight_panel(table, {"orders": 5, "margin": 5}, top=1)
    >>> panel.controls["orders"].value = 10
    >>> "0 of the 1 first chosen" in panel.html
    True
    """
    for column, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MOST:
            raise ValueError(
                f"weights: {column!r} has {weight!r}. Give whole numbers from 0 to {MOST}."
            )
    reverse = list(reverse)

    def ranked(given: Mapping[str, float]) -> pd.DataFrame:
        return weighted_score(table, given, scale=scale, reverse=reverse, customer=customer)  # type: ignore[arg-type]

    start = ranked(weights)

    def render(**typed: str) -> str:
        given = {column: _weight(column, text) for column, text in typed.items()}
        now = ranked(given)
        best = now.sort_values("rank", kind="stable").head(top)
        chosen = start.sort_values("rank", kind="stable").head(top)
        stayed = len(best.index.intersection(chosen.index))
        shown = best.assign(**{"rank at the start": start["rank"].reindex(best.index)})
        first = [customer] if customer in shown else []
        parts = [f"{column}_part" for column in given]
        shown = shown[[*first, "rank", "rank at the start", "score", *parts]]
        used = ", ".join(
            f"{escape(name)} {share:.0%}" for name, share in now.attrs["weights"].items()
        )
        return (
            f"<p><strong>{stayed} of the {len(chosen)} first chosen are still on the list.</strong>"
            f" Weights: {used}.</p>"
            + shown.to_html(index=not first, border=0, float_format="{:.3f}".format)
        )

    controls = {
        column: _WeightBox(
            value=weight,
            description=column,
            continuous_update=False,
            style={"description_width": "initial"},
        )
        for column, weight in weights.items()
    }
    return Panel(controls, render)


def _weight(column: str, text: str) -> int:
    """Read what stands in a box; a decimal comma is refused, not dropped."""
    said = text.strip()
    if not said.isdecimal() or int(said) > MOST:
        raise ValueError(
            f'{column}: "{said}" is no weight. Type a whole number from 0 to {MOST}.'
            if said
            else f"{column} has no weight. Type a whole number from 0 to {MOST}."
        )
    return int(said)
