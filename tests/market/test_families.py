"""The closed forms behind the tables, held to large draws."""

from __future__ import annotations

import numpy as np
import pytest

from whobuys.market import load_company, market, truth
from whobuys.market._accounts import draw_accounts, true_accounts
from whobuys.market._campaign import draw_campaign
from whobuys.market._company import Company
from whobuys.market._draw import Draft
from whobuys.market._events import draw_events, true_events
from whobuys.market._firms import draw_headcount, true_firms
from whobuys.market._interactions import draw_interactions, true_interactions
from whobuys.market._latent import draw_latent
from whobuys.market._profiles import draw_profiles, true_profiles
from whobuys.market._purchases import expected_repeats, p_alive, p_alive_given
from whobuys.market._rivals import choice_shares, draw_rivals, true_rivals
from whobuys.market._season import Clock
from whobuys.market._streams import Streams
from whobuys.market._survey import draw_survey, true_survey
from whobuys.market._tables import draw_draft
from whobuys.market._web import draw_web, expected_visits
from whobuys.market._work_log import draw_work_log, true_work_log

MANY = 200_000
CLOSE = 0.01


def large(name: str, index: int = 0, seed: int = 1, **changes: object) -> Draft:
    """One segment of a company, as 200,000 customers."""
    company = load_company(name)
    alone = company.segments[index].model_copy(update={"share": 1.0})
    changed = company.model_copy(
        update={"segments": [alone], "customers": MANY, "fair": None} | changes
    )
    return draw_draft(changed, Streams(name, seed))


@pytest.mark.parametrize(("name", "index"), [("learnhub", 2), ("tradeways", 1)])
def test_purchases_in_a_season_follow_the_seasons_clock(name: str, index: int) -> None:
    draft = large(name, index)
    latent, part = draft.latent, draft.company.segments[0].purchases
    buyer, days = latent.buyer, latent.passed
    exact = expected_repeats(part.r, part.alpha_weeks, part.a, part.b, days[buyer])
    assert latent.repeats[buyer].mean() == pytest.approx(exact.mean(), rel=CLOSE)
    chance = p_alive(part.r, part.alpha_weeks, part.a, part.b, days[buyer])
    assert latent.alive[buyer].mean() == pytest.approx(chance.mean(), rel=CLOSE)
    seen = p_alive_given(draft)[buyer]
    assert latent.alive[buyer].mean() == pytest.approx(seen.mean(), rel=CLOSE)
    sure = seen > 0.9
    assert latent.alive[buyer][sure].mean() == pytest.approx(seen[sure].mean(), abs=0.01)


def test_the_clock_agrees_with_the_calendar_over_the_window() -> None:
    company = load_company("outfitter")
    clock = Clock(company)
    assert clock.at[-1] == pytest.approx(company.window.days)
    assert (np.diff(clock.at) > 0).all()
    assert Clock(load_company("teahouse")).at.tolist() == list(range(730))


def test_busy_months_are_busy() -> None:
    case = market("outfitter", 1)
    company = case.company
    assert company.season is not None
    steady = market(company.model_copy(update={"season": None}), 1)
    months = case["transactions"]["date"].dt.month.value_counts(normalize=True)
    plain = steady["transactions"]["date"].dt.month.value_counts(normalize=True)
    wanted = np.array(company.season.months)
    ratio = (months / plain).sort_index().to_numpy()
    assert np.corrcoef(ratio, wanted)[0, 1] > 0.9


def test_income_bands() -> None:
    draft = large("citybank", 2)
    drawn = draw_profiles(draft)["profiles"]
    exact = true_profiles(draft)["incomes"].set_index("income_band")["share"]
    found = drawn["income_band"].value_counts(normalize=True).reindex(exact.index, fill_value=0)
    assert exact.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, exact, atol=0.005)
    assert drawn["children"].mean() == pytest.approx(1.5, rel=CLOSE)


