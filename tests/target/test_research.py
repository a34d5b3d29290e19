import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from whobuys.market import load_company, market, truth
from whobuys.target import (
    Question,
    SurveyDesign,
    channel_bias,
    channel_table,
    clean_answers,
    code_comments,
    code_counts,
    coder_agreement,
    cronbach_alpha,
    flag_answers,
    gap_scores,
    importance_performance,
    margin_of_error,
    post_stratify,
    rake,
    sample_size,
    top_box,
    weighted_mean,
)

WITH_SURVEY = ("teahouse", "citybank", "littlehands", "tradeways", "outfitter")


def faults(text: str, scale: str = "yes-no", options=()) -> set[str]:
    question = Question("q", text, scale, options)
    design = SurveyDesign("aim", "all", "simple", [question], frame="list")
    return set(design.check()["problem"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Don't you think our tea is the best?", "leading"),
        ("How good was our excellent service?", "leading"),
        ("Was the shop clean and the staff friendly?", "double-barrelled"),
        ("Should we not stop not selling bags?", "negative"),
        ("Do you always buy tea here?", "absolute"),
        ("Do you often buy tea?", "vague"),
        ("Which religion do you have?", "sensitive"),
        (" ".join(["word"] * 30) + "?", "long"),
    ],
)
def test_faulty_questions_are_found(text, problem):
    assert problem in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "How many times did you buy tea here in the last four weeks?",
        "Did you buy a tea set this year?",
        "Did you pay by card?",
    ],
)
def test_plain_questions_pass(text):
    assert faults(text) == set()


def test_scales_are_looked_at():
    assert "unbalanced scale" in faults("The shop is", "own", ["excellent", "good", "bad"])
    assert faults("The shop is", "own", ["very good", "good", "bad", "very bad"]) == set()
    assert "answers overlap" in faults("Your age?", "own", ["18-25", "25-40", "41-60"])
    assert "answers leave a gap" in faults("Your age?", "own", ["18-25", "27-40"])
    assert faults("Your age?", "own", ["18-25", "26-40", "41-60"]) == set()
    with pytest.raises(ValueError, match="The scales are"):
        Question("q", "x", "stars")


def test_the_survey_as_a_whole():
    ask = [Question(f"q{i}", "Did you pay by card?", "yes-no") for i in range(60)]
    design = SurveyDesign("aim", "all", "convenience", [*ask, ask[0]])
    assert {"too long", "not drawn by chance", "no list to draw from", "name used twice"} <= set(
        design.check()["problem"]
    )
    assert not design.by_chance
    assert design.length == pytest.approx(61 * 12 / 60)
    assert len(design.table()) == 61


def test_the_questions_of_the_companies_pass_their_own_check():
    for name in WITH_SURVEY:
        survey = load_company(name).survey
        asked = [Question(key, text, "agree") for key, text in survey.statements.items()]
        design = SurveyDesign("aim", "customers", "simple", asked, frame="archive")
        assert not set(design.check()["problem"]) & {"leading", "double-barrelled", "sensitive"}


def test_sample_sizes_of_the_textbooks():
    assert [sample_size(m) for m in (0.05, 0.03, 0.01)] == [385, 1068, 9604]
    assert sample_size(0.05, population=10_000) == 370
    assert sample_size(0.05, population=300) == 169
    assert sample_size(0.05, level=0.99) == 664
    assert sample_size(0.01, population=50) == 50
    assert sample_size(0.05, design_effect=2) == 769
    assert sample_size(0.05, response=0.5) == 770


def test_size_and_margin_are_each_other_turned_round():
    for margin in (0.02, 0.04, 0.1):
        for population in (None, 900):
            answers = sample_size(margin, population=population)
            assert margin_of_error(answers, population=population) <= margin + 1e-9
            assert margin_of_error(answers - 1, population=population) > margin - 1e-3
    with pytest.raises(ValueError, match="more than the population"):
        margin_of_error(20, population=10)


def test_bad_answers_are_flagged_and_good_ones_are_not():
    draw = np.random.default_rng(0)
    items = [f"q{i}" for i in range(14)]
    answers = pd.DataFrame(draw.integers(1, 6, (300, 14)).astype(float), columns=items)
    answers.insert(0, "customer_id", [f"C{i}" for i in range(300)])
    answers["seconds"] = draw.gamma(30, 4, 300)
    answers.loc[5, items] = 3.0
    answers.loc[6, items] = answers.loc[9, items]
    answers.loc[7, "customer_id"] = "C1"
    answers.loc[8, "seconds"] = 12.0
    answers.loc[10, items[:8]] = np.nan
    flags = flag_answers(answers, items, seconds="seconds")
    assert flags.index[~flags["keep"]].tolist() == [5, 7, 8, 9, 10]
    assert flags.loc[5, "straight line"]
    assert flags.loc[9, "copied"]
    assert flags.loc[7, "duplicate"]
    assert flags.loc[8, "too fast"]
    assert flags.loc[10, "too few answers"]
    kept = clean_answers(answers, flags)
    assert len(kept) == 295
    assert kept.attrs["left_out"]["rows"] == 5
    with pytest.raises(ValueError, match="another one"):
        clean_answers(answers.iloc[1:], flags)


