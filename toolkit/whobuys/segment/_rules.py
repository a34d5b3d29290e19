"""Classes by rule: readable conditions, checked for gaps, overlaps and missing values.

A condition is read by a small parser of its own. It knows columns, constants, comparisons, and, or,
not, in, and `missing(column)`; anything else is refused, so a rule from a file can do no harm.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import counted, first_few, require_columns

Flags: TypeAlias = NDArray[np.bool_]
LONGEST = 1000
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
SIGNS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
NOT = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
TURNED = {
    ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE,
    ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One class and the condition a customer must meet to be in it.

    Attributes
    ----------
    name : str
        The class.
    condition : str
        Such as ``orders >= 12 and margin >= 500``. It may use column names, numbers, texts in
        quotes, ``True`` and ``False``, comparisons, ``and``, ``or``, ``not``, ``in [...]`` and
        ``missing(column)``.

    Raises
    ------
    ValueError
        The condition is no such text. Raised when the rule is made, before any data is seen.

    Examples
    --------
    >>> Rule("key", "orders >= 12 and margin >= 500")
    Rule(name='key', condition='orders >= 12 and margin >= 500')
    """

    name: str
    condition: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"A rule needs the name of its class, not {self.name!r}.")
        _check(self, self.tree)

    @cached_property
    def tree(self) -> ast.expr:
        """The condition as parsed."""
        text = self.condition
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f'Rule "{self.name}" has no condition. Give one: "orders > 3".')
        if len(text) > LONGEST:
            raise ValueError(f'Rule "{self.name}" is longer than {LONGEST:,} letters. Split it.')
        try:
            return ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError(
                f'Rule "{self.name}" cannot be read: {text!r}. Write conditions such as '
                '"orders >= 12 and channel in ["app", "web"]"; equal is == (two signs).'
            ) from None

    @property
    def columns(self) -> list[str]:
        """The columns the condition speaks of, each once, in order."""
        names = [
            node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and node.id != "missing"
        ]
        return list(dict.fromkeys(names))


Rules: TypeAlias = pd.DataFrame | Sequence[Rule]


def read_rules(rules: Rules) -> list[Rule]:
    """Read a rule table into a list of rules.

    Parameters
    ----------
    rules : DataFrame or sequence of Rule
        A table has the column ``segment``, and either ``condition`` (a whole condition) or columns
        named as those of the data, whose cells go on with the comparison: ``>= 12``,
        ``in ["app", "web"]``. An empty cell asks nothing; all the cells of a row must hold.

    Returns
    -------
    list of Rule

    Raises
    ------
    ValueError
        The table has no column ``segment``, a row has no condition, a class comes twice, or there
        are no rules.

    Examples
    --------
    >>> import pandas as pd
    >>> rules = pd.DataFrame({
    ...     "segment": ["key", "ordinary"], "orders": [">= 12", "< 12"], "margin": [">= 500", ""],
    ... })
    >>> read_rules(rules)[0]
    Rule(name='key', condition='orders >= 12 and margin >= 500')
    """
    if isinstance(rules, pd.DataFrame):
        require_columns(rules, {"segment": "segment"}, table="rules")
        read = [_row_rule(row) for row in rules.to_dict("records")]
    else:
        read = [rules] if isinstance(rules, Rule) else list(rules)
        if wrong := [rule for rule in read if not isinstance(rule, Rule)]:
            raise ValueError(f"rules holds {wrong[0]!r}, which is no Rule(name, condition).")
    if not read:
        raise ValueError("There are no rules. Give at least one Rule(name, condition).")
    names = [rule.name for rule in read]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(
            f"rules has {first_few(twice)} more than once. Join the conditions with or."
        )
    return read


