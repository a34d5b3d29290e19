"""The numbers the text of unit 09 quotes, computed from the shipped data."""

from pathlib import Path

import numpy as np
import pandas as pd

from whobuys import segment, target
from whobuys.course import Judge, load_key
from whobuys.market import market, truth

NEEDS = ["results", "time", "price", "person", "fun"]
CHILD_EXAM = "a child's exam"
PILOT = 60


def facts():
    case = market("learnhub", 0)
    people, answers = people_and_answers(case)
    weights = target.rake(
        answers, {name: people[name].value_counts() for name in ("age_group", "member")}
    )
    return {
        **sample_facts(case, people, answers),
        **weight_facts(case, answers, weights),
        **need_facts(answers, weights),
        **word_facts(answers),
        **behaviour_facts(case, people),
        **conjoint_facts(),
        **channel_facts(case, people),
        **decision_facts(case, people, answers, weights),
        **exercise_facts(),
    }


def share(value):
    return f"{value:.0%}".replace("%", "\u00a0%")


def signed(value, digits=1):
    return f"{value:.{digits}f}".replace("-", "−")


def listed(name):
    words = {"16-19": "16 to 19", "20-29": "20 to 29", "30-41": "30 to 41", "42+": "42 and over"}
    return words[name]


def people_and_answers(case):
    """Return customers and answers as the lesson makes them."""
    customers, survey = case["customers"], case["survey"]
    ages = segment.band(
        customers["age"], edges=[20, 30, 42], labels=["16-19", "20-29", "30-41", "42+"]
    )
    people = customers.assign(age_group=ages.astype(str))
    answers = survey.merge(people, on="customer_id")
    child, exam, work, joy = (answers[f"motive_{m}"] for m in ("child", "exam", "work", "joy"))
    answers["reason"] = np.select(
        [child & exam, child, work, exam, joy],
        [CHILD_EXAM, "a child", "work", "own exam", "joy"],
        default="none named",
    )
    return people, answers


def sample_facts(case, people, answers):
    young = people["age_group"].eq("16-19").mean(), answers["age_group"].eq("16-19").mean()
    rated = [c for c in case["survey"] if c.startswith(("importance", "performance", "agree"))]
    flagged = int((~target.flag_answers(answers, rated)["keep"]).sum())
    return {
        "registered": f"{len(people):,}",
        "invited": "Seven in ten",
        "answered": len(answers),
        "rate": share(len(answers) / (0.7 * len(people))),
        "flagged": (
            f"{flagged} answers carry a flag" if flagged else "No answer had to be thrown out"
        ),
        "young_register": share(young[0]),
        "young_answers": share(young[1]),
    }


def weight_facts(case, answers, weights):
    true = truth(case).exact["survey"].set_index("question")["population"]
    asked = [*(f"importance_{need}" for need in NEEDS), "satisfaction", "recommend"]
    raw = (answers[asked].mean() - true[asked]).abs().mean()
    raked = pd.Series({q: target.weighted_mean(answers[q], weights).mean for q in asked})
    effective = target.weighted_mean(answers["satisfaction"], weights).effective
    return {
        "off_raw": f"{raw:.2f}",
        "off_raked": f"{(raked - true[asked]).abs().mean():.2f}",
        "effective": f"{effective:.0f}",
    }


def need_facts(answers, weights):
    parents = answers[answers["reason"] == CHILD_EXAM]
    pair = {"all": ("expectation", "satisfaction")}
    everybody = target.gap_scores(answers, pair).iloc[0]
    theirs = target.gap_scores(parents, pair).iloc[0]
    person = answers["importance_person"].ge(4)
    rating = answers[[f"importance_{need}" for need in NEEDS]]
    tied = rating.eq(rating.max(axis=1), axis=0).sum(axis=1).gt(1).mean()
    quality = target.cronbach_alpha(answers, [f"performance_{need}" for need in NEEDS])
    turned = answers.assign(agree_rival_equal=6 - answers["agree_rival_equal"])
    loyal = target.cronbach_alpha(turned, ["agree_again", "agree_proud", "agree_rival_equal"])
    return {
        "person_all": share(target.weighted_mean(person.astype(float), weights).mean),
        "person_joy": share(person[answers["reason"] == "joy"].mean()),
        "person_exam_child": share(person[answers["reason"] == CHILD_EXAM].mean()),
        "parents": len(parents),
        "none_named": int((answers["reason"] == "none named").sum()),
        "parents_importance": f"{parents['importance_person'].mean():.1f}",
        "parents_performance": f"{parents['performance_person'].mean():.1f}",
        "gap_all": f"{everybody['gap']:+.2f}".replace("-", "−"),
        "gap_parents": signed(theirs["gap"]),
        "gap_low": signed(theirs["low"]),
        "gap_high": signed(theirs["high"]),
        "disappointed": share(theirs["disappointed"]),
        "tied": share(tied),
        "alpha": f"{quality.alpha:.2f}",
        "alpha_turned": f"{loyal.alpha:.2f}",
    }


