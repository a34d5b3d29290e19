"""The canvas held against the student's own segments."""

from __future__ import annotations

import pandas as pd

from whobuys.canvas._canvas import Canvas


def segment_fit(
    canvas: Canvas,
    segments: pd.DataFrame,
    *,
    code: str = "segment",
    customers: str | None = "customers",
    clv: str | None = "clv",
) -> pd.DataFrame:
    """Lay the canvas beside your own segments: who is served, with what, and what they are worth.

    Parameters
    ----------
    canvas : Canvas
        Its customer segments name a code as evidence: ``evidence={"segment": "HF-LM"}``.
    segments : DataFrame
        One row a segment.
    code : str
        Column with the code of a segment.
    customers, clv : str or None
        Columns with the number of customers and the mean lifetime value of a customer, money; a
        column that is not there is left out.

    Returns
    -------
    DataFrame
        One row a segment of your data and one a group on the canvas without a code: ``segment``,
        ``entry``, ``propositions``, ``channels`` (how many are for it), ``revenue`` (money a month
        linked with it alone), and ``customers``, ``clv``, ``value`` (customers × CLV) and
        ``value_share`` where they are known. Largest value first.

    Raises
    ------
    ValueError
        There is no column of codes, or a code stands twice.

    Examples
    --------
    >>> shop = Canvas().add("customers", "regulars", evidence={"segment": "A"})
    >>> mine = pd.DataFrame({"segment": ["A", "B"], "customers": [10, 30], "clv": [90.0, 10.0]})
    >>> segment_fit(shop, mine)[["segment", "entry", "value_share"]].values.tolist()
    [['A', 'regulars', 0.75], ['B', '', 0.25]]
    """
    if code not in segments.columns:
        raise ValueError(f'The segments have no column "{code}". Name it with code="…".')
    codes = segments[code].astype(str)
    if codes.duplicated().any():
        raise ValueError(
            f'Segment "{codes[codes.duplicated()].iloc[0]}" stands twice. Keep one row.'
        )
    rows = []
    for group in canvas.groups:
        rows += [_row(canvas, name, group.id) for name in group.said("segment") or [""]]
    named = {row["segment"] for row in rows}
    rows += [_row(canvas, name, None) for name in codes if name not in named]
    table = pd.DataFrame(rows, columns=["segment", "entry", "propositions", "channels", "revenue"])
    worth = segments.set_index(codes)
    for name, column in (("customers", customers), ("clv", clv)):
        if column in worth.columns:
            table[name] = pd.to_numeric(table["segment"].map(worth[column]))
    if {"customers", "clv"} <= set(table.columns):
        table["value"] = table["customers"] * table["clv"]
        once = table.drop_duplicates("segment")["value"]
        table["value_share"] = table["value"] / once.sum()
        table = table.sort_values("value", ascending=False, kind="stable", na_position="last")
    return table.reset_index(drop=True)


def _row(canvas: Canvas, code: str, group: str | None) -> dict[str, object]:
    found: dict[str, object] = {"segment": code, "entry": ""}
    if group is None:
        return found | {"propositions": 0, "channels": 0, "revenue": 0.0}
    found["entry"] = canvas.entry(group).text
    for name, block in (("propositions", "value_propositions"), ("channels", "channels")):
        entries = canvas.block(block)
        found[name] = sum(
            any(one.id == group for one in canvas.segments_of(entry.id)) for entry in entries
        )
    found["revenue"] = float(
        sum(
            entry.amount or 0.0
            for entry in canvas.block("revenue_streams")
            if [one.id for one in canvas.segments_of(entry.id)] == [group]
        )
    )
    return found
