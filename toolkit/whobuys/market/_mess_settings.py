"""How much mess: a rate for each kind, and the columns that get gaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ._explain import explain
from ._fields import Part, Text, between, fault
from ._places import did_you_mean

NOT_FOR_GAPS = {
    "transactions": {"date", "unit_price", "amount", "currency", "status", "refund_of"},
    "customers": {"region", "country", "joined", "email"},
}


class Gap(Part):
    """Gaps in one column.

    Attributes
    ----------
    table, column : str
        Where. Ids, dates, prices, regions and countries cannot have gaps: other kinds change them.
    why : str
        ``"MCAR"``: by chance alone. ``"MAR"``: the more often, the higher another column's value.
        ``"MNAR"``: the more often, the higher the lost value itself. True is higher than False;
        of texts, a rarer one counts as higher. The highest value is lost seven times as often as
        the lowest.
    rate : float
        Share of the column's cells that are lost, 0 to 0.5.
    by : str, optional
        With MAR, the other column of the same table.
    """

    table: Text
    column: Text
    why: Literal["MCAR", "MAR", "MNAR"]
    rate: Annotated[float, between(0, 0.5)]
    by: Text | None = None

    @property
    def kind(self) -> str:
        """What the ledger calls it: ``"gaps_mcar"``, ``"gaps_mar"`` or ``"gaps_mnar"``."""
        return f"gaps_{self.why.lower()}"

    @model_validator(mode="after")
    def _makes_sense(self) -> Gap:
        taken = NOT_FOR_GAPS.get(self.table, set())
        if self.column in taken or self.column == "id" or self.column.endswith("_id"):
            raise fault(
                "column", f"{self.table}.{self.column} cannot have gaps: it is an id, or other "
                "kinds of mess change it"
            )  # fmt: skip
        if (self.why == "MAR") != (self.by is not None):
            raise fault("by", "belongs to MAR, and to MAR alone: name the other column there")
        if self.by == self.column:
            raise fault("by", "must be another column; for the column itself say why: MNAR")
        return self


DEFAULT_GAPS = [
    Gap(table="customers", column="source", why="MCAR", rate=0.04),
    Gap(table="customers", column="gender", why="MAR", rate=0.05, by="member"),
    Gap(table="customers", column="age", why="MNAR", rate=0.06),
]


class Mess(Part):
    """How much mess of each kind: rates, all of them shares. A rate of 0 turns a kind off.

    A kind whose table or columns a company lacks changes nothing.

    Attributes
    ----------
    exact_duplicates : float
        Share of the lines of orders, and of the customers, that stand there twice.
    near_duplicates : float
        Share of the lines that stand there twice with a small difference: another day, another
        spelling of the channel, or an amount without its cents.
    second_registrations : float
        Share of the customers who registered again under a second id, with their e-mail label
        spelled differently; their later orders are booked on the second id. Adds the column
        ``email`` (invented: customer C00017 is ``c00017@example.org``).
    refunds : float
        Share of the lines given back later: a line with the quantity and the amount below 0 that
        names its order in the added column ``refund_of``.
    cancellations : float
        Orders placed and called off the same day, as a share of the orders there are. Adds the
        column ``status``.
    guest_orders : float
        Share of the orders whose customer id is missing.
    lost_zeros : float
        Share of the orders whose customer id went through a number: ``C00017`` is ``17``.
    staff_orders, test_orders : float
        Orders by the staff (id ``STAFF03``, half price) and by whoever tried the system (id
        ``TEST``, 0.01 paid), as shares of the orders there are.
    impossible_dates : float
        Share of the orders on the 31st of February, or in the year 2062.
    ambiguous_dates : float
        Share of the orders whose date is written ``03-04-2026``: the third of April as often as
        the fourth of March.
    synonyms : float
        Share of the customers whose region (and country) has another spelling.
    currencies : float
        Share of the orders paid in one of two other currencies. Adds the column ``currency`` and
        the table ``rates``.
    hundredfold_prices : float
        Share of the lines with 100 times the price and the amount.
    cp1252_files, bom_files : float
        Share of the files in the encoding cp1252, with some no-break spaces to show it; in UTF-8
        with a byte order mark.
    decimal_comma_files : float
        Share of the files with a decimal comma, and a semicolon between the fields.
    date_format_files : float
        Share of the files with every date as 03/04/2026, day first as often as month first.
    gaps : list of Gap
        Columns with gaps. By default ``source`` MCAR, ``gender`` MAR by ``member``, and ``age``
        MNAR.
    """

    exact_duplicates: Annotated[float, between(0, 0.5)] = 0.01
    near_duplicates: Annotated[float, between(0, 0.1)] = 0.005
    second_registrations: Annotated[float, between(0, 0.1)] = 0.01
    refunds: Annotated[float, between(0, 0.5)] = 0.02
    cancellations: Annotated[float, between(0, 0.5)] = 0.01
    guest_orders: Annotated[float, between(0, 0.2)] = 0.03
    lost_zeros: Annotated[float, between(0, 0.2)] = 0.02
    staff_orders: Annotated[float, between(0, 0.5)] = 0.005
    test_orders: Annotated[float, between(0, 0.5)] = 0.002
    impossible_dates: Annotated[float, between(0, 0.1)] = 0.002
    ambiguous_dates: Annotated[float, between(0, 0.15)] = 0.03
    synonyms: Annotated[float, between(0, 0.5)] = 0.08
    currencies: Annotated[float, between(0, 0.3)] = 0.08
    hundredfold_prices: Annotated[float, between(0, 0.1)] = 0.002
    cp1252_files: Annotated[float, between(0, 0.5)] = 0.3
    bom_files: Annotated[float, between(0, 0.5)] = 0.3
    decimal_comma_files: Annotated[float, between(0, 1)] = 0.2
    date_format_files: Annotated[float, between(0, 1)] = 0.2
    gaps: list[Gap] = Field(default_factory=lambda: list(DEFAULT_GAPS))

    @model_validator(mode="after")
    def _one_gap_a_column(self) -> Mess:
        columns = [(gap.table, gap.column) for gap in self.gaps]
        for index, gap in enumerate(self.gaps):
            if columns[index] in columns[:index]:
                raise fault(f"gaps[{index}]", f"{gap.table}.{gap.column} is there twice; keep one")
            if (gap.table, gap.by) in columns:
                raise fault(
                    f"gaps[{index}].by",
                    f"{gap.by!r} has gaps of its own, so it does not tell who is missing",
                )
        return self

    @classmethod
    def only(cls, **kinds: Any) -> Mess:
        """Return settings with every kind off but those named.

        Examples
        --------
        >>> Mess.only(refunds=0.05).refunds, Mess.only(refunds=0.05).guest_orders
        (0.05, 0.0)
        """
        off: dict[str, Any] = dict.fromkeys(cls.model_fields, 0.0) | {"gaps": []}
        return cls.model_validate(off | kinds)


def read_mess(content: Mapping[str, Any] | None) -> Mess:
    """Read the settings of mess from keys and values, as a YAML file gives them.

    Parameters
    ----------
    content : mapping or None
        Kinds to rates; see `Mess`. A kind not named has its stated default, or is off if
        ``others: 0`` is among the keys. None: all defaults.

    Returns
    -------
    Mess
        The checked settings.

    Raises
    ------
    ValueError
        If a key is unknown or a rate is not one; the message names each key and the mend.

    Examples
    --------
    >>> settings = read_mess({"others": 0, "refunds": 0.05})
    >>> settings.refunds, settings.near_duplicates
    (0.05, 0.0)
    """
    if content is None:
        return Mess()
    if not isinstance(content, Mapping):
        raise ValueError(f"mess: must be keys and values, such as 'refunds: 0.02'; is {content!r}.")
    kinds = dict(content)
    others = kinds.pop("others", None)
    if others not in (None, 0) or isinstance(others, bool):
        raise ValueError(f"mess: others: can only be 0 (all other kinds off), is {others!r}.")
    for key in kinds:
        if key not in Mess.model_fields:
            hint = (
                did_you_mean(key, Mess.model_fields) or f"; known: {', '.join(Mess.model_fields)}"
            )
            raise ValueError(f"mess: {key}: unknown key{hint}")
    try:
        return Mess.only(**kinds) if others is not None else Mess.model_validate(kinds)
    except ValidationError as error:
        raise ValueError("\n".join(explain("mess", error))) from None
