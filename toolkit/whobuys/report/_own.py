"""A reader's own files: which column is which, and what is missing for which section."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from whobuys._wording import counted, first_few
from whobuys.report._cells import (
    SPOKEN,
    as_dates,
    as_numbers,
    decoded,
    plain_ids,
    without_nothing,
)
from whobuys.report._material import Material
from whobuys.report._sales import is_repeated, keep_sales
from whobuys.report._say import money_in
from whobuys.report._settings import Settings

NEEDED: dict[str, dict[str, str]] = {
    "transactions": {
        "customer_id": "who bought",
        "date": "when",
        "amount": "what was paid",
    },
    "customers": {"customer_id": "which customer"},
    "products": {"product_id": "which product"},
    "survey": {},
    "rivals": {"brand": "which brand", "ours": "whether it is ours"},
    "interactions": {"kind": "what it was", "opened": "when it began"},
}
"""Columns without which a table says nothing, by our name."""

COSTS = {
    "transactions": "the whole report",
    "customers": "who the customers are (sections 2 and 3)",
    "products": "what is sold, and the margin",
    "survey": "needs and loyalty (sections 4 and 5)",
    "rivals": "competitors (section 6)",
    "interactions": "complaints and service (section 4)",
}
"""What is lost without a table."""

ALIASES: dict[str, tuple[str, ...]] = {
    "customer_id": (
        *("customer", "customerid", "customerno", "customernumber", "custid", "client", "clientid"),
        *("account", "accountid", "userid", "user", "member", "memberid", "buyer", "buyerid"),
        *(
            "household",
            "householdid",
            "householdkey",
            "kunde",
            "kundennr",
            "kundenr",
            "kundennummer",
        ),
        *(
            "kundeid",
            "kundenid",
            "kundnr",
            "klient",
            "client_id",
            "客户",
            "客户编号",
            "客户id",
            "会员号",
        ),
        *("顾客", "顾客编号", "用户id", "会员编号"),
    ),
    "date": (
        *(
            "orderdate",
            "day",
            "tag",
            "datetime",
            "timestamp",
            "time",
            "invoicedate",
            "purchasedate",
        ),
        *("transactiondate", "transactiontimestamp", "datum", "bestelldatum", "kaufdatum"),
        *("日期", "订单日期", "购买日期", "下单时间", "交易日期"),
    ),
    "amount": (
        *("total", "sales", "salesvalue", "revenue", "value", "paid", "price", "sum", "spend"),
        *("spent", "turnover", "betrag", "umsatz", "summe", "preis", "linetotal", "netamount"),
        *("金额", "销售额", "总金额", "实付金额", "订单金额"),
    ),
    "order_id": (
        *("order", "orderno", "ordernumber", "basket", "basketid", "invoice", "invoiceno"),
        *("receipt", "transaction", "transactionid", "bestellung", "bestellnr", "auftrag"),
        *("订单", "订单编号", "订单号"),
    ),
    "product_id": (
        *("product", "item", "itemid", "sku", "article", "articleid", "stockcode", "productcode"),
        *("artikel", "artikelnr", "produkt", "商品", "商品编号", "产品编号"),
    ),
    "quantity": ("qty", "pieces", "units", "number", "menge", "anzahl", "数量"),
    "discount": ("discountrate", "rabatt", "折扣"),
    "unit_price": ("unitprice", "einzelpreis", "单价"),
    "unit_cost": ("cost", "costprice", "kosten", "stueckkosten", "成本"),
    "list_price": ("listprice", "listenpreis", "定价"),
    "channel": ("saleschannel", "kanal", "渠道"),
    "category": ("department", "productcategory", "kategorie", "warengruppe", "品类", "类别"),
    "region": ("state", "province", "bundesland", "地区", "省份"),
    "city": ("town", "ort", "stadt", "城市"),
    "age": ("alter", "年龄"),
    "gender": ("sex", "geschlecht", "性别"),
    "joined": ("registered", "signup", "since", "registrationdate", "kundeseit", "注册日期"),
    "member": ("ismember", "loyalty", "mitglied", "会员"),
    "occupation": ("job", "beruf", "职业"),
    "education": ("bildung", "学历"),
    "industry": ("sector", "branche", "行业"),
    "headcount": ("employees", "mitarbeiter", "员工人数"),
    "turnover": ("annualturnover", "jahresumsatz", "营业额"),
    "ownership": ("legalform", "rechtsform", "所有制"),
    "firm": ("company", "companyname", "firma", "公司名称"),
    "brand": ("marke", "品牌"),
    "ours": ("own", "isours", "wir", "本品牌"),
    "share": ("marketshare", "marktanteil", "市场份额"),
    "kind": ("type", "art", "类型"),
    "opened": ("start", "opendate", "created", "eroeffnet", "开始日期"),
    "closed": ("end", "closedate", "resolved", "geschlossen", "结束日期"),
    "outcome": ("result", "ergebnis", "结果"),
    "recommend": ("nps", "recommendation", "empfehlung", "推荐意愿"),
    "satisfaction": ("csat", "zufriedenheit", "满意度"),
    "expectation": ("erwartung", "期望"),
}
"""Other names of a column, in the letters and digits that remain of them."""

OF_TABLE: dict[str, tuple[str, ...]] = {
    "transactions": (
        *("customer_id", "date", "amount", "order_id", "product_id", "quantity", "discount"),
        *("unit_price", "channel", "category"),
    ),
    "customers": (
        *("customer_id", "joined", "age", "gender", "region", "city", "member", "occupation"),
        *("education", "industry", "headcount", "turnover", "ownership", "firm"),
    ),
    "products": ("product_id", "category", "unit_cost", "list_price", "brand"),
    "survey": ("customer_id", "recommend", "satisfaction", "expectation"),
    "rivals": ("brand", "ours", "share"),
    "interactions": ("customer_id", "kind", "opened", "closed", "outcome"),
}
"""Columns that are looked for in each table."""

ABOUT = {"name", "status", "type", "note", "comment", "名称", "状态"}
"""Words of columns that tell something else about a customer or an order."""

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of Excel begin."""