def test_post_stratified_cells_have_the_shares_of_the_population():
    draw = np.random.default_rng(1)
    people = pd.DataFrame(
        {"region": draw.choice(list("NSW"), 3000), "member": draw.random(3000) < 0.3}
    )
    chance = 0.1 + 0.4 * people["member"] + 0.2 * (people["region"] == "N")
    answers = people[draw.random(3000) < chance]
    weights = post_stratify(answers, people, ["region", "member"])
    assert weights.mean() == pytest.approx(1)
    have = weights.groupby([answers["region"], answers["member"]]).sum() / weights.sum()
    want = people.groupby(["region", "member"]).size() / len(people)
    np.testing.assert_allclose(have, want)
    counts = people.groupby(["region", "member"]).size()
    pd.testing.assert_series_equal(weights, post_stratify(answers, counts, ["region", "member"]))
    one = rake(answers, {"region": people["region"].value_counts()})
    np.testing.assert_allclose(one, post_stratify(answers, people, "region"))


def test_raking_meets_every_margin_and_keeps_the_odds():
    draw = np.random.default_rng(2)
    answers = pd.DataFrame({"a": draw.choice(list("xyz"), 400), "b": draw.choice(list("uv"), 400)})
    margins = {"a": {"x": 0.5, "y": 0.3, "z": 0.2}, "b": {"u": 30, "v": 70}}
    weights = rake(answers, margins)
    share = weights.groupby(answers["a"]).sum() / weights.sum()
    assert share.to_dict() == pytest.approx(margins["a"], abs=1e-8)
    share = weights.groupby(answers["b"]).sum() / weights.sum()
    assert share["u"] == pytest.approx(0.3, abs=1e-8)
    # Raking multiplies by a factor a row and one a column, so odds ratios stay.
    table = answers.assign(w=weights).pivot_table(index="a", columns="b", values="w", aggfunc="sum")
    counts = pd.crosstab(answers["a"], answers["b"])

    def odds(t):
        return t.loc["x", "u"] * t.loc["y", "v"] / (t.loc["x", "v"] * t.loc["y", "u"])

    assert odds(table) == pytest.approx(odds(counts))


def test_weights_say_what_is_wrong():
    answers = pd.DataFrame({"a": ["x", "y"]})
    with pytest.raises(ValueError, match="the population does not have"):
        post_stratify(answers, pd.Series({"x": 10}), "a")
    with pytest.raises(ValueError, match="no target"):
        rake(answers, {"a": {"x": 1}})
    with pytest.raises(ValueError, match="Nobody in answers has z"):
        rake(answers, {"a": {"x": 1, "y": 1, "z": 1}})
    with pytest.raises(ValueError, match="did not settle"):
        rake(answers.assign(b=["u", "v"]), {"a": {"x": 1, "y": 3}, "b": {"u": 3, "v": 1}})
    with pytest.raises(ValueError, match="different indices"):
        weighted_mean(pd.Series([1, 2]), pd.Series([1.0, 1.0], index=[5, 6]))
    gone = post_stratify(answers, pd.Series({"x": 1, "y": 1, "z": 2}), "a")
    assert gone.attrs["without_answers"] == 0.5


def test_equal_weights_give_the_plain_mean_and_its_error():
    values = pd.Series(np.random.default_rng(3).normal(3, 1, 200))
    found = weighted_mean(values, pd.Series(2.0, index=values.index))
    assert found.mean == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std() / np.sqrt(200))
    assert found.design_effect == pytest.approx(1)