def word_facts(answers):
    wrote = answers["comment"] != ""
    pains = answers["comment"].str.contains("changed|Too dear|forgets")
    changed = answers["comment"].str.contains("changed")
    theirs = answers["reason"] == CHILD_EXAM
    return {
        "wrote": int(wrote.sum()),
        "pains": int(pains.sum()),
        "changed_parents": int((changed & theirs).sum()),
        "parents_wrote": int((wrote & theirs).sum()),
        "changed_rest": int((changed & ~theirs).sum()),
        "rest_wrote": int((wrote & ~theirs).sum()),
    }


def behaviour_facts(case, people):
    searched = case["searches"]
    tutor = searched.loc[searched["keyword"].str.contains("tutor|one to one"), "customer_id"]
    lines = case["transactions"].merge(case["products"], on="product_id")
    had = lines.loc[lines["category"] == "tutoring", "customer_id"]
    latent = people[people["customer_id"].isin(tutor) & ~people["customer_id"].isin(had)]
    young = latent[latent["age_group"].isin(["16-19", "20-29"])]
    spent = lines.pivot_table(
        index=lines["date"].dt.month, columns="category", values="amount", aggfunc="sum"
    )
    tests = spent["test pack"] / spent.sum(axis=1)
    tutoring = spent["tutoring"] / spent.sum(axis=1)
    carts = case["carts"].merge(people, on="customer_id")
    lost = 1 - carts.groupby("age_group")["checkout"].mean()
    size = carts.groupby("age_group").size()
    ends = ["16-19", "42+"]
    error = ((lost * (1 - lost) / size)[ends].sum()) ** 0.5
    clear = abs(lost["16-19"] - lost["42+"]) > 1.96 * error
    orders = lines.drop_duplicates("order_id")
    return {
        "looked": tutor.nunique(),
        "latent": len(latent),
        "latent_young": len(young),
        "latent_answered": int(young["customer_id"].isin(case["survey"]["customer_id"]).sum()),
        "two_days": share(2 / 7),
        "weekend": share(orders["date"].dt.day_of_week.ge(5).mean()),
        "carts_lost": share(1 - case["carts"]["checkout"].mean()),
        "carts_young": share(lost["16-19"]),
        "carts_old": share(lost["42+"]),
        "carts_chance": "more than chance does" if clear else "no more than chance can do",
        "tutor_low": share(tutoring.min()),
        "tutor_high": share(tutoring.max()),
        "tests_low": share(tests.min()),
        "tests_high": share(tests.max()),
    }


def conjoint_facts():
    cards = target.full_profiles(
        {"help": ["videos only", "one tutor"], "when": ["Thursday", "any"], "price": [15, 45]}
    )
    cards["rating"] = [5, 2, 6, 3, 9, 7, 10, 7]
    one = target.conjoint_ratings(cards, "rating", ["help", "when", "price"])
    steps = one.importances.set_index("attribute")
    pay = planted_choices(0).willingness_to_pay("price").set_index("level").loc["one tutor"]
    inside = pay["low"] <= 30 <= pay["high"]
    return {
        "card_help": f"{steps.loc['help', 'range']:.2g}",
        "card_price": f"{steps.loc['price', 'range']:.2g}",
        "card_importance": share(steps.loc["help", "importance"]),
        "pay": f"{pay['worth']:.0f}",
        "pay_low": f"{pay['low']:.0f}",
        "pay_high": f"{pay['high']:.0f}",
        "tutor_planted": "within the interval" if inside else "just outside the interval",
    }


def planted_choices(seed):
    """Return the model of the choices the lesson invents."""
    levels = {"help": ["videos only", "chat", "one tutor"], "when": ["Thursday", "any evening"]}
    shown = target.choice_tasks(levels | {"price": [15, 30, 45]}, 600, seed=seed)
    for name, order in levels.items():
        shown[name] = pd.Categorical(shown[name], order)
    worth = {"videos only": 0.0, "chat": 0.6, "one tutor": 1.5}
    taste = shown["help"].map(worth).astype(float) + 0.3 * (shown["when"] == "any evening")
    luck = np.random.default_rng([9, seed]).gumbel(size=len(shown))
    liked = taste - 0.05 * shown["price"] + luck
    shown["chosen"] = liked == liked.groupby(shown["task"]).transform("max")
    shown["parent"] = (shown["task"] - 1) // 6
    return target.conjoint_choice(shown, list(levels), linear=["price"], respondent="parent")


def found_contacts(case, people):
    channel = {
        "friend": "existing business",
        "teacher": "existing business",
        "school fair": "survey",
        "search": "web",
        "short video": "web",
    }
    found = people[people["joined"] < "2025-07-01"]
    found = found.assign(channel=found["source"].map(channel))
    orders = case["transactions"].groupby(["customer_id", "order_id"])
    orders = orders.agg(date=("date", "first"), paid=("amount", "sum")).reset_index()
    orders = orders.merge(found[["customer_id", "joined"]], on="customer_id")
    year = orders[(orders["date"] - orders["joined"]).dt.days < 365].groupby("customer_id")["paid"]
    found = found.join(year.agg(orders="size", value="sum"), on="customer_id")
    found = found.fillna({"orders": 0})
    return found.assign(qualified=found["orders"] >= 1, converted=found["orders"] >= 2)


