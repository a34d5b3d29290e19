"""The numbers the text of unit 16 quotes, computed from the shipped data."""

from pathlib import Path

import pandas as pd

from whobuys import segment, strategy
from whobuys.course import load_key
from whobuys.market import market, truth
from whobuys.value import top_share

AS_OF = pd.Timestamp("2026-06-30")
END = pd.Timestamp("2026-07-01")
EDGES = [pd.Timestamp("2024-07-01"), pd.Timestamp("2025-07-01"), END]
NAMES = ["small", "middle", "large"]


def facts():
    case = market("teahouse", 0)
    before, after = (tiers(case, *EDGES[i : i + 2]) for i in (0, 1))
    said = asked(case, after)
    return {
        **said_facts(case, said, after),
        **done_facts(case, said, before),
        **service_facts(case, said),
        **move_facts(case, before, after),
        **effect_facts(case, before),
        **refresh_facts(case, before, after),
        **summary_facts(case, after),
        **plan_facts(),
    }


def share(number):
    return f"{number:.0%}".replace("%", "\u00a0%").replace("-", "−")


def money(number):
    return f"{number:,.0f}"


def signed(number, digits=1):
    return f"{number:+.{digits}f}".replace("-", "−")


def two(number):
    return f"{number:.2f}".replace("-", "−")


def day(date):
    return f"{date.day} {date:%B %Y}"


def tiers(case, since, until, months=12):
    lines = case["transactions"]
    mine = lines[lines["date"].between(since, until, inclusive="left")]
    paid = mine.groupby("customer_id")["amount"].sum()
    found = segment.band(paid, edges=[25 * months, 75 * months], labels=NAMES)
    return found.cat.reorder_categories(NAMES[::-1])


def asked(case, after):
    answers = case["survey"].copy()
    tier = answers["customer_id"].map(after).astype(object).fillna("no purchase")
    last = answers["customer_id"].map(case["transactions"].groupby("customer_id")["date"].max())
    return answers.assign(tier=tier, last=last, again=(last > answers["date"]).tolist())


def said_facts(case, said, after):
    content = strategy.satisfaction_table(said, by="tier").set_index("tier")
    nps = strategy.net_promoter_score(said, by="tier").set_index("tier")
    size = after.value_counts(normalize=True)
    large, everybody = content.loc["large"], nps.loc["all"]
    rival = said.groupby("tier")["agree_rival_equal"].mean()
    return {
        "satisfied_large": share(large["satisfied"]),
        "expected_large": two(large["expectation"]),
        "perceived_large": two(large["satisfaction"]),
        "gap_large": two(large["gap"]),
        "gap_large_size": two(abs(large["gap"])),
        "gap_large_low": two(large["gap_low"]),
        "gap_large_high": two(large["gap_high"]),
        "satisfied_small": share(content.loc["small", "satisfied"]),
        "gap_all": f"{two(content.loc['all', 'gap'])} ({two(content.loc['all', 'gap_low'])} to "
        f"{two(content.loc['all', 'gap_high'])})",
        "nps_all": f"{everybody['nps']:.0f}",
        "nps_low": f"{everybody['low']:.0f}",
        "nps_high": f"{everybody['high']:.0f}",
        "n_large": int(nps.loc["large", "answers"]),
        "nps_large_low": f"{nps.loc['large', 'low']:.0f}",
        "nps_large_high": f"{nps.loc['large', 'high']:.0f}",
        "nps_weighted": f"{(size * nps['nps'][list(size.index)].to_numpy()).sum():.0f}",
        "rival_large": f"{rival['large']:.1f}",
        "rival_small": f"{rival['small']:.1f}",
        "survey_month": f"{case['survey']['date'].median():%B %Y}",
    }


