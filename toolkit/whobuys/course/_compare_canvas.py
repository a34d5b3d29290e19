"""A canvas, judged by what a good one has, not by equality: its words are for a person to mark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from whobuys.course._answers import Answer
from whobuys.course._comparer import SAME, Comparer, Difference, wrong_kind
from whobuys.course._words import count

if TYPE_CHECKING:
    from whobuys.canvas import Canvas, Entry

MOST_NOTES = 120
MOST_WORDS = 3
SHORTEST = 3
MOST_BLOCKS = 2
AMOUNT_RULES = ("negative_amount", "total", "cost_without_split")


class Demand(NamedTuple):
    """One thing a canvas should have, and what is to be mended where it has not."""

    name: str
    faults: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.faults


@dataclass(frozen=True)
class CanvasForm(Comparer):
    """A canvas handed in as data: how many of the demands on a good one it meets.

    `of` is ``business`` or ``personal``; `notes` and `evidence` are how many notes there must be in
    all, and how many that say what they rest on; with `pains` a need or a pain must be answered by
    a proposition, with `amounts` cost and revenue must be in figures (business only).
    """

    kind: ClassVar[str] = "canvas"
    by_share: ClassVar[bool] = True
    of: str = "business"
    notes: int = 12
    evidence: int = 0
    pains: bool = True
    amounts: bool = True

    def shape(self, answer: Answer) -> list[str]:
        """Want a canvas of the right kind that can be read on one page."""
        if answer.kind == "text":
            return [_why_no_canvas(answer.value)]
        if answer.kind != "canvas":
            hint = ""
            if answer.about == "a CanvasEditor":
                hint = " Copy it as JSON and put that text between the quotes."
            return [f"{wrong_kind(answer, f'a {self.of} canvas')[0]}{hint}"]
        canvas: Canvas = answer.value
        if canvas.kind != self.of:
            return [
                f"This is a {canvas.kind} canvas; expected a {self.of} one. In the text it says "
                f'"kind": "{canvas.kind}"; in Python it is kind="{self.of}".'
            ]
        if not canvas.entries:
            return ["The canvas has no note yet."]
        if len(canvas.entries) > MOST_NOTES:
            return [
                f"The canvas has {len(canvas.entries)} notes. Nobody reads more than {MOST_NOTES}; "
                "keep the ones that matter."
            ]
        return []

    def compare(self, right: Any, answer: Answer) -> Difference:
        """Count the demands that are met; what is right is the same for everybody."""
        problems = self.shape(answer)
        if problems:
            return Difference(0.0, tuple(problems))
        demands = self.demands(answer.value)
        unmet = [demand for demand in demands if not demand.met]
        if not unmet:
            return SAME
        words = [f"Your canvas meets {len(demands) - len(unmet)} of {len(demands)} demands."]
        words += [f"{demand.name}: {_first(demand.faults)}" for demand in unmet]
        return Difference(1 - len(unmet) / len(demands), tuple(words))

    def demands(self, canvas: Canvas) -> list[Demand]:
        """Return every demand on this kind of canvas, met or not."""
        found = _faults(canvas)

        def rules(*names: str) -> list[str]:
            return [says for name in names for says in found.get(name, [])]

        made = [
            Demand(canvas.blocks[key].names["en"], tuple(_of_block(canvas, key, found)))
            for key in list(canvas.blocks)[:9]
        ]
        made += [
            _demand("Only the nine blocks", rules("extra")),
            _demand(
                "Enough notes",
                [f"There are {len(canvas.entries)}; write at least {self.notes}."]
                if len(canvas.entries) < self.notes
                else [],
            ),
            _demand(
                "Each proposition is for somebody",
                rules("proposition_without_segment"),
                canvas.block("value_propositions"),
            ),
            _demand(
                "Everybody is offered something",
                rules("segment_without_proposition", "need_without_group"),
                canvas.groups,
            ),
        ]
        if self.evidence:
            proved = [entry for entry in canvas.entries if entry.evidence]
            few = f"{count(len(proved), 'note')} of {len(canvas.entries)} say what they rest on; "
            mend = f"give at least {self.evidence} of them evidence: a figure, a segment or a note."
            lacking = [few + mend] if len(proved) < self.evidence else []
            made.append(_demand("Evidence", lacking))
        made += list(
            self._person(canvas, rules) if self.of == "personal" else self._firm(canvas, rules)
        )
        return made

    def _firm(self, canvas: Canvas, rules: Any) -> Iterator[Demand]:
        revenue, costs = canvas.block("revenue_streams"), canvas.block("cost_structure")
        yield _demand("Revenue comes from somebody", rules("revenue_without_segment"), revenue)
        yield _demand("Costs have a cause", rules("cost_without_activity"), costs)
        if self.pains:
            yield _demand("A need or a pain is answered", _unanswered(canvas))
        if self.amounts:
            lacking = [
                f"No note of {canvas.blocks[key].names['en']} has an amount, money a month."
                for key in ("revenue_streams", "cost_structure")
                if not any(entry.amount for entry in canvas.block(key))
            ]
            yield _demand("Amounts", [*lacking, *rules(*AMOUNT_RULES)])

    def _person(self, canvas: Canvas, rules: Any) -> Iterator[Demand]:
        costs, benefits = canvas.block("cost_structure"), canvas.block("revenue_streams")
        yield _demand("Inside or outside", rules("no_side"), canvas.groups)
        yield _demand("Both sides are helped", rules("only_one_side"), canvas.groups)
        yield _demand("Costs are more than money", rules("no_soft_cost"), costs)
        yield _demand("Benefits are more than money", rules("no_soft_benefit"), benefits)


def canvas(
    of: str = "business",
    *,
    notes: int = 12,
    evidence: int = 0,
    pains: bool = True,
    amounts: bool = True,
) -> CanvasForm:
    """Judge a canvas by its form: a share of the points for each demand that is met.

    Parameters
    ----------
    of : str
        ``business`` or ``personal``.
    notes : int
        How many notes there must be in all.
    evidence : int
        How many of them must say what they rest on.
    pains, amounts : bool
        Whether a need or a pain must be answered, and cost and revenue be in figures; of a business
        canvas.

    Returns
    -------
    CanvasForm
        The right answer of its question is any canvas that meets the demands.

    Raises
    ------
    ValueError
        There is no such kind of canvas.

    Examples
    --------
    >>> canvas("personal", notes=15)
    CanvasForm(of='personal', notes=15, evidence=0, pains=True, amounts=True)
    """
    if of not in ("business", "personal"):
        raise ValueError(f"A canvas is business or personal, not {of!r}.")
    return CanvasForm(of, notes, evidence, pains, amounts)


def _demand(name: str, faults: list[str], notes: Any = True) -> Demand:
    """Make a demand; with no note to judge it by it is not met."""
    return Demand(name, tuple(faults) if notes else ("Nothing is there to judge this by.",))


def _first(faults: tuple[str, ...]) -> str:
    more = len(faults) - MOST_WORDS
    said = " ".join(faults[:MOST_WORDS])
    return f"{said} And {more} more." if more > 0 else said


def _faults(canvas: Canvas) -> dict[str, list[str]]:
    """Return what the canvas room's checks say, by rule."""
    from whobuys.canvas import check_canvas

    found: dict[str, list[str]] = {}
    for rule, block, says in check_canvas(canvas)[["rule", "block", "says"]].itertuples(
        index=False, name=None
    ):
        found.setdefault(rule, []).append(says)
        found.setdefault(f"{rule}/{block}", []).append(says)
    return found


