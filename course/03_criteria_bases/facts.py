"""The numbers the text of unit 03 quotes, computed from the shipped data."""

import numpy as np
import pandas as pd

from whobuys import segment
from whobuys.market import market

HALF = "2025-07-01"
AGE_EDGES = [25, 30, 35, 40, 50]
HEADCOUNT_EDGES = [10, 50, 200]
BASES = [
    "age",
    "gender",
    "income_band",
    "occupation",
    "region",
    "agree_slow",
    "importance_time",
    "importance_price",
    "recency_days",
    "frequency",
    "at_discount",
    "channel",
    "margin",
    "agree_again",
    "star_sign",
]
SAID = {
    "channel": "the channel",
    "at_discount": "the habit of buying at a discount",
    "frequency": "the number of orders",
    "margin": "the margin earned",
    "recency_days": "recency",
}
FORM = ["age", "gender", "education", "occupation", "income_band", "household_size", "children"]
FORM += ["housing", "region", "source"]
PLAIN = {
    "income_band": "income",
    "household_size": "size of the household",
    "source": "how they found us",
}


def facts():
    case, trade = market("wardrobe", 0), market("tradeways", 0)
    people = case["customers"].merge(case["profiles"], on="customer_id")
    known = known_table(case, people)
    return {
        **people_facts(case, people),
        **catalogue_facts(),
        **trap_facts(trade),
        **strength_facts(known, people),
        **form_facts(known),
        **firm_facts(trade),
    }


def share(value, digits=0):
    if 0 < value < 0.005 and digits == 0:
        return "less than 1\u00a0%"
    return f"{max(value, 0):.{digits}%}".replace("%", "\u00a0%")


def people_facts(case, people):
    age = people["age"]
    fifths = segment.indicator_sheet(people, ["age"])["group"].tolist()
    return {
        "registered": f"{len(people):,}",
        "answered": len(case["survey"]),
        "silent": len(people) - len(case["survey"]),
        "sheet_edges": listed([name.split()[0] for name in fifths[1:]]),
        "odd_band": fifths[1],
        "core_age": share(age.between(25, 39).mean()),
        "below_core": share((age < 25).mean()),
        "above_core": share((age >= 40).mean()),
        "under_25": int((age < 25).sum()),
        "on_edge": int(age.isin(AGE_EDGES).sum()),
    }


def listed(words):
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def catalogue_facts():
    return {"criteria": len(segment.CRITERIA), "disputed": int(segment.CRITERIA["disputed"].sum())}


def trap_facts(trade):
    heads = trade["customers"]["headcount"]
    exactly = int((heads == 200).sum())
    return {
        "in_two": int((heads >= 250).sum() + exactly),
        "exactly_200": exactly or "no",
        "firms": f"{len(heads):,}",
        "tiny": int((heads < 10).sum()),
        "big": int((heads >= 200).sum()),
    }


def most(values):
    return values.mode()[0]


def known_table(case, people):
    """Return what was known before the second year, and what came in it."""
    lines = case["transactions"].merge(case["products"], on="product_id")
    before, after = lines[lines["date"] < HALF], lines[lines["date"] >= HALF]
    known = segment.rfm_table(before, as_of=HALF).merge(people, on="customer_id")
    known = known.merge(case["survey"], on="customer_id", how="left").set_index("customer_id")
    orders, later = before.groupby("customer_id"), after.groupby("customer_id")
    cost = (before["unit_cost"] * before["quantity"]).groupby(before["customer_id"]).sum()
    known["channel"] = orders["channel"].agg(most)
    known["at_discount"] = before["discount"].gt(0).groupby(before["customer_id"]).mean()
    known["margin"] = orders["amount"].sum() - cost
    known["spend_after"] = later["amount"].sum()
    known["spend_after"] = known["spend_after"].fillna(0)
    known["category_after"] = later["category"].agg(most)
    known["discount_after"] = after["discount"].gt(0).groupby(after["customer_id"]).mean()
    known["star_sign"] = np.random.default_rng(1).integers(1, 13, len(known)).astype(str)
    return known