def memberships(table: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Say of each customer and each rule whether it holds: yes, no, or not to be decided.

    Parameters
    ----------
    table : DataFrame
        One row a customer, with the columns the rules speak of.
    rules : DataFrame or sequence of Rule
        See `read_rules`.

    Returns
    -------
    DataFrame
        One column a rule, dtype "boolean", with the index of `table`. ``<NA>`` where a missing
        value leaves it open.

    Raises
    ------
    ValueError
        The table is empty or lacks a column, or a column holds another kind of value than it is
        compared with.

    Notes
    -----
    Three-valued logic (Kleene, 1952): *false and unknown* is false, *true and unknown* is unknown.
    A missing margin therefore does not matter where the number of orders decides already, and it is
    never taken for zero.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"orders": [20, 20, 3], "margin": [900.0, None, None]})
    >>> memberships(table, [Rule("key", "orders >= 12 and margin >= 500")])["key"].tolist()
    [True, <NA>, False]
    """
    read = read_rules(rules)
    if not isinstance(table, pd.DataFrame):
        raise TypeError(f"table must be a pandas DataFrame, not {type(table).__name__}.")
    if table.empty:
        raise ValueError("table has no rows, so there is nobody to classify.")
    for rule in read:
        lacking = [name for name in rule.columns if name not in table.columns]
        if lacking:
            raise ValueError(
                f'Rule "{rule.name}" speaks of {first_few(lacking)}, which is no column. '
                f"There are: {', '.join(map(str, table.columns))}. Texts stand in quotes."
            )
    columns = {}
    for rule in read:
        yes, no = _decide(rule, rule.tree, table)
        flags = pd.Series(yes, index=table.index).astype("boolean")
        columns[rule.name] = flags.mask(~(yes | no))
    return pd.DataFrame(columns, index=table.index)


def classify(
    table: pd.DataFrame,
    rules: Rules,
    otherwise: str | None = None,
    first: bool = False,
    *,
    undecided: str | None = None,
) -> pd.Series:
    """Put each customer into the class whose condition holds.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    rules : DataFrame or sequence of Rule
        See `read_rules`.
    otherwise : str, optional
        The class of those for whom every rule is surely false. By default they have none.
    first : bool
        Where two rules hold: False is an error that says so, True lets the first in the list win.
    undecided : str, optional
        The class of those whom a missing value leaves open. By default they have none.

    Returns
    -------
    Series
        The class, named "segment", with the index of `table`. It is missing where no rule holds and
        `otherwise` is not given, and where a missing value leaves the class open.

    Raises
    ------
    ValueError
        A customer falls in two classes and `first` is False, or see `memberships`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"orders": [20, 3, 0], "margin": [900.0, 60.0, 0.0]})
    >>> rules = [Rule("key", "orders >= 12 and margin >= 500"), Rule("potential", "orders == 0")]
    >>> classify(table, rules, otherwise="ordinary").tolist()
    ['key', 'ordinary', 'potential']
    """
    member = memberships(table, rules)
    yes = member.fillna(False).to_numpy(bool)
    open_ = member.isna().to_numpy()
    if not first and (yes.sum(axis=1) > 1).any():
        raise ValueError(_overlap_words(member, yes))
    names = np.array([*member.columns, ""], dtype=object)
    place = np.where(yes.any(axis=1), yes.argmax(axis=1), yes.shape[1])
    if first:
        earlier = np.arange(yes.shape[1]) < place[:, None]
        left_open = (open_ & earlier).any(axis=1)
    else:
        left_open = open_.any(axis=1) & ~yes.any(axis=1)
    names[-1] = otherwise
    found = pd.Series(names[place], index=table.index, dtype=object)
    found = found.mask(np.asarray(left_open), undecided)
    return found.astype("str").rename("segment")


@dataclass(frozen=True)
class RuleReport:
    """What a rule table does to these customers. Made by `rule_report`.

    Attributes
    ----------
    coverage : DataFrame
        ``falls_in`` (none, one, two or more, undecided), ``customers``, ``share``, ``examples``.
    rules : DataFrame
        One row a rule: ``segment``, ``condition``, ``customers`` for whom it holds, ``alone`` (it
        and no other), ``first`` (customers it gets where the first rule in the list wins),
        ``undecided``, ``reachable`` (somebody gets it).
    overlaps : DataFrame
        One row a pair of rules that hold for the same customers: ``first``, ``second``,
        ``customers``, ``examples``; the largest overlap first.
    boundaries : DataFrame
        One row a comparison with a number: ``segment``, ``column``, ``sign``, ``edge``,
        ``on_the_edge`` (customers exactly there), ``edge_is`` ("in" or "out").
    missing : DataFrame
        One row a column with missing values: ``column``, ``missing``, ``undecided`` (of these, the
        customers no rule can place).
    """

    coverage: pd.DataFrame
    rules: pd.DataFrame
    overlaps: pd.DataFrame
    boundaries: pd.DataFrame
    missing: pd.DataFrame

    def count(self, falls_in: str) -> int:
        """Return how many customers fall in "none", "one", "two or more" or are "undecided"."""
        return int(self.coverage.set_index("falls_in")["customers"].to_dict()[falls_in])

    @property
    def exclusive(self) -> bool:
        """Whether nobody falls in two classes."""
        return self.count("two or more") == 0

    @property
    def complete(self) -> bool:
        """Whether everybody falls in a class."""
        return self.count("none") == 0 and self.count("undecided") == 0

    def __str__(self) -> str:
        counts = "; ".join(
            f"{name}: {number:,}"
            for name, number in zip(
                self.coverage["falls_in"], self.coverage["customers"], strict=True
            )
        )
        verdict = f"{'' if self.exclusive else 'not '}exclusive, "
        verdict += f"{'' if self.complete else 'not '}complete"
        idle = self.rules.loc[~self.rules["reachable"], "segment"].tolist()
        tail = f" If the first rule wins, nobody is left for {', '.join(idle)}." if idle else ""
        return f"{len(self.rules)} rules, {verdict}. Customers in {counts}.{tail}"


def rule_report(
    table: pd.DataFrame, rules: Rules, *, customer: str = "customer_id", examples: int = 3
) -> RuleReport:
    """Check a rule table: who falls in none, who in two or more, what lies on an edge.

    Parameters
    ----------
    table : DataFrame
        One row a customer.
    rules : DataFrame or sequence of Rule
        See `read_rules`.
    customer : str
        Column of the customers' ids; without it the index stands for them.
    examples : int
        How many ids to name in each example.

    Returns
    -------
    RuleReport
        It holds plain tables; ``print(report)`` says the result in a sentence.

    Raises
    ------
    ValueError
        See `memberships`.

    Notes
    -----
    A class list should be mutually exclusive and collectively exhaustive. The check is made on the
    customers there are: a rule nobody meets today may have members tomorrow.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"customer_id": list("ABC"), "orders": [20, 2, 2],
    ...                       "margin": [9.0, 5.0, 80.0]})
    >>> report = rule_report(table, [Rule("frequent", "orders >= 12"),
    ...                              Rule("low-value", "margin < 50")])
    >>> report.overlaps
          first     second  customers examples
    0  frequent  low-value          1        A
    >>> print(report)
    2 rules, not exclusive, not complete. Customers in none: 1; one: 1; two or more: 1;
    undecided: 0.
    """
    read = read_rules(rules)
    member = memberships(table, read)
    yes = member.fillna(False).to_numpy(bool)
    open_ = member.isna().to_numpy()
    ids = (table[customer] if customer in table.columns else table.index.to_series()).to_numpy()

    def some(flags: Flags) -> str:
        return ", ".join(map(str, ids[flags][:examples]))

    held = yes.sum(axis=1)
    groups = {
        "none": (held == 0) & ~open_.any(axis=1),
        "one": held == 1,
        "two or more": held > 1,
        "undecided": (held == 0) & open_.any(axis=1),
    }
    coverage = pd.DataFrame(
        {
            "falls_in": list(groups),
            "customers": [int(flags.sum()) for flags in groups.values()],
            "share": [flags.mean() for flags in groups.values()],
            "examples": [some(flags) for flags in groups.values()],
        }
    )
    won = yes & (np.cumsum(yes, axis=1) == 1) & (np.cumsum(open_, axis=1) - open_ == 0)
    by_rule = pd.DataFrame(
        {
            "segment": [rule.name for rule in read],
            "condition": [rule.condition for rule in read],
            "customers": yes.sum(axis=0),
            "alone": (yes & (held == 1)[:, None]).sum(axis=0),
            "first": won.sum(axis=0),
            "undecided": open_.sum(axis=0),
            "reachable": won.any(axis=0),
        }
    )
    pairs = []
    for one, other in combinations(range(len(read)), 2):
        both = yes[:, one] & yes[:, other]
        if both.any():
            pairs.append((read[one].name, read[other].name, int(both.sum()), some(both)))
    overlaps = pd.DataFrame(pairs, columns=["first", "second", "customers", "examples"])
    overlaps = overlaps.sort_values("customers", ascending=False, kind="stable", ignore_index=True)
    return RuleReport(
        coverage, by_rule, overlaps, _boundaries(table, read), _missing(table, read, groups)
    )


def _missing(table: pd.DataFrame, rules: Iterable[Rule], groups: dict[str, Flags]) -> pd.DataFrame:
    names = dict.fromkeys(name for rule in rules for name in rule.columns)
    rows = []
    for name in names:
        gone = table[name].isna().to_numpy()
        if gone.any():
            rows.append((name, int(gone.sum()), int((gone & groups["undecided"]).sum())))
    return pd.DataFrame(rows, columns=["column", "missing", "undecided"])


def _boundaries(table: pd.DataFrame, rules: Iterable[Rule]) -> pd.DataFrame:
    rows = []
    for rule in rules:
        for name, sign, edge in _edges(rule.tree):
            on_it = int((table[name] == edge).fillna(False).sum())
            inside = sign in (ast.GtE, ast.LtE)
            rows.append((rule.name, name, SIGNS[sign], edge, on_it, "in" if inside else "out"))
    columns = ["segment", "column", "sign", "edge", "on_the_edge", "edge_is"]
    return pd.DataFrame(rows, columns=columns)


def _edges(tree: ast.expr, turned: bool = False) -> list[tuple[str, type[ast.cmpop], float]]:
    """List the comparisons of a column with a number, the column first; `not` turns the sign."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return _edges(tree.operand, not turned)
    if isinstance(tree, ast.BoolOp):
        return [edge for part in tree.values for edge in _edges(part, turned)]
    if not isinstance(tree, ast.Compare):
        return []
    found = []
    sides = [tree.left, *tree.comparators]
    for left, op, right in zip(sides, tree.ops, sides[1:], strict=False):
        sign = type(op)
        if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
            left, right, sign = right, left, TURNED.get(sign, sign)
        value = _constant(right)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(left, ast.Name) and is_number and sign in NOT:
            found.append((left.id, NOT[sign] if turned else sign, float(value)))
    return found