@pytest.mark.parametrize("company", WITH_SURVEY)
def test_post_stratified_means_agree_with_the_known_truth(company):
    """Weighed by segment, the survey's means are those of the population; unweighed, they lean."""
    sent = pd.Timestamp(load_company(company).survey.sent)
    off, raw_off, scores = [], [], []
    for seed in range(8):
        case = market(company, seed)
        known = truth(case)
        exact = known["survey"].set_index("question")
        who = known.customers.set_index("customer_id")["segment"]
        answers = case["survey"].assign(segment=case["survey"]["customer_id"].map(who))
        share = known.segments.set_index("segment")["share"]
        names = list(share.index)
        # The exact shares among those registered in time follow from the exact means.
        columns = [q for q in exact.index if q.startswith(("importance", "performance", "agree"))]
        rows = np.vstack([exact.loc[columns, names].to_numpy(float), np.ones(len(names))])
        target = np.append(exact.loc[columns, "population"].to_numpy(float), 1)
        part = pd.Series(np.linalg.lstsq(rows, target, rcond=None)[0], names)
        part = part[part.index.isin(answers["segment"].unique())].clip(lower=1e-9)
        weights = post_stratify(answers, part, "segment")
        assert sent <= pd.Timestamp(load_company(company).window.end)
        for question in columns:
            found = weighted_mean(answers[question], weights)
            scores.append((found.mean - exact.loc[question, "population"]) / found.standard_error)
            off.append(abs(found.mean - exact.loc[question, "population"]))
            raw_off.append(abs(answers[question].mean() - exact.loc[question, "population"]))
    assert np.abs(scores).max() < 4.5
    assert np.mean(np.square(scores)) == pytest.approx(1, abs=0.6)
    assert np.mean(off) < np.mean(raw_off)


def test_alpha_is_hoyts_analysis_of_variance():
    draw = np.random.default_rng(4)
    trait = draw.normal(size=(120, 1))
    answers = pd.DataFrame(trait + draw.normal(size=(120, 5)), columns=list("abcde"))
    x = answers.to_numpy()
    n, k = x.shape
    people = k * ((x.mean(axis=1) - x.mean()) ** 2).sum() / (n - 1)
    rest = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
    left = (rest**2).sum() / ((n - 1) * (k - 1))
    found = cronbach_alpha(answers, list("abcde"))
    assert found.alpha == pytest.approx(1 - left / people)
    assert found.low < found.alpha < found.high
    without = cronbach_alpha(answers, list("bcde")).alpha
    assert found.items.set_index("item").loc["a", "alpha_without"] == pytest.approx(without)


def test_feldts_interval_covers_as_often_as_it_says():
    """Parallel items with reliability 0.5 each have alpha k·r / (1 + (k − 1)·r)."""
    draw, hits = np.random.default_rng(5), 0
    true = 4 * 0.5 / (1 + 3 * 0.5)
    for _ in range(600):
        x = draw.normal(size=(40, 1)) + draw.normal(size=(40, 4))
        found = cronbach_alpha(pd.DataFrame(x, columns=list("abcd")), list("abcd"))
        hits += found.low < true < found.high
    assert hits / 600 == pytest.approx(0.95, abs=0.03)


def test_alpha_says_what_is_wrong():
    answers = pd.DataFrame({"a": [1, 2, 3], "b": [2, 2, 2], "c": [3, 2, 1]})
    with pytest.raises(ValueError, match='same answer to "b"'):
        cronbach_alpha(answers, ["a", "b"])
    with pytest.raises(ValueError, match="reversed"):
        cronbach_alpha(answers, ["a", "c"])
    with pytest.raises(ValueError, match="two or more"):
        cronbach_alpha(answers, ["a"])


def test_top_box_of_a_company_and_with_weights():
    answers = market("teahouse", 2)["survey"]
    found = top_box(answers, ["importance_taste", "importance_price"])
    plain = (answers["importance_taste"] >= 4).mean()
    assert found["share"].iloc[0] == pytest.approx(plain)
    assert (found["low"] < found["share"]).all()
    assert (found["share"] < found["high"]).all()
    same = top_box(answers, ["importance_taste"], weights=pd.Series(1.0, index=answers.index))
    assert same["share"].iloc[0] == pytest.approx(plain)
    with pytest.raises(ValueError, match="above top=4"):
        top_box(answers, ["importance_taste"], top=4)


def test_importance_performance_of_a_company():
    answers = market("teahouse", 2)["survey"]
    needs = load_company("teahouse").survey.needs
    found = importance_performance(answers, needs)
    assert found["gap"].is_monotonic_decreasing
    row = found.set_index("need").loc["price"]
    assert row["importance"] == pytest.approx(answers["importance_price"].mean())
    assert row["words"] == needs["price"]
    middle = importance_performance(answers, needs, cut="middle")
    assert middle.attrs["cut"] == (3, 3)
    given = importance_performance(answers, needs, cut=(5.1, 5.1))
    assert set(given["quadrant"]) == {"low priority"}


