"""The key of exercise 06: what is special in it, beside what every key keeps to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from whobuys.course import Judge, load_key, unit_folder
from whobuys.course._answers import decode, encode
from whobuys.market import NoTruthError

KEY = load_key(unit_folder("06_find_segments") / "key.py")
MEASURES = [
    "visits", "minutes", "searches", "views",
    "month_value", "items", "discount_percent", "abandon_percent",
]  # fmt: skip
JUDGES = {}


def judge_of(seed=0):
    if seed not in JUDGES:
        JUDGES[seed] = Judge(KEY, KEY.draw(seed))
    return JUDGES[seed]


def seen(judge, id, value, **others):
    given = {name: decode(encode(other)) for name, other in others.items()}
    return judge.judge(id, decode(encode(value)), given)


def planted(judge):
    return judge.right("q4")


def standard(case):
    return StandardScaler().fit_transform(case["guests"][MEASURES])


def kmeans(X, k):
    return KMeans(k, n_init=10, random_state=7).fit_predict(X)


def table(case, labels, name="segment"):
    return pd.DataFrame({"customer_id": case["guests"]["customer_id"], name: labels})


# What a student could as well hand in ----------------------------------------------------------


def by_hand(case):
    """Answer the five questions with pandas and scikit-learn alone."""
    own = case["carts"].assign(left=~case["carts"]["checkout"]).groupby("customer_id")
    carts = pd.DataFrame(
        {
            "carts": own.size(),
            "items_per_cart": own["items"].mean(),
            "abandon_rate": own["left"].mean(),
        }
    )
    Z = standard(case)
    kept = np.cumsum(PCA().fit(Z).explained_variance_ratio_)
    k = max(range(2, 9), key=lambda k: silhouette_score(Z, kmeans(Z, k)))
    ward = AgglomerativeClustering(k).fit_predict(Z)
    return {
        "q1": carts,
        "q2": np.int64((kept < 0.8).sum() + 1),
        "q3": k,
        "q4": table(case, kmeans(Z, k)),
        "q5": adjusted_rand_score(kmeans(Z, k), ward),
    }


@pytest.mark.parametrize("seed", [0, 3, 4, 8, 13])
def test_other_ways_to_the_right_answer_pass(seed):
    judge = judge_of(seed)
    for id, value in by_hand(judge.case).items():
        assert seen(judge, id, value).status == "passed", (seed, id)


@pytest.mark.parametrize("seed", range(6))
def test_pca_with_a_share_and_the_sample_deviation_give_the_same(seed):
    judge = judge_of(seed)
    guests = judge.case["guests"][MEASURES]
    Z = (guests - guests.mean()) / guests.std()
    assert seen(judge, "q2", PCA(0.8).fit(Z).n_components_).status == "passed"
    k = judge.right("q3")
    tree = fcluster(linkage(Z, "ward"), k, "maxclust")
    assert seen(judge, "q5", adjusted_rand_score(tree, kmeans(Z, k))).status == "passed"
    assert seen(judge, "q4", table(judge.case, tree)).credit in (1, 0)


FORMS = {
    "row order": lambda t: t.sample(frac=1, random_state=5),
    "index": lambda t: t.set_index("customer_id"),
    "nameless index": lambda t: t.set_index("customer_id").rename_axis(None),
    "floats": lambda t: t.astype(dict.fromkeys(t.select_dtypes("number"), float)),
    "nullable": lambda t: t.convert_dtypes(),
    "text": lambda t: t.astype(str),
    "lower case": lambda t: t.assign(customer_id=t["customer_id"].str.lower()),
    "categories": lambda t: t.astype({"customer_id": "category"}),
    "further columns": lambda t: t.assign(note="mine", city="Basel"),
    "columns turned round": lambda t: t[t.columns[::-1]],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["q1", "q4"])
def test_the_form_does_not_matter(id, form):
    judge = judge_of()
    assert seen(judge, id, FORMS[form](judge.right(id))).status == "passed"


def test_groups_may_have_any_names_and_be_a_series():
    judge = judge_of()
    right = planted(judge)
    names = {1: "regulars", 2: "tourists", 3: "new", 4: "D", 5: "E", 6: "F"}
    for labels in (right["segment"] - 1, right["segment"] * 10.0, right["segment"].map(names)):
        assert seen(judge, "q4", right.assign(segment=labels)).status == "passed"
    series = right.set_index("customer_id")["segment"]
    assert seen(judge, "q4", series).status == "passed"
    assert seen(judge, "q4", series.rename("group")).status == "passed"


def test_numbers_may_be_of_any_type():
    judge = judge_of()
    for id in ("q2", "q3"):
        right = judge.right(id)
        for value in (float(right), np.int32(right), [right], pd.Series([right])):
            assert seen(judge, id, value).status == "passed"
    assert seen(judge, "q5", round(judge.right("q5"), 2)).status == "passed"


# The planted groups ----------------------------------------------------------------------------


def test_the_case_is_what_the_question_says():
    ks = set()
    for seed in range(14):
        judge = judge_of(seed)
        guests, groups = judge.case["guests"], planted(judge)
        assert guests["customer_id"].is_unique
        assert guests["account_no"].is_unique
        assert (guests[MEASURES] > 0).all().all()
        assert guests["abandon_percent"].max() < 100
        assert groups["segment"].value_counts().min() >= 25
        assert groups["segment"].nunique() == judge.right("q3")
        assert abs(guests["account_no"].corr(groups["segment"])) < 0.2
        ks.add(judge.right("q3"))
        JUDGES.pop(seed) if seed > 4 else None
    assert ks == {3, 4, 5, 6}


@pytest.mark.parametrize("seed", range(5))
def test_what_is_marked_does_not_hang_on_the_random_starts(seed):
    judge = judge_of(seed)
    Z, k = standard(judge.case), judge.right("q3")
    ward = AgglomerativeClustering(k).fit_predict(Z)
    for start in range(6):
        labels = KMeans(k, n_init=10, random_state=start).fit_predict(Z)
        assert seen(judge, "q4", table(judge.case, labels)).status == "passed"
        assert seen(judge, "q5", adjusted_rand_score(labels, ward)).status == "passed"
        scores = [
            silhouette_score(Z, KMeans(n, n_init=3, random_state=start).fit_predict(Z))
            for n in range(2, 9)
        ]
        assert seen(judge, "q3", int(np.argmax(scores)) + 2).status == "passed"


def test_a_case_from_files_does_not_know_the_planted_groups():
    case = replace(KEY.draw(0), seed=None)
    judge = Judge(KEY, case)
    with pytest.raises(NoTruthError):
        judge.right("q4")
    assert judge.right("q3") == judge_of().right("q3")


def test_the_table_itself_does_not_give_the_groups_away():
    judge = judge_of()
    groups = planted(judge)["segment"]
    assert adjusted_rand_score(groups, np.arange(len(groups)) * 5 // len(groups)) < 0.05
    by_account = pd.qcut(judge.case["guests"]["account_no"], 5, labels=False)
    assert adjusted_rand_score(groups, by_account) < 0.05


# What does not pass ----------------------------------------------------------------------------


def wrong_carts(judge):
    case, right = judge.case, judge.right("q1")
    own = case["carts"].groupby("customer_id")
    visits = case["visits"].groupby("customer_id").size()
    return {
        "median pieces": right.assign(items_per_cart=own["items"].median().to_numpy()),
        "price": right.assign(items_per_cart=own["total"].mean().to_numpy()),
        "number left": right.assign(abandon_rate=right["abandon_rate"] * right["carts"]),
        "percent": right.assign(abandon_rate=right["abandon_rate"] * 100),
        "visits": right.assign(carts=right["customer_id"].map(visits)),
        "carts a visit": right.assign(carts=right["carts"] / right["customer_id"].map(visits)),
        "two decimals off": right.assign(items_per_cart=right["items_per_cart"] + 0.02),
        "columns swapped": right.rename(columns={"carts": "abandon_rate", "abandon_rate": "carts"}),
        "one is missing": right.iloc[1:],
        "two carts or more": right[right["carts"] >= 2],
        "sorted apart": right.assign(items_per_cart=np.sort(right["items_per_cart"])),
        "one for all": right.assign(abandon_rate=right["abandon_rate"].mean()),
    }


def wrong_counts(judge):
    right = judge.right("q2")
    return {
        "all": 8,
        "nine": 9,
        "none": 0,
        "share": 0.8,
        "kept": 0.83,
        "percent": 80,
        "two more": right + 2,
        "negative": -right,
        "half": right + 0.5,
    }


def wrong_ks(judge):
    right = judge.right("q3")
    return {
        "one more": right + 1,
        "one": 1,
        "none": 0,
        "nine": 9,
        "guests": 420,
        "half": right - 0.5,
        "silhouette": 0.33,
        "negative": -right,
        "tenfold": right * 10,
    }


def wrong_groups(judge):
    case, k = judge.case, judge.right("q3")
    Z, draw = standard(case), np.random.default_rng(0)
    right = planted(judge)
    largest = right["segment"].mode()[0]
    return {
        "chance": table(case, draw.integers(0, k, len(Z))),
        "one group": table(case, 1),
        "each alone": table(case, np.arange(len(Z))),
        "by visits": table(case, pd.qcut(case["guests"]["visits"], k, labels=False)),
        "by basket": table(case, pd.qcut(case["guests"]["month_value"], k, labels=False)),
        "single linkage": table(case, fcluster(linkage(Z, "single"), k, "maxclust")),
        "one half right": right.assign(
            segment=np.where(np.arange(len(Z)) % 2, right["segment"], draw.integers(1, k + 1, 420))
        ),
        "one is missing": right.iloc[1:],
        "no label": right.assign(
            segment=right["segment"].astype(float).where(right["segment"] != largest)
        ),
        "the ids as groups": right.assign(segment=right["customer_id"]),
    }


def wrong_agreements(judge):
    case, k = judge.case, judge.right("q3")
    Z = standard(case)
    a, b = kmeans(Z, k), AgglomerativeClustering(k).fit_predict(Z)
    right = judge.right("q5")
    return {
        "percent": right * 100,
        "negative": -right,
        "disagreement": 1 - right,
        "one": 1.0,
        "rounded": round(right, 1) if abs(round(right, 1) - right) > 0.02 else 0.5,
        "a little high": right + 0.03,
        "a little low": right - 0.03,
        "information": adjusted_mutual_info_score(a, b),
        "inertia": KMeans(k, n_init=10, random_state=0).fit(Z).inertia_,
        "silhouette": silhouette_score(Z, a),
    }


WRONG = {
    "q1": wrong_carts,
    "q2": wrong_counts,
    "q3": wrong_ks,
    "q4": wrong_groups,
    "q5": wrong_agreements,
}


@pytest.mark.parametrize("id", WRONG)
def test_nothing_else_passes(id):
    judge = judge_of()
    for name, value in WRONG[id](judge).items():
        verdict = seen(judge, id, value)
        assert verdict.status in ("partly", "try_again"), name
        assert verdict.mistake is None, (name, verdict.mistake)
        assert verdict.credit <= 0.5, name
        assert verdict.details, name


# Known mistakes in other forms -----------------------------------------------------------------


@pytest.mark.parametrize("fill", [None, 0])
def test_customers_without_a_cart_are_recognised(fill):
    judge = judge_of()
    everybody = judge.case["visits"][["customer_id"]].drop_duplicates()
    wrong = everybody.merge(judge.right("q1"), on="customer_id", how="left")
    wrong = wrong if fill is None else wrong.fillna(fill)
    verdict = seen(judge, "q1", wrong)
    assert (verdict.mistake, verdict.credit) == ("without_a_cart", 0.75)
    assert f"{wrong.shape[0] - len(judge.right('q1')):,} of your rows" in verdict.details[0]
    made_up = wrong.assign(items_per_cart=wrong["items_per_cart"].replace(0, np.nan).fillna(2))
    assert seen(judge, "q1", made_up).mistake is None


def test_the_customers_of_the_lesson_are_told():
    judge = judge_of()
    own = judge.case["carts"].assign(left=~judge.case["carts"]["checkout"]).groupby("customer_id")
    table = own.agg(carts=("left", "size"), items_per_cart=("items", "mean"))
    table["abandon_rate"] = own["left"].mean()
    verdict = seen(judge, "q1", table[table["carts"] >= 3])
    assert (verdict.mistake, verdict.credit) == ("three_or_more", 0.5)
    assert f"{(table['carts'] < 3).sum():,} with one or two" in verdict.details[0]


@pytest.mark.parametrize("seed", range(4))
def test_unscaled_answers_are_recognised_however_they_are_made(seed):
    judge = judge_of(seed)
    raw, k = judge.case["guests"][MEASURES], judge.right("q3")
    assert seen(judge, "q2", PCA(0.8).fit(raw).n_components_).mistake == "components_unscaled"
    verdict = seen(judge, "q4", table(judge.case, kmeans(raw, k)))
    assert verdict.mistake == "groups_unscaled"
    ward = AgglomerativeClustering(k).fit_predict(raw)
    verdict = seen(judge, "q5", adjusted_rand_score(kmeans(raw, k), ward))
    assert verdict.mistake == "agreement_unscaled"


@pytest.mark.parametrize("seed", range(4))
def test_the_account_number_is_recognised(seed):
    judge = judge_of(seed)
    guests, k = judge.case["guests"], judge.right("q3")
    with_id = guests[["account_no", *MEASURES]]
    kept = np.cumsum(PCA().fit(StandardScaler().fit_transform(with_id)).explained_variance_ratio_)
    verdict = seen(judge, "q2", int((kept < 0.8).sum()) + 1)
    assert verdict.mistake == "with_the_account_number"
    for labels in (kmeans(with_id, k), kmeans(guests[["account_no"]], k)):
        assert seen(judge, "q4", table(judge.case, labels)).mistake == "groups_by_account_number"


def test_any_other_number_of_groups_is_told():
    judge = judge_of()
    Z, k = standard(judge.case), judge.right("q3")
    for many in range(2, 9):
        verdict = seen(judge, "q4", table(judge.case, kmeans(Z, many)))
        if many == k:
            assert verdict.status == "passed"
        elif verdict.status != "passed":
            assert verdict.mistake == "another_k"
            assert f"in {many} groups" in verdict.details[0]


def test_labels_beside_the_wrong_guests_are_told():
    judge = judge_of()
    labels = kmeans(standard(judge.case), judge.right("q3"))
    for order in (np.sort(labels), np.sort(labels)[::-1], np.roll(labels, 7)):
        verdict = seen(judge, "q4", table(judge.case, order))
        assert verdict.mistake == "labels_in_another_order"


def test_scaling_to_the_range_is_another_scale_and_still_finds_them():
    judge = judge_of()
    X = MinMaxScaler().fit_transform(judge.case["guests"][MEASURES])
    labels = kmeans(X, judge.right("q3"))
    assert seen(judge, "q4", table(judge.case, labels)).status == "passed"


def test_a_slip_in_k_is_paid_once():
    judge = judge_of()
    Z, wrong = standard(judge.case), judge.right("q3") - 1
    ward = AgglomerativeClustering(wrong).fit_predict(Z)
    own = adjusted_rand_score(kmeans(Z, wrong), ward)
    assert seen(judge, "q3", wrong).credit < 1
    assert seen(judge, "q5", own).credit < 1
    assert seen(judge, "q5", own, q3=wrong).credit == 1


def test_the_rubric_is_worth_what_the_question_says():
    assert KEY.questions["q6"].points == 20
    points = [criterion.points for criterion in KEY.questions["q6"].compare.rubric]
    assert points == [5, 5, 4, 4, 2]