def _row_rule(row: dict[Any, Any]) -> Rule:
    name = row.pop("segment")
    parts = []
    for column, cell in row.items():
        if not isinstance(cell, str):
            if pd.isna(cell):
                continue
            raise ValueError(
                f'Rule "{name}": the cell of {column} is {cell!r}, not a comparison. '
                f'Write it as text, such as ">= {cell}".'
            )
        if cell.strip():
            parts.append(cell.strip() if column == "condition" else f"{column} {cell.strip()}")
    return Rule(str(name), " and ".join(f"({p})" if " or " in p else p for p in parts))


def _overlap_words(member: pd.DataFrame, yes: Flags) -> str:
    several = np.asarray(yes.sum(axis=1) > 1)
    rows = member.index[np.flatnonzero(several)[:4]]
    pairs = [
        f"{one} and {other} ({counted(int(both.sum()), 'customer')})"
        for (i, one), (j, other) in combinations(enumerate(member.columns), 2)
        if (both := yes[:, i] & yes[:, j]).any()
    ]
    return (
        f"{counted(int(several.sum()), 'customer')} of {len(member):,} fall in two classes or "
        f"more: {first_few(pairs)} (index {first_few(rows)}). Make "
        "the conditions exclude each other, or pass first=True and the first rule in the list wins."
    )