def done_facts(case, said, before):
    lines = case["transactions"]
    rates = strategy.period_rates(lines, EDGES)
    half_years = [END - pd.DateOffset(months=6 * k) for k in (4, 3, 2, 1, 0)]
    halves = strategy.period_rates(lines, half_years).iloc[-1]
    second = lines["date"] >= EDGES[1]
    days = lines.groupby(["customer_id", second])["date"].nunique().unstack(fill_value=0)
    large = days.loc[before.index[before == "large"]].mean()
    done = strategy.loyalty_by_answer(said, "again").set_index("satisfaction")
    trade = market("tradeways", 0)
    firms = trade["survey"].merge(trade["customers"], on="customer_id")
    renewed = strategy.loyalty_by_answer(
        firms.assign(renewed=firms["renewed"].tolist()), "renewed"
    ).set_index("satisfaction")
    orders = lines[second].groupby("customer_id")["order_id"].nunique()
    buys = said["customer_id"].map(orders).fillna(0) >= 2
    for_us = (said["agree_again"] >= 4) & (said["agree_rival_equal"] <= 3)
    return {
        "repeat_1": share(rates["repeat_rate"].iloc[0]),
        "repeat_2": share(rates["repeat_rate"].iloc[1]),
        "churn": share(rates["churn_rate"].iloc[1]),
        "repeat_half": share(halves["repeat_rate"]),
        "churn_half": share(halves["churn_rate"]),
        "returned": int(halves["returned"]),
        "days_large_1": f"{large[False]:.1f}",
        "days_large_2": f"{large[True]:.1f}",
        "as_of_text": day(AS_OF),
        **{f"again_{n}": share(done.loc[n, "loyal"]) for n in (3, 4, 5)},
        "n_unhappy": int(done.loc[:2, "customers"].sum()),
        "renewed_low": share(renewed.loc[2, "loyal"]),
        "renewed_high": share(renewed.loc[5, "loyal"]),
        "n_renewed_low": int(renewed.loc[2, "customers"]),
        "n_renewed_high": int(renewed.loc[5, "customers"]),
        "spurious": int((~for_us & buys).sum()),
        "latent": int((for_us & ~buys).sum()),
        "asked_n": len(said),
    }


def service_facts(case, said):
    talk = case["interactions"]
    mine = talk[(talk["kind"] == "complaint") & (talk["opened"] >= EDGES[1])]
    found = strategy.complaint_table(mine, as_of=AS_OF).iloc[-1]
    curve = strategy.closing_curve(mine, as_of=AS_OF)
    quiet = said["last"] < END - pd.DateOffset(months=6)
    bought = said["last"].notna()
    pack = said["code"] == "pack"
    return {
        "in_time": share(found["closed_within"]),
        "n_complaints": int(found["cases"]),
        "median_hours": f"{found['median_hours']:.0f}",
        "after_ten": share(curve.loc[curve["hours"] <= 240, "share"].iloc[-1]),
        "unsolved": int((mine["outcome"] == "not solved").sum()),
        "pack_quiet": share(pack[quiet & bought].mean()),
        "pack_buys": share(pack[~quiet & bought].mean()),
    }


def move_facts(case, before, after):
    moves = strategy.migration_matrix(before, after)
    sums = strategy.migration_summary(moves)
    lines = case["transactions"]
    sales = lines.groupby(["customer_id", lines["date"] >= EDGES[1]])["amount"].sum()
    sales = sales.unstack(fill_value=0)
    known = sales.index.isin(before.index)
    first = sales[False].sum()
    large = sales.index.isin(after.index[after == "large"])
    return {
        "large_before": int(sums.loc["large", "before"]),
        "large_after": int(sums.loc["large", "after"]),
        "large_stayed": int(sums.loc["large", "stayed"]),
        "large_stay": share(sums.loc["large", "stay_share"]),
        "large_down": int(sums.loc["large", "down"]),
        "large_lost": int(sums.loc["large", "lost"]),
        "small_before": int(sums.loc["small", "before"]),
        "small_after": int(sums.loc["small", "after"]),
        "small_lost": int(sums.loc["small", "lost"]),
        "small_up": int(sums.loc["small", "up"]),
        "middle_stay": share(sums.loc["middle", "stay_share"]),
        "new_small": int(moves.loc["new", "small"]),
        "lost_all": int(sums.loc["all", "lost"]),
        "new_all": int(sums.loc["all", "new"]),
        "buyers_before": int(sums.loc["all", "before"]),
        "stayed_all": int(sums.loc["all", "stayed"]),
        "stay_all": share(sums.loc["all", "stay_share"]),
        "moved_all": f"{100 * (1 - sums.loc['all', 'stay_share']):.0f}",
        "growth": share(sales[True].sum() / first - 1),
        "growth_known": share(sales.loc[known, True].sum() / first),
        "known_missing": share(1 - sales.loc[known, True].sum() / first),
        "growth_change": share(sales.loc[known, True].sum() / first - 1),
        "large_sales": share(sales.loc[large, True].sum() / sales[True].sum()),
        "buyers_after": f"{len(after):,}",
        "eligible": f"{int((after != 'small').sum()):,}",
    }


