"""Which tables a company has, and who draws each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from ._accounts import draw_accounts, true_accounts
from ._campaign import draw_campaign, true_campaign
from ._canvases import draw_canvases
from ._columns import tables_of
from ._company import Company
from ._draw import BASE, Draft
from ._events import draw_events, true_events
from ._firms import draw_firms, true_firms
from ._interactions import draw_interactions, true_interactions
from ._latent import draw_latent
from ._places import did_you_mean
from ._profiles import draw_profiles, true_profiles
from ._rivals import draw_rivals, true_rivals
from ._streams import Streams
from ._survey import draw_survey, true_survey
from ._web import draw_web, true_web
from ._work_log import draw_work_log, true_work_log

Frames = dict[str, pd.DataFrame]

DRAWN_BY: dict[str, tuple[tuple[str, ...], Callable[[Draft], Frames]]] = {
    "profiles": (("profiles",), draw_profiles),
    "web": (("visits", "searches", "carts"), draw_web),
    "interactions": (("interactions",), draw_interactions),
    "campaign": (("campaign",), draw_campaign),
    "survey": (("survey",), draw_survey),
    "rivals": (("rivals",), draw_rivals),
    "accounts": (("accounts",), draw_accounts),
    "events": (("events",), draw_events),
    "work_log": (("work_log",), draw_work_log),
    "canvases": (("canvases",), draw_canvases),
}

TRUE_BY: dict[str, Callable[[Draft], Frames]] = {
    "profiles": true_profiles,
    "firms": true_firms,
    "web": true_web,
    "interactions": true_interactions,
    "campaign": true_campaign,
    "survey": true_survey,
    "rivals": true_rivals,
    "accounts": true_accounts,
    "events": true_events,
    "work_log": true_work_log,
}


def draw_draft(company: Company, streams: Streams) -> Draft:
    """Draw what stands behind the tables."""
    return Draft(company, draw_latent(company, streams), streams)


def draw_wanted(draft: Draft, wanted: Iterable[str] | None = None) -> Frames:
    """Draw the wanted tables, all by default, in the order of the company's list of tables."""
    company = draft.company
    known = tables_of(company)
    names = list(known) if wanted is None else check_wanted(company, wanted)
    drawn: Frames = {}
    for name, draw in BASE.items():
        if name in names:
            firms = name == "customers" and company.firms is not None
            drawn[name] = draw_firms(draft) if firms else draw(draft)
    for section, (gives, draw_section) in DRAWN_BY.items():
        if getattr(company, section) is not None and set(gives) & set(names):
            drawn |= draw_section(draft)
    return {name: drawn[name][list(known[name].columns)] for name in known if name in names}


def check_wanted(company: Company, wanted: Iterable[str]) -> list[str]:
    """Return the names of tables, or say which one the company does not have."""
    known = tables_of(company)
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ValueError(
                f"{company.name} has no table {name!r}; there are: {', '.join(known)}{hint}"
            )
    return names


def true_values(draft: Draft) -> Frames:
    """Return the exact values behind the optional tables."""
    exact: Frames = {}
    for section, tell in TRUE_BY.items():
        if getattr(draft.company, section) is not None:
            exact |= tell(draft)
    return exact
