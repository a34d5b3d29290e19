"""Customer analysis, sections 4 and 5: needs and habits, loyalty and complaints."""

from __future__ import annotations

import numpy as np
import pandas as pd

from whobuys import plot
from whobuys.report._analysis import Analysis
from whobuys.report._common import (
    needs_table,
    other_statements,
    segment_names,
    share_agreeing,
)
from whobuys.report._say import (
    FEWEST,
    levels,
    listed,
    money_in,
    one,
    percent,
    two,
    whole,
)
from whobuys.report._section import Writer
from whobuys.report._words import Words
from whobuys.segment import purchase_gaps
from whobuys.strategy import net_promoter_score, satisfaction_table
from whobuys.value import cohort_retention


def needs(a: Analysis, w: Writer, words: Words) -> None:
    """R1.4: needs and pains, habits, expectations, attention, complaints."""
    table = needs_table(a)
    if table is None:
        w.missing("pains", "needs")
    else:
        worst, top = table.iloc[0], table.sort_values("importance", ascending=False).iloc[0]
        key = "" if worst["gap"] > 0 else "_met"
        w.head(
            f"pains{key}",
            answers=len(a.answers),
            asked=percent(len(a.answers) / len(a.customers)),
            top=top["words"],
            importance=two(top["importance"]),
            worst=worst["words"],
            gap=two(worst["gap"]),
            performance=two(worst["performance"]),
        )
        shown = table.rename(columns={"words": "need_words"})
        shown = shown[["need_words", "importance", "performance", "gap", "quadrant"]]
        w.table(shown, {"importance": two, "performance": two, "gap": two})
        w.figure(plot.needs_map(table))
        for row in table.to_dict("records"):
            w.number("need_gap", row["gap"], "points", 0.001, row["need"])
    _habits(a, w, words)
    _expectations(a, w)
    _attention(a, w, words, table)
    _complaints(a, w, words)


def _habits(a: Analysis, w: Writer, words: Words) -> None:
    money = money_in(a.material.currency)
    weekdays = a.orders["date"].dt.day_of_week.value_counts(normalize=True)
    busiest = weekdays.sort_index().idxmax()
    name = (pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(busiest))).strftime("%A")
    w.head(
        "habits",
        orders=one(a.buyers["frequency"].mean()),
        order_value=money(a.orders["amount"].median()),
        weekday=name,
        weekday_share=percent(float(weekdays.max())),
    )
    if np.isfinite(a.cycle):
        w.say("habits", "cycle", days=whole(a.cycle))
        w.figure(plot.gap_histogram(purchase_gaps(a.orders), a.cycle))
        w.number("purchase_cycle", a.cycle, "days", 0.5)
    if "channel" in a.lines.columns:
        by = a.lines
        if "order_id" in by:
            by = by.drop_duplicates(["customer_id", "order_id"])
        shares = levels(by["channel"], 3)
        if len(shares):
            w.say(
                "habits",
                "channels",
                channels=listed([f"{n} {percent(s)}" for n, s in shares.items()], words),
            )
    if a.material.customer_type == "B2B" and "decider_role" in a.buyers.columns:
        shares = levels(a.buyers["decider_role"], 3)
        w.say(
            "habits",
            "deciders",
            deciders=listed([f"{n} {percent(s)}" for n, s in shares.items()], words),
        )
    elif a.material.has("carts", "checkout"):
        paid = float(a.material.tables["carts"]["checkout"].mean())
        w.say("habits", "carts", carts=len(a.material.tables["carts"]), paid=percent(paid))


def _expectations(a: Analysis, w: Writer) -> None:
    if a.survey is None or not {"expectation", "satisfaction"} <= set(a.survey.columns):
        w.missing("expectations", "expectation")
        return
    row = satisfaction_table(a.survey).iloc[-1]
    key = "met" if row["gap_low"] > 0 else "short" if row["gap_high"] < 0 else "even"
    w.head(
        "expectations",
        expectation=two(row["expectation"]),
        satisfaction=two(row["satisfaction"]),
        disappointed=percent(row["disappointed"]),
    )
    w.say(
        "expectations", key, gap=two(row["gap"]), low=two(row["gap_low"]), high=two(row["gap_high"])
    )
    w.number("satisfaction_gap", row["gap"], "points", 0.001)


def _attention(a: Analysis, w: Writer, words: Words, table: pd.DataFrame | None) -> None:
    w.head("attention")
    said = False
    if a.survey is not None and "agree_price_first" in a.survey.columns:
        share = share_agreeing(a.survey["agree_price_first"])
        w.say("attention", "price", share=percent(share), statement=_statement(a, "price_first"))
        said = True
    if "discount" in a.lines.columns:
        cut = float(a.lines.loc[a.lines["discount"] > 0, "amount"].sum() / a.lines["amount"].sum())
        w.say("attention", "discount", share=percent(cut))
        w.number("discounted_share", cut, "share", 0.001)
        said = True
    if table is not None:
        top = table.sort_values("importance", ascending=False).head(2)["words"].tolist()
        w.say("attention", "quality", needs=listed(top, words))
        said = True
    if a.material.has("interactions", "kind"):
        kinds = a.material.tables["interactions"]["kind"].value_counts()
        w.say(
            "attention",
            "service",
            kinds=listed([f"{name} {count:,}" for name, count in kinds.items()], words),
        )
        said = True
    if not said:
        w.say("attention", "nothing")