def effect_facts(case, before):
    lines, people = case["transactions"], case["customers"]
    everybody = pd.Index(people["customer_id"])

    def orders(since, until):
        mine = lines[(lines["date"] >= since) & (lines["date"] < until)]
        counts = mine.groupby("customer_id")["order_id"].nunique()
        return counts.reindex(everybody, fill_value=0)

    half, known = END - pd.DateOffset(months=6), END - pd.DateOffset(months=12)
    then, now = orders(known, half), orders(half, END)
    silent = (orders(EDGES[0], known) > 0) & (then == 0)
    two_tiers = before[before.isin(["large", "middle"])]
    year_1, year_2 = orders(*EDGES[:2]), orders(*EDGES[1:])
    is_large = two_tiers == "large"
    found = strategy.before_after(year_1[two_tiers.index], year_2[two_tiers.index], is_large)
    large = two_tiers.index[is_large]
    drawn = large.isin(pd.Series(large).sample(frac=0.5, random_state=0))
    lot = pd.Series(drawn, index=large)
    by_lot = strategy.before_after(year_1[large], year_2[large], lot, by_lot=True)
    spread = (year_2 - year_1)[large].std()
    wide = (year_2 - year_1)[two_tiers.index].std()
    last_year = tiers(case, *EDGES[1:])
    eligible = last_year.index[last_year != "small"]
    size = len(eligible)
    member = people.set_index("customer_id")["member"]
    active = year_2[year_2 > 0]
    return {
        "silent": int(silent.sum()),
        "letter_after": f"{now[silent].mean():.2f}",
        "large_effect": signed(found.effect, 2),
        "lot_effect": signed(by_lot.effect, 2),
        "lot_low": signed(by_lot.low, 2),
        "lot_high": signed(by_lot.high, 2),
        "least": f"{strategy.least_detectable(lot.sum(), (~lot).sum(), spread):.1f}",
        "least_all": f"{strategy.least_detectable(size // 2, size - size // 2, wide):.1f}",
        "eligible_orders": f"{year_2[eligible].mean():.0f}",
        "member_orders": f"{active[member[active.index]].mean():.1f}",
        "other_orders": f"{active[~member[active.index]].mean():.1f}",
        **trial_facts(case),
    }


def trial_facts(case):
    trial, lines = case["campaign"].set_index("customer_id"), case["transactions"]
    took = trial["arm"] == "contacted"
    taken = trial["responded"].astype(float)
    found = strategy.before_after(taken * 0, taken, took, by_lot=True)
    usual = lines.groupby("customer_id")["channel"].agg(lambda used: used.mode().iloc[0])
    usual = pd.Series(trial.index.map(usual), index=trial.index).fillna("never bought")
    arms = taken.groupby([usual, trial["arm"]])
    mean = arms.mean().unstack()
    lift = 100 * (mean["contacted"] - mean["held back"])
    never, of = (table.unstack().loc["never bought"] for table in (arms.sum(), arms.size()))
    tasted = case["interactions"].query("kind == 'tasting'")
    real = truth(case).exact["campaign"].set_index("segment").loc["all", "lift"]
    return {
        "campaign": trial["campaign"].iloc[0],
        "campaign_month": f"{trial['date'].iloc[0]:%B %Y}",
        "contacted": int(took.sum()),
        "held": int((~took).sum()),
        "response_1": f"{100 * taken[took].mean():.1f}\u00a0%",
        "response_0": f"{100 * taken[~took].mean():.1f}\u00a0%",
        "lift": f"{100 * found.effect:.1f}",
        "lift_low": f"{100 * found.low:.1f}",
        "lift_high": f"{100 * found.high:.1f}",
        "true_lift": f"{100 * real:.1f}",
        "lift_app": f"{lift['mini-program']:.0f}",
        "lift_shop": f"{lift['shop']:.0f}",
        "lift_never": f"{lift['never bought']:.0f}",
        "never_took": int(never["contacted"]),
        "never_asked": int(never["held back"]) or "none",
        "never_sent": int(of["contacted"]),
        "never_held": int(of["held back"]),
        "converted": share((tasted["outcome"] == "bought").mean()),
    }


def refresh_facts(case, before, after):
    people, lines = case["customers"], case["transactions"]
    age = people.set_index("customer_id")["age"]
    sums = strategy.migration_summary(strategy.migration_matrix(before, after))
    stay = sums.loc["all", "stay_share"]
    orders = lines.drop_duplicates("order_id")
    way = [
        orders.loc[(orders["date"] >= EDGES[1]) == second, "channel"] for second in (False, True)
    ]
    sizes = strategy.drift(before, after)
    checks = {
        "sizes": sizes,
        "age": strategy.drift(age[before.index], age[after.index]),
        "channel": strategy.drift(*way),
    }
    plan = strategy.refresh_plan(checks, AS_OF, stay_share=stay).set_index("reason")
    halves = [END - pd.DateOffset(months=6 * k) for k in (2, 1, 0)]
    half = strategy.migration_matrix(*(tiers(case, *halves[i : i + 2], months=6) for i in (0, 1)))
    return {
        "drift_sizes": f"{sizes.index:.3f}",
        "relabel": day(plan.loc["labels hold", "refresh_by"]),
        "rebuild": day(plan.loc["usual turn", "refresh_by"]),
        "label_months": f"{strategy.label_life(stay, 12):.1f}",
        "stay_half": share(strategy.migration_summary(half).loc["all", "stay_share"]),
    }