def _of_block(canvas: Canvas, key: str, found: dict[str, list[str]]) -> list[str]:
    """Return why a block is not filled with notes that say something."""
    faults = [
        says
        for rule in ("missing", "vague", "duplicate")
        for says in found.get(f"{rule}/{key}", [])
    ]
    where = _where(canvas)
    for entry in canvas.block(key):
        said = "".join(filter(str.isalnum, entry.text))
        if said.isascii() and len(said) < SHORTEST:
            faults.append(f"“{entry.text}” is too short to say anything. Write what you mean.")
        elif _is_name(entry):
            faults.append(f"“{entry.text}” is only the name of a block. Say which, or whom.")
        elif len(where[entry.text.casefold()]) > MOST_BLOCKS:
            faults.append(f"“{entry.text}” stands in many blocks. Say in each what is meant there.")
    return faults


def _where(canvas: Canvas) -> dict[str, set[str]]:
    where: dict[str, set[str]] = {}
    for entry in canvas.entries:
        where.setdefault(entry.text.casefold(), set()).add(entry.block)
    return where


def _is_name(entry: Entry) -> bool:
    from whobuys.canvas import block_key

    return block_key(entry.text) is not None


def _unanswered(canvas: Canvas) -> list[str]:
    """Say which need or pain no proposition answers; one that is answered is enough."""
    felt = [one for one in canvas.block("customer_segments") if one.kind in ("need", "pain")]
    if not felt:
        return [
            "No note in Customer segments is of the kind need or pain. Write what hurts one of "
            "your segments, and link it with them."
        ]
    for one in felt:
        near = canvas.linked(one.id)
        whose = any(other in canvas.groups for other in near)
        if whose and any(other.block == "value_propositions" for other in near):
            return []
    return [
        f"“{felt[0].text}” is linked with no proposition, or with no segment. Link it with both: "
        "who has it, and what eases it."
    ]


def _why_no_canvas(text: str) -> str:
    """Say what is wrong with a text that should be a canvas."""
    from whobuys.canvas import Canvas

    if not text.lstrip().startswith("{"):
        return "Your answer is a text; expected a canvas: Canvas.from_json(r'''…''')."
    try:
        Canvas.from_json(text)
    except ValueError as error:
        return f"Your answer is a text that holds no canvas. {error}"
    return "Your answer is a text. Read it first: Canvas.from_json(r'''…''')."
