import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from whobuys.target import choice_tasks, conjoint_choice, conjoint_ratings, full_profiles

# Green and Wind (1975), "New way to measure consumers' judgments", Harvard Business Review 53:
# one person ranked 18 carpet cleaners. Winston (2014), Marketing Analytics, chapter 16, fits the
# regression on 19 - rank:
# 4.83 - 4.5 A + 3.5 B - 1.5 K2R - 2 Glory + 7.67 $1.19 + 4.83 $1.39 + 1.5 seal + 4.5 guarantee.
CLEANERS = """A K2R 1.19 no no 13|A Glory 1.39 no yes 11|A Bissell 1.59 yes no 17
B K2R 1.39 yes yes 2|B Glory 1.59 no no 14|B Bissell 1.19 no no 3
C K2R 1.59 no yes 12|C Glory 1.19 yes no 7|C Bissell 1.39 no no 9
A K2R 1.59 yes no 18|A Glory 1.19 no yes 8|A Bissell 1.39 no no 15
B K2R 1.19 no no 4|B Glory 1.39 yes no 6|B Bissell 1.59 no yes 5
C K2R 1.39 no no 10|C Glory 1.59 no no 16|C Bissell 1.19 yes yes 1"""
ATTRIBUTES = ["design", "brand", "price", "seal", "guarantee"]
PUBLISHED = {
    ("design", "A", "C"): -4.5,
    ("design", "B", "C"): 3.5,
    ("brand", "K2R", "Bissell"): -1.5,
    ("brand", "Glory", "Bissell"): -2.0,
    ("price", "1.19", "1.59"): 7.67,
    ("price", "1.39", "1.59"): 4.83,
    ("seal", "yes", "no"): 1.5,
    ("guarantee", "yes", "no"): 4.5,
}


@pytest.fixture
def cleaners() -> pd.DataFrame:
    rows = [row.split() for row in CLEANERS.replace("\n", "|").split("|")]
    frame = pd.DataFrame(rows, columns=[*ATTRIBUTES, "rank"])
    return frame.assign(liking=19 - frame["rank"].astype(int))


def test_the_published_carpet_cleaners(cleaners):
    model = conjoint_ratings(cleaners, "liking", ATTRIBUTES)
    worth = model.part_worths.set_index(["attribute", "level"])["part_worth"]
    for (attribute, level, base), published in PUBLISHED.items():
        step = worth[attribute, level] - worth[attribute, base]
        assert step == pytest.approx(published, abs=0.005)
    base = cleaners.head(1).assign(
        design="C", brand="Bissell", price="1.59", seal="no", guarantee="no"
    )
    assert model.predict(base).iloc[0] == pytest.approx(4.83, abs=0.005)
    ranges = [8.0, 2.0, 7.667, 1.5, 4.5]
    np.testing.assert_allclose(model.importances["range"], ranges, atol=0.001)
    np.testing.assert_allclose(
        model.importances["importance"], np.array(ranges) / sum(ranges), atol=1e-4
    )
    assert worth.groupby("attribute").sum().abs().max() < 1e-12


def test_standard_errors_are_those_of_least_squares(cleaners):
    model = conjoint_ratings(cleaners, "liking", ["seal", "guarantee"])
    x = np.column_stack([np.ones(18), cleaners["seal"] == "yes", cleaners["guarantee"] == "yes"])
    y = cleaners["liking"].to_numpy(float)
    b, left, *_ = np.linalg.lstsq(x, y, rcond=None)
    error = np.sqrt(np.diag(left[0] / 15 * np.linalg.inv(x.T @ x)))
    rows = model.part_worths.set_index(["attribute", "level"])
    # Two levels: the step is twice the part-worth, so its error is twice as large.
    assert 2 * rows.loc[("seal", "yes"), "part_worth"] == pytest.approx(b[1])
    assert 2 * rows.loc[("seal", "yes"), "standard_error"] == pytest.approx(error[1])
    assert model.fit == pytest.approx(1 - left[0] / ((y - y.mean()) ** 2).sum())


def test_planted_ratings_are_recovered_person_by_person():
    levels = {"taste": ["mild", "strong"], "pack": ["bag", "tin", "box"], "price": [4, 6, 8]}
    profiles = full_profiles(levels)
    draw = np.random.default_rng(0)
    true = {"mild": -1, "strong": 1, "bag": -0.5, "tin": 0.8, "box": -0.3, 4: 1.5, 6: 0.2, 8: -1.7}
    rated = []
    for person in range(150):
        own = {level: value + draw.normal(0, 0.3) for level, value in true.items()}
        total = sum(profiles[name].map(own) for name in levels) + 5 + draw.normal(0, 0.8, 18)
        rated.append(profiles.assign(person=person, rating=total))
    model = conjoint_ratings(pd.concat(rated), "rating", list(levels), respondent="person")
    rows = model.part_worths
    apart = (rows["part_worth"] - rows["level"].map(true)) / rows["standard_error"]
    assert apart.abs().max() < 3.5
    assert model.respondents.shape == (150, 8)
    assert model.importances["importance"].sum() == pytest.approx(1)
    # A person's importances are larger than noise-free ones where the attribute matters little.
    assert model.importances["importance"].idxmax() == 2


