"""A questionnaire as data, and what a reader would object to in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

SCALES: dict[str, tuple[str, ...]] = {
    "agree": (
        "strongly disagree", "disagree", "neither", "agree", "strongly agree",
    ),
    "importance": (
        "not important", "slightly important", "moderately important", "important",
        "very important",
    ),
    "satisfaction": (
        "very dissatisfied", "dissatisfied", "neither", "satisfied", "very satisfied",
    ),
    "intent": (
        "certainly not", "probably not", "perhaps", "probably", "certainly",
    ),
    "recommend": tuple(str(step) for step in range(11)),
    "yes-no": ("yes", "no", "don't know"),
    "open": (),
}  # fmt: skip

LEADING = (
    "don't you", "wouldn't you", "isn't it", "do you not", "surely", "obviously", "of course",
    "as everybody knows", "as you know", "how much do you love", "how much do you like",
    "how good", "how great", "how excellent", "excellent", "wonderful", "award-winning",
    "most people", "experts agree",
)  # fmt: skip
ABSOLUTE = ("always", "never", "all of", "every time", "everybody", "nobody", "none of")
VAGUE = ("often", "regularly", "recently", "usually", "sometimes", "several")
NEGATIVE = ("not", "never", "no", "n't", "without", "unnecessary", "dislike", "disagree")
SENSITIVE = ("religion", "religious", "ethnic", "race", "illness", "disease", "pregnan", "sexual",
             "political party", "trade union")  # fmt: skip
GOOD = ("good", "great", "excellent", "satisfied", "agree", "important", "likely", "happy",
        "very good", "outstanding")  # fmt: skip
BAD = ("bad", "poor", "terrible", "dissatisfied", "disagree", "not important", "unimportant",
       "unlikely", "unhappy", "not good")  # fmt: skip
SAMPLING = ("simple", "stratified", "cluster", "quota", "convenience", "everybody")
MOST_WORDS = 25
SECONDS_EACH = 12
MOST_MINUTES = 10


@dataclass(frozen=True)
class Question:
    """One question of a questionnaire.

    Parameters
    ----------
    key : str
        Short name, the column of the answers.
    text : str
        What the respondent reads.
    scale : str
        A name from `SCALES`, or "own" with own `options`.
    options : sequence of str
        The answers to choose from, where the scale is "own".

    Examples
    --------
    >>> Question("again", "I will buy here again.", "agree").answers[-1]
    'strongly agree'
    """

    key: str
    text: str
    scale: str = "agree"
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.key.strip() or not self.text.strip():
            raise ValueError("A question needs a key and a text.")
        if self.scale != "own" and self.scale not in SCALES:
            raise ValueError(
                f"Question {self.key!r} has the scale {self.scale!r}. The scales are: "
                f"{', '.join(SCALES)}, own (with options=[...])."
            )
        if self.scale == "own" and len(self.options) < 2:
            raise ValueError(f"Question {self.key!r} has an own scale with fewer than 2 options.")

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers to choose from; none for an open question."""
        return tuple(self.options) if self.scale == "own" else SCALES[self.scale]


