"""The numbers the text of unit 07 quotes, computed from the shipped data."""

from pathlib import Path

import pandas as pd

from whobuys import segment
from whobuys.course import load_key
from whobuys.market import market, truth

KINDS = {
    "test pack": "K1",
    "course": "K2",
    "subscription": "K2",
    "kit": "K3",
    "tutoring": "K4",
    "class material": "K5",
}


def facts():
    case = market("learnhub", 0)
    people = people_of(case)
    square = market("marketplace", 0)
    return {
        **profile_facts(case, people),
        **chart_facts(case, people),
        **lift_facts(people),
        **square_facts(square),
        **coupon_facts(square),
        **persona_facts(case, people),
        **truth_facts(case, people),
        **exercise_facts(),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def people_of(case):
    """Return one row a buyer, as the lesson makes it."""
    lines = case["transactions"].merge(case["products"], on="product_id")
    spent = lines.groupby(["customer_id", "category"])["amount"].sum().unstack(fill_value=0)
    orders = lines.drop_duplicates("order_id").groupby("customer_id")
    cheap = lines["amount"].where(lines["discount"] > 0, 0).groupby(lines["customer_id"]).sum()
    bought = pd.DataFrame(
        {
            "segment": spent.idxmax(axis=1).map(KINDS),
            "spent": spent.sum(axis=1),
            "orders": orders.size(),
            "channel": orders["channel"].agg(lambda used: used.mode()[0]),
            "discount_share": cheap / spent.sum(axis=1),
        }
    ).reset_index()
    about = ["customer_id", "age", "gender", "region", "source", "member"]
    return bought.merge(case["customers"][about], on="customer_id")


def profile_facts(case, people):
    middle = people.groupby("segment")[["age", "spent"]].median()
    sizes = people["segment"].value_counts(normalize=True)
    index = segment.profile_segments(people, view="index")
    first = people[people["segment"] == "K1"]
    mean = first["age"].mean()
    ages = index.loc[("age", "")]
    return {
        "answered": f"{people['customer_id'].isin(case['survey']['customer_id']).sum():,}",
        "buyers": f"{len(people):,}",
        "k1_share": share(sizes["K1"]),
        "k5_share": share(sizes["K5"]),
        "k1_age": f"{middle.loc['K1', 'age']:.0f}",
        "k3_age": f"{middle.loc['K3', 'age']:.0f}",
        "k1_spent": f"{middle.loc['K1', 'spent']:.0f}",
        "k5_spent": f"{middle.loc['K5', 'spent']:.0f}",
        "k5_desk_share": share(
            (people.loc[people["segment"] == "K5", "channel"] == "school desk").mean()
        ),
        "k5_desk": f"{index.loc[('channel', 'school desk'), 'K5']:.0f}",
        "k1_spend_index": f"{index.loc[('spent', ''), 'K1']:.0f}",
        "k5_spend_index": f"{index.loc[('spent', ''), 'K5']:.0f}",
        "low_age_index": f"{ages.min():.0f}",
        "high_age_index": f"{ages.max():.0f}",
        "k1_mean_age": f"{mean:.0f}",
        "k1_near_mean": share(((first["age"] - mean).abs() <= 3).mean()),
    }


def chart_facts(case, people):
    large = people["segment"].value_counts()
    index = segment.profile_segments(people, view="index").loc["region"]
    index = index[[name for name in index.columns if large[name] > 100]]
    lines = case["transactions"].merge(people[["customer_id", "segment"]], on="customer_id")
    sold = lines.groupby([lines["date"].dt.to_period("M"), "segment"])["order_id"].nunique()
    peaks = sold.unstack().idxmax()
    survey = case["survey"].merge(people[["customer_id", "segment"]], on="customer_id")
    matters = survey.filter(like="importance_") >= 4
    by = matters.groupby(survey["segment"]).mean()
    answers = survey["segment"].value_counts()
    first = matters[survey["segment"] == "K1"]
    younger = survey.merge(people[["customer_id", "age"]])["age"] < 23
    ages = first.groupby(younger[first.index]).mean()
    return {
        "coast": share((people["region"] == "Coast").mean()),
        "region_index": f"{index.max().max():.0f}",
        "k1_peak": peaks["K1"].strftime("%B %Y"),
        "k1_of_answers": share(answers["K1"] / answers.sum()),
        "k4_person": share(by.loc["K4", "importance_person"]),
        "all_person": share(matters["importance_person"].mean()),
        "k4_answers": int(answers["K4"]),
        "k3_fun": share(by.loc["K3", "importance_fun"]),
        "k3_time": share(by.loc["K3", "importance_time"]),
        "k3_answers": int(answers["K3"]),
        "k1_young_answers": int(younger[first.index].sum()),
        "k1_young_marks": share(ages.loc[True, "importance_results"]),
        "k1_older_marks": share(ages.loc[False, "importance_results"]),
        "k1_young_fun": share(ages.loc[True, "importance_fun"]),
        "k1_older_fun": share(ages.loc[False, "importance_fun"]),
    }


def lift_facts(people):
    lifts = segment.trait_lift(people, people["source"] == "teacher", segment="segment")
    lifts = lifts.set_index("group")
    third = lifts.loc["K3"]
    ends = f"from {third['low']:.2f} to {third['high']:.2f}"
    return {
        **{
            f"{code.lower()}_{name}": f"{lifts.loc[code, name]:.2f}"
            for code in ("K3", "K4", "K5")
            for name in ("lift", "low", "high")
        },
        "k4_size": int(lifts.loc["K4", "customers"]),
        "k3_holds": f"{ends} {'holds' if third['low'] <= 1 <= third['high'] else 'leaves out'} 1",
    }


def buyers_of(square):
    """Return one row a buyer of the second company, as the lesson makes it."""
    paid = square["transactions"]
    buyer = square["customers"].merge(square["profiles"], on="customer_id")
    buyer = buyer[buyer["customer_id"].isin(paid["customer_id"])].reset_index(drop=True)
    channel = paid.drop_duplicates("order_id").groupby("customer_id")["channel"]
    buyer["app"] = buyer["customer_id"].map(channel.agg(lambda used: used.mode()[0])) == "app"
    buyer["social"] = buyer["source"] == "social media"
    reduced = paid["amount"].where(paid["discount"] > 0, 0).groupby(paid["customer_id"]).sum()
    part = reduced / paid.groupby("customer_id")["amount"].sum()
    buyer["bargain"] = buyer["customer_id"].map(part) >= 0.5
    return buyer


def square_facts(square):
    buyer = buyers_of(square)
    young = buyer["age"].between(18, 35)
    lifts = {
        name: segment.trait_lift(buyer, name, within=young).iloc[0]
        for name in ("app", "social", "bargain")
    }
    jobs = buyer[young].groupby("occupation")["bargain"].agg(["size", "mean"])
    really = truth(square).customers.set_index("customer_id")["segment"]
    kinds = buyer.loc[young, "customer_id"].map(really).value_counts(normalize=True)
    return {
        **{
            f"young_{name}": f"{row['lift']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
            for name, row in lifts.items()
        },
        "young_social_share": share(lifts["social"]["share"]),
        "young_not_social": share(1 - lifts["social"]["share"]),
        "young": f"{young.sum():,}",
        "other_jobs": int(
            (~buyer.loc[young, "occupation"].isin(["student", "employee", "self-employed"])).sum()
        ),
        "students": int(jobs.loc["student", "size"]),
        "employees": int(jobs.loc["employee", "size"]),
        "freelancers": int(jobs.loc["self-employed", "size"]),
        "student_bargain": share(jobs.loc["student", "mean"]),
        "employee_bargain": share(jobs.loc["employee", "mean"]),
        "freelancer_bargain": share(jobs.loc["self-employed", "mean"]),
        "young_coupon": share(kinds["coupon riders"]),
        "young_family": share(kinds["young families"]),
        "young_gadget": share(kinds["gadget people"]),
    }


def coupon_facts(square):
    buyer = buyers_of(square)
    female, twenties = buyer["gender"] == "female", buyer["age"].between(20, 25)
    women, men = (
        segment.trait_lift(buyer, "bargain", within=twenties & who).iloc[0]
        for who in (female, ~female)
    )
    open_end = female & buyer["age"].between(20, 24)
    sent = square["campaign"].merge(buyer, on="customer_id")
    letters = sent[
        (sent["arm"] == "contacted") & (sent["gender"] == "female") & sent["age"].between(20, 25)
    ]
    bargains = int(buyer["bargain"].sum())
    return {
        "women_lift": f"{women['lift']:.2f}",
        "women_low": f"{women['low']:.2f}",
        "women_high": f"{women['high']:.2f}",
        "men_lift": f"{men['lift']:.2f}",
        "men_with": int(men["with_trait"]),
        "women_with": int(women["with_trait"]),
        "women_size": int(women["customers"]),
        "women_open": int(open_end.sum()),
        "women_part": share(women["with_trait"] / bargains),
        "women_sent": len(letters),
        "bargains": f"{bargains:,}",
        **letter_facts(square, sent),
    }


def letter_facts(square, sent):
    """Return what a hundred letters bring and cost, for those who buy on offer and for others."""
    found = {}
    for name, chosen in (("bargain", True), ("other", False)):
        own = sent[sent["bargain"] == chosen]
        arms = own.groupby("arm")["responded"]
        rate = arms.mean()
        error = 196 * (rate * (1 - rate) / arms.size()).sum() ** 0.5
        takes, held = 100 * rate["contacted"], 100 * rate["held back"]
        cost = 10 * takes + 100 * own.loc[own["arm"] == "contacted", "cost"].mean()
        found |= {
            f"{name}_sent": share(rate["contacted"]),
            f"{name}_held": share(rate["held back"]),
            f"{name}_gain": f"{takes - held:.0f}",
            f"{name}_low": f"{takes - held - error:.0f}".replace("-", "−"),
            f"{name}_high": f"{takes - held + error:.0f}",
            f"{name}_gain_before": f"{gain_before(square, sent, chosen):.0f}",
            f"{name}_takes": f"{takes:.0f}",
            f"{name}_extra": f"{takes - held:.0f}",
            f"{name}_cost": f"{cost:.0f}",
            f"{name}_each": f"{cost / (takes - held):.0f}",
        }
    lines = square["transactions"].merge(square["products"], on="product_id")
    own = lines[lines["customer_id"].isin(sent.loc[sent["bargain"], "customer_id"])]
    margin = (own["amount"] - own["quantity"] * own["unit_cost"]).sum()
    return found | {"bargain_margin": f"{margin / own['order_id'].nunique():.0f}"}


def gain_before(square, sent, chosen):
    """Return the gain in points when buying on offer is measured before the letter only."""
    paid = square["transactions"]
    paid = paid[paid["date"] < sent["date"].min()]
    reduced = paid["amount"].where(paid["discount"] > 0, 0).groupby(paid["customer_id"]).sum()
    part = reduced / paid.groupby("customer_id")["amount"].sum()
    own = sent[sent["customer_id"].isin(part.index)]
    own = own[(own["customer_id"].map(part) >= 0.5) == chosen]
    rate = own.groupby("arm")["responded"].mean()
    return 100 * (rate["contacted"] - rate["held back"])


def persona_facts(case, people):
    third = people[people["segment"] == "K3"]
    friend = segment.trait_lift(people, people["source"] == "friend", segment="segment")
    friend = friend.set_index("group").loc["K3"]
    low, high = third["age"].quantile([0.25, 0.75])
    return {
        "k3_size": len(third),
        "friend_share": share(friend["share"]),
        "friend_lift": f"{friend['lift']:.2f}",
        "friend_low": f"{friend['low']:.2f}",
        "friend_high": f"{friend['high']:.2f}",
        "k3_age_range": f"{low:.0f} to {high:.0f}",
        "all_age_range": half(people["age"]),
        "k3_spent_mean": f"{100 * third['spent'].mean() / people['spent'].mean():.0f}",
        "k3_spent_median": f"{100 * third['spent'].median() / people['spent'].median():.0f}",
    }


def truth_facts(case, people):
    really = truth(case).customers.set_index("customer_id")["segment"]
    both = people.assign(really=people["customer_id"].map(really))
    parts = pd.crosstab(both["segment"], both["really"], normalize="index")
    survey = case["survey"].merge(both, on="customer_id")
    first = survey[survey["segment"] == "K1"]
    return {
        "k3_pure": share(parts.loc["K3"].max()),
        "k5_pure": share(parts.loc["K5"].max()),
        "k2_curious": share(parts.loc["K2", "curious minds"]),
        "k2_teens": share(parts.loc["K2", "teen parents"]),
        "k1_crammers": share(parts.loc["K1", "exam crammers"]),
        "k1_crammers_answered": share((first["really"] == "exam crammers").mean()),
        "k1_exam": share(first["motive_exam"].mean()),
    }


def exercise_facts():
    """Return the numbers of the example persona."""
    case = load_key(Path(__file__).with_name("key.py")).draw(0)
    mine, reader = case["brief"].iloc[0]
    people = case["segments"].merge(case["customers"], on="customer_id")
    orders = case["transactions"].drop_duplicates("order_id").groupby("customer_id")["channel"]
    people["channel"] = people["customer_id"].map(orders.agg(lambda used: used.mode()[0]))
    people["orders"] = people["customer_id"].map(orders.size())
    people["spent"] = people["customer_id"].map(
        case["transactions"].groupby("customer_id")["amount"].sum()
    )
    own = people[people["segment"] == mine]
    asked = case["panel"].merge(people, on="customer_id")
    said = asked[asked["segment"] == mine]
    searches = case["searches"].sort_values("searches", ascending=False, kind="stable")
    words = searches.drop_duplicates("customer_id").set_index("customer_id")["keyword"]
    words = words[words.index.isin(own["customer_id"])]
    top = words.value_counts(normalize=True)
    channel = own["channel"].value_counts(normalize=True)
    return {
        "ex_segment": mine,
        "ex_reader": reader,
        "ex_size": f"{len(own):,}",
        "ex_share": share(len(own) / len(people)),
        "ex_age": f"{own['age'].median():.0f}",
        "ex_age_half": half(own["age"]),
        "ex_young": share((own["age"] < 30).mean()),
        "ex_old": share((own["age"] > 45).mean()),
        "ex_female": share((own["gender"] == "female").mean()),
        "ex_channel": f"the {channel.index[0]}",
        "ex_channel_share": share(channel.iloc[0]),
        "ex_orders": f"{own['orders'].median():.0f}",
        "ex_orders_half": half(own["orders"]),
        "ex_index": f"{100 * own['spent'].mean() / people['spent'].mean():.0f}",
        "ex_search": top.index[0],
        "ex_search_share": share(top.iloc[0]),
        "ex_searchers": f"{len(words):,}",
        "ex_answers": f"{len(said):,}",
        "ex_price_young": f"{said.loc[said['age'] < 30, 'value_price'].mean():.1f}",
        "ex_price_old": f"{said.loc[said['age'] > 45, 'value_price'].mean():.1f}",
        "ex_rate": share(len(said) / len(own)),
        "ex_all_rate": share(len(asked) / len(people)),
        **{f"ex_{n}": f"{said[f'value_{n}'].mean():.1f}" for n in ("brand", "quality", "price")},
        **{
            f"ex_all_{name}": f"{asked[f'value_{name}'].mean():.1f}"
            for name in ("brand", "quality", "price")
        },
        **{
            f"ex_{name}": share(said[f"motive_{name}"].mean())
            for name in ("utilitarian", "hedonic", "social")
        },
    }


def half(values):
    low, high = values.quantile([0.25, 0.75])
    return f"{low:.0f} to {high:.0f}"


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
