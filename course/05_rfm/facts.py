"""The numbers the text of unit 05 quotes, computed from the shipped data."""

import pandas as pd

from whobuys import segment
from whobuys.data import load
from whobuys.market import market, truth

AS_OF = "2026-06-30"
CALLS = 200
CALL_COST = 6
MARGIN = 0.5


def facts():
    case = market("teahouse", 0)
    rfm = segment.rfm_table(case["transactions"], as_of=AS_OF)
    states = segment.lifecycle_state(case["transactions"], as_of=AS_OF, customers=case["customers"])
    segments = segment.rfm_segment(segment.rfm_score(rfm))
    return {
        "calls": CALLS,
        **size_facts(case, rfm),
        **frequency_facts(rfm),
        **cdnow_facts(),
        **score_facts(segments),
        **segment_facts(segments),
        **silence_facts(case, states),
        **list_facts(case, segments, states),
        **plan_facts(case, states),
        **bank_facts(),
    }


def bank_facts():
    accounts = market("citybank", 0)["accounts"]
    balance = accounts["deposits"] + accounts["investments"]
    between = accounts["activity"].between(12, 51)
    richest = accounts.loc[balance.nlargest(len(accounts) // 5).index, "activity"]
    return {
        "all_active": share((accounts["activity"] >= 52).mean()),
        "rich_active": share((richest >= 52).mean()),
        "rich_between": share(richest.between(12, 51).mean()),
        "branch_between": share((accounts.loc[between, "channel"] == "branch").mean()),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def size_facts(case, rfm):
    transactions = case["transactions"]
    first = rfm.iloc[0]
    own = transactions[transactions["customer_id"] == first["customer_id"]]
    return {
        "registered": f"{len(case['customers']):,}",
        "lines": f"{len(transactions):,}",
        "orders": f"{transactions['order_id'].nunique():,}",
        "first": first["customer_id"],
        "first_orders": counted(first["frequency"], "order"),
        "first_lines": counted(len(own), "line"),
    }


def counted(number, noun):
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def frequency_facts(rfm):
    orders, money = rfm["frequency"], rfm["monetary"].sort_values(ascending=False)
    return {
        "once": share((orders == 1).mean()),
        "twice": share((orders == 2).mean()),
        "median_orders": f"{orders.median():.0f} times",
        "mean_orders": f"{orders.mean():.0f}",
        "most_orders": orders.max(),
        "often_little": int(((orders >= 12) & (rfm["monetary"] < 100)).sum()) or "nobody",
        "seldom_much": int(((orders < 3) & (rfm["monetary"] >= 500)).sum()),
        "top_fifth": share(money.head(len(rfm) // 5).sum() / money.sum()),
    }


def cdnow_facts():
    rfm = segment.rfm_table(load("cdnow"), as_of="1998-06-30")
    return {"cd_buyers": f"{len(rfm):,}", "cd_once": share((rfm["frequency"] == 1).mean())}


def score_facts(segments):
    r, f = segments["r_score"], segments["f_score"]
    return {
        "f1": int((f == 1).sum()),
        "fifth": round(len(segments) / 5),
        "best_cell": int(((r == 5) & (f == 5)).sum()),
        "worst_cell": int(((r == 1) & (f == 1)).sum()),
        "gone_cell": int(((r == 1) & (f == 5)).sum()),
    }


def segment_facts(segments):
    groups = segments.groupby("segment")["monetary"]
    people, money = groups.size() / len(segments), groups.sum() / segments["monetary"].sum()
    core, cold = ["champions", "loyal"], ["lost", "hibernating"]
    action = segment.SEGMENT_MAP.set_index("segment").loc["cannot lose", "action"]
    return {
        "champions": share(people["champions"]),
        "champions_money": share(money["champions"]),
        "core": share(people[core].sum()),
        "core_money": share(money[core].sum()),
        "cold": share(people[cold].sum()),
        "cold_money": share(money[cold].sum()),
        "cannot_lose": int(groups.size()["cannot lose"]),
        "at_risk": int(groups.size()["at risk"]),
        "cannot_lose_action": f"{action}.",
    }


def silence_facts(case, states):
    transactions = case["transactions"]
    likes = segment.preference_class(transactions, case["products"])["preference"]
    likes = likes.value_counts(normalize=True)
    members = case["customers"].loc[case["customers"]["member"], "customer_id"]
    theirs = transactions["customer_id"].isin(members)
    buyers = transactions["customer_id"].drop_duplicates()
    return {
        "cycle": f"{segment.purchase_cycle(transactions):.0f}",
        "pooled": f"{segment.purchase_gaps(transactions)['gap_days'].median():.0f}",
        "prospects": int((states["state"] == "prospect").sum()),
        "repurchase": share(segment.repurchase_rate(transactions)),
        "price": share(likes["price-sensitive"]),
        "brand": share(likes["brand-loyal"]),
        "little": share(likes["too little to tell"]),
        "members": share(buyers.isin(members).mean()),
        "members_money": share(
            transactions.loc[theirs, "amount"].sum() / transactions["amount"].sum()
        ),
    }


def list_facts(case, segments, states):
    everything = segments.merge(states[["customer_id", "state"]], on="customer_id")
    alive = truth(case).customers.set_index("customer_id")["alive"]

    def still_there(names):
        return share(alive.loc[names["customer_id"]].mean())

    by_map = everything["segment"].isin(["at risk", "cannot lose"])
    list_a = everything[by_map].nlargest(CALLS, "monetary")
    list_b = everything[everything["state"].isin(["at risk", "dormant"])].nlargest(
        CALLS, "monetary"
    )
    order = order_value(case, list_b["customer_id"])
    cannot_lose = everything[everything["segment"] == "cannot lose"]
    there = int(alive.loc[cannot_lose["customer_id"]].sum())
    return {
        "a_orders": f"{list_a['frequency'].median():.0f}",
        "b_orders": f"{list_b['frequency'].median():.0f}",
        "a_days": f"{list_a['recency_days'].median():.0f}",
        "b_days": f"{list_b['recency_days'].median():.0f}",
        "shared": int(list_a["customer_id"].isin(list_b["customer_id"]).sum()),
        "alive_a": still_there(list_a),
        "alive_b": still_there(list_b),
        "alive_cannot": f"{there:,}" if there else "none",
        "call_cost": f"{CALLS * CALL_COST:,}",
        "order_b": f"{order:.0f}",
        "breakeven": f"{CALLS * CALL_COST / (order * MARGIN):.0f}",
    }


def order_value(case, customers):
    """Return what an average order of these customers brings, in yuan."""
    theirs = case["transactions"][case["transactions"]["customer_id"].isin(customers)]
    return theirs["amount"].sum() / theirs["order_id"].nunique()


def plan_facts(case, states):
    """Return size and value of the dormant customers, for the example plan in the solution."""
    dormant = states.loc[states["state"] == "dormant", "customer_id"]
    theirs = case["transactions"][case["transactions"]["customer_id"].isin(dormant)]
    likes = segment.preference_class(theirs, case["products"])["preference"]
    order = order_value(case, dormant)
    cheap = (likes == "price-sensitive").mean()
    cost = CALLS * (CALL_COST + 15 * cheap + 6 * (1 - cheap))
    return {
        "dormant_days": f"{4 * segment.purchase_cycle(case['transactions']):.0f}",
        "dormant": len(dormant),
        "dormant_spend": f"{theirs['amount'].sum():,.0f}",
        "dormant_order": f"{order:.0f}",
        "dormant_price": share(cheap),
        "dormant_cost": f"{cost:,.0f}",
        "dormant_breakeven": f"{cost / (order * MARGIN):.0f}",
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