@dataclass(frozen=True)
class SurveyDesign:
    """Whom we ask, how, and what: the plan of a survey.

    Parameters
    ----------
    aim : str
        The decision the answers shall serve.
    population : str
        Whom the answers shall speak for.
    sampling : {"simple", "stratified", "cluster", "quota", "convenience", "everybody"}
        How respondents are chosen.
    questions : sequence of Question
        In the order asked.
    frame : str
        The list respondents are drawn from.
    mode : str
        "web", "phone", "paper", "face to face", ...
    minutes : float, optional
        How long it takes; by default 12 seconds a question, 40 an open one.

    Examples
    --------
    >>> design = SurveyDesign("which need to serve first", "customers of the last year", "simple", [
    ...     Question("fair", "Is our tea tasty and cheap?", "yes-no"),
    ...     Question("again", "I will buy here again.", "agree")], frame="customer archive")
    >>> design.check()[["question", "problem"]]
      question        problem
    0     fair  double-barrelled
    """

    aim: str
    population: str
    sampling: str
    questions: Sequence[Question]
    frame: str = ""
    mode: str = "web"
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.sampling not in SAMPLING:
            raise ValueError(
                f"sampling must be one of {', '.join(SAMPLING)}, not {self.sampling!r}."
            )
        if not self.questions:
            raise ValueError("A survey without questions asks nothing. Give questions=[...].")

    @property
    def by_chance(self) -> bool:
        """Whether chances of being drawn are known; without, no margin means anything."""
        return self.sampling in ("simple", "stratified", "cluster", "everybody")

    @property
    def length(self) -> float:
        """Minutes the questionnaire takes."""
        if self.minutes is not None:
            return float(self.minutes)
        seconds = sum(SECONDS_EACH if q.answers else 40 for q in self.questions)
        return seconds / 60

    def table(self) -> pd.DataFrame:
        """Return the questionnaire as a table: ``question``, ``text``, ``scale``, ``answers``."""
        rows = [(q.key, q.text, q.scale, " / ".join(q.answers)) for q in self.questions]
        return pd.DataFrame(rows, columns=["question", "text", "scale", "answers"])

    def check(self) -> pd.DataFrame:
        """Look for the usual faults, question by question and in the whole.

        Returns
        -------
        DataFrame
            One row a finding: ``question`` (or "survey"), ``problem``, ``found`` (the words that
            led to it), ``mend``. Empty when nothing was found, which does not prove a question
            good: simple rules look at words, not at sense. Try it on five people.

        Notes
        -----
        Rules after Payne (1951), *The Art of Asking Questions*, and Dillman, Smyth and Christian
        (2014): leading words, two questions in one, double negatives, absolutes, vague
        frequencies, long sentences, scales that lean or overlap, sensitive matters.
        """
        rows = [row for q in self.questions for row in _question_faults(q)]
        keys = Counter(q.key for q in self.questions)
        rows += [
            (key, "name used twice", key, "Give each question its own key.")
            for key, count in keys.items()
            if count > 1
        ]
        if self.length > MOST_MINUTES:
            rows.append(
                ("survey", "too long", f"{self.length:.0f} minutes",
                 f"People stop, or stop reading, after about {MOST_MINUTES} minutes: cut.")
            )  # fmt: skip
        if not self.by_chance:
            rows.append(
                ("survey", "not drawn by chance", self.sampling,
                 "Do not state a margin of error; say who could not be reached.")
            )  # fmt: skip
        if not self.frame.strip():
            rows.append(
                ("survey", "no list to draw from", "",
                 "Name the list (frame=...), and say who of the population is not on it.")
            )  # fmt: skip
        return pd.DataFrame(rows, columns=["question", "problem", "found", "mend"])


def _question_faults(q: Question) -> list[tuple[str, str, str, str]]:
    text = f" {q.text.lower().replace('’', chr(39))} "
    found: list[tuple[str, str, str, str]] = []

    def said(problem: str, what: str, mend: str) -> None:
        found.append((q.key, problem, what, mend))

    if word := _first(LEADING, text):
        said("leading", word, "Ask in neutral words, or name both sides.")
    join = re.search(r"(\w+) (?:and|or|as well as|/) (\w+)", text)
    if join and not re.search(r"\b(yes or no|more or less|and why|between \w+ and)\b", text):
        said("double-barrelled", join.group(0).strip(), "Make two questions of it.")
    negatives = [w for w in re.findall(r"[a-z']+", text) if w in NEGATIVE or w.endswith("n't")]
    if len(negatives) > 1 or (negatives and q.scale == "agree"):
        said("negative", ", ".join(negatives), "Ask what is, not what is not.")
    if word := _first(ABSOLUTE, text):
        said("absolute", word, "Few people can say so: ask how often, in numbers.")
    if word := _first(VAGUE, text):
        said("vague", word, "Give a period and a number: in the last four weeks, how many times?")
    if len(q.text.split()) > MOST_WORDS:
        said("long", f"{len(q.text.split())} words", f"Keep to {MOST_WORDS} words.")
    if word := next((w for w in SENSITIVE if w in text), ""):
        said("sensitive", word, "Leave it out: it is not needed here and may harm people.")
    if q.scale == "own":
        _scale_faults(q, said)
    return found


def _scale_faults(q: Question, said: Callable[[str, str, str], None]) -> None:
    options = [option.lower().strip() for option in q.options]
    good = sum(any(re.search(rf"\b{w}\b", o) for w in GOOD) and not _is_bad(o) for o in options)
    bad = sum(_is_bad(option) for option in options)
    if good != bad and good + bad:
        said("unbalanced scale", f"{good} good, {bad} bad", "Give as many of the one as the other.")
    if twice := [option for option, count in Counter(options).items() if count > 1]:
        said("answer given twice", twice[0], "Drop one.")
    ranges = [re.fullmatch(r"\D*(\d+)\s*(?:-|–|to)\s*(\d+)\D*", option) for option in options]
    spans = sorted((int(m.group(1)), int(m.group(2))) for m in ranges if m)
    for (low, high), (start, end) in pairwise(spans):
        if start <= high:
            said("answers overlap", f"{low}-{high} and {start}-{end}", "End one before the next.")
        elif start > high + 1:
            said("answers leave a gap", f"{low}-{high} and {start}-{end}", "Close the gap.")


def _is_bad(option: str) -> bool:
    return any(re.search(rf"\b{word}\b", option) for word in BAD)


def _first(words: Sequence[str], text: str) -> str:
    return next((w for w in words if re.search(rf"(?<![a-z]){re.escape(w)}(?![a-z])", text)), "")
