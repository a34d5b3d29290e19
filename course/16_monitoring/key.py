"""What is right in exercise 16, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, number, table
from whobuys.market import market

MIDDLE = pd.Timestamp("2025-07-01")
LAST = pd.Timestamp("2026-06-30")
TIERS = ("summit", "ridge", "valley")
ARMS = ("desk", "held back")
CAUSES = {"too cold": 0.26, "leaks": 0.22, "wrong size": 0.2, "came late": 0.18, "seam": 0.14}
OUTCOMES = ("exchanged", "repaired", "money back", "not solved")


# What students get besides the company's tables ---------------------------------------------------


def extra(case):
    """Draw two years of purchases with a programme in the second, two waves, and complaints."""
    draw = np.random.default_rng([case.seed, 16])
    source = market(
        case.company, case.seed, tables=["customers", "products", "transactions", "interactions"]
    )
    lines = source["transactions"][["order_id", "customer_id", "date", "amount"]]
    spent = lines[lines["date"] < MIDDLE].groupby("customer_id")["amount"].sum()
    brief = pd.DataFrame(
        {
            "cut_ridge": [round(spent.quantile(draw.uniform(0.42, 0.5)) / 5) * 5.0],
            "cut_summit": [round(spent.quantile(draw.uniform(0.76, 0.82)) / 5) * 5.0],
        }
    )
    programme = lots(spent[spent >= brief["cut_ridge"].iloc[0]].index, draw)
    for _ in range(25):
        made = purchases(lines, programme, draw)
        if clear_rates(made):
            break
    return {
        "purchases": made,
        "programme": programme,
        "answers": answers(spent, programme, draw),
        "complaints": complaints(source["interactions"], draw),
        "brief": brief,
    }


def lots(eligible, draw):
    eligible = np.sort(eligible.to_numpy())
    desk = np.zeros(len(eligible), dtype=bool)
    desk[draw.permutation(len(eligible))[: len(eligible) // 2]] = True
    return pd.DataFrame({"customer_id": eligible, "arm": np.where(desk, *ARMS)})


def purchases(lines, programme, draw):
    """Give those at the desk some more orders in year 2, copies of their own of year 1."""
    desk = programme.loc[programme["arm"] == ARMS[0], "customer_id"]
    more = draw.poisson(draw.uniform(1.2, 1.6), len(desk))
    who = np.repeat(desk.to_numpy(), more)
    known = lines[lines["date"] < MIDDLE].drop_duplicates("order_id")
    first = known.sample(frac=1, random_state=int(draw.integers(2**31)))
    models = first.drop_duplicates("customer_id").set_index("customer_id")["order_id"]
    made = pd.DataFrame({"copied": models[who].to_numpy(), "n": np.arange(len(who))})
    days = pd.to_timedelta(draw.integers(0, 365, len(who)), unit="D")
    made["date"] = MIDDLE + days
    copies = made.merge(lines.drop(columns="date"), left_on="copied", right_on="order_id")
    copies["order_id"] = "more " + copies["n"].astype(str)
    whole = pd.concat([lines, copies[list(lines.columns)]])
    whole = whole.sort_values(["date", "customer_id", "order_id"], kind="stable")
    names = pd.factorize(whole["order_id"])[0] + 1
    whole["order_id"] = [f"R{name:05d}" for name in names]
    return whole.reset_index(drop=True)


def clear_rates(lines):
    """Say whether slips in the repeat rate lead to rates that can be told apart."""
    year = np.where(lines["date"] < MIDDLE, 1, 2)
    counts = lines.groupby(["customer_id", year])["order_id"].nunique().unstack(fill_value=0)
    first, second = counts[1], counts[2]
    mine = second[second > 0]
    rates = [
        (mine >= 2).mean(),
        (mine > 2).mean(),
        (mine == 1).mean(),
        (first[first > 0] >= 2).mean(),
        (first[mine.index] > 0).mean(),
        (second[first > 0] > 0).mean(),
        (second >= 2).mean(),
    ]
    return bool(np.diff(np.sort(rates)).min() > 0.003)


def answers(spent, programme, draw):
    waves = [wave(year, spent, programme, draw) for year in (2025, 2026)]
    return pd.concat(waves, ignore_index=True)


def wave(year, spent, programme, draw):
    """Draw the answers of one June: who is at the desk is a little happier in the second."""
    who = np.sort(draw.choice(spent.index, 330, replace=False))
    desk = np.isin(who, programme.loc[programme["arm"] == ARMS[0], "customer_id"])
    lift = draw.uniform(0.25, 0.4) * (desk & (year == 2026))
    feeling = draw.normal(3.55 + 0.3 * (year == 2026) + lift, 0.9)
    expected = draw.normal(4.25, 0.8, len(who)) + 0.2 * (feeling - 3.85)
    will = 7.9 + 1.1 * (feeling - 3.85) + draw.normal(0, 1.3, len(who))
    satisfaction = feeling.round().clip(1, 5)
    skipped = draw.random((2, len(who)))
    return pd.DataFrame(
        {
            "customer_id": who,
            "wave": year,
            "expectation": np.where(
                skipped[0] < 0.03 + 0.12 * (satisfaction <= 3), np.nan, expected.round().clip(1, 5)
            ),
            "satisfaction": satisfaction.astype(int),
            "recommend": np.where(skipped[1] < 0.08, np.nan, will.round().clip(0, 10)),
        }
    )


def complaints(interactions, draw):
    """Draw causes and hours; some are open still. All were opened a day before the end or more."""
    mine = interactions[(interactions["kind"] == "complaint") & (interactions["opened"] < LAST)]
    cause = draw.choice(list(CAUSES), len(mine), p=list(CAUSES.values()))
    slow = np.where(cause == "came late", 45.0, 25.0) * np.where(mine["opened"] < MIDDLE, 1.6, 1.0)
    stuck = draw.random(len(mine)) < 0.05
    hours = (draw.gamma(0.9, slow) + 0.3 + 1e5 * stuck).round(1)
    hours = np.where(hours == 24, 23.9, hours)
    age = ((LAST - mine["opened"]).dt.days * 24.0 + 15.0).to_numpy()
    done = hours < age
    outcome = draw.choice(OUTCOMES, len(mine), p=[0.32, 0.3, 0.26, 0.12])
    return pd.DataFrame(
        {
            "complaint_id": [f"B{n:04d}" for n in range(1, len(mine) + 1)],
            "customer_id": mine["customer_id"].to_numpy(),
            "opened": mine["opened"].to_numpy(),
            "cause": cause,
            "hours": np.where(done, hours, np.nan),
            "outcome": np.where(done, outcome, "open"),
        }
    )


exercise = Exercise(
    "16_monitoring",
    "Was the desk worth it?",
    company="outfitter",
    tables=("customers",),
    extra=extra,
)


# Pieces the answers share -------------------------------------------------------------------------


def asked(case, wave=2026):
    answers = case["answers"]
    return answers[answers["wave"] == wave]


def score(recommend, promoter=9, detractor=6):
    """Return promoters less detractors, in points, of all the answers given."""
    return 100 * ((recommend >= promoter).mean() - (recommend <= detractor).mean())


def in_year(case, year):
    lines = case["purchases"]
    return lines[(lines["date"] >= MIDDLE) == (year == 2)]


def orders(case, year, what="nunique"):
    """Return the orders of each customer who bought in the year."""
    return getattr(in_year(case, year).groupby("customer_id")["order_id"], what)()


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "nps",
    points=3,
    title="Would they recommend the shop?",
    compare=number(0.001, "points"),
    hints=[
        "Promoters gave 9 or 10, detractors 0 to 6. Both are shares of everybody who answered, "
        "those with 7 or 8 as well.",
        '`net_promoter_score(answers[answers["wave"] == 2026])` leaves out who skipped the '
        'question; take `["nps"].iloc[-1]`.',
    ],
    again="lesson 16, step 1",
)
def q1(case):
    return score(asked(case)["recommend"].dropna())


@q1.mistake(
    "You dropped the passives from the base. {passives} people gave 7 or 8; they are neither "
    "promoters nor detractors, and still answers. Divide by all {answers} who answered.",
    credit=0.5,
)
def passives_dropped(case):
    given = asked(case)["recommend"].dropna()
    passive = given.isin([7, 8])
    return Wrong(score(given[~passive]), passives=int(passive.sum()), answers=len(given))


@q1.mistake(
    "You divided by all {rows} rows of the wave. {skipped} people skipped the question; they are "
    "no answers. Divide by the {answers} who answered.",
    credit=0.5,
)
def skipped_in_the_base(case):
    given = asked(case)["recommend"]
    return Wrong(
        score(given),
        rows=len(given),
        skipped=int(given.isna().sum()),
        answers=int(given.notna().sum()),
    )


@q1.mistake(
    "That is a share. The score is given in points, -100 to 100: {points:.1f}, not {share:.3f}.",
    credit=0.75,
)
def as_a_share(case):
    right = q1.answer(case)
    return Wrong(right / 100, points=right, share=right / 100)


@q1.mistake(
    "You took both waves together. Asked is the wave of 2026; that of 2025 gave {before:.1f}.",
    credit=0.5,
)
def both_waves(case):
    before = score(asked(case, 2025)["recommend"].dropna())
    return Wrong(score(case["answers"]["recommend"].dropna()), before=before)


@q1.mistake(
    "You counted an 8 as a promoter. {eights} people gave an 8; a promoter gives 9 or 10.",
    credit=0.25,
)
def eight_promotes(case):
    given = asked(case)["recommend"].dropna()
    return Wrong(score(given, promoter=8), eights=int((given == 8).sum()))


@q1.mistake(
    "You counted a 6 as passive. {sixes} people gave a 6; detractors are 0 to 6, both included.",
    credit=0.25,
)
def six_is_passive(case):
    given = asked(case)["recommend"].dropna()
    return Wrong(score(given, detractor=5), sixes=int((given == 6).sum()))


@q1.mistake(
    "That is the share of promoters alone. {detractors} people gave 6 or less; their share is "
    "taken off.",
    credit=0.25,
)
def promoters_only(case):
    given = asked(case)["recommend"].dropna()
    return Wrong(100 * (given >= 9).mean(), detractors=int((given <= 6).sum()))


@q1.mistake(
    "That is the mean answer on the scale from 0 to 10. Asked is the net promoter score: share of "
    "promoters less share of detractors, in points.",
)
def mean_answer(case):
    return asked(case)["recommend"].mean()


@q1.mistake(
    "That is the wave of 2025. Asked is the wave of 2026, with its {answers} answers.",
    credit=0.5,
)
def first_wave(case):
    answers = int(asked(case)["recommend"].notna().sum())
    return Wrong(score(asked(case, 2025)["recommend"].dropna()), answers=answers)


@q1.mistake(
    "That is a number of people: promoters less detractors. Divide by the {answers} who answered, "
    "and give it in points.",
    credit=0.5,
)
def people_not_points(case):
    given = asked(case)["recommend"].dropna()
    return Wrong(int((given >= 9).sum() - (given <= 6).sum()), answers=len(given))


# q2 ----------------------------------------------------------------------------------------------


def pairs(case, wave=2026):
    return asked(case, wave).dropna(subset=["expectation", "satisfaction"])


@exercise.question(
    "gap",
    points=3,
    title="Perceived, less expected",
    compare=number(0.001, "points of the scale"),
    hints=[
        "One gap a person, then the mean. Who left one of the two out has no gap.",
        '`satisfaction_table(answers[answers["wave"] == 2026])["gap"].iloc[-1]`, or `.dropna()`, '
        "subtract, `.mean()`.",
    ],
    again="lesson 16, step 1",
)
def q2(case):
    both = pairs(case)
    return (both["satisfaction"] - both["expectation"]).mean()


@q2.mistake(
    "Your gap has the wrong sign: expected less perceived. {worse} of the {answers} people were "
    "disappointed, and that pulls the gap down, not up: perceived less expected.",
    credit=0.5,
)
def reversed_gap(case):
    both = pairs(case)
    worse = int((both["satisfaction"] < both["expectation"]).sum())
    return Wrong(-q2.answer(case), worse=worse, answers=len(both))


@q2.mistake(
    "You subtracted two means over different people. {skipped} who said how content they are left "
    "the expectation out; their mean satisfaction is {theirs:.2f}, that of the others "
    "{others:.2f}. Take the gap of each person who gave both.",
    credit=0.5,
)
def means_of_different_people(case):
    answers = asked(case)
    skipped = answers["expectation"].isna()
    content = answers["satisfaction"]
    return Wrong(
        content.mean() - answers["expectation"].mean(),
        skipped=int(skipped.sum()),
        theirs=content[skipped].mean(),
        others=content[~skipped].mean(),
    )


@q2.mistake(
    "You filled {skipped} skipped expectations with 0. A question that was skipped is not an "
    "expectation of nothing: leave these people out.",
    credit=0.25,
)
def skipped_is_zero(case):
    answers = asked(case)
    wrong = (answers["satisfaction"] - answers["expectation"].fillna(0)).mean()
    return Wrong(wrong, skipped=int(answers["expectation"].isna().sum()))


@q2.mistake(
    "You took both waves together. Asked is the wave of 2026; that of 2025 gave {before:+.3f}.",
    credit=0.5,
)
def gap_of_both_waves(case):
    both = case["answers"].dropna(subset=["expectation", "satisfaction"])
    before = pairs(case, 2025)
    return Wrong(
        (both["satisfaction"] - both["expectation"]).mean(),
        before=(before["satisfaction"] - before["expectation"]).mean(),
    )


@q2.mistake(
    "You took the size of each gap without its sign. {better} people were pleasantly surprised and "
    "{worse} disappointed; the mean must let them weigh against each other.",
    credit=0.25,
)
def sizes_of_gaps(case):
    both = pairs(case)
    gap = both["satisfaction"] - both["expectation"]
    return Wrong(gap.abs().mean(), better=int((gap > 0).sum()), worse=int((gap < 0).sum()))


@q2.mistake(
    "That is the mean satisfaction. A gap holds it against the mean expectation of the same "
    "people, {expected:.2f}.",
)
def satisfaction_only(case):
    return Wrong(asked(case)["satisfaction"].mean(), expected=pairs(case)["expectation"].mean())


@q2.mistake(
    "That is the wave of 2025. Asked is the wave of 2026, with {answers} people who gave both.",
    credit=0.5,
)
def gap_of_first_wave(case):
    before = pairs(case, 2025)
    gap = (before["satisfaction"] - before["expectation"]).mean()
    return Wrong(gap, answers=len(pairs(case)))


@q2.mistake(
    "You also dropped {dropped} people who skipped only `recommend`. They gave both answers the "
    "gap needs.",
    credit=0.75,
)
def whole_rows_only(case):
    whole = asked(case).dropna()
    gap = (whole["satisfaction"] - whole["expectation"]).mean()
    return Wrong(gap, dropped=len(pairs(case)) - len(whole))


@q2.mistake(
    "{wrong:g} is also the median gap, that of the person in the middle. On a scale of five steps "
    "it hardly ever moves. Asked is the mean, into which the gap of each of the {answers} people "
    "enters.",
)
def median_gap(case):
    both = pairs(case)
    wrong = (both["satisfaction"] - both["expectation"]).median()
    return Wrong(wrong, wrong=wrong, answers=len(both))


@q2.mistake(
    "You added the gaps up. The mean is that sum divided by the {answers} people who gave both "
    "answers.",
    credit=0.5,
)
def gaps_added_up(case):
    both = pairs(case)
    return Wrong((both["satisfaction"] - both["expectation"]).sum(), answers=len(both))


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "repeat_rate",
    points=3,
    title="Who bought again?",
    compare=number(0.001),
    hints=[
        "Keep the lines of year 2 first. Then count the orders of each customer who is left.",
        "`groupby(\"customer_id\")[\"order_id\"].nunique()` on the lines of year 2; the mean of "
        "`>= 2` is the rate. Or `period_rates`, its last row.",
    ],
    again="lesson 16, step 2",
)  # fmt: skip
def q3(case):
    return (orders(case, 2) >= 2).mean()


@q3.mistake(
    "You counted lines, not orders. In year 2 there are {lines} lines in {orders} orders; two "
    "socks in one parcel are one purchase.",
    credit=0.25,
)
def lines_for_orders(case):
    made = in_year(case, 2)
    return Wrong(
        (orders(case, 2, "size") >= 2).mean(), lines=len(made), orders=made["order_id"].nunique()
    )


@q3.mistake(
    "That is the retention rate: who bought in year 1 and came back in year 2. Asked are those who "
    "bought at least twice within year 2, of its {buyers} customers.",
    credit=0.25,
)
def retention_instead(case):
    first, second = orders(case, 1).index, orders(case, 2).index
    return Wrong(first.isin(second).mean(), buyers=len(second))


@q3.mistake(
    "You counted both years. Asked is year 2 alone: {buyers} customers bought in it.",
    credit=0.5,
)
def both_years(case):
    whole = case["purchases"].groupby("customer_id")["order_id"].nunique()
    return Wrong((whole >= 2).mean(), buyers=len(orders(case, 2)))


@q3.mistake(
    "You divided by all {registered} customers in the register. Of those, {buyers} bought in year "
    "2; who did not buy cannot buy again.",
    credit=0.5,
)
def of_all_registered(case):
    made = orders(case, 2)
    registered = len(case["customers"])
    return Wrong((made >= 2).sum() / registered, registered=registered, buyers=len(made))


@q3.mistake(
    "You counted customers with more than two orders. Two are enough: {two} customers have exactly "
    "two.",
    credit=0.5,
)
def more_than_two(case):
    made = orders(case, 2)
    return Wrong((made > 2).mean(), two=int((made == 2).sum()))


@q3.mistake(
    "Give the rate as a share of 1: {share:.4f}, not {percent:.2f}.",
    credit=0.75,
)
def rate_in_percent(case):
    right = q3.answer(case)
    return Wrong(100 * right, share=right, percent=100 * right)


@q3.mistake(
    "{wrong:.4f} is the rate of year 1, of its {first} customers. Asked is year 2: keep the lines "
    "from 1 July 2025 on, or take the last row of `period_rates`, not the first.",
    credit=0.5,
)
def rate_of_year_1(case):
    made = orders(case, 1)
    wrong = (made >= 2).mean()
    return Wrong(wrong, wrong=wrong, first=len(made))


@q3.mistake(
    "{wrong:.4f} is the share of those who ordered once only, {once} of the {buyers} customers of "
    "year 2. Asked are the others.",
    credit=0.5,
)
def only_once(case):
    made = orders(case, 2)
    wrong = (made == 1).mean()
    return Wrong(wrong, wrong=wrong, once=int((made == 1).sum()), buyers=len(made))


@q3.mistake(
    "You counted the {known} of the {buyers} customers of year 2 who had bought in year 1 already: "
    "{wrong:.4f}. Asked is who ordered twice within year 2: {new} new customers did, and not all "
    "of the old ones.",
    credit=0.25,
)
def known_from_year_1(case):
    made = orders(case, 2)
    known = made.index.isin(orders(case, 1).index)
    return Wrong(
        known.mean(),
        wrong=known.mean(),
        known=int(known.sum()),
        buyers=len(made),
        new=int((made[~known] >= 2).sum()),
    )


@q3.mistake(
    "You divided by the {everybody} customers who bought in either year: {wrong:.4f}. {gone} of "
    "them did not buy in year 2; the rate is of the {buyers} who did.",
    credit=0.5,
)
def of_both_years(case):
    made, everybody = orders(case, 2), case["purchases"]["customer_id"].nunique()
    wrong = (made >= 2).sum() / everybody
    return Wrong(
        wrong, wrong=wrong, everybody=everybody, gone=everybody - len(made), buyers=len(made)
    )


@q3.mistake(
    "{again} is a number of people: the customers with two orders or more. Divide by the {buyers} "
    "who bought in year 2.",
    credit=0.5,
)
def people_not_share(case):
    made = orders(case, 2)
    again = int((made >= 2).sum())
    return Wrong(again, again=again, buyers=len(made))


# q4 ----------------------------------------------------------------------------------------------


def of_year_2(case):
    made = case["complaints"]
    return made[made["opened"] >= MIDDLE]


@exercise.question(
    "in_time",
    points=3,
    title="Settled within 24 hours?",
    compare=number(0.001),
    hints=[
        "Which complaints belong into the divisor? A complaint still open is one that was not "
        "settled in time.",
        '`(mine["hours"] <= 24).mean()` on the complaints opened in year 2: a missing value is not '
        "<= 24, and it counts.",
    ],
    again="lesson 16, step 3",
)
def q4(case):
    return (of_year_2(case)["hours"] <= 24).mean()


@q4.mistake(
    "You left the open complaints out. {open} of the {all} of year 2 are still open, and not one "
    "of them was settled within a day: they belong into the divisor.",
    credit=0.5,
)
def open_left_out(case):
    mine = of_year_2(case)
    still = mine["hours"].isna()
    return Wrong((mine.loc[~still, "hours"] <= 24).mean(), open=int(still.sum()), all=len(mine))


@q4.mistake(
    "You took both years. Asked are the {mine} complaints opened from 1 July 2025 on, not all "
    "{all}.",
    credit=0.5,
)
def complaints_of_both_years(case):
    whole = case["complaints"]
    return Wrong((whole["hours"] <= 24).mean(), mine=len(of_year_2(case)), all=len(whole))


@q4.mistake(
    "You counted an open complaint as settled: {open} have no `hours` because nobody has settled "
    "them yet.",
    credit=0.25,
)
def open_is_settled(case):
    mine = of_year_2(case)
    return Wrong((mine["hours"].fillna(0) <= 24).mean(), open=int(mine["hours"].isna().sum()))


@q4.mistake(
    "You left out {unsolved} complaints that were closed within 24 hours as “not solved”. The "
    "promise of the question is about the time; whether it was solved is another measure.",
    credit=0.5,
)
def solved_only(case):
    mine = of_year_2(case)
    quick = mine["hours"] <= 24
    unsolved = quick & (mine["outcome"] == "not solved")
    return Wrong((quick & ~unsolved).mean(), unsolved=int(unsolved.sum()))


@q4.mistake(
    "That is the share that took longer. Asked is the share settled in time: {count} of {all}.",
    credit=0.5,
)
def too_late(case):
    mine = of_year_2(case)
    return Wrong(
        1 - q4.answer(case),
        count=int((mine["hours"] <= 24).sum()),
        all=len(mine),
    )


@q4.mistake(
    "Give it as a share of 1: {share:.4f}, not {percent:.2f}.",
    credit=0.75,
)
def complaints_in_percent(case):
    right = q4.answer(case)
    return Wrong(100 * right, share=right, percent=100 * right)


@q4.mistake(
    "That is year 1. Asked are the {mine} complaints opened from 1 July 2025 on.",
    credit=0.5,
)
def complaints_of_year_1(case):
    whole = case["complaints"]
    first = whole[whole["opened"] < MIDDLE]
    return Wrong((first["hours"] <= 24).mean(), mine=len(of_year_2(case)))


# q5 ----------------------------------------------------------------------------------------------


def tier(case, year):
    """Return the tier of each customer who bought in the year, by what was spent in it."""
    spent = in_year(case, year).groupby("customer_id")["amount"].sum().round(2)
    return tiers_of(case, spent)


def tiers_of(case, spent):
    cuts = case["brief"].iloc[0]
    high, low = spent >= cuts["cut_summit"], spent >= cuts["cut_ridge"]
    return pd.Series(np.select([high, low], TIERS[:2], TIERS[2]), index=spent.index)


def matrix(before, after):
    """Count the moves; a missing tier is new on the left, lost on the right."""
    both = pd.concat({"from": before, "to": after}, axis=1)
    both = both.fillna({"from": "new", "to": "lost"})
    counts = both.groupby(["from", "to"]).size().unstack(fill_value=0)
    counts = counts.reindex(index=[*TIERS, "new"], columns=[*TIERS, "lost"], fill_value=0)
    return counts.rename_axis(None, axis=1).reset_index()


COLUMNS = [*TIERS, "lost"]


@exercise.question(
    "moves",
    points=4,
    title="Who moved where?",
    compare=table("from", COLUMNS),
    hints=[
        "One tier a customer and year, by what was spent in that year. Who bought in only one of "
        "the two years is in the table as well, as new or as lost.",
        "`band(spent, edges=[cut_ridge, cut_summit], labels=[\"valley\", \"ridge\", \"summit\"])` "
        "for each year, then `migration_matrix(before, after)`: the earlier year comes first.",
    ],
    again="lesson 16, step 4",
)  # fmt: skip
def q5(case):
    return matrix(tier(case, 1), tier(case, 2))


@q5.mistake(
    "Rows and columns are swapped: your rows are year 2. {count} customers went from the summit to "
    "the valley; you have them going up.",
    credit=0.5,
)
def swapped(case):
    counts = q5.answer(case).set_index("from")
    return Wrong(matrix(tier(case, 2), tier(case, 1)), count=counts.loc["summit", "valley"])


@q5.mistake(
    "You kept only customers who bought in both years. {lost} who were there are lost, {new} are "
    "new: without them nobody sees why the shop grows or shrinks.",
    credit=0.5,
)
def both_years_only(case):
    first, second = tier(case, 1), tier(case, 2)
    both = first.index.intersection(second.index)
    return Wrong(
        matrix(first[both], second[both]),
        lost=len(first) - len(both),
        new=len(second) - len(both),
    )


@q5.mistake(
    "You put who bought nothing into the valley: spent 0 is below the cut-off, and still no "
    "purchase. {lost} customers of year 1 are lost, {new} of year 2 are new.",
    credit=0.5,
)
def nothing_is_valley(case):
    first, second = tier(case, 1), tier(case, 2)
    people = first.index.union(second.index)
    return Wrong(
        matrix(*(side.reindex(people, fill_value="valley") for side in (first, second))),
        lost=len(first.index.difference(second.index)),
        new=len(second.index.difference(first.index)),
    )


@q5.mistake(
    "You put everybody in the register who bought nothing into the valley, {idle} people among "
    "them who bought in neither year. Tiers are for who bought in the year.",
    credit=0.25,
)
def register_is_valley(case):
    people = case["customers"]["customer_id"]
    first, second = tier(case, 1), tier(case, 2)
    idle = len(people) - len(first.index.union(second.index))
    return Wrong(
        matrix(*(side.reindex(people, fill_value="valley") for side in (first, second))),
        idle=idle,
    )


@q5.mistake(
    "You counted {idle} people of the register who bought in neither year as new and lost at once. "
    "They are not in the matrix: the last cell is 0.",
    credit=0.75,
)
def neither_year_counted(case):
    right = q5.answer(case)
    people = case["customers"]["customer_id"]
    seen = tier(case, 1).index.union(tier(case, 2).index)
    idle = int((~people.isin(seen)).sum())
    last = right["from"] == "new"
    return Wrong(right.assign(lost=right["lost"].where(~last, idle)), idle=idle)


def is_shares(right, answer):
    """Recognise row shares, as shares of 1 or in per cent."""
    counts = right.set_index("from")[COLUMNS]
    shares = counts.div(counts.sum(axis=1), axis=0)
    given = answer.value.set_index("from").reindex(shares.index)[COLUMNS].astype(float)
    near = [np.allclose(given, shares * by, atol=0.006 * by) for by in (1, 100)]
    return {"count": int(counts.loc["summit", "summit"])} if any(near) else None


@q5.mistake(
    "Your cells are shares of the row. Asked are customers: {count} stayed at the summit.",
    credit=0.75,
    match=is_shares,
)
def shares_for_counts(case):
    counts = q5.answer(case).set_index("from")
    wrong = counts.div(counts.sum(axis=1), axis=0)
    return Wrong(wrong.reset_index(), count=counts.loc["summit", "summit"])


@q5.mistake(
    "You took the cut-offs the other way round: customers below {ridge:.0f} euros stand at the "
    "summit. Summit is from {summit:.0f} euros on.",
    credit=0.25,
)
def upside_down(case):
    cuts = case["brief"].iloc[0]
    names = dict(zip(TIERS, TIERS[::-1], strict=True))
    return Wrong(
        matrix(tier(case, 1).map(names), tier(case, 2).map(names)),
        ridge=cuts["cut_ridge"],
        summit=cuts["cut_summit"],
    )


# q6 ----------------------------------------------------------------------------------------------


def by_arm(case, what="nunique", nobody=0.0):
    """Return year 1, year 2 and the arm of everybody in the programme."""
    people = case["programme"].set_index("customer_id")
    years = {year: orders(case, year, what).reindex(people.index) for year in (1, 2)}
    return pd.DataFrame(years).fillna(nobody).assign(arm=people["arm"])


def effect_of(sheet):
    change = (sheet[2] - sheet[1]).groupby(sheet["arm"]).mean()
    return change["desk"] - change["held back"]


@exercise.question(
    "effect",
    points=4,
    title="What the desk did",
    compare=number(0.001, "orders"),
    hints=[
        "Four means: two groups, two years. Who bought nothing in year 2 has 0 orders and counts.",
        '`before_after(before, after, programme["arm"] == "desk", by_lot=True).effect`, all three '
        "indexed by the customers of the programme.",
    ],
    again="lesson 16, step 5",
)
def q6(case):
    return effect_of(by_arm(case))


@q6.mistake(
    "That is the change of those with the desk, not its effect. Those held back changed too, by "
    "{others:+.2f} orders, without any desk. Take that off.",
    credit=0.25,
)
def change_only(case):
    sheet = by_arm(case)
    change = (sheet[2] - sheet[1]).groupby(sheet["arm"]).mean()
    return Wrong(change["desk"], others=change["held back"])


@q6.mistake(
    "You compared year 2 only. With a lot that is fair, but it counts the head start of "
    "{before:+.2f} orders one group had in year 1 as well. Asked is the change.",
    credit=0.5,
)
def after_only(case):
    means = by_arm(case).groupby("arm")[[1, 2]].mean()
    gap = means.loc["desk"] - means.loc["held back"]
    return Wrong(gap[2], before=gap[1])


@q6.mistake(
    "You compared with everybody else who bought in year 1. {others} of them were never in the "
    "lot: they spent too little. The comparison is the {held} held back.",
    credit=0.25,
)
def with_everybody_else(case):
    sheet = by_arm(case)
    first = orders(case, 1)
    second = orders(case, 2).reindex(first.index, fill_value=0)
    desk = sheet.index[sheet["arm"] == "desk"]
    rest = ~first.index.isin(desk)
    change = second - first
    return Wrong(
        change[desk].mean() - change[rest].mean(),
        others=len(first) - len(sheet),
        held=int((sheet["arm"] == "held back").sum()),
    )


@q6.mistake(
    "You left out {gone} customers of the programme who bought nothing in year 2. They have 0 "
    "orders; without them those who stayed look like everybody.",
    credit=0.5,
)
def lost_left_out(case):
    sheet = by_arm(case, nobody=np.nan)
    return Wrong(effect_of(sheet.dropna()), gone=int(sheet[2].isna().sum()))


@q6.mistake(
    "Your sign is turned round: held back less desk. The desk's customers changed by {desk:+.2f} "
    "orders, those held back by {held:+.2f}.",
    credit=0.5,
)
def turned_round(case):
    sheet = by_arm(case)
    change = (sheet[2] - sheet[1]).groupby(sheet["arm"]).mean()
    return Wrong(-effect_of(sheet), desk=change["desk"], held=change["held back"])


@q6.mistake(
    "You counted lines, not orders: the {lines} lines of both years are {orders} orders.",
    credit=0.5,
)
def effect_in_lines(case):
    made = case["purchases"]
    wrong = effect_of(by_arm(case, "size"))
    return Wrong(wrong, lines=len(made), orders=made["order_id"].nunique())


@q6.mistake(
    "That is an effect in euros spent. Asked is the effect on orders a customer and year.",
    credit=0.5,
)
def effect_in_money(case):
    people = case["programme"].set_index("customer_id")
    spent = {
        year: in_year(case, year).groupby("customer_id")["amount"].sum().reindex(people.index)
        for year in (1, 2)
    }
    return effect_of(pd.DataFrame(spent).fillna(0.0).assign(arm=people["arm"]))


@q6.mistake(
    "Your means of year 2 are of its buyers only. {gone} customers of the programme bought nothing "
    "in year 2; they have 0 orders and count.",
    credit=0.5,
)
def means_of_buyers(case):
    sheet = by_arm(case, nobody=np.nan)
    means = sheet.groupby("arm")[[1, 2]].mean()
    change = means[2] - means[1]
    return Wrong(change["desk"] - change["held back"], gone=int(sheet[2].isna().sum()))


# q7 ----------------------------------------------------------------------------------------------

q7 = exercise.open_question(
    "q7",
    title="A year of tiers, in figures",
    compare=essay(
        Criterion("Four results each with a measure and comparison", 6),
        Criterion("Does not claim cause without comparison", 4),
        Criterion("Migration read correctly", 4),
        Criterion("Feedback leads to a change", 3),
        Criterion("Next refresh dated", 3),
    ),
    hints=[
        "Satisfaction, loyalty, sales, image: for each a figure, its base, and with what you "
        "compare it. Where you cannot compare, say so.",
        "The arms of the programme were drawn by lot: they carry cause. Growth of all sales does "
        "not. Read the matrix by rows: of 100 at the summit, where are they now?",
    ],
    again="lesson 16, step 6 and Decide",
)