# The parser --------------------------------------------------------------------------------------


def _constant(node: ast.expr) -> Any:
    """Return the value of a constant (a list of them as a list), else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _constant(node.operand)
        is_number = isinstance(inner, int | float) and not isinstance(inner, bool)
        return -inner if is_number else None
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        values = [_constant(item) for item in node.elts]
        return None if any(v is None or isinstance(v, list) for v in values) else values
    return None


def _asks_missing(node: ast.expr) -> str | None:
    """Return the column of ``missing(column)``, else None."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "missing"
        and len(node.args) == 1
        and not node.keywords
        and isinstance(node.args[0], ast.Name)
    ):
        return node.args[0].id
    return None


def _check(rule: Rule, node: ast.expr) -> None:
    """Refuse whatever is not in the small language, and say what to write instead."""
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            _check(rule, part)
        return
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(rule, node.operand)
        return
    if isinstance(node, ast.Name) or _asks_missing(node) is not None:
        return
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(op, ast.In | ast.NotIn):
                if isinstance(left, ast.Name) and isinstance(_constant(right), list):
                    continue
                raise ValueError(
                    f'Rule "{rule.name}": `in` needs a column and a list, such as '
                    f'channel in ["app", "web"], not {ast.unparse(node)!r}.'
                )
            scalar = [isinstance(_constant(side), int | float | str) for side in (left, right)]
            column = [isinstance(side, ast.Name) for side in (left, right)]
            known = type(op) in COMPARE and all(map(operator.or_, scalar, column)) and any(column)
            if not known:
                raise ValueError(
                    f'Rule "{rule.name}": {ast.unparse(node)!r} is no comparison of a column with '
                    "a number, a text or another column."
                )
        return
    mend = "Use columns, constants, comparisons, and, or, not, in [...], missing(column)."
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        mend = "Write `and` for &, `or` for |."
    raise ValueError(f'Rule "{rule.name}" may not hold {ast.unparse(node)!r}. {mend}')


