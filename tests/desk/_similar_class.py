"""A class of invented students for the tests: each solves 05_rfm in an own way."""

# ruff: noqa: E501 - code as students write it

import copy
import random
import re

NAMES = {
    "buyers": ["buyers", "by_customer", "grouped", "per", "g"],
    "last": ["last", "last_day", "newest", "latest"],
    "orders": ["orders", "visits", "n_orders", "often"],
    "money": ["money", "spent", "paid", "revenue"],
    "rank": ["rank", "r", "place", "ranked"],
    "who": ["who", "cold", "sleepers", "target", "x"],
    "day": ["day", "today", "as_of", "end"],
}


def variant(rng, solution):
    """Return a notebook in which every question is solved in one of many ways."""
    made = copy.deepcopy(solution)
    work = {"q1": _q1, "q2": _q2, "q3": _q3, "q4": _q4, "q5": _q5, "q6-work": _q6}
    names = {name: rng.choice(choices) for name, choices in NAMES.items()}
    for cell in made["cells"]:
        if cell["id"] in work:
            text = work[cell["id"]](rng)
            for name, own in names.items():
                text = re.sub(rf"\b_{name}\b", own, text)
            cell["source"] = _remarks(rng, text)
    return made


def disguised(rng, notebook, template):
    """Return a copy of a hand-in with other names, numbers, remarks and blanks."""
    made = copy.deepcopy(notebook)
    released = {cell["id"]: cell["source"] for cell in template["cells"]}
    for cell in made["cells"]:
        if cell["cell_type"] == "code" and cell["source"] != released.get(cell["id"]):
            text = re.sub(r"#.*", "", cell["source"])
            for name in {own for choices in NAMES.values() for own in choices}:
                text = re.sub(rf"(?<![\w.\"']){name}\b(?!\s*=\s*\()", f"{name}_2", text)
            text = text.replace("20", "30").replace(", ", ",  ")
            cell["source"] = f"%time\n# my own work {rng.random()}\n{text}"
    return made


def _mixed(rng, *lines):
    return "\n".join(rng.sample(lines, len(lines)))


def _remarks(rng, text):
    lines = text.splitlines()
    for at in sorted(rng.sample(range(len(lines)), min(len(lines), rng.randint(0, 2)))):
        lines[at] += f"  # step {rng.randint(1, 99)}"
    return "\n".join(lines)


def _q1(rng):
    way = rng.choice(["ready", "agg", "series", "merge"])
    if way == "ready":
        return 'rfm = rfm_table(transactions, as_of="2026-06-30")'
    day = rng.choice(['pd.Timestamp("2026-06-30")', "pd.Timestamp(2026, 6, 30)", "_day"])
    head = '_day = pd.to_datetime("2026-06-30")\n' if day == "_day" else ""
    if way == "agg":
        columns = ['_last=("date", "max")', '_orders=("order_id", "nunique")']
        columns += ['_money=("amount", "sum")']
        inside = ", ".join(rng.sample(columns, 3))
        index = rng.choice(
            ['transactions.groupby("customer_id", as_index=False).agg({})'] * 2
            + ['transactions.groupby("customer_id").agg({}).reset_index()']
        )
        tail = _mixed(
            rng,
            f'_buyers["recency_days"] = ({day} - _buyers["_last"]).dt.days',
            '_buyers["frequency"] = _buyers["_orders"]',
            '_buyers["monetary"] = _buyers["_money"].round(2)',
        )
        keep = rng.choice(
            [
                '["customer_id", "recency_days", "frequency", "monetary"]',
                '["customer_id"] + ["recency_days", "frequency", "monetary"]',
            ]
        )
        return f"{head}_buyers = {index.format(inside)}\n{tail}\nrfm = _buyers[{keep}]\nrfm.head()"
    group = rng.choice(
        ['transactions.groupby("customer_id")', 'transactions.groupby(by="customer_id", sort=True)']
    )
    if way == "series":
        parts = _mixed(
            rng,
            '_last = _buyers["date"].max()',
            '_orders = _buyers["order_id"].nunique()',
            '_money = _buyers["amount"].sum()',
        )
        columns = rng.sample(
            [
                f'"recency_days": ({day} - _last).dt.days',
                '"frequency": _orders',
                '"monetary": _money',
            ],
            3,
        )
        end = rng.choice([".reset_index()", '.rename_axis("customer_id").reset_index()', ""])
        return (
            f"{head}_buyers = {group}\n{parts}\nrfm = pd.DataFrame({{{', '.join(columns)}}}){end}"
        )
    steps = _mixed(
        rng,
        '_orders = transactions.drop_duplicates(["customer_id", "order_id"]).groupby("customer_id").size()',
        '_money = transactions.pivot_table(index="customer_id", values="amount", aggfunc="sum")["amount"]',
        f'_last = ({day} - transactions.sort_values("date").groupby("customer_id")["date"].last()).dt.days',
    )
    return (
        f'{head}{steps}\nrfm = _last.to_frame("recency_days").join(_orders.rename("frequency"))'
        '.join(_money.rename("monetary"))'
    )