def channel_facts(case, people):
    found = found_contacts(case, people)
    made = target.channel_table(found).set_index("channel")
    lean = target.channel_bias(found, people, ["age_group"]).set_index("channel").loc["survey"]
    web = found[found["channel"] == "web"].groupby("age_group")["converted"].mean()
    short = {"existing business": "existing", "survey": "survey", "web": "web"}
    lines = case["transactions"].merge(case["products"], on="product_id")
    lines = lines.merge(found[["customer_id", "channel"]].set_axis(["customer_id", "by"], axis=1))
    money = lines.pivot_table(index="by", columns="category", values="amount", aggfunc="sum")
    money = money.div(money.sum(axis=1), axis=0)
    paid = found.loc[(found["channel"] == "survey") & found["converted"], "value"]
    return {
        "fair_class": share(money.loc["survey", "class material"]),
        "web_class": share(money.loc["web", "class material"]),
        "fair_tutoring": share(money.loc["survey", "tutoring"]),
        "fair_customers": len(paid),
        "fair_reach": f"{1.96 * paid.std() / len(paid) ** 0.5:.0f}",
        **{f"conv_{s}": share(made.loc[c, "conversion"]) for c, s in short.items()},
        **{f"value_{s}": f"{made.loc[c, 'mean_value']:,.0f}" for c, s in short.items()},
        **{f"size_{s}": int(made.loc[c, "size"]) for c, s in short.items()},
        "fair_bias": f"{lean['bias']:.2f}",
        "fair_chance": f"{lean['by_chance']:.2f}",
        "fair_over": listed(lean["over"]),
        "fair_under": listed(lean["under"]),
        "web_spread": f"{100 * abs(web['42+'] - web['16-19']):.0f}",
    }


def decision_facts(case, people, answers, weights):
    lines = case["transactions"].merge(case["products"], on="product_id")
    tutoring = lines.assign(t=lines["amount"].where(lines["category"] == "tutoring", 0))
    money = tutoring.groupby("customer_id")[["t", "amount"]].sum()
    both = answers.join(money, on="customer_id")
    is_theirs = both["reason"] == CHILD_EXAM
    theirs, rest = both[is_theirs], both[~is_theirs]
    weighted = target.weighted_mean(is_theirs.astype(float), weights).mean
    return {
        "d_age": f"{theirs['age'].mean():.0f}",
        "d_person": share(theirs["importance_person"].ge(4).mean()),
        "d_person_rest": share(rest["importance_person"].ge(4).mean()),
        "d_tutoring": share(theirs["t"].mean() / theirs["amount"].mean()),
        "d_tutoring_rest": share(rest["t"].mean() / rest["amount"].mean()),
        "d_advised": share(theirs["source"].isin(["friend", "teacher"]).mean()),
        "d_advised_rest": share(rest["source"].isin(["friend", "teacher"]).mean()),
        "d_share": share(weighted),
        "d_number": f"{round(weighted * len(people), -1):.0f}",
        "pilot": PILOT,
        "pilot_half": PILOT // 2,
        "pilot_reach": f"{100 * 1.96 * (2 * 0.25 / (PILOT // 2)) ** 0.5:.0f}",
    }


def exercise_facts():
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    judge = Judge(key, case)
    clean = judge.right("q1")
    made = target.channel_table(clean, cost="cost").set_index("channel")
    net = made["value_per_contact"] - clean.groupby("channel")["cost"].mean()
    lean = target.channel_bias(clean, case["people"], ["age_group"]).set_index("channel")
    short = {"existing business": "existing", "survey": "survey", "web": "web"}
    facts = {"ex_best": judge.right("q3")}
    for channel, s in short.items():
        row, own = made.loc[channel], lean.loc[channel]
        facts |= {
            f"ex_size_{s}": int(row["size"]),
            f"ex_fit_{s}": share(row["qualified_rate"]),
            f"ex_conv_{s}": share(row["conversion"]),
            f"ex_value_{s}": f"{row['mean_value']:.0f}",
            f"ex_net_{s}": f"{net[channel]:.0f}",
            f"ex_bias_{s}": f"{own['bias']:.2f}",
            f"ex_chance_{s}": f"{own['by_chance']:.2f}",
            f"ex_over_{s}": own["over"],
            f"ex_under_{s}": own["under"],
        }
    said = case["comments"]["comment"]
    about_people = int(said.str.contains("tutor").sum())
    return facts | {
        "ex_comments": len(said),
        "ex_functional": len(said) - about_people,
        "ex_other": about_people,
        "ex_app": int(said.str.contains("forgets").sum()),
        "ex_dear": int(said.str.contains("Too dear").sum()),
        "ex_changed": int(said.str.contains("changed").sum()),
        "ex_young": int(said.str.contains("More for the youngest").sum()),
        "ex_invite": target.sample_size(
            0.05, population=int(case["register"]["registered"].sum()), response=0.33
        ),
    }


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