def _decide(rule: Rule, node: ast.expr, table: pd.DataFrame) -> tuple[Flags, Flags]:
    """Return who surely meets the condition and who surely does not."""
    if isinstance(node, ast.BoolOp):
        parts = [_decide(rule, part, table) for part in node.values]
        yes, no = (np.array([part[side] for part in parts]) for side in (0, 1))
        if isinstance(node.op, ast.And):
            return np.asarray(yes.all(axis=0)), np.asarray(no.any(axis=0))
        return np.asarray(yes.any(axis=0)), np.asarray(no.all(axis=0))
    if isinstance(node, ast.UnaryOp):
        yes, no = _decide(rule, node.operand, table)
        return no, yes
    if (name := _asks_missing(node)) is not None:
        gone = table[name].isna().to_numpy(bool)
        return gone, ~gone
    if isinstance(node, ast.Name):
        if not pd.api.types.is_bool_dtype(table[node.id]):
            raise ValueError(
                f'Rule "{rule.name}": {node.id} stands alone but does not hold True and False. '
                f"Compare it with something, such as {node.id} > 0."
            )
        flags = table[node.id].astype("boolean")
        return flags.fillna(False).to_numpy(bool), (~flags).fillna(False).to_numpy(bool)
    assert isinstance(node, ast.Compare)  # noqa: S101 - _check refused all else
    sides = [node.left, *node.comparators]
    steps = [
        _compared(rule, left, op, right, table)
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
    ]
    yes, no = (np.array([step[side] for step in steps]) for side in (0, 1))
    return np.asarray(yes.all(axis=0)), np.asarray(no.any(axis=0))


def _compared(
    rule: Rule, left: ast.expr, op: ast.cmpop, right: ast.expr, table: pd.DataFrame
) -> tuple[Flags, Flags]:
    sign = type(op)
    if not isinstance(left, ast.Name):
        left, right, sign = right, left, TURNED[sign]
    assert isinstance(left, ast.Name)  # noqa: S101
    values = _plain(table[left.id])
    known = values.notna().to_numpy(bool)
    if isinstance(right, ast.Name):
        other = _plain(table[right.id])
        known = known & other.notna().to_numpy(bool)
        _same_kind(rule, left.id, _kind(values), _kind(other), right.id, sign)
        truth = COMPARE[sign](values.astype(object)[known], other.astype(object)[known])
    elif sign in (ast.In, ast.NotIn):
        wanted = _constant(right)
        for item in wanted:
            _same_kind(rule, left.id, _kind(values), _kind_of(item), repr(item), sign)
        truth = values[known].isin(wanted) == (sign is ast.In)
    else:
        value = _constant(right)
        if _kind(values) == "dates" and isinstance(value, str):
            value = _date(rule, left.id, value)
        _same_kind(rule, left.id, _kind(values), _kind_of(value), repr(value), sign)
        truth = COMPARE[sign](values[known], value)
    yes = np.zeros(len(table), dtype=bool)
    yes[known] = np.asarray(truth, dtype=bool)
    return yes, known & ~yes


def _plain(values: pd.Series) -> pd.Series:
    """Return categories as what they are: text or numbers."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(values.cat.categories.dtype)
    return values


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "True and False"
    if pd.api.types.is_numeric_dtype(values):
        return "numbers"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "dates"
    return "text"


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "True and False"
    if isinstance(value, pd.Timestamp):
        return "dates"
    return "text" if isinstance(value, str) else "numbers"


def _same_kind(
    rule: Rule, name: str, kind: str, other: str, said: str, sign: type[ast.cmpop]
) -> None:
    if kind != other:
        hint = " Take away the quotes." if (kind, other) == ("numbers", "text") else ""
        raise ValueError(
            f'Rule "{rule.name}": {name} holds {kind}, and is compared with {said}.{hint}'
        )
    if kind in ("text", "True and False") and sign in (ast.Lt, ast.LtE, ast.Gt, ast.GtE):
        raise ValueError(
            f'Rule "{rule.name}": {name} holds {kind}, which has no order. Use == or in [...].'
        )


def _date(rule: Rule, name: str, value: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(value)
    except ValueError:
        raise ValueError(
            f'Rule "{rule.name}": {name} holds dates, and {value!r} is none. Write "2026-06-30".'
        ) from None