def _q2(rng):
    way = rng.choice(["ready", "ready", "loop", "lines", "qcut", "apply"])
    if way == "ready":
        return "scores = rfm_score(rfm)"
    if way == "loop":
        pairs = rng.sample(
            [
                '("recency_days", "r_score", False)',
                '("frequency", "f_score", True)',
                '("monetary", "m_score", True)',
            ],
            3,
        )
        return (
            f"scores = rfm.copy()\nfor _who, _last, _day in [{', '.join(pairs)}]:\n"
            '    _rank = scores[_who].rank(method="min", ascending=_day)\n'
            "    scores[_last] = ((_rank - 1) * 5 // len(scores) + 1).astype(int)"
        )
    if way == "lines":
        return "scores = rfm.copy()\n" + _mixed(
            rng,
            'scores["r_score"] = ((rfm["recency_days"].rank(ascending=False, method="min") - 1) * 5 // len(rfm) + 1).astype(int)',
            'scores["f_score"] = ((rfm["frequency"].rank(method="min") - 1) * 5 // len(rfm) + 1).astype(int)',
            'scores["m_score"] = ((rfm["monetary"].rank(method="min") - 1) * 5 // len(rfm) + 1).astype(int)',
        )
    if way == "qcut":
        return (
            "scores = rfm.assign(\n"
            + ",\n".join(
                rng.sample(
                    [
                        '    r_score=pd.qcut(rfm["recency_days"].rank(method="first"), 5, labels=[5, 4, 3, 2, 1]).astype(int)',
                        '    f_score=pd.qcut(rfm["frequency"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)',
                        '    m_score=pd.qcut(rfm["monetary"], 5, labels=[1, 2, 3, 4, 5]).astype(int)',
                    ],
                    3,
                )
            )
            + ",\n)"
        )
    return (
        "def _rank(column, up=True):\n    return column.rank(method='min', ascending=up).sub(1).mul(5)"
        ".floordiv(len(column)).add(1).astype(int)\n\nscores = rfm.copy()\n"
        + _mixed(
            rng,
            'scores["r_score"] = _rank(rfm["recency_days"], False)',
            'scores["f_score"] = _rank(rfm["frequency"])',
            'scores["m_score"] = _rank(rfm["monetary"])',
        )
    )


def _q3(rng):
    name = rng.choice(["named = rfm_segment(scores)", "_who = rfm_segment(scores)"])
    table = name.split(" =")[0]
    way = rng.choice(["solution", "agg", "counts", "loop"])
    if way == "solution":
        return (
            f'{name}\n_money = {table}.groupby("segment")["monetary"]\nsegments = pd.DataFrame('
            f'{{"customers": _money.size(), "revenue_share": _money.sum() / {table}["monetary"].sum()}}'
            ").reset_index()"
        )
    if way == "agg":
        parts = rng.sample(
            ['customers=("customer_id", "count")', 'revenue_share=("monetary", "sum")'], 2
        )
        end = rng.choice(
            [
                f'segments["revenue_share"] = segments["revenue_share"] / {table}["monetary"].sum()',
                'segments["revenue_share"] /= segments["revenue_share"].sum()',
            ]
        )
        return f'{name}\nsegments = {table}.groupby("segment").agg({", ".join(parts)}).reset_index()\n{end}'
    if way == "counts":
        return (
            f"{name}\n"
            + _mixed(
                rng,
                f'_orders = {table}["segment"].value_counts().rename("customers")',
                f'_money = {table}.groupby("segment")["monetary"].sum().div({table}["monetary"].sum()).rename("revenue_share")',
            )
            + "\nsegments = pd.concat([_orders, _money], axis=1).reset_index()"
        )
    return (
        f"{name}\n_last = []\nfor _who, _buyers in {table}.groupby('segment'):\n    _last.append("
        f"(_who, len(_buyers), _buyers['monetary'].sum() / {table}['monetary'].sum()))\n"
        "segments = pd.DataFrame(_last, columns=['segment', 'customers', 'revenue_share'])"
    )