def test_ratings_say_what_is_wrong(cleaners):
    with pytest.raises(ValueError, match="cannot tell"):
        conjoint_ratings(cleaners.head(5), "liking", ATTRIBUTES)
    with pytest.raises(ValueError, match="one level only"):
        conjoint_ratings(cleaners.assign(design="A"), "liking", ATTRIBUTES)
    model = conjoint_ratings(cleaners, "liking", ATTRIBUTES)
    with pytest.raises(ValueError, match="level 'D', which was never rated"):
        model.predict(cleaners.assign(design="D"))


# Ten people each chose one of eight chocolates: Kuhfeld, W. F. (2010), Marketing Research
# Methods in SAS, "Discrete Choice", example "candy": dark 1.386294, soft -2.197225, nuts 0.847298,
# with standard errors 0.79057, 1.05409, 0.69007.
CHOSEN = ["100", "101", "110", "100", "001", "101", "001", "101", "101", "101"]


@pytest.fixture
def chocolates() -> pd.DataFrame:
    candy = full_profiles({"dark": [0, 1], "soft": [0, 1], "nuts": [0, 1]})
    name = candy.astype(str).agg("".join, axis=1)
    return pd.concat(
        [candy.assign(task=t, chosen=(name == c).astype(int)) for t, c in enumerate(CHOSEN)],
        ignore_index=True,
    )


def test_the_published_chocolates(chocolates):
    model = conjoint_choice(chocolates, [], linear=["dark", "soft", "nuts"])
    np.testing.assert_allclose(
        model.part_worths["part_worth"], [1.386294, -2.197225, 0.847298], atol=1e-5
    )
    np.testing.assert_allclose(
        model.part_worths["standard_error"], [0.79057, 1.05409, 0.69007], atol=1e-5
    )
    assert model.tasks == 10
    # The published chance of each candy; dark, chewy, with nuts is chosen most.
    candy = full_profiles({"dark": [0, 1], "soft": [0, 1], "nuts": [0, 1]})
    np.testing.assert_allclose(
        model.shares(candy), [0.054, 0.126, 0.006, 0.014, 0.216, 0.504, 0.024, 0.056], atol=1e-6
    )
    coded = conjoint_choice(chocolates, ["dark", "soft", "nuts"])
    assert coded.log_likelihood == pytest.approx(model.log_likelihood)
    step = coded.part_worths["part_worth"].to_numpy()
    assert step[1] - step[0] == pytest.approx(1.386294, abs=1e-5)


def simulated(people: int, seed: int, sets: int = 8) -> tuple[pd.DataFrame, dict]:
    levels = {
        "pack": ["bag", "tin", "box"],
        "origin": ["far", "near"],
        "price": [3.0, 5.0, 7.0, 9.0],
    }
    true = {"bag": -0.4, "tin": 0.9, "box": -0.5, "far": -0.6, "near": 0.6, "price": -0.35}
    shown = choice_tasks(levels, people * sets, alternatives=3, seed=seed)
    draw = np.random.default_rng(seed + 1)
    value = shown["pack"].map(true) + shown["origin"].map(true) + true["price"] * shown["price"]
    value = value.to_numpy() + draw.gumbel(size=len(shown))
    best = value.reshape(-1, 3).argmax(axis=1)
    shown["chosen"] = (np.arange(3)[None, :] == best[:, None]).ravel().astype(int)
    shown["person"] = (shown["task"] - 1) // sets
    return shown, true


def test_planted_choices_are_recovered_with_honest_errors():
    apart, errors = [], []
    for seed in range(25):
        shown, true = simulated(100, 10 * seed)
        model = conjoint_choice(shown, ["pack", "origin"], linear=["price"])
        rows = model.part_worths
        wanted = [true[a if level == "per unit" else level] for a, level in
                  zip(rows["attribute"], rows["level"], strict=True)]  # fmt: skip
        apart.append((rows["part_worth"] - wanted).to_numpy())
        errors.append(rows["standard_error"].to_numpy())
    apart, errors = np.array(apart), np.array(errors)
    assert np.abs(apart / errors).max() < 4
    np.testing.assert_allclose(apart.std(axis=0), errors.mean(axis=0), rtol=0.4)
    assert np.abs(apart.mean(axis=0)).max() < 0.05


