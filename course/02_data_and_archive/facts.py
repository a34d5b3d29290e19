"""The numbers the text of unit 02 quotes, computed from the cases of seed 0."""

from pathlib import Path

import pandas as pd

from whobuys import archive, segment
from whobuys.course import Judge, load_key
from whobuys.market import errata, market, mess

AS_OF = "2026-06-30"
RULE = {"on": ["customer_id", "email"], "how": {"email": "email"}}
KEY = load_key(Path(__file__).with_name("key.py"))
FAULTS = {
    "others": 0,
    "exact_duplicates": 0.02,
    "second_registrations": 0.05,
    "refunds": 0.03,
    "cancellations": 0.02,
    "guest_orders": 0.04,
    "test_orders": 0.003,
    "impossible_dates": 0.01,
    "hundredfold_prices": 0.002,
    "gaps": [
        {"table": "customers", "column": "source", "why": "MCAR", "rate": 0.06},
        {"table": "customers", "column": "age", "why": "MNAR", "rate": 0.10},
    ],
}


def facts():
    case, trade = market("littlehands", 0), market("tradeways", 0)
    messy = mess(case, FAULTS)
    people, lines = messy["customers"], messy["transactions"]
    return {
        **people_facts(case, people),
        **gap_facts(case, people, lines),
        **firm_facts(trade),
        **behaviour_facts(),
        **contact_facts(case),
        **merge_facts(case, messy),
        **money_facts(case, people, lines),
        **card_facts(),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def people_facts(case, people):
    member = case["customers"].set_index("customer_id")["member"]
    return {
        "rows": len(people),
        "members": share(member.mean()),
        "member_lines": share(case["transactions"]["customer_id"].map(member).mean()),
    }


def gap_facts(case, people, lines):
    real_age = case["customers"].set_index("customer_id")["age"]
    spent = case["transactions"].groupby("customer_id")["amount"].sum()
    spent = spent.reindex(real_age.index).fillna(0)
    either = people["age"].isna() | people["source"].isna()
    silent = real_age.index.isin(people.loc[people["age"].isna(), "customer_id"])
    gap = spent.index.isin(people.loc[either, "customer_id"])
    return {
        "age_missing": share(people["age"].isna().mean()),
        "source_missing": share(people["source"].isna().mean()),
        "guest_lines": share(lines["customer_id"].isna().mean()),
        "repeated": int(people["customer_id"].duplicated().sum()),
        "email_repeated": int(people["email"].duplicated().sum()),
        "age_gap": f"{real_age[silent].mean() - real_age[~silent].mean():.0f}",
        "gap_rows": share(either.mean()),
        "gap_money": share(spent[gap].sum() / spent.sum()),
    }


def firm_facts(trade):
    firms = trade["customers"]
    revenue = trade["transactions"].groupby("customer_id")["amount"].sum()
    visits = trade["interactions"].query("kind == 'visit'").groupby("customer_id")["opened"].max()
    last = firms["customer_id"].map(visits)
    stale = last < "2025-07-01"
    return {
        "renewed": share(firms["renewed"].mean()),
        "referrals": f"{firms['referrals'].sum():,}",
        "top_ten": share(revenue.nlargest(10).sum() / revenue.sum()),
        "not_decider": share((firms["buyer_role"] != firms["decider_role"]).mean()),
        "events": f"{len(trade['events']):,}",
        "never_visited": share(last.isna().mean()),
        "stale": share(stale.mean()),
        "unchecked": f"{int((last.isna() | stale).sum()):,} firms",
        "losses": f"{int((firms['profit'] < 0).sum()):,}",
    }


def behaviour_facts():
    shop = market("outfitter", 0, tables=["transactions", "searches", "carts"])
    orders = shop["transactions"].drop_duplicates("order_id")["customer_id"].value_counts()
    searches = shop["searches"].groupby("customer_id")["searches"].sum().nlargest(100)
    carts = shop["carts"]["customer_id"].value_counts()
    buy, search, cart = (set(top.index[:100]) for top in (orders, searches, carts))
    return {"buy_search": len(buy & search), "search_cart": len(search & cart)}


def contact_facts(case):
    complaints = case["interactions"].query("kind == 'complaint'")
    return {
        "complaints": len(complaints),
        "unsolved": int(complaints["outcome"].eq("not solved").sum()),
    }


def merge_facts(case, messy):
    people = messy["customers"]
    merged, _ = archive.merge_duplicates(people, **RULE)
    copies = len(people) - len(people.drop_duplicates())
    ledger = errata(messy)
    again = ledger["kind"].eq("second_registrations") & ledger["change"].eq("row")
    if int(again.sum()) != len(people.drop_duplicates()) - len(merged):
        raise ValueError("the rule of the lesson does not find what was planted")
    rows = ledger[ledger["change"] != "column"].groupby("kind")["row"].nunique()
    name = pd.Series(["Zoë Weber", "ZOE  WEBER ", "Ｚｏｅ Weber", "Li Wei", "Li Wei"])
    phone = ["+41 00 000 00 01", "0041 (00) 000-0001", "", "00 86 000 0002", "00 86 000 0003"]
    five = pd.DataFrame({"name": name, "phone": phone})
    return {
        "planted_again": int(again.sum()),
        "planted_points": int(rows["hundredfold_prices"]),
        "planted_dates": int(rows["impossible_dates"]),
        "numbers": people["customer_id"].nunique(),
        "customers": len(merged),
        "truth_customers": len(case["customers"]),
        "copies": copies,
        "surplus": len(people) - len(merged),
        "spellings": len(people.drop_duplicates()) - len(merged),
        "five_written": name.nunique(),
        "five_name": archive.same_person(five, ["name"]).nunique(),
        "five_phone": archive.same_person(five, ["phone"], how={"phone": "phone"}).nunique(),
    }


def money_facts(case, people, lines):
    listed = lines["product_id"].map(case["products"].set_index("product_id")["list_price"])
    far = lines["unit_price"] > 5 * listed
    mended = lines.assign(amount=lines["amount"].where(~far, lines["amount"] / 100))
    once = mended.drop_duplicates()
    real = once[once["status"].eq("completed") & once["customer_id"].ne("TEST")]
    day = pd.to_datetime(real["date"], format="%Y-%m-%d", errors="coerce")
    paid = real[day <= AS_OF]
    raw, clean = lines["amount"].sum(), paid["amount"].sum()
    first = archive.same_person(people, **RULE)
    owner = people["customer_id"].loc[first].set_axis(people["customer_id"])
    owner = owner[~owner.index.duplicated()]
    spent = paid["amount"].groupby(paid["customer_id"].map(owner)).sum()
    spent = spent[spent > 0]
    flag = archive.outliers(spent)
    really = case["transactions"].groupby("customer_id")["amount"].sum().nlargest(20).index
    raw_best = lines.groupby("customer_id")["amount"].sum().nlargest(20).index
    raw_right = len(set(really) & set(raw_best))
    merged = people.loc[first == people.index]
    bills = paid[paid["refund_of"].isna()]
    bills = bills["order_id"].groupby(bills["customer_id"].map(owner)).nunique()
    code = segment.band(
        merged["customer_id"].map(bills).fillna(0), [1, 12], ["looks", "comes", "often"]
    ).value_counts()
    rules = {
        "customer_id": archive.Rule(pattern="C[0-9]{5}"),
        "date": archive.Rule("date", required=True, minimum="2024-07-01", maximum=AS_OF),
        "amount": archive.Rule("number", maximum=5000),
    }
    _, log = archive.clean(lines[[*rules]], rules, flag=["amount"])
    if not set(raw_best) - set(really) <= set(lines.loc[far, "customer_id"]):
        raise ValueError("somebody is wrongly among the best twenty without a lost point")
    by = ["age", "gender", "city"]
    size = merged.groupby(by, dropna=False)["customer_id"].transform("size")
    decade = merged.assign(age=merged["age"] // 10 * 10)
    banded = decade.groupby(by, dropna=False)["customer_id"].transform("size")
    return {
        "raw_revenue": f"{raw:,.0f}",
        "clean_revenue": f"{clean:,.0f}",
        "too_high": share(raw / clean - 1),
        "hundredfold": int(far.sum()),
        "line_rows": f"{len(lines):,}",
        "point_share": share((raw - mended["amount"].sum()) / (raw - clean)),
        "high_amounts": int((lines["amount"] > 5000).sum()),
        "invalid_cells": f"{log['why'].eq('invalid').sum():,}",
        "flagged_lines": f"{log['why'].eq('flagged').sum():,}",
        "flagged_points": int(far.loc[log.loc[log["why"].eq("flagged"), "row"]].sum()),
        "aside": f"{len(real) - len(paid):,}",
        "outliers": int(flag.sum()),
        "buyers": f"{len(spent):,}",
        "outlier_money": share(spent[flag].sum() / spent.sum()),
        "outlier_orders": f"{bills[bills.index.isin(spent[flag].index)].median():.0f}",
        "other_orders": f"{bills[bills.index.isin(spent[~flag].index)].median():.0f}",
        "found_dates": int((log["field"].eq("date") & log["why"].eq("invalid")).sum()),
        "raw_right": raw_right,
        "raw_wrong": 20 - raw_right,
        "archive_right": len(set(really) & set(spent.nlargest(20).index)),
        "wasted": f"{(20 - raw_right) * 360:,}",
        "guest_money": share(paid.loc[paid["customer_id"].isna(), "amount"].sum() / clean),
        "often": int(code["often"]),
        "unique": share(size.eq(1).mean()),
        "unique_banded": share(banded.eq(1).mean()),
    }


def card_facts():
    """Return what the example answer of the exercise quotes, from its case of seed 0."""
    judge = Judge(KEY, KEY.draw(0))
    customers, archived = judge.case["raw_customers"], judge.right("q5")
    missing = judge.right("q1").set_index("field")["missing"]
    twice = customers["customer_id"].nunique() - judge.right("q2")
    lost = next(m for m in KEY.questions["q5"].mistakes if m.id == "second_number_lost")
    kept = judge._make(KEY.questions["q5"], lost, {}).answer.value
    return {
        "people": f"{judge.right('q2'):,}",
        "twice": twice,
        "twice_share": share(twice / judge.right("q2")),
        "second_money": f"{archived['revenue'].sum() - kept['revenue'].sum():,.0f}",
        "ex_source_missing": share(missing["source"]),
        "ex_age_missing": share(missing["age"]),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