IDS = ("customer_id", "order_id", "product_id")
DATES = ("date", "joined", "opened", "closed")
NUMBERS = (
    *(
        "amount",
        "quantity",
        "discount",
        "unit_price",
        "unit_cost",
        "list_price",
        "age",
        "headcount",
    ),
    *("turnover", "share", "recommend", "satisfaction", "expectation"),
)
NUMBERED = ("importance_", "performance_", "agree_", "rating_", "price_", "position_", "awareness")
"""How the columns of numbers begin of which a table may have several."""

PIECE_PRICES = ("price", "preis", "单价", "价格")
WHOLE_PRICES = ("total", "gesamt", "sum", "line", "总")
"""Words of a column that tells what one piece costs; and those by which it is of the whole row."""

FIRM_COLUMNS = ("industry", "headcount", "firm", "turnover")
YES = {"true", "yes", "1", "y", "ja", "是"}


def read_own(settings: Settings) -> Material:
    """Read a reader's own files.

    Parameters
    ----------
    settings : Settings
        Paths, and the mapping of columns where it is not guessed rightly.

    Returns
    -------
    Material
        The tables in our names; ``as_map`` says which column was read as which.

    Raises
    ------
    ValueError
        With one line a fault: which column is missing in which file, what it would be needed for,
        and which columns there are.
    """
    tables: dict[str, pd.DataFrame] = {}
    maps: dict[str, dict[str, str]] = {}
    faults, notes = [], []
    used: set[str] = set()
    days = pd.Series(dtype="datetime64[ns]")
    ids: dict[str, pd.Series] = {}
    for name, path in settings.own_files.items():
        try:
            raw = read_file(Path(path))
            mapping = map_columns(raw.columns, name, settings.columns)
        except ValueError as error:
            faults.append(str(error))
            continue
        used |= set(mapping)
        lacking = [column for column in NEEDED[name] if column not in mapping]
        if lacking:
            faults.append(_lacks(name, Path(path), lacking, list(raw.columns)))
            continue
        try:
            table, said = _typed(raw, mapping, name, Path(path), settings)
            if "customer_id" in table.columns:
                ids[name] = table["customer_id"]
            if name == "transactions":
                days = table["date"]
                said += _price_of_a_piece(table, mapping, Path(path).name)
                table, more = keep_sales(
                    table, is_repeated(raw), Path(path).name, settings.currency, settings.days
                )
                said += more
        except ValueError as error:
            faults.append(str(error))
            continue
        tables[name] = table.reset_index(drop=True)
        maps[name] = {ours: theirs for ours, theirs in mapping.items() if ours != theirs}
        notes += said
    strange = [column for column in settings.columns if column not in used]
    if strange and not faults:
        ours = sorted({column for names in OF_TABLE.values() for column in names})
        faults.append(
            f"columns: nothing is called {first_few(strange)} in our tables, or none of your files "
            f"has it. Ours are: {', '.join(ours)}."
        )
    if {"transactions", "customers"} <= set(tables):
        faults += _strangers(ids["transactions"], ids["customers"], settings.own_files)
    if faults:
        lines = "\n".join(f"- {fault}" for fault in faults)
        raise ValueError(f"Your files cannot be read as they are:\n{lines}")
    file = Path(settings.data)
    return Material(
        title=settings.title or file.stem.replace("_", " ").capitalize(),
        story="",
        currency=settings.currency,
        customer_type=settings.customer_type or _guess_type(tables),
        start=days.min(),
        end=days.max(),
        tables=tables,
        source=", ".join(Path(path).name for path in settings.own_files.values()),
        invented=False,
        as_map={name: mapping for name, mapping in maps.items() if mapping},
        left_out=notes,
    )


