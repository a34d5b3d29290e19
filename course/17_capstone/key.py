"""Questions of unit 17: two reports on one's own company, from parameters to recommendation."""

from functools import lru_cache

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, figures, sections
from whobuys.course._compare_report import LEAST_LETTERS, LEAST_WORDS, own_words
from whobuys.report import Report, figures_of, from_case, read_settings
from whobuys.report._material import in_period

SEGMENTS = 4
DEFAULT_DAYS = 2


# What students get besides the company's tables ---------------------------------------------------


def extra(case):
    """Draw the commission: the period, and the days in which a complaint should be settled."""
    draw = np.random.default_rng([case.seed, 17])
    end = case.as_of - pd.offsets.MonthEnd(int(draw.integers(2)))
    start = end - pd.offsets.MonthEnd(int(draw.integers(12, 18))) + pd.Timedelta(days=1)
    row = {
        "period": f"{start:%Y-%m-%d}/{end:%Y-%m-%d}",
        "answer_days": int(draw.choice([1, 3, 4, 5])),
    }
    return {"commission": pd.DataFrame([row])}


exercise = Exercise("17_capstone", "Two reports", company="outfitter", extra=extra)


# Pieces the answers share -------------------------------------------------------------------------


def commission(case):
    return case["commission"].iloc[0]


@lru_cache(maxsize=8)
def report(case, name, k):
    """Return a report on a case, all sections written, and its figures."""
    asked = commission(case)
    settings = read_settings(
        {
            "period": asked["period"],
            "answer_days": int(asked["answer_days"]),
            "k": k,
        }
    )
    made = Report(name, in_period(from_case(case), settings.days), settings)
    results = made.results()
    return made.outline(), figures_of(results)


def outline(case, name):
    return report(case, name, SEGMENTS)[0].copy()


def counted(case, name, k=SEGMENTS):
    return report(case, name, k)[1].copy()


def with_settings(frame, **settings):
    return frame.assign(**settings)


# Slips that both reports share --------------------------------------------------------------------


def no_words(right, answer):
    """Recognise a report whose data are all there and whose words are all missing."""
    given, wanted = answer.value, right
    if own_words(given) is None or (given["own_words"] >= LEAST_WORDS).any():
        return None
    there = set(zip(given["section"], given["part"], strict=True))
    return {} if set(zip(wanted["section"], wanted["part"], strict=True)) <= there else None


def only_heads(right, answer):
    """Recognise a report of headings."""
    return {} if (answer.value["letters"] < LEAST_LETTERS).all() else None


def used(*names):
    """Recognise figures counted with other settings; the facts say which were asked and used."""

    def match(right, answer):
        given = answer.value
        for name in names:
            asked, own = str(right[name].iloc[0]), _said(given[name].iloc[0])
            if own != _said(asked):
                both = ("start", "end") if name in ("start", "end") else (name,)
                return {
                    "asked": " to ".join(_said(right[n].iloc[0]) for n in both),
                    "used": " to ".join(_said(given[n].iloc[0]) for n in both),
                }
        return None

    return match


def _said(value):
    return f"{value:g}" if isinstance(value, int | float) else str(value).strip()


def whole_time(case):
    """Return the settings of somebody who left the period empty."""
    window = case.company.window
    start, end = (f"{pd.Timestamp(day):%Y-%m-%d}" for day in (window.start, window.end))
    first, _, last = commission(case)["period"].partition("/")
    return {"start": start, "end": end}, {
        "asked": f"{first} to {last}",
        "used": f"{start} to {end}",
    }


WORDS_EMPTY = (
    "Your headings are there and nothing stands below them. Run the cells of the sections, then "
    "save the notebook."
)
WORDS_NONE = (
    "The program's part is there in every section, and yours in none. Write your own words below "
    "the grey lines: what do the numbers mean for Cold Ridge?"
)
WORDS_OTHER = (
    "These are the sections of the other report. There are two: `customer` begins with "
    'start_report("customer_analysis", ...), `market` with start_report("segment_market", ...).'
)
WORDS_PERIOD = (
    "Your report covers {used}. The commission asks for {asked}: put that into `period`, and run "
    "everything again."
)
WORDS_DAYS = (
    "You counted complaints settled within {used} days; the promise in the commission is {asked}. "
    "A share of complaints says nothing without its limit."
)
WORDS_OTHER_FIGURES = (
    "These are the figures of the other report. Take them from the report the question is about."
)


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "customer_parts",
    points=5,
    title="Customer analysis: eight sections",
    compare=sections("customer_analysis"),
    hints=[
        "Read your notebook as a stranger would: does every section say something that you wrote?",
        "At least 20 words of your own below each grey line (the line beginning with >), in the "
        "same cell. Keep the sections' own headings; add as many of yours as you like.",
    ],
    again="lesson 17, step 2",
)
def q1(case):
    return outline(case, "customer_analysis")


