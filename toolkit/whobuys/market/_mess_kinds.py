"""Each kind of mess in the tables: first those that change cells, then those that copy rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from ._latent import Flags, Floats, Whole
from ._mess_bench import Bench, Cells, Sheet, as_cells, some
from ._mess_settings import Gap, Mess
from ._places import did_you_mean

WORTH = {"CNY": 1.0, "EUR": 7.8, "USD": 7.1, "GBP": 9.1}
SECOND_CUSTOMERS = 0.2
LATEST_SECOND = 60
STAFF = 12
SYNONYMS = {
    "North": ["Northern", "N", "NORTH"],
    "East": ["Eastern", "E", "EAST"],
    "South": ["Southern", "S", "SOUTH"],
    "West": ["Western", "W", "WEST"],
    "Centre": ["Center", "Central", "CENTRE"],
    "China": ["PR China", "CN", "P.R.C."],
    "United Kingdom": ["UK", "Great Britain", "U.K."],
    "United States": ["USA", "US", "United States of America"],
    "Germany": ["Deutschland", "DE", "GERMANY"],
}
TYPOGRAPHIC = 0.01
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
LINE = ("order_id", "customer_id", "date", "product_id", "quantity", "unit_price", "amount")


def change_cells(bench: Bench, settings: Mess, typographic: Iterable[str]) -> None:
    """Change what stands in cells; ``typographic`` names the tables that get no-break spaces."""
    for kind, change in CELL_KINDS.items():
        rate = getattr(settings, kind)
        if rate > 0:
            change(bench, rate)
    for gap in settings.gaps:
        _lose(bench, settings, gap)
    for table in typographic:
        _set_typographically(bench, table)
    if settings.second_registrations > 0:
        _register_again(bench, settings.second_registrations)


def add_rows(bench: Bench, settings: Mess) -> None:
    """Copy rows, whatever has become of them."""
    _add_columns(bench, settings)
    for kind, add in ROW_KINDS.items():
        rate = getattr(settings, kind)
        if rate > 0:
            add(bench, rate)


def _second_customers(bench: Bench) -> Flags:
    """Who may register again; the orders of these customers keep their ids otherwise."""
    return bench.stream("shares.customers").random(len(bench.case.tables["customers"])) < (
        SECOND_CUSTOMERS
    )


def _free_ids(bench: Bench) -> Flags:
    """Orders whose customer id may be lost or damaged."""
    free = ~bench.orders.near
    if bench.has("customers", "customer_id"):
        again = bench.clean["customers"]["customer_id"][_second_customers(bench)]
        free &= ~np.isin(bench.orders.read("customer_id").astype(str), again.astype(str))
    return free


def _forget_customers(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    open_to = _free_ids(bench) & (bench.orders.place("customer_id") < 0.5)
    orders = some(bench.stream("guest_orders"), open_to, rate)
    lines = bench.orders.lines_of(orders)
    bench.change("guest_orders", "transactions", lines, "customer_id", [None] * len(lines))


def _lose_zeros(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    zeros = [bool(re.match(r"[A-Za-z]+0\d", known)) for known in bench.orders.read("customer_id")]
    open_to = _free_ids(bench) & (bench.orders.place("customer_id") >= 0.5) & np.array(zeros)
    lines = bench.orders.lines_of(some(bench.stream("lost_zeros"), open_to, rate))
    ids = bench.clean["transactions"]["customer_id"][lines]
    shorter = [str(int(re.sub(r"\D", "", known))) for known in ids]
    bench.change("lost_zeros", "transactions", lines, "customer_id", shorter)


def _break_dates(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    open_to = ~bench.orders.near & (bench.orders.place("date") < 0.2)
    rng = bench.stream("impossible_dates")
    orders = some(rng, open_to, rate)
    later = rng.random(len(bench.orders)) < 0.5
    lines = bench.orders.lines_of(orders)
    days = bench.clean["transactions"]["date"][lines]
    far = later[bench.orders.of_line[lines]]
    wrong = [
        f"2062{day[4:]}" if in_2062 else f"{day[:4]}-02-31"
        for day, in_2062 in zip(days, far, strict=True)
    ]
    bench.change("impossible_dates", "transactions", lines, "date", wrong)


def _swap_dates(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    unclear = [day[5:7] != day[8:10] and int(day[8:10]) <= 12 for day in bench.orders.read("date")]
    open_to = ~bench.orders.near & (bench.orders.place("date") >= 0.2) & np.array(unclear)
    rng = bench.stream("ambiguous_dates")
    orders = some(rng, open_to, rate)
    day_first = rng.random(len(bench.orders)) < 0.5
    lines = bench.orders.lines_of(orders)
    written = []
    first = day_first[bench.orders.of_line[lines]]
    for text, in_front in zip(bench.clean["transactions"]["date"][lines], first, strict=True):
        year, month, day = text.split("-")
        written.append(f"{day}-{month}-{year}" if in_front else f"{month}-{day}-{year}")
    bench.change("ambiguous_dates", "transactions", lines, "date", written)


def _respell(bench: Bench, rate: float) -> None:
    for column in ("region", "country"):
        if not bench.has("customers", column):
            continue
        cells = bench.clean["customers"][column]
        named = np.array([bool(cell) for cell in cells])
        rng = bench.stream(f"synonyms.{column}")
        places = some(rng, named, rate)
        which = rng.random(len(cells))[places]
        taken = {cell for cell in cells if cell}
        others = {cell: [text for text in _spellings(cell) if text not in taken] for cell in taken}
        spelled = [
            others[cell][int(place * len(others[cell]))]
            for cell, place in zip(cells[places], which, strict=True)
        ]
        bench.change("synonyms", "customers", places, column, spelled)


def _spellings(name: str) -> list[str]:
    plain = [name.upper(), name.lower(), f"{name} ", f"{name[:3]}."]
    return [text for text in SYNONYMS.get(name, plain) if text != name] + [f" {name}"]


def _pay_abroad(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    home = bench.case.company.currency
    abroad = [currency for currency in ("EUR", "USD", "CNY") if currency != home][:2]
    months, rates = _draw_rates(bench, home, abroad)
    bench.add_column("currencies", "transactions", "currency", home)
    _list_rates(bench, home, months, rates)

    open_to = ~bench.orders.near & (bench.orders.place("money") < 0.6)
    rng = bench.stream("currencies")
    orders = some(rng, open_to, rate)
    chosen = rng.integers(0, len(abroad), len(bench.orders))
    lines = bench.orders.lines_of(orders)
    clean = bench.clean["transactions"]
    currency = chosen[bench.orders.of_line[lines]]
    month = clean["date"][lines].astype("datetime64[M]")
    worth = np.array([rates[name] for name in abroad])[currency, np.searchsorted(months, month)]
    bench.change(
        "currencies", "transactions", lines, "currency", [abroad[place] for place in currency]
    )
    for column in ("unit_price", "amount"):
        paid = np.maximum(np.rint(_cents(clean[column][lines]) / worth), 1).astype(np.int64)
        bench.change("currencies", "transactions", lines, column, _money(paid))


def _draw_rates(bench: Bench, home: str, abroad: list[str]) -> tuple[np.ndarray, dict[str, Floats]]:
    """Draw each currency's worth in the home currency, month by month: invented numbers."""
    window = bench.case.company.window
    first, last = np.datetime64(window.start, "M"), np.datetime64(window.end, "M")
    months = np.arange(first, last + 1)
    rates = {}
    for currency in abroad:
        steps = bench.stream(f"currencies.rates.{currency}").normal(0, 0.008, len(months))
        level = WORTH[currency] / WORTH.get(home, 1.0)
        rates[currency] = np.round(level * np.exp(np.cumsum(steps)), 4)
    return months, rates