def map_columns(
    columns: pd.Index | list[str], table: str, given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Guess which of a reader's columns is which of ours.

    Parameters
    ----------
    columns : list of str
        Their columns.
    table : str
        Which table they are of.
    given : mapping of str to str, optional
        Our name to theirs, where the reader says so; it goes before any guess.

    Returns
    -------
    dict of str to str
        Our name to theirs, for those found; a column of theirs is used once.

    Raises
    ------
    ValueError
        A column the reader named is not there.

    Examples
    --------
    >>> map_columns(["Kunde-Nr", "Datum", "Betrag"], "transactions")
    {'customer_id': 'Kunde-Nr', 'date': 'Datum', 'amount': 'Betrag'}
    """
    theirs = [str(column) for column in columns]
    found = {}
    for ours, named in (given or {}).items():
        if ours not in OF_TABLE[table] and named not in theirs:
            continue
        if named not in theirs:
            if ours in NEEDED[table]:
                raise ValueError(
                    f'columns: {table} has no column "{named}" (given for {ours}). It has: '
                    f"{', '.join(theirs)}."
                )
            continue
        found[ours] = named
    plain = {_letters(name): name for name in reversed(theirs)}
    for ours in OF_TABLE[table]:
        if ours in found:
            continue
        for name in (_letters(ours), *ALIASES.get(ours, ())):
            candidate = plain.get(_letters(name))
            if candidate is not None and candidate not in found.values():
                found[ours] = candidate
                break
    for ours in NEEDED[table]:
        if ours not in found:
            known = {_letters(name) for name in (ours, *ALIASES.get(ours, ()))}
            for name in theirs:
                words = {_letters(word) for word in re.split(r"[\W_]+", name)}
                if name not in found.values() and words & known and not words & ABOUT:
                    found[ours] = name
                    break
    for name in theirs:
        if table in ("survey", "rivals", "customers", "products") and name not in found.values():
            found.setdefault(name, name)
    return found


def read_file(path: Path) -> pd.DataFrame:
    """Read a CSV file as text, whatever separates its columns and however it is encoded.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    DataFrame
        All columns as text, "" for nothing; ``attrs["encoding"]`` says how it was encoded.

    Raises
    ------
    ValueError
        There is no such file, it is empty, or it is no table.
    """
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    raw = path.read_bytes()
    if raw.startswith(WORKBOOKS):
        raise ValueError(f"{path.name} is a workbook or an archive. Save it as CSV UTF-8.")
    found = decoded(raw)
    if found is None:
        raise ValueError(f"{path.name} is not text in UTF-8. Save it as CSV UTF-8.")
    text, encoding = found
    sign, text = _separator(text)
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=sign, dtype=str, keep_default_na=False, na_values=[]
        )
    except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise ValueError(f"{path.name} is no table: {error}") from None
    if table.empty:
        raise ValueError(f"{path.name} has no rows.")
    table = table.rename(columns=lambda name: str(name).strip())
    table.attrs["encoding"] = encoding
    return table


def _separator(text: str) -> tuple[str, str]:
    """Find the sign between the columns; Excel may name it in a first line, which is taken off."""
    told = re.match(r'"?sep=(.)"?[ \t;,]*\r?\n', text)
    if told:
        return told[1], text[told.end() :]
    try:
        return csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|").delimiter, text
    except csv.Error:
        return ",", text


def _lacks(table: str, path: Path, lacking: list[str], there: list[str]) -> str:
    said = ", ".join(f"{column} ({NEEDED[table][column]})" for column in lacking)
    example = f"--map {lacking[0]}=YOUR_COLUMN"
    rest = "" if table == "transactions" else " Or leave the file out; the report then says so."
    return (
        f"{path.name}: no column for {said}; without it there is nothing on {COSTS[table]}. It "
        f"has: {', '.join(there)}. Say which it is: {example}.{rest}"
    )


def _typed(
    raw: pd.DataFrame, mapping: Mapping[str, str], name: str, path: Path, settings: Settings
) -> tuple[pd.DataFrame, list[str]]:
    table = pd.DataFrame({ours: raw[theirs].str.strip() for ours, theirs in mapping.items()})
    notes = []
    if raw.attrs.get("encoding") in SPOKEN:
        notes.append(f"{path.name}: read as {SPOKEN[raw.attrs['encoding']]}, as it is not UTF-8.")
    numbers = {}
    for column in table.columns:
        if column in IDS:
            table[column] = plain_ids(without_nothing(table[column]))
        elif column in DATES:
            days = without_nothing(table[column])
            table[column], said = as_dates(days, mapping[column], path.name)
            notes += said
        elif column in NUMBERS or column.startswith(NUMBERED):
            numbers[column] = without_nothing(table[column])
        elif column in ("ours", "member") or column.startswith("motive_"):
            table[column] = table[column].str.lower().isin(YES)
    if numbers:
        found, said = as_numbers(numbers, dict(mapping), path.name)
        table = table.assign(**found)
        notes += said
    for column in NEEDED[name]:
        kept = table[column].notna() & (table[column].astype(str) != "")
        if not kept.any():
            raise ValueError(
                f'{path.name}: the column "{mapping[column]}" ({column}) holds nothing usable.'
            )
        if not kept.all():
            where = "in the whole file " if name == "transactions" and settings.days else ""
            rows = counted(int((~kept).sum()), "row")
            left = f"{path.name}: {where}{rows} without {mapping[column]}"
            if name == "transactions" and column != "amount":
                left += f" ({money_in(settings.currency)(table.loc[~kept, 'amount'].sum())})"
            notes.append(f"{left} left out. Fill the column to count them.")
            table = table[kept]
    if name in ("customers", "products"):
        key = "customer_id" if name == "customers" else "product_id"
        twice = int(table[key].duplicated().sum())
        if twice:
            notes.append(f"{path.name}: {counted(twice, 'repeated row')} left out.")
            table = table.drop_duplicates(key)
    return table, notes


def _price_of_a_piece(table: pd.DataFrame, mapping: Mapping[str, str], file: str) -> list[str]:
    """Say so where the price of one piece may have been read as what the row cost."""
    name = mapping["amount"]
    plain = _letters(name)
    if (
        "quantity" not in table.columns
        or not (table["quantity"].abs() > 1).any()
        or not any(word in plain for word in PIECE_PRICES)
        or any(word in plain for word in WHOLE_PRICES)
    ):
        return []
    return [
        f"{file}: the column {name} was read as the amount of the row, not multiplied by "
        f"{mapping['quantity']}. If it is the price of one piece, add a column with "
        f"{name} times {mapping['quantity']}, and name it: --map amount=YOUR_COLUMN."
    ]


def _strangers(buyers: pd.Series, customers: pd.Series, files: Mapping[str, str]) -> list[str]:
    """Refuse customers none of whom bought: the two files write their ids differently."""
    if buyers.isin(customers).any():
        return []
    orders, known = Path(files["transactions"]).name, Path(files["customers"]).name
    return [
        f"{known}: no customer of {orders} is in it: customer_id is {first_few(buyers.unique())} "
        f"there and {first_few(customers.unique())} here. Write them alike, or leave {known} out."
    ]


def _guess_type(tables: Mapping[str, pd.DataFrame]) -> str:
    known = tables.get("customers")
    if known is not None and any(column in known.columns for column in FIRM_COLUMNS):
        return "B2B"
    return "B2C"


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", str(name)).lower()