def test_newton_finds_the_maximum_scipy_finds():
    shown, _ = simulated(40, 3)
    x = np.column_stack([shown["pack"] == "tin", shown["origin"] == "near", shown["price"]]).astype(
        float
    )
    picked = shown["chosen"].to_numpy() == 1

    def minus(b):
        value = (x @ b).reshape(-1, 3)
        top = value.max(axis=1, keepdims=True)
        all_ = top[:, 0] + np.log(np.exp(value - top).sum(axis=1))
        return -(x[picked] @ b - all_).sum()

    best = minimize(minus, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    frame = shown.assign(tin=x[:, 0], near=x[:, 1])
    model = conjoint_choice(frame, [], linear=["tin", "near", "price"])
    np.testing.assert_allclose(model.part_worths["part_worth"], best.x, atol=1e-4)
    assert model.log_likelihood == pytest.approx(-best.fun)
    step = np.eye(3) * 1e-3
    bend = [
        [(minus(best.x + i + j) - minus(best.x + i - j) - minus(best.x - i + j)
          + minus(best.x - i - j)) / 4e-6 for j in step] for i in step
    ]  # fmt: skip
    np.testing.assert_allclose(
        model.part_worths["standard_error"], np.sqrt(np.diag(np.linalg.inv(bend))), rtol=1e-3
    )


def test_order_of_rows_and_unit_of_price_do_not_matter():
    shown, _ = simulated(40, 4)
    model = conjoint_choice(shown, ["pack", "origin"], linear=["price"])
    mixed = shown.sample(frac=1, random_state=0).assign(price=lambda t: t["price"] * 1000)
    again = conjoint_choice(mixed, ["pack", "origin"], linear=["price"])
    assert again.log_likelihood == pytest.approx(model.log_likelihood)
    assert again.part_worths["part_worth"].iloc[-1] == pytest.approx(
        model.part_worths["part_worth"].iloc[-1] / 1000
    )
    pd.testing.assert_frame_equal(again.importances, model.importances)


def test_willingness_to_pay_and_elasticities():
    shown, _ = simulated(600, 5)
    model = conjoint_choice(shown, ["pack", "origin"], linear=["price"])
    money = model.willingness_to_pay("price").set_index("level")
    assert money.loc["tin", "against"] == "bag"
    for level, worth in {"tin": 1.3 / 0.35, "box": -0.1 / 0.35, "near": 1.2 / 0.35}.items():
        row = money.loc[level]
        assert abs(row["worth"] - worth) < 3.5 * row["standard_error"]
    cases = pd.DataFrame({"pack": ["bag", "tin"], "origin": ["near", "far"], "price": [4.0, 6.0]})
    table = model.elasticities(cases, "price", names=["A", "B"])
    for place, name in enumerate(["A", "B"]):
        dearer = cases.copy()
        dearer.loc[place, "price"] *= 1.0001
        moved = (model.shares(dearer) / model.shares(cases) - 1) / 0.0001
        np.testing.assert_allclose(table[name], moved, rtol=1e-3)
    with pytest.raises(ValueError, match="not estimated as a linear attribute"):
        model.willingness_to_pay("pack")


def test_delta_method_fits_the_spread_of_repeated_surveys():
    worths, errors = [], []
    for seed in range(30):
        shown, _ = simulated(80, 1000 + 10 * seed)
        model = conjoint_choice(shown, ["pack", "origin"], linear=["price"])
        row = model.willingness_to_pay("price").set_index("level").loc["near"]
        worths.append(row["worth"])
        errors.append(row["standard_error"])
    assert np.std(worths) == pytest.approx(np.mean(errors), rel=0.4)


def test_choices_of_one_person_go_together():
    """Doubling every choice adds nothing: the sandwich error stays, the plain one shrinks."""
    shown, _ = simulated(60, 6)
    plain = conjoint_choice(shown, ["pack", "origin"], linear=["price"])
    robust = conjoint_choice(shown, ["pack", "origin"], linear=["price"], respondent="person")
    ratio = robust.part_worths["standard_error"] / plain.part_worths["standard_error"]
    assert ratio.between(0.7, 1.4).all()
    twice = pd.concat([shown, shown.assign(task=shown["task"] + 10_000)])
    again = conjoint_choice(twice, ["pack", "origin"], linear=["price"], respondent="person")
    np.testing.assert_allclose(
        again.part_worths["standard_error"], robust.part_worths["standard_error"], rtol=1e-6
    )


def test_choices_say_what_is_wrong(chocolates):
    names = ["dark", "soft", "nuts"]
    with pytest.raises(ValueError, match="not exactly one chosen"):
        conjoint_choice(chocolates.assign(chosen=0), names)
    always = chocolates.assign(chosen=(chocolates[names].sum(axis=1) == 3).astype(int))
    with pytest.raises(ValueError, match=r"No largest likelihood|one decides every choice"):
        conjoint_choice(always, names)
    with pytest.raises(ValueError, match="cannot tell the part-worths apart"):
        conjoint_choice(chocolates.assign(same=chocolates["dark"]), [*names, "same"])
    with pytest.raises(ValueError, match="two alternatives"):
        choice_tasks({"a": [1, 2]}, 3, alternatives=1)
    with pytest.raises(ValueError, match="different ones are needed"):
        choice_tasks({"a": [1, 2]}, 3, alternatives=3)