def _q4(rng):
    return rng.choice(
        [
            "cycle = purchase_cycle(transactions)",
            "cycle = purchase_cycle(transactions)",
            '_last = purchase_gaps(transactions)\ncycle = _last.groupby("customer_id")["gap_days"].median().median()',
            'cycle = purchase_gaps(transactions)["gap_days"].median()',
            '_last = purchase_gaps(transactions)\ncycle = float(_last.groupby("customer_id")["gap_days"].mean().mean())',
            '_day = transactions.drop_duplicates(["customer_id", "date"]).sort_values(["customer_id", "date"])\n'
            '_day["gap"] = _day.groupby("customer_id")["date"].diff().dt.days\n'
            'cycle = _day.groupby("customer_id")["gap"].median().median()',
        ]
    )


def _q5(rng):
    return rng.choice(
        [
            "repurchase = repurchase_rate(transactions)",
            "repurchase = repurchase_rate(transactions)",
            'repurchase = (rfm["frequency"] >= 2).mean()',
            'repurchase = (rfm["frequency"] > 1).sum() / len(rfm)',
            'repurchase = len(rfm[rfm["frequency"] >= 2]) / len(customers)',
            '_orders = transactions.groupby("customer_id")["order_id"].nunique()\nrepurchase = (_orders > 1).mean()',
            '_orders = transactions.groupby("customer_id")["order_id"].nunique()\nrepurchase = _orders[_orders >= 2].count() / _orders.count()',
        ]
    )


def _q6(rng):
    steps = [
        '_who = lifecycle_state(transactions, as_of="2026-06-30")\n_who["state"].value_counts()',
        '_who = scores[scores["r_score"] <= 2]\nlen(_who), _who["monetary"].sum()',
        '_who = rfm[rfm["recency_days"] > 3 * cycle].sort_values("monetary", ascending=False).head(50)',
        'rfm.query("recency_days > 90 and frequency >= 3")["monetary"].describe()',
        '_money = transactions.merge(products, on="product_id").groupby("category")["amount"].sum()\n_money / _money.sum()',
        'preference_class(transactions, products)["preference"].value_counts(normalize=True)',
        '_who = rfm[(rfm["recency_days"] > 60) & (rfm["monetary"] > rfm["monetary"].median())]\nprint(len(_who))',
        'customers.merge(rfm, on="customer_id", how="left")["frequency"].isna().sum()',
        '_day = transactions.groupby(transactions["date"].dt.to_period("M"))["amount"].sum()\n_day.plot()',
        "_money = _day = 0\nfor _last in rfm.itertuples():\n    if _last.recency_days > 2 * cycle:\n        _money += _last.monetary\n        _day += 1\nprint(_day, _money)",
        'segments.sort_values("revenue_share", ascending=False).head(3)',
        'print(f"{(rfm.recency_days > 100).mean():.1%} of the buyers stayed away")',
        'rfm.nlargest(20, "monetary")[["customer_id", "recency_days", "monetary"]]',
        'rfm["value"] = rfm["monetary"] / rfm["frequency"]\nrfm["value"].plot.hist(bins=30)',
    ]
    return "\n".join(rng.sample(steps, rng.randint(1, 4)))


def seeded(seed):
    return random.Random(seed)  # noqa: S311 - invented students, no secret