def summary_facts(case, after):
    rivals, lines = case["rivals"], case["transactions"]
    paid = lines[lines["date"] >= EDGES[1]].groupby("customer_id")["amount"].sum()
    ours = rivals.loc[rivals["ours"], "buyers"].sum()
    return {
        "market_share": share(ours / rivals["buyers"].sum()),
        "market_base": f"{rivals['buyers'].sum():,}",
        "top_fifth": share(top_share(paid, 0.2)),
        "period_text": f"{day(EDGES[1])} to {day(AS_OF)}",
    }


def key_tiers(case, spent):
    cuts = case["brief"].iloc[0]
    edges = [cuts["cut_ridge"], cuts["cut_summit"]]
    return segment.band(spent, edges=edges, labels=["valley", "ridge", "summit"])


def plan_facts():
    """Return what the example answer of the exercise quotes, from the case to practise on."""
    key = load_key(Path(__file__).with_name("key.py"))
    case = key.draw(0)
    right = {id: question.answer(case) for id, question in key.questions.items() if question.answer}
    people = case["programme"].set_index("customer_id")["arm"]
    answers = case["answers"].assign(arm=case["answers"]["customer_id"].map(people))
    content = answers.groupby(["arm", "wave"])["satisfaction"].mean()
    nps = {
        wave: strategy.net_promoter_score(answers[answers["wave"] == wave]).iloc[0]
        for wave in (2025, 2026)
    }
    made = case["purchases"]
    second = made["date"] >= EDGES[1]
    orders = [
        made[year].groupby("customer_id")["order_id"].nunique().reindex(people.index, fill_value=0)
        for year in (~second, second)
    ]
    found = strategy.before_after(*orders, people == "desk", by_lot=True)
    moves = right["q5"].set_index("from").rename_axis(columns="to")
    sums = strategy.migration_summary(moves)
    first = made.loc[~second, "amount"].sum()
    spent = made[~second].groupby("customer_id")["amount"].sum()
    first_tiers = key_tiers(case, spent)
    there = made["customer_id"].isin(made.loc[~second, "customer_id"])
    repeat = strategy.period_rates(made, EDGES)["repeat_rate"]
    mine = case["complaints"].query("opened >= @EDGES[1]")
    slow = (mine["hours"] <= 24).groupby(mine["cause"]).mean()
    stay = sums.loc["all", "stay_share"]
    plan = strategy.refresh_plan({}, AS_OF, stay_share=stay)
    return {
        "ex_summit_share": share((first_tiers == "summit").mean()),
        "ex_summit_sales": share(spent[first_tiers == "summit"].sum() / first),
        "ex_desk_1": two(content["desk", 2025]),
        "ex_desk_2": two(content["desk", 2026]),
        "ex_held_1": two(content["held back", 2025]),
        "ex_held_2": two(content["held back", 2026]),
        "ex_more": signed(
            content["desk", 2026] - content["desk", 2025]
            - content["held back", 2026] + content["held back", 2025], 2,
        ),
        "ex_gap": two(abs(right["q2"])),
        "ex_repeat_1": share(repeat[0]),
        "ex_repeat_2": share(repeat[1]),
        "ex_effect": signed(found.effect, 2),
        "ex_low": signed(found.low, 2),
        "ex_high": signed(found.high, 2),
        "ex_change": signed(found.change, 2),
        "ex_growth": share(made.loc[second, "amount"].sum() / first - 1),
        "ex_known": share(made.loc[second & there, "amount"].sum() / first - 1),
        "ex_nps_1": f"{nps[2025]['nps']:.0f}",
        "ex_nps_2": f"{nps[2026]['nps']:.0f}",
        "ex_nps_low": f"{nps[2026]['low']:.0f}",
        "ex_nps_high": f"{nps[2026]['high']:.0f}",
        "ex_summit": int(sums.loc["summit", "before"]),
        "ex_stayed": int(sums.loc["summit", "stayed"]),
        "ex_fell": int(sums.loc["summit", "down"]),
        "ex_lost": int(sums.loc["summit", "lost"]),
        "ex_rose": int(moves.loc[["ridge", "valley"], "summit"].sum()),
        "ex_new": int(moves.loc["new", "summit"]),
        "ex_stay": share(stay),
        "ex_in_time": share(right["q4"]),
        "ex_slow": slow.idxmin(),
        "ex_slow_share": share(slow.min()),
        "ex_refresh": day(plan["refresh_by"].iloc[0]),
        "ex_rebuild": day(plan["refresh_by"].iloc[-1]),
    }  # fmt: skip


if __name__ == "__main__":
    print(pd.Series(facts()).to_string())
