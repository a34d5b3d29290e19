"""The key of exercise 10: what is right passes, known mistakes are told apart, nothing else."""

import numpy as np
import pandas as pd
import pytest

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.target import market_shares, nearest_rival, perceptual_map

KEY = load_key(unit_folder("10_competition_and_position") / "key.py")
CLOSED = [question for question in KEY.questions.values() if not question.open]
FEATURES = ["taste", "good", "handy", "look", "value", "origin"]
US = "Lantern Chill"
JUDGES = {}


def judge_of(seed):
    """Return the judge of a case; None is the one to practise on."""
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed or 0))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


def means_of(case):
    return case["ratings"].groupby("brand")[FEATURES].mean()


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case):
    """Answer the six questions with pandas and NumPy alone, as the texts of the questions say."""
    means = means_of(case)
    around = (means - means.mean()).to_numpy()
    left, size, _ = np.linalg.svd(around, full_matrices=False)
    at = left[:, :2] * size[:2]
    for axis in (0, 1):
        pull = [np.corrcoef(around[:, place], at[:, axis])[0, 1] for place in range(6)]
        at[:, axis] *= np.sign(pull[int(np.abs(pull).argmax())])
    places = pd.DataFrame(at, index=means.index, columns=["x", "y"])
    gap = ((places - places.loc[US]) ** 2).sum(axis=1).drop(US) ** 0.5
    brief = case["brief"].iloc[0]
    asked = case["raters"][case["raters"]["segment"] == brief["target"]]
    best = means.drop(index=US).max()
    sales = case["sales"].pivot(index="year", columns="brand", values="revenue")
    total = sales.sum(axis=1)
    years = total.index[-1] - total.index[0]
    return {
        "q1": places,
        "q2": pd.DataFrame({"distance": gap, "rank": gap.rank()}),
        "q3": {
            name
            for name in FEATURES
            if means.loc[US, name] > best[name]
            and asked[f"importance_{name}"].mean() >= brief["threshold"]
        },
        "q4": (sales.loc[2025] / total.loc[2025]).drop("all others"),
        "q5": case["towns"]["our_buyers"].sum() / case["towns"]["households"].sum(),
        "q6": pd.Series(
            {"slide": 20**0.25 - 1, "market": (total.iloc[-1] / total.iloc[0]) ** (1 / years) - 1}
        ),
    }