def _list_rates(bench: Bench, home: str, months: np.ndarray, rates: dict[str, Floats]) -> None:
    listed = {home: np.ones(len(months))} | rates
    rows = [
        (f"{month}-01", currency, f"{values[place]:.4f}")
        for place, month in enumerate(months)
        for currency, values in listed.items()
    ]
    date, currency, rate = (as_cells(part) for part in zip(*rows, strict=True))
    bench.add_table("currencies", "rates", {"date": date, "currency": currency, "rate": rate})


def _misplace_point(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    open_to = ~bench.orders.near & (bench.orders.place("money") >= 0.6)
    lines = some(bench.stream("hundredfold_prices"), open_to[bench.orders.of_line], rate)
    for column in ("unit_price", "amount"):
        cents = _cents(bench.clean["transactions"][column][lines])
        bench.change("hundredfold_prices", "transactions", lines, column, _money(cents * 100))


def _lose(bench: Bench, settings: Mess, gap: Gap) -> None:
    """Empty cells of one column."""
    columns = [gap.column] if gap.by is None else [gap.column, gap.by]
    for column in columns:
        if not bench.has(gap.table, column):
            if "gaps" in settings.model_fields_set and gap.rate > 0:
                known = [str(name) for name in bench.case.tables.get(gap.table, pd.DataFrame())]
                hint = did_you_mean(column, known) or f"; known: {', '.join(known) or 'no columns'}"
                raise ValueError(
                    f"gaps: {bench.case.company.name} has no column {gap.table}.{column}{hint}"
                )
            return
    if gap.rate == 0:
        return
    cells = bench.clean[gap.table][gap.column]
    open_to = np.array([bool(cell) for cell in cells]) & ~_typographic_rows(bench, gap.table)
    if gap.table == "transactions":
        open_to &= ~bench.orders.near[bench.orders.of_line]
    weight = None
    if gap.why != "MCAR":
        weight = _heights(bench.case.tables[gap.table][gap.by or gap.column])
    rng = bench.stream(f"gaps.{gap.why}.{gap.table}.{gap.column}")
    places = some(rng, open_to, gap.rate, weight)
    bench.change(gap.kind, gap.table, places, gap.column, [None] * len(places))


def _heights(values: pd.Series) -> Floats:
    """Return 1 for the lowest value up to 7 for the highest, by rank."""
    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        values = -values.map(values.value_counts())
    rank = values.rank()
    spread = rank.max() - rank.min()
    height = 1 + 6 * (rank - rank.min()) / spread if spread > 0 else rank * 0 + 1
    return np.asarray(height.fillna(1), dtype=np.float64)


def _typographic_columns(bench: Bench, table: str) -> list[str]:
    kept = {"region", "country", "email"}
    frame = bench.case.tables[table]
    named = [str(column) for column in frame if isinstance(frame[column].dtype, pd.StringDtype)]
    return [column for column in named if not column.endswith("_id") and column not in kept]


def _typographic_rows(bench: Bench, table: str) -> Flags:
    """Rows kept for no-break spaces: one in a hundred of those with a space, but at least one."""
    spaced = np.zeros(len(bench.case.tables[table]), dtype=bool)
    for column in _typographic_columns(bench, table):
        spaced |= np.array([" " in (cell or "") for cell in bench.clean[table][column]], dtype=bool)
    if table == "transactions":
        spaced &= ~bench.orders.near[bench.orders.of_line]
    place = bench.stream(f"shares.typographic.{table}").random(len(spaced))
    place = np.where(spaced, place, 2.0)
    return (place < TYPOGRAPHIC) | ((place < 2) & (place == place.min(initial=2)))


def can_be_typographic(bench: Bench, table: str) -> bool:
    """Say if a file in cp1252 can hold this table, and if the encoding would show."""
    try:
        for cells in bench.clean[table].values():
            "".join(cell for cell in cells if cell).encode("cp1252")
    except UnicodeEncodeError:
        return False
    return bench.has(table) and bool(_typographic_rows(bench, table).any())


def _set_typographically(bench: Bench, table: str) -> None:
    rows = _typographic_rows(bench, table)
    for column in _typographic_columns(bench, table):
        cells = bench.clean[table][column]
        places = np.flatnonzero(rows & np.array([" " in (cell or "") for cell in cells]))
        changed = [cell.replace(" ", NO_BREAK_SPACE, 1) for cell in cells[places]]
        bench.change("cp1252_files", table, places, column, changed)


def _register_again(bench: Bench, rate: float) -> None:
    if not bench.has("customers", "customer_id", "joined"):
        return
    customers = bench.clean["customers"]
    labels = [f"{known.lower()}@example.org" for known in customers["customer_id"]]
    bench.add_column("second_registrations", "customers", "email", as_cells(labels))
    end = np.datetime64(bench.case.company.window.end, "D")
    joined = customers["joined"].astype("datetime64[D]")
    left = (end - joined).astype(np.int64)
    open_to = _second_customers(bench) & (left >= LATEST_SECOND)
    rng = bench.stream("second_registrations")
    who = some(rng, open_to, rate)
    wait = rng.random(len(labels))[who]
    style = rng.integers(0, 4, len(labels))[who]
    again = joined[who] + 30 + np.floor(wait * (left[who] - 30)).astype(np.int64)

    number = len(str(customers["customer_id"][-1])) - 1
    letter = str(customers["customer_id"][-1])[:1]
    rows = _rows(bench.messy["customers"], who)
    rows["customer_id"] = as_cells(
        f"{letter}{len(labels) + place:0{number}d}" for place in range(1, len(who) + 1)
    )
    rows["joined"] = as_cells(str(day) for day in again)
    rows["email"] = as_cells(
        _respelled(labels[place], int(kind)) for place, kind in zip(who, style, strict=True)
    )
    if "points" in rows:
        rows["points"] = as_cells(["0"] * len(who))
    after = np.full(len(who), len(labels) - 1)
    bench.add_rows(
        "second_registrations", "customers", after, rows,
        column="email", clean=customers["email"][who], messy=rows["email"],
    )  # fmt: skip
    if bench.has("transactions", *LINE):
        _book_on_second(bench, dict(zip(customers["customer_id"][who], again, strict=True)), rows)


def _respelled(label: str, style: int) -> str:
    name, host = label.split("@")
    return [
        f"{name.upper()}@{host.capitalize()} ",
        f"{label.upper()}",
        f" {label}",
        f"{name.capitalize()}@{host.capitalize()}",
    ][style]


def _book_on_second(bench: Bench, since: dict[str, np.datetime64], rows: Sheet) -> None:
    lines = bench.clean["transactions"]
    second = dict(zip(since, rows["customer_id"], strict=True))
    day = lines["date"].astype("datetime64[D]")
    start = np.array([since.get(known, np.datetime64("NaT")) for known in lines["customer_id"]])
    places = np.flatnonzero(day >= start.astype("datetime64[D]"))
    moved = [second[known] for known in lines["customer_id"][places]]
    bench.change("second_registrations", "transactions", places, "customer_id", moved)


def _add_columns(bench: Bench, settings: Mess) -> None:
    if not bench.has("transactions", *LINE):
        return
    if settings.cancellations > 0:
        bench.add_column("cancellations", "transactions", "status", "completed")
    if settings.refunds > 0:
        bench.add_column("refunds", "transactions", "refund_of", None)


def _copy_nearly(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE, "channel"):
        return
    clean = bench.clean["transactions"]
    rng = bench.stream("near_duplicates")
    lines = some(rng, bench.orders.near[bench.orders.of_line], rate)
    column = np.array(["date", "channel", "amount"], dtype=object)
    differs = column[rng.integers(0, 3, len(clean["date"]))[lines]]
    rows = _rows(bench.messy["transactions"], lines)
    last = str(bench.case.company.window.end)
    before, after = as_cells([None] * len(lines)), as_cells([None] * len(lines))
    for place, (line, name) in enumerate(zip(lines, differs, strict=True)):
        before[place] = clean[name][line]
        after[place] = rows[name][place] = NEARLY[name](clean[name][line], last)
    bench.add_rows(
        "near_duplicates", "transactions", lines, rows, column=differs, clean=before, messy=after
    )


def _next_day(day: str, last: str) -> str:
    return str(np.datetime64(day, "D") + (1 if day < last else -1))


def _other_case(text: str, _: str) -> str:
    return text.upper() if text.upper() != text else f"{text} "


def _without_cents(text: str, _: str) -> str:
    whole = f"{text.split('.')[0]}.00"
    return whole if whole not in (text, "0.00") else f"{text[:-2]}01"


NEARLY: dict[str, Callable[[str, str], str]] = {
    "date": _next_day,
    "channel": _other_case,
    "amount": _without_cents,
}


def _copy_exactly(bench: Bench, rate: float) -> None:
    for table in ("transactions", "customers"):
        if bench.has(table):
            every = np.ones(len(bench.case.tables[table]), dtype=bool)
            places = some(bench.stream(f"exact_duplicates.{table}"), every, rate)
            bench.add_rows("exact_duplicates", table, places, _rows(bench.messy[table], places))


def _refund(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    clean = bench.clean["transactions"]
    day = clean["date"].astype("datetime64[D]")
    end = np.datetime64(bench.case.company.window.end, "D")
    rng = bench.stream("refunds")
    lines = some(rng, day < end, rate)
    wait = rng.integers(1, 31, len(day))[lines]
    back = np.minimum(day[lines] + wait, end)
    rows = _rows(bench.messy["transactions"], lines)
    rows["refund_of"] = clean["order_id"][lines]
    rows["order_id"] = _numbered("R", len(lines))
    rows["date"] = as_cells(str(each) for each in back)
    rows["quantity"] = as_cells(f"-{count}" for count in clean["quantity"][lines])
    rows["amount"] = as_cells(f"-{amount}" for amount in rows["amount"])
    after = np.searchsorted(np.maximum.accumulate(day), back, side="right") - 1
    bench.add_rows(
        "refunds", "transactions", after, rows, column="refund_of", messy=rows["refund_of"]
    )


def _call_off(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE):
        return
    lines, number = _template(bench, "cancellations", rate)
    rows = _rows(bench.messy["transactions"], lines)
    rows["order_id"] = _numbered("X", number)
    rows["status"] = as_cells(["cancelled"] * len(lines))
    after = bench.orders.last[bench.orders.of_line[lines]]
    bench.add_rows("cancellations", "transactions", after, rows, column="status", messy="cancelled")


def _sell_to_staff(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE, "discount"):
        return
    lines, number = _template(bench, "staff_orders", rate)
    rows = _rows(bench.clean["transactions"], lines)
    who = bench.stream("staff_orders.who").integers(1, STAFF + 1, len(bench.orders))
    who = who[bench.orders.of_line[lines]]
    cents = rows["quantity"].astype(np.int64) * _cents(rows["unit_price"])
    rows["order_id"] = _numbered("S", number)
    rows["customer_id"] = as_cells(f"STAFF{one:02d}" for one in who)
    rows["discount"] = as_cells(["0.50"] * len(lines))
    rows["amount"] = _money(np.maximum(cents // 2, 1))
    after = bench.orders.last[bench.orders.of_line[lines]]
    bench.add_rows(
        "staff_orders", "transactions", after, rows,
        column="customer_id", messy=rows["customer_id"],
    )  # fmt: skip


def _try_out(bench: Bench, rate: float) -> None:
    if not bench.has("transactions", *LINE, "discount"):
        return
    lines, _ = _template(bench, "test_orders", rate)
    lines = np.intersect1d(lines, bench.orders.first)
    rows = _rows(bench.clean["transactions"], lines)
    rows["order_id"] = _numbered("T", len(lines))
    always = {"customer_id": "TEST", "quantity": "1", "unit_price": "0.01", "discount": "0.00"}
    for column, text in (always | {"amount": "0.01"}).items():
        rows[column] = as_cells([text] * len(lines))
    after = bench.orders.last[bench.orders.of_line[lines]]
    bench.add_rows("test_orders", "transactions", after, rows, column="customer_id", messy="TEST")


def _template(bench: Bench, kind: str, rate: float) -> tuple[Whole, Whole]:
    """Return the lines of orders to be copied, and the number of the order each belongs to."""
    every = np.ones(len(bench.orders), dtype=bool)
    lines = bench.orders.lines_of(some(bench.stream(kind), every, rate))
    return lines, pd.factorize(bench.orders.of_line[lines])[0] + 1


def _rows(sheet: Sheet, places: Whole) -> Sheet:
    return {column: cells[places] for column, cells in sheet.items()}


def _numbered(letter: str, numbers: int | Whole) -> Cells:
    wanted = np.arange(1, numbers + 1) if isinstance(numbers, int) else numbers
    return as_cells(f"{letter}{number:07d}" for number in wanted)


def _cents(cells: Cells) -> Whole:
    return np.rint(cells.astype(float) * 100).astype(np.int64)


def _money(cents: Whole) -> Cells:
    return as_cells(f"{whole}.{rest:02d}" for whole, rest in zip(*divmod(cents, 100), strict=True))


CELL_KINDS: dict[str, Callable[[Bench, float], None]] = {
    "guest_orders": _forget_customers,
    "lost_zeros": _lose_zeros,
    "impossible_dates": _break_dates,
    "ambiguous_dates": _swap_dates,
    "synonyms": _respell,
    "currencies": _pay_abroad,
    "hundredfold_prices": _misplace_point,
}
ROW_KINDS: dict[str, Callable[[Bench, float], None]] = {
    "near_duplicates": _copy_nearly,
    "exact_duplicates": _copy_exactly,
    "refunds": _refund,
    "cancellations": _call_off,
    "staff_orders": _sell_to_staff,
    "test_orders": _try_out,
}