def _statement(a: Analysis, key: str) -> str:
    return a.material.statements.get(key, key.replace("_", " "))


def _complaints(a: Analysis, w: Writer, words: Words) -> None:
    made, answered = a.complaints, a.settings.answer_days
    if made is None:
        w.missing("complaints", "complaints")
    elif made.empty:
        w.head("complaints_none")
    else:
        closed = made["days"].dropna()
        quick = float((made["days"] <= answered).sum() / len(made))
        each = 100 * len(made) / len(a.buyers)
        w.head(
            "complaints",
            count=len(made),
            each=one(each),
            days=answered,
            quick=percent(quick),
            open=int(made["days"].isna().sum()),
            median=whole(closed.median()),
        )
        w.number("complaints", len(made), "complaints")
        w.number("complaints_settled_in_time", quick, "share", 0.001)
    if a.survey is not None and "code" in a.survey.columns:
        codes = a.survey.loc[~a.survey["code"].isin(["none", ""]), "code"]
        if len(codes.dropna()) >= FEWEST and made is not None:
            shares = levels(codes, 3)
            w.say(
                "complaints",
                "comments",
                count=len(codes),
                codes=listed([f"{n} ({percent(s)})" for n, s in shares.items()], words),
            )


def loyalty(a: Analysis, w: Writer, words: Words) -> None:
    """R1.5: coming again and recommending, rivals, identification, extras."""
    quarters = cohort_retention(a.orders, end=a.material.end, period="quarter")
    seen = [column for column in quarters.columns if column != "customers"]
    w.head("repurchase", repeat=percent(a.repeat_share), buyers=len(a.buyers))
    if len(seen) > 1:
        known = quarters[[seen[1], "customers"]].dropna()
        if len(known):
            back = float(np.average(known[seen[1]], weights=known["customers"]))
            w.say("repurchase", "quarter", share=percent(back))
            w.figure(plot.retention_curve(quarters, period="quarter"))
    answers = a.survey
    if answers is not None and "agree_again" in answers.columns:
        w.say(
            "repurchase",
            "again",
            share=percent(share_agreeing(answers["agree_again"])),
            statement=_statement(a, "again"),
        )
    if answers is not None and "recommend" in answers.columns:
        score = net_promoter_score(answers).iloc[-1]
        w.say(
            "repurchase",
            "nps",
            nps=whole(score["nps"]),
            low=whole(score["low"]),
            high=whole(score["high"]),
            promoters=percent(score["promoters"]),
            detractors=percent(score["detractors"]),
            answers=int(score["answers"]),
        )
        w.number("nps", score["nps"], "points", 0.1)
    else:
        w.say("repurchase", "unasked")
    _toward(a, w, words)


def _toward(a: Analysis, w: Writer, words: Words) -> None:
    answers, names = a.survey, segment_names(a, words)
    if answers is None or "agree_rival_equal" not in answers.columns:
        w.missing("rivals", "rival_question")
    else:
        w.head(
            "rivals",
            share=percent(share_agreeing(answers["agree_rival_equal"])),
            statement=_statement(a, "rival_equal"),
        )
        by = answers["agree_rival_equal"].groupby(answers["segment"])
        table = pd.DataFrame({"segment": pd.Series(names)})
        table["answers"] = by.size().reindex(table.index).fillna(0).astype(int)
        table["another_would_do"] = by.apply(share_agreeing).reindex(table.index)
        w.table(table, {"answers": whole, "another_would_do": percent})
    own = other_statements(a)
    if not own and "member" not in a.buyers.columns:
        w.missing("identity", "identity")
    else:
        w.head("identity")
        for key in own:
            share = share_agreeing(a.answers[f"agree_{key}"])
            w.say("identity", "statement", share=percent(share), statement=_statement(a, key))
        if "member" in a.buyers.columns and a.buyers["member"].notna().any():
            member = a.buyers["member"].fillna(False).astype(bool)
            if member.any() and not member.all():
                spent = a.buyers["monetary"].groupby(member).mean()
                money = money_in(a.material.currency)
                w.say(
                    "identity",
                    "member",
                    share=percent(float(member.mean())),
                    member=money(spent[True]),
                    other=money(spent[False]),
                )
        if "renewed" in a.buyers.columns:
            w.say(
                "identity",
                "renewed",
                share=percent(float(a.buyers["renewed"].dropna().astype(bool).mean())),
            )
    _extras(a, w, words)


def _extras(a: Analysis, w: Writer, words: Words) -> None:
    extras = None
    if a.material.has("interactions", "kind", "outcome"):
        made = a.material.tables["interactions"]
        extras = made[~made["kind"].isin(["contact", "complaint"])]
    if a.survey is None and (extras is None or extras.empty):
        w.missing("extras", "extras")
        return
    w.head("extras")
    if a.survey is not None and "satisfaction" in a.survey.columns:
        share = share_agreeing(a.survey["satisfaction"])
        w.say("extras", "satisfied", share=percent(share))
        w.number("satisfied_share", share, "share", 0.001)
    if extras is not None and len(extras):
        for kind, own in extras.groupby("kind"):
            outcome = levels(own["outcome"], 2)
            w.say(
                "extras",
                "kind",
                kind=str(kind),
                count=len(own),
                outcome=listed([f"{n} {percent(s)}" for n, s in outcome.items()], words),
            )
    else:
        w.say("extras", "none")