@pytest.mark.parametrize("seed", [None, 3, 8])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", id


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index(t.columns[0]),
    "nameless index": lambda t: t.set_index(t.columns[0]).rename_axis(None),
    "nullable": lambda t: t.convert_dtypes(),
    "digits as text": lambda t: t.astype(str),
    "upper case": lambda t: t.assign(**{t.columns[0]: t[t.columns[0]].str.upper()}),
    "categories": lambda t: t.astype({t.columns[0]: "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
    "columns turned round": lambda t: t[t.columns[::-1]],
    "three decimals": lambda t: t.round(4),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q2", "q4", "q6"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of(None)
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def with_the_others(judge, value="revenue", years=(2025,)):
    """Return what `market_shares` gives: the row the question does not need is in it."""
    sold = judge.case["sales"]
    return market_shares(sold[sold["year"].isin(years)], value)


@pytest.mark.parametrize("form", FORMS)
def test_the_row_nobody_needs_may_be_there(form):
    judge = judge_of(None)
    table = with_the_others(judge)[["brand", "share"]]
    assert "all others" in table["brand"].tolist()
    assert seen(judge, "q4", FORMS[form](table)).status == "passed"


def test_the_row_nobody_needs_hides_no_known_mistake():
    judge = judge_of(None)
    percent = with_the_others(judge)
    percent["share"] *= 100
    bottles = with_the_others(judge, "bottles")
    years = with_the_others(judge, years=judge.case["sales"]["year"].unique())
    assert seen(judge, "q4", percent).mistake == "shares_in_percent"
    assert seen(judge, "q4", bottles).mistake == "share_of_bottles"
    assert seen(judge, "q4", years).mistake == "all_years"
    total = pd.concat([with_the_others(judge), pd.DataFrame({"brand": ["total"], "share": [1]})])
    assert seen(judge, "q4", total).details == ("1 row does not belong: total.",)


def test_names_and_numbers_may_come_in_other_forms():
    judge = judge_of(None)
    good = judge.right("q3")
    for value in (good, good[::-1], tuple(good), set(good), pd.Series(good), pd.Index(good)):
        assert seen(judge, "q3", value).status == "passed", value
    reached = judge.right("q5")
    for value in (reached, np.float32(reached), [reached], round(reached, 4)):
        assert seen(judge, "q5", value).status == "passed", value


@pytest.mark.parametrize("seed", range(6))
def test_growth_of_the_slide_is_the_same_for_everybody(seed):
    right = judge_of(seed).right("q6").set_index("what")["growth"]
    assert right["slide"] == pytest.approx(1.1147, abs=0.0001)


# What does not pass ----------------------------------------------------------------------------


def wrong_places(judge):
    case, right = judge.case, judge.right("q1")
    complete = case["ratings"].dropna().groupby("brand")[FEATURES].mean().reset_index()
    means = means_of(case).reset_index()
    turned = right.assign(
        x=(right["x"] - right["y"]) * 0.5**0.5, y=(right["x"] + right["y"]) * 0.5**0.5
    )
    spread = right[["x", "y"]].std()
    return {
        "complete rows only": perceptual_map(complete, FEATURES).brands,
        "four features": perceptual_map(means, FEATURES[:4]).brands,
        "two raw means": means.rename(columns={"taste": "x", "good": "y"}),
        "turned by 45 degrees": turned,
        "unit spread": right.assign(**(right[["x", "y"]] / spread)),
        "doubled": right.assign(x=right["x"] * 2, y=right["y"] * 2),
        "one decimal": right.round(1).assign(y=right["y"] + 0.05),
        "one brand missing": right.iloc[1:],
        "moved": right.assign(x=right["x"] + 1),
        "second axis zero": right.assign(y=0),
        "exchanged and mirrored": right.rename(columns={"x": "y", "y": "x"}).assign(
            x=lambda t: -t["x"]
        ),
        "other brands' rows": right.assign(brand=np.roll(right["brand"], 1)),
    }


def wrong_nearest(judge):
    right, places = judge.right("q2"), judge.right("q1").set_index("brand")
    up = (places["y"] - places.loc[US, "y"]).abs()
    middle = (places**2).sum(axis=1) ** 0.5
    means = means_of(judge.case)
    raw = ((means - means.loc[US]) ** 2).sum(axis=1) ** 0.5 * 1.2
    return {
        "up only": right.assign(distance=right["brand"].map(up)),
        "from the middle": right.assign(distance=right["brand"].map(middle)),
        "of the raw means, stretched": right.assign(distance=right["brand"].map(raw)),
        "shares of the farthest": right.assign(
            distance=right["distance"] / right["distance"].max()
        ),
        "nearness": right.assign(distance=1 / right["distance"]),
        "half": right.assign(distance=right["distance"] / 2),
        "from 0": right.assign(rank=right["rank"] - 1),
        "all first": right.assign(rank=1),
        "one missing": right.iloc[1:],
        "nearest only": right.iloc[:1],
        "swapped columns": right.rename(columns={"rank": "distance", "distance": "rank"}),
        "other brands' rows": right.assign(brand=np.roll(right["brand"], 1)),
    }


def wrong_advantages(judge):
    good = judge.right("q3")
    rest = [name for name in FEATURES if name not in good]
    leads = means_of(judge.case).idxmax() == US
    unwanted = [name for name in rest if leads[name]]
    return {
        "one of two": good[:1],
        "the other": good[1:],
        "unwanted leads": unwanted,
        "one and an unwanted": [good[0], unwanted[0]],
        "everything": FEATURES,
        "the rest": rest,
        "where we are behind": [name for name in rest if not leads[name]],
        "first three": [good[0], *rest[:2]],
        "brands": ["Red Gourd", "Plain Leaf"],
        "columns of raters": [f"importance_{name}" for name in good],
    }


def wrong_shares(judge):
    right, sales = judge.right("q4"), judge.case["sales"]
    last = sales[sales["year"] == 2025].set_index("brand")["revenue"].drop("all others")
    first = sales[sales["year"] == sales["year"].min()].set_index("brand")["revenue"]
    return {
        "revenue, not its share": right.assign(share=right["brand"].map(last)),
        "the first year": right.assign(share=right["brand"].map(first / first.sum())),
        "ranks": right.assign(share=right["share"].rank()),
        "equal": right.assign(share=1 / 6),
        "sorted apart": right.assign(share=np.sort(right["share"])[::-1] * 0.9),
        "one missing": right.iloc[:-1],
        "too far rounded": right.assign(share=right["share"].round(1)),
        "a row too many": pd.concat(
            [right, pd.DataFrame({"brand": ["total"], "share": [0.1]})]
        ),
        "complement": right.assign(share=1 - right["share"]),
        "price": right.assign(share=right["brand"].map(
            judge.case["brands"].set_index("brand")["price_typical"])),
    }  # fmt: skip


def wrong_penetration(judge):
    towns, right = judge.case["towns"], judge.right("q5")
    rate = towns["our_buyers"] / towns["households"]
    return {
        "households": int(towns["our_buyers"].sum()),
        "the others": 1 - right,
        "largest": rate.max(),
        "median": rate.median(),
        "one decimal": round(right, 1),
        "everybody": 1,
        "nobody": 0,
        "turned round": 1 / right,
        "mean category rate": (towns["our_buyers"] / towns["category_buyers"]).mean(),
        "doubled": right * 2,
        "first town": rate.iloc[0],
    }


def wrong_growth(judge):
    right = judge.right("q6")
    market = right["growth"].iloc[1]

    def rates(slide, other=market):
        return pd.DataFrame({"what": ["slide", "market"], "growth": [slide, other]})

    return {
        "times": rates(20),
        "nineteen": rates(19),
        "doubled": rates(1.0),
        "logarithm": rates(np.log(20) / 4, np.log(1 + market)),
        "square root": rates(20**0.5 - 1),
        "three years": rates(20 ** (1 / 3) - 1),
        "swapped": rates(market, right["growth"].iloc[0]),
        "slide only": right.iloc[:1],
        "negative": rates(-1.1147, -market),
        "no growth": rates(0, 0),
        "rounded": rates(1.1, round(market, 1)),
    }


WRONG = {
    "q1": wrong_places,
    "q2": wrong_nearest,
    "q3": wrong_advantages,
    "q4": wrong_shares,
    "q5": wrong_penetration,
    "q6": wrong_growth,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of(None)
    wrong = WRONG[id](judge)
    assert len(wrong) >= 8
    for name, value in wrong.items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, name
        assert verdict.credit <= 0.5, name
        assert verdict.details, name
        print(f"{name}: {verdict}")


# Known mistakes in other forms -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("signs", "said"), [((-1, 1), "first axis"), ((1, -1), "second axis"), ((-1, -1), "both axes")]
)
def test_a_mirrored_map_is_recognised_whichever_axis(signs, said):
    judge = judge_of(None)
    right = judge.right("q1")
    wrong = right.assign(x=right["x"] * signs[0], y=right["y"] * signs[1])
    for form in ("row order", "nameless index", "digits as text", "upper case", "three decimals"):
        verdict = seen(judge, "q1", FORMS[form](wrong))
        assert (verdict.mistake, verdict.credit) == ("mirrored", 0.75), form
        assert said in verdict.details[0]
    assert seen(judge, "q1", wrong.iloc[1:]).mistake is None


def test_who_mirrors_the_map_still_finds_the_nearest():
    judge = judge_of(None)
    places = judge.right("q1").assign(x=lambda t: -t["x"])
    assert seen(judge, "q2", judge.right("q2"), q1=places).status == "passed"


@pytest.mark.parametrize("seed", [None, 2, 5])
def test_a_slip_in_the_map_is_paid_once(seed):
    judge = judge_of(seed)
    means = means_of(judge.case).reset_index()
    places = perceptual_map(means, FEATURES, standardise=True).brands
    own = nearest_rival(places, US)
    assert seen(judge, "q2", own).credit < 1
    assert seen(judge, "q2", own, q1=places).credit == 1
    squared = own.assign(distance=own["distance"] ** 2)
    assert seen(judge, "q2", squared, q1=places).mistake == "still_squared"


@pytest.mark.parametrize("seed", [None, 1, 4])
def test_the_words_name_the_students_own_rows(seed):
    judge = judge_of(seed)
    case, good = judge.case, judge.right("q3")
    leads = means_of(case).idxmax() == US
    lead_only = [name for name in FEATURES if leads[name]]
    verdict = seen(judge, "q3", tuple(lead_only[::-1]))
    assert verdict.mistake == "wanted_or_not"
    assert any(name in verdict.details[0] for name in set(lead_only) - set(good))
    towns = case["towns"]
    verdict = seen(judge, "q5", [float((towns["our_buyers"] / towns["households"]).mean())])
    assert verdict.mistake == "mean_of_rates"
    assert towns.loc[towns["households"].idxmax(), "town"] in verdict.details[0]


@pytest.mark.parametrize("seed", [None, 6])
def test_growth_as_a_factor_is_recognised_however_it_is_handed_in(seed):
    judge = judge_of(seed)
    right = judge.right("q6")
    wrong = right.assign(growth=right["growth"] + 1)
    for form in ("row order", "nameless index", "digits as text", "categories"):
        assert seen(judge, "q6", FORMS[form](wrong)).mistake == "factor_not_growth", form


def test_nearest_is_not_the_first_row_and_the_target_is_a_minority():
    for seed in range(1, 6):
        case = judge_of(seed).case
        raters, target = case["raters"], case["brief"]["target"].iloc[0]
        assert 0.25 < (raters["segment"] == target).mean() < 0.35
        assert list(case["brands"]["brand"]) == sorted(case["brands"]["brand"])
        assert (case["notes"]["source"] == "").sum() == 1


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q7"].points == 20
    assert sum(question.points for question in CLOSED) == 20
    assert all(len(question.hints) == 2 and question.again for question in KEY.questions.values())
