"""Write rules, one a line, and see at once who falls in none and who in two."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets
import pandas as pd

from whobuys.segment import Rule, rule_report
from whobuys.widgets._panel import Panel


def rule_panel(
    table: pd.DataFrame, rules: Sequence[Rule] | str, *, customer: str = "customer_id"
) -> Panel:
    r"""Edit a rule table and see its overlaps and gaps.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    rules : sequence of Rule, or str
        The rules to start with; as text, one a line: ``key: orders >= 12 and margin >= 500``.
    customer : str
        Column of the customers' ids.

    Returns
    -------
    Panel
        A box with the rules; what they do to these customers. A rule that cannot be read is named,
        and the text stays as it is.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": list("ABC"), "orders": [20, 5, 2]})
    >>> panel = rule_panel(table, "frequent: orders >= 5\nseldom: orders <= 5")
    >>> "not exclusive, complete" in panel.html
    True
    >>> panel.controls["rules"].value = "frequent: orders >= 5\nseldom: orders < 5"
    >>> "2 rules, exclusive, complete" in panel.html
    True
    """
    text = rules if isinstance(rules, str) else "\n".join(map(_line, rules))

    def render(rules: str) -> str:
        report = rule_report(table, _read(rules), customer=customer)
        parts = [f"<p><strong>{escape(str(report))}</strong></p>"]
        for title, part in (
            ("Who falls where", report.coverage),
            ("Rule by rule", report.rules),
            ("In two classes", report.overlaps),
            ("On an edge", report.boundaries),
        ):
            if len(part):
                shown = part.to_html(
                    index=False,
                    border=0,
                    formatters={"share": "{:.1%}".format},
                    float_format="{:g}".format,
                )
                parts.append(f"<p><strong>{title}</strong></p>{shown}")
        return "".join(parts)

    box = ipywidgets.Textarea(
        value=text,
        description="Rules",
        rows=max(4, text.count("\n") + 2),
        layout={"width": "95%"},
        continuous_update=False,
    )
    return Panel({"rules": box}, render)


def _line(rule: Rule) -> str:
    return f"{rule.name}: {rule.condition}"


def _read(text: str) -> list[Rule]:
    rules = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, condition = line.partition(":")
        if not colon:
            raise ValueError(f'Line {number}: write "class: condition", with a colon.')
        rules.append(Rule(name.strip(), condition.strip()))
    return rules