@q1.mistake(WORDS_EMPTY, match=only_heads)
def customer_empty(case):
    return outline(case, "customer_analysis").assign(letters=0)


@q1.mistake(WORDS_NONE, match=no_words)
def customer_unwritten(case):
    return outline(case, "customer_analysis").assign(own_words=0)


@q1.mistake(WORDS_OTHER, credit=0.25, match=lambda right, answer: other_sections(right, answer))
def customer_is_market(case):
    return outline(case, "segment_market")


def other_sections(right, answer):
    """Recognise an outline that is that of the other report."""
    theirs, ours = set(answer.value["section"]), set(right["section"])
    return {} if len(theirs - ours) > len(theirs & ours) else None


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "customer_figures",
    points=5,
    title="Customer analysis: the figures",
    compare=figures(),
    hints=[
        "Look at the row of `commission` and at your parameters, side by side.",
        "period and answer_days come from `commission`; k is yours. Change the "
        "parameters, run everything from the top, then take customer.finish().counted.",
    ],
    again="lesson 17, step 1",
)
def q2(case, *, k=SEGMENTS):
    return counted(case, "customer_analysis", k)


@q2.mistake(WORDS_OTHER_FIGURES, match=used("report"))
def customer_has_market(case):
    return counted(case, "segment_market")


@q2.mistake(WORDS_PERIOD, credit=0.5, match=used("start", "end"))
def customer_whole_time(case):
    settings, facts = whole_time(case)
    return Wrong(with_settings(counted(case, "customer_analysis"), **settings), **facts)


@q2.mistake(WORDS_DAYS, credit=0.5, match=used("answer_days"))
def customer_default_days(case):
    made = with_settings(counted(case, "customer_analysis"), answer_days=DEFAULT_DAYS)
    return Wrong(made, used=DEFAULT_DAYS, asked=commission(case)["answer_days"])


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "market_parts",
    points=5,
    title="Segment market report: ten sections",
    compare=sections("segment_market"),
    hints=[
        "Three sections are about one segment each. Do they say three different things?",
        "Each segment section keeps its five sub-heads (traits and size, needs, growth, rivals, "
        "penetration); your own words stand below the grey line, 20 at least.",
    ],
    again="lesson 17, step 2",
)
def q3(case):
    return outline(case, "segment_market")


@q3.mistake(WORDS_EMPTY, match=only_heads)
def market_empty(case):
    return outline(case, "segment_market").assign(letters=0)


@q3.mistake(WORDS_NONE, match=no_words)
def market_unwritten(case):
    return outline(case, "segment_market").assign(own_words=0)


@q3.mistake(WORDS_OTHER, credit=0.25, match=other_sections)
def market_is_customer(case):
    return outline(case, "customer_analysis")


# q4 ----------------------------------------------------------------------------------------------


@exercise.question(
    "market_figures",
    points=5,
    title="Segment market report: the figures",
    compare=figures(),
    hints=[
        "Both reports take the same parameters. Is that so in yours?",
        "period and answer_days come from `commission`; k is yours. Change the "
        "parameters, run everything from the top, then take market.finish().counted.",
    ],
    again="lesson 17, step 1",
)
def q4(case, *, k=SEGMENTS):
    return counted(case, "segment_market", k)


@q4.mistake(WORDS_OTHER_FIGURES, match=used("report"))
def market_has_customer(case):
    return counted(case, "customer_analysis")


@q4.mistake(WORDS_PERIOD, credit=0.5, match=used("start", "end"))
def market_whole_time(case):
    settings, facts = whole_time(case)
    return Wrong(with_settings(counted(case, "segment_market"), **settings), **facts)


@q4.mistake(WORDS_DAYS, credit=0.5, match=used("answer_days"))
def market_default_days(case):
    made = with_settings(counted(case, "segment_market"), answer_days=DEFAULT_DAYS)
    return Wrong(made, used=DEFAULT_DAYS, asked=commission(case)["answer_days"])


# q5 ----------------------------------------------------------------------------------------------

q5 = exercise.open_question(
    "q5",
    title="Two reports: your words",
    compare=essay(
        Criterion("Method chosen and justified (R2.3)", 4),
        Criterion("Five sub-heads per segment (R2.4-6) specific and evidenced", 5),
        Criterion("Recommendations follow from results and are ranked (R2.8)", 5),
        Criterion("SWOT and rivals consistent with data (R1.6-7)", 3),
        Criterion("Sources and limits (R2.10)", 3),
    ),
    hints=[
        "Read the rubric as if you were marking. Which number in your text would you doubt?",
        "Every claim gets a number from your tables, every recommendation a reason from the "
        "sections before it, and the limit that could overturn it.",
    ],
    again="lesson 17, step 3",
)