def strength_facts(known, people):
    again = known.dropna(subset=["category_after"])
    habit = again["at_discount"].gt(0).map({True: "discount", False: "full price"})
    again = again.assign(both=again["income_band"] + ", " + habit)
    tried = strength(known, ["star_sign", "housing"], "spend_after")
    spend = strength(known, BASES, "spend_after")
    choice = strength(again, BASES, "category_after")
    price = strength(again, BASES, "discount_after")
    both = strength(again, ["both"], "discount_after").loc["both"]
    answered = int(known["agree_slow"].notna().sum())
    return {
        "known": len(known),
        "newcomers": f"{len(people) - len(known):,}",
        "lot_raw": share(tried.loc["star_sign", "raw"], 1),
        "housing_raw": share(tried.loc["housing", "raw"], 1),
        "spend_first": capital(SAID[spend.index[0]]),
        "spend_first_share": share(spend["strength"].iloc[0]),
        "occupation_spend": share(spend.loc["occupation", "strength"]),
        "income_spend": share(spend.loc["income_band", "strength"]),
        "frequency_spend": share(spend.loc["frequency", "strength"]),
        "region_spend": nothing(spend.loc["region"]),
        "survey_known": answered,
        "survey_share": share(answered / len(known)),
        "occupation_choice": f"{choice.loc['occupation', 'strength']:.2f}",
        "survey_again": int(again["agree_slow"].notna().sum()),
        "frequency_choice": f"{choice.loc['frequency', 'strength']:.2f}",
        "frequency_choice_word": (
            "just beyond chance" if choice.loc["frequency", "beyond"] else "within chance"
        ),
        "age_choice": f"{choice.loc['age', 'strength']:.2f}",
        "channel_choice": f"{choice.loc['channel', 'strength']:.2f}",
        "margin_choice": f"{choice.loc['margin', 'strength']:.2f}",
        "leaders": listed([SAID[found.index[0]] for found in (spend, choice, price)]),
        "income_price": share(price.loc["income_band", "strength"]),
        "discount_price": share(price.loc["at_discount", "strength"]),
        "together": share(both["strength"]),
        "together_levels": int(both["levels"]),
        "together_size": round(len(again) / both["levels"]),
        "again": len(again),
    }


def strength(table, criteria, outcome):
    return segment.base_strength(table, criteria, outcome).set_index("criterion")


def form_facts(known):
    """Say which questions of the form are beyond chance for no decision, and which for all."""
    beyond = pd.DataFrame(
        {
            outcome: strength(known.dropna(subset=[outcome]), FORM, outcome)["beyond"]
            for outcome in ("spend_after", "category_after", "discount_after")
        }
    ).loc[FORM]

    def named(which):
        return listed([PLAIN.get(name, name) for name in beyond.index[which]])

    times = beyond.sum(axis=1)
    return {
        "useless": named(times == 0),
        "lone": capital(named(times == 1)),
        "two_of_three": named(times == 2),
        "useful": named(times == 3),
    }


def capital(words):
    return words[0].upper() + words[1:]


def nothing(row):
    return share(row["strength"]) if row["beyond"] else "nothing that luck would not"


def firm_facts(trade):
    lines = trade["transactions"]
    early = lines["date"] < HALF
    firms = segment.rfm_table(lines[early], as_of=HALF).merge(trade["customers"], on="customer_id")
    spent = lines[~early].groupby("customer_id")["amount"].sum()
    firms["spend_after"] = firms["customer_id"].map(spent).fillna(0)
    firms["size"] = segment.band(firms["headcount"], HEADCOUNT_EDGES, list("abcd"))
    found = strength(firms, ["size", "industry", "region", "frequency"], "spend_after")
    return {
        "size_firms": share(found.loc["size", "strength"]),
        "frequency_firms": share(found.loc["frequency", "strength"]),
        "industry_firms": share(found.loc["industry", "strength"]),
        "region_firms": nothing(found.loc["region"]),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