def test_gaps_are_paired():
    answers = market("teahouse", 2)["survey"]
    found = gap_scores(answers, {"us": ("expectation", "satisfaction")}).iloc[0]
    gap = answers["satisfaction"] - answers["expectation"]
    assert found["gap"] == pytest.approx(gap.mean())
    assert found["high"] - found["gap"] == pytest.approx(
        1.97 * gap.std() / len(gap) ** 0.5, rel=0.01
    )
    assert found["disappointed"] == pytest.approx((gap < 0).mean())


def test_a_codebook_finds_what_the_reader_found():
    case = market("littlehands", 1)
    answers = case["survey"]
    said = load_company("littlehands").survey.comments
    book = pd.DataFrame(
        {
            "code": list(said),
            "words": [", ".join(t.lower() for t in texts) for texts in said.values()],
        }
    )
    book["words"] = [
        ", ".join(t.lower().replace(",", "")[:12] for t in texts) for texts in said.values()
    ]
    comments = answers["comment"].str.replace(",", "")
    coded = code_comments(comments, book).drop_duplicates("comment").set_index("comment")["code"]
    written = answers["comment"] != ""
    assert coded.index.tolist() == answers.index[written].tolist()
    assert (coded == answers.loc[written, "code"]).mean() == 1
    counts = code_counts(coded.reset_index()).set_index("code")["comments"]
    assert counts.to_dict() == answers.loc[written, "code"].value_counts().to_dict()


def test_codes_by_word_beginning_only():
    book = pd.DataFrame({"code": ["price"], "words": ["pric"]})
    coded = code_comments(pd.Series(["Pricey!", "surprice"]), book)
    assert coded["code"].tolist() == ["price", "none"]
    with pytest.raises(ValueError, match="must be one of functional, other"):
        code_comments(pd.Series(["x"]), book.assign(kind="wish"))


def test_kappa_is_scikit_learns_and_its_error_fits_a_simulation():
    draw = np.random.default_rng(6)
    first = pd.Series(draw.choice(list("abc"), 300, p=[0.5, 0.3, 0.2]))
    second = first.where(draw.random(300) < 0.7, pd.Series(draw.choice(list("abc"), 300)))
    found = coder_agreement(first, second)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second))
    assert found.agree == pytest.approx((first == second).mean())
    assert found.kappa == pytest.approx((found.agree - found.by_chance) / (1 - found.by_chance))
    picks = [draw.integers(0, 300, 300) for _ in range(400)]
    spread = np.std([cohen_kappa_score(first[p], second[p]) for p in picks])
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(spread, rel=0.12)
    assert found.table.to_numpy().sum() == 300


def test_channels_of_a_planted_funnel():
    draw = np.random.default_rng(7)
    rates = {"existing": (0.6, 0.5, 200.0), "survey": (0.3, 0.3, 120.0), "web": (0.1, 0.2, 60.0)}
    rows = []
    for name, (fit, win, worth) in rates.items():
        qualified = draw.random(3000) < fit
        converted = qualified & (draw.random(3000) < win)
        value = np.where(converted, draw.gamma(20, worth / 20, 3000), np.nan)
        rows.append(pd.DataFrame(
            {"channel": name, "qualified": qualified, "converted": converted, "value": value,
             "cost": 3.0}))  # fmt: skip
    prospects = pd.concat(rows, ignore_index=True)
    table = channel_table(prospects, cost="cost").set_index("channel")
    for name, (fit, win, worth) in rates.items():
        row = table.loc[name]
        assert row["qualified_rate"] == pytest.approx(fit, abs=0.03)
        assert row["conversion_of_qualified"] == pytest.approx(win, abs=0.08)
        assert row["low"] < fit * win < row["high"]
        assert row["mean_value"] == pytest.approx(worth, rel=0.1)
        assert row["cost_per_customer"] == pytest.approx(3 / row["conversion"])
    with pytest.raises(ValueError, match='converted rows have no "value"'):
        channel_table(prospects.assign(value=np.nan))


def test_bias_of_a_fair_sample_is_that_of_chance():
    draw = np.random.default_rng(8)
    people = pd.DataFrame(
        {"age": draw.choice(["young", "middle", "old"], 100_000, p=[0.5, 0.3, 0.2])}
    )
    found = [
        channel_bias(people.sample(200, random_state=s).assign(channel="web"), people, ["age"])
        for s in range(60)
    ]
    table = pd.concat(found)
    assert table["bias"].mean() == pytest.approx(table["by_chance"].iloc[0], rel=0.12)
    lean = people[people["age"] == "young"].head(50).assign(channel="web")
    row = channel_bias(lean, people, ["age"]).iloc[0]
    assert row["over"] == "young"
    assert row["bias"] == pytest.approx(0.5, abs=0.01)
