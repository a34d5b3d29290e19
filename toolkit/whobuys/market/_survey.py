"""Table ``survey``: who answers, and what."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ._draw import Draft
from ._latent import Floats, Whole
from ._sections import Answers
from ._shape import choose_names, dates, given, ids, rated, rated_mean, rated_shares, texts

SHARED, OWN = 0.4, 0.8
SPREAD = math.hypot(SHARED, OWN)
SPREAD_RECOMMEND = 1.9
SILENT = "none"
LONGEST = 20


def draw_survey(draft: Draft) -> dict[str, pd.DataFrame]:
    """Draw the answers of everybody, then keep those invited who did answer.

    Each respondent has a mood that moves all ratings a little, so that they go together; motives
    depend on the segment alone (a latent-class model).
    """
    company, streams, segment = draft.company, draft.streams, draft.latent.segment
    section = given(company.survey)
    described = [section.segments[name] for name in draft.names]
    mood = SHARED * streams("survey.mood").standard_normal(draft.size)
    day = draw_days(draft)
    columns: dict[str, object] = {
        "customer_id": ids("C", 5, draft.size),
        "date": dates(company, day),
    }
    for question, means in _ratings(described):
        noise = OWN * streams(f"survey.{question}").standard_normal(draft.size)
        columns[question] = rated(np.array(means)[segment] + mood + noise, 1, 5)
    for key in section.motives:
        chance = np.array([each.motives[key] for each in described])[segment]
        columns[f"motive_{key}"] = streams(f"survey.motive_{key}").random(draft.size) < chance
    left = math.sqrt(SPREAD_RECOMMEND**2 - SHARED**2)
    wanted = np.array([each.recommend for each in described])[segment]
    noise = left * streams("survey.recommend").standard_normal(draft.size)
    columns["recommend"] = rated(wanted + mood + noise, 0, 10)
    codes = [*section.comments, SILENT]
    code = choose_names(
        streams("survey.code"), [each.comments for each in described], codes, segment
    )
    columns["code"] = code
    columns["comment"] = _comments(draft, code)
    table = pd.DataFrame(columns)
    return {"survey": table[draw_answered(draft)].reset_index(drop=True)}


def draw_days(draft: Draft) -> Whole:
    """Draw the day of answering: most within a few days of the invitation."""
    sent = (given(draft.company.survey).sent - draft.company.window.start).days
    later = draft.streams("survey.days").geometric(0.25, draft.size) - 1
    return np.minimum(sent + np.minimum(later, LONGEST), draft.company.window.days)


def draw_answered(draft: Draft) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Draw who was registered in time, invited by lot, and answered."""
    section, streams = given(draft.company.survey), draft.streams
    sent = (section.sent - draft.company.window.start).days
    invited = streams("survey.invited").random(draft.size) < section.invited
    chance = np.array([section.segments[name].answers for name in draft.names])
    willing = streams("survey.answers").random(draft.size) < chance[draft.latent.segment]
    answered = invited & willing & (draft.latent.joined <= sent)
    return np.asarray(answered, dtype=np.bool_)


def _ratings(described: list[Answers]) -> Iterator[tuple[str, list[float]]]:
    """Give the name and the segments' means of each question rated from 1 to 5."""
    first = described[0]
    for part, prefix in (
        ("importance", "importance"),
        ("performance", "performance"),
        ("statements", "agree"),
    ):
        for key in getattr(first, part):
            yield f"{prefix}_{key}", [getattr(each, part)[key] for each in described]
    yield "expectation", [each.expectation for each in described]
    yield "satisfaction", [each.satisfaction for each in described]


def _comments(draft: Draft, code: np.ndarray[tuple[int], np.dtype[np.object_]]) -> object:
    section = given(draft.company.survey)
    place = draft.streams("survey.comment").random(draft.size)
    comment = texts([""] * draft.size)
    for name, said in section.comments.items():
        mine = code == name
        comment[mine] = texts(said)[(place[mine] * len(said)).astype(np.int64)]
    return comment


def true_survey(draft: Draft) -> dict[str, pd.DataFrame]:
    """Return the exact mean of each question, and what non-response makes of it.

    ``population`` is the mean to be expected over the customers registered on the day of sending,
    ``respondents`` over those of them who answer: segments that answer more often weigh more.
    """
    section = given(draft.company.survey)
    described = [section.segments[name] for name in draft.names]
    share = np.array([part.share for part in draft.company.segments]) * _registered(draft)
    share = share / share.sum()
    answers = np.array([each.answers for each in described])
    heard = share * answers / (share @ answers)
    rows = []
    for question, means in _questions(draft, described):
        exact = np.array(means)
        rows.append(
            {"question": question}
            | dict(zip(draft.names, exact.tolist(), strict=True))
            | {"population": float(exact @ share), "respondents": float(exact @ heard)}
        )
    promoters = np.array([_net_promoters(each.recommend) for each in described])
    rows.append(
        {"question": "net promoter score"}
        | dict(zip(draft.names, promoters.tolist(), strict=True))
        | {"population": float(promoters @ share), "respondents": float(promoters @ heard)}
    )
    rate = {"question": "answers"} | dict(zip(draft.names, answers.tolist(), strict=True))
    rows.append(rate | {"population": float(answers @ share), "respondents": 1.0})
    return {"survey": pd.DataFrame(rows)}


def _registered(draft: Draft) -> Floats:
    """Return the exact share of each segment that has joined by the day of sending."""
    window = draft.company.window
    sent = (given(draft.company.survey).sent - window.start).days
    shares = []
    for segment in draft.company.segments:
        joined = np.concatenate([[0.0], np.cumsum(segment.joining)]) / sum(segment.joining)
        place = (sent + 1) / (window.days + 1) * len(segment.joining)
        shares.append(np.interp(place, np.arange(len(joined)), joined))
    return np.array(shares)


def _questions(draft: Draft, described: list[Answers]) -> Iterator[tuple[str, list[float]]]:
    for question, means in _ratings(described):
        yield question, [rated_mean(mean, SPREAD, 1, 5) for mean in means]
    for key in given(draft.company.survey).motives:
        yield f"motive_{key}", [each.motives[key] for each in described]
    yield (
        "recommend",
        [rated_mean(each.recommend, SPREAD_RECOMMEND, 0, 10) for each in described],
    )


def _net_promoters(mean: float) -> float:
    shares: Floats = rated_shares(mean, SPREAD_RECOMMEND, 0, 10)
    return float(100 * (shares[9:].sum() - shares[:7].sum()))