def test_sizes_of_firms_are_lognormal_and_go_with_spending() -> None:
    draft = large("tradeways", 0)
    size = draw_headcount(draft).astype(float)
    exact = true_firms(draft)["firms"].iloc[0]
    assert size.mean() == pytest.approx(exact["expected_headcount"], rel=CLOSE)
    assert np.median(size) == pytest.approx(exact["median_headcount"], rel=CLOSE)
    top = np.sort(size)[-MANY // 5 :].sum() / size.sum()
    assert top == pytest.approx(exact["top_fifth_share"], rel=CLOSE)
    assert np.corrcoef(np.log(size), np.log(draft.latent.nu))[0, 1] < -0.4


def test_visits_and_what_happens_in_them() -> None:
    draft = large("marketplace", 1, customers=40_000)
    drawn = draw_web(draft)
    visits, carts = drawn["visits"], drawn["carts"]
    about = draft.company.web.segments["gadget people"]  # type: ignore[union-attr]
    assert len(visits) == pytest.approx(expected_visits(draft).sum(), rel=CLOSE)
    assert visits["views"].mean() == pytest.approx(about.views, rel=CLOSE)
    clicks = visits["clicks"].sum() / visits["views"].sum()
    assert clicks == pytest.approx(about.clicks, rel=CLOSE)
    assert drawn["searches"]["searches"].sum() / len(visits) == pytest.approx(
        about.searches, rel=CLOSE
    )
    assert len(carts) / len(visits) == pytest.approx(about.carts, rel=CLOSE)
    assert carts["checkout"].mean() == pytest.approx(about.checkout, rel=2 * CLOSE)
    assert (carts["items"] >= carts["kinds"]).all()


def test_interactions() -> None:
    draft = large("citybank", 0)
    drawn = draw_interactions(draft)["interactions"]
    exact = true_interactions(draft)["interactions"].set_index("kind")["expected"]
    counts = drawn["kind"].value_counts()
    for kind, expected in exact.items():
        assert counts[kind] == pytest.approx(expected, rel=CLOSE)
    assert (drawn["closed"].isna() == (drawn["outcome"] == "open")).all()
    settled = drawn.dropna(subset="closed")
    assert (settled["closed"] >= settled["opened"]).all()


@pytest.mark.parametrize("index", range(5))
def test_the_campaigns_lift(index: int) -> None:
    draft = large("citybank", index)
    drawn = draw_campaign(draft)["campaign"]
    name = draft.names[0]
    about = draft.company.campaign.segments[name]  # type: ignore[union-attr]
    rate = drawn.groupby("arm")["responded"].mean()
    assert rate["held back"] == pytest.approx(about.base, abs=0.005)
    assert rate["contacted"] - rate["held back"] == pytest.approx(about.lift, abs=0.005)
    assert (drawn["arm"] == "contacted").mean() == pytest.approx(0.5, abs=0.001)


def test_the_lift_of_all_is_the_mean_of_the_segments() -> None:
    known = truth(market("citybank", 2))["campaign"].set_index("segment")
    parts, everyone = known.drop(index="all"), known.loc["all"]
    assert everyone["customers"] == parts["customers"].sum()
    mean = np.average(parts["lift"], weights=parts["customers"])
    assert everyone["lift"] == pytest.approx(mean)


def test_answers_have_their_exact_means() -> None:
    draft = large("learnhub", 4)
    drawn = draw_survey(draft)["survey"]
    exact = true_survey(draft)["survey"].set_index("question")["population"]
    for question in drawn.columns.intersection(exact.index):
        assert drawn[question].mean() == pytest.approx(exact[question], rel=2 * CLOSE), question
    promoters = (drawn["recommend"] >= 9).mean() - (drawn["recommend"] <= 6).mean()
    assert 100 * promoters == pytest.approx(exact["net promoter score"], abs=1)


def test_who_answers_depends_on_the_segment() -> None:
    company = load_company("citybank").model_copy(update={"customers": 60_000, "fair": None})
    case = market(company, 1, tables=["survey"])
    known = truth(case)
    segment = known.customers.set_index("customer_id")["segment"]
    heard = case["survey"]["customer_id"].map(segment).value_counts()
    assert heard["quiet savers"] > 5 * heard["sleeping accounts"]
    exact = known["survey"].set_index("question")
    for question in ("satisfaction", "recommend", "motive_habit"):
        found = case["survey"][question].mean()
        assert found == pytest.approx(exact.loc[question, "respondents"], rel=0.02)
        assert (
            abs(exact.loc[question, "respondents"] / exact.loc[question, "population"] - 1) > 0.02
        )


@pytest.mark.parametrize("name", ["teahouse", "wardrobe", "outfitter", "tradeways"])
def test_shares_and_elasticities_of_rivals(name: str) -> None:
    company = load_company(name)
    assert company.rivals is not None
    many = company.rivals.model_copy(update={"buyers": 2_000_000})
    draft = _draft(company.model_copy(update={"rivals": many}))
    drawn, exact = draw_rivals(draft)["rivals"], true_rivals(draft)
    shares = exact["rivals"]["share"].to_numpy()
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(drawn["buyers"] / 2_000_000, shares, rtol=CLOSE)
    assert (shares > 0.03).all()

    elasticity = exact["elasticities"].set_index("brand").to_numpy()
    assert (np.diag(elasticity) < 0).all()
    weight = np.array([part.share for part in company.segments])
    for index in range(len(shares)):
        step = 1e-5
        brands = list(company.rivals.brands)
        price = list(brands[index].price)
        price[1] *= 1 + step
        brands[index] = brands[index].model_copy(update={"price": price})
        dearer = company.model_copy(
            update={"rivals": company.rivals.model_copy(update={"brands": brands})}
        )
        moved = (weight @ choice_shares(dearer) / shares - 1) / step
        np.testing.assert_allclose(moved, elasticity[:, index], rtol=1e-3)


def test_a_choice_between_two_equals_is_even() -> None:
    company = load_company("tradeways")
    assert company.rivals is not None
    first = company.rivals.brands[0]
    twin = first.model_copy(update={"name": "Twin", "ours": False})
    rivals = company.rivals.model_copy(update={"brands": [first, twin]})
    np.testing.assert_allclose(choice_shares(company.model_copy(update={"rivals": rivals})), 0.5)


@pytest.mark.parametrize("index", [0, 3])
def test_accounts(index: int) -> None:
    draft = large("citybank", index)
    drawn = draw_accounts(draft)["accounts"]
    for row in true_accounts(draft)["accounts"].itertuples():
        held = drawn[row.holding]
        assert (held > 0).mean() == pytest.approx(row.holders, abs=0.005)
        if row.holders > 0.2:
            assert held.mean() == pytest.approx(row.expected, rel=1.5 * CLOSE)
            amounts = np.sort(held[held > 0])
            top = amounts[-len(amounts) // 5 :].sum() / amounts.sum()
            assert top == pytest.approx(row.top_fifth_share, rel=CLOSE)


def test_events() -> None:
    company = load_company("tradeways")
    assert company.events is not None
    everybody = company.events.model_copy(update={"customers": 30_000})
    draft = large("tradeways", 0, customers=30_000, events=everybody)
    drawn = draw_events(draft)["events"]
    for row in true_events(draft)["events"].itertuples():
        mine = drawn[drawn["event"] == row.event]
        assert len(mine) == pytest.approx(row.a_year * 30_000 * 4, rel=CLOSE)
        assert mine["revenue"].mean() == pytest.approx(row.expected_revenue, rel=CLOSE)
        assert mine["cost"].mean() == pytest.approx(row.expected_cost, rel=CLOSE)


def test_events_are_foreseen_for_the_largest() -> None:
    case = market("tradeways", 2)
    paid = case["transactions"].groupby("customer_id")["amount"].sum()
    top = set(paid.sort_values(ascending=False).index[:100])
    assert set(case["events"]["customer_id"]) <= top
    assert (case["events"]["date"] > case.as_of).all()


def test_the_work_log() -> None:
    company = load_company("tradeways")
    assert company.work_log is not None
    busy = [
        each.model_copy(update={"times": each.times * 500}) for each in company.work_log.requesters
    ]
    log = company.work_log.model_copy(update={"requesters": busy})
    draft = _draft(company.model_copy(update={"work_log": log}))
    drawn = draw_work_log(draft)["work_log"]
    assert (drawn["date"].dt.day_of_week < 5).all()
    assert drawn["date"].max().date() <= company.window.end
    for row in true_work_log(draft)["work_log"].itertuples():
        mine = drawn[drawn["requester"] == row.requester]
        assert len(mine) / 26 == pytest.approx(row.requests_a_week, rel=3 * CLOSE)
        assert mine["hours"].sum() / 26 == pytest.approx(row.hours_a_week, rel=5 * CLOSE)
        assert mine["importance"].mean() == pytest.approx(row.importance, rel=CLOSE)
        assert mine["performance"].mean() == pytest.approx(row.performance, rel=CLOSE)


def test_unknown_exact_values_are_one_clear_error() -> None:
    with pytest.raises(ValueError, match=r"no exact values 'rival'.*did you mean 'rivals'"):
        truth(market(customers=50))["rival"]


def _draft(company: Company) -> Draft:
    streams = Streams(company.name, 1)
    return Draft(company, draw_latent(company, streams), streams)
