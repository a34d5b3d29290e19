"""What is right in exercise 11, which mistakes are known, and how the open answer is marked."""

import math

import numpy as np
import pandas as pd

from whobuys.canvas import Canvas, block_key, break_even_units, canvas_blocks
from whobuys.course import Criterion, Exercise, Wrong, canvas, essay, items, number, table

NINE = tuple(canvas_blocks())
SCHOOL = "online school"
OTHER_NAMES = {
    "customer_segments": ["customer segments", "customers", "segments"],
    "value_propositions": ["value propositions", "value proposition", "propositions"],
    "channels": ["channels", "distribution channels", "channel"],
    "customer_relationships": ["customer relationships", "relationships", "customer relations"],
    "revenue_streams": ["revenue streams", "revenue", "income"],
    "key_resources": ["key resources", "resources"],
    "key_activities": ["key activities", "activities"],
    "key_partners": ["key partners", "partners", "partnerships"],
    "cost_structure": ["cost structure", "costs"],
    "key_metrics": ["key metrics", "metrics"],
}
STRANGE = ["competitors", "vision", "risks", "history of the firm", "founders"]

# Each note: a name for the links below, its text, its kind. What each canvas lacks is lacking here.
# A line under `links` joins two notes.
TOLD = {
    SCHOOL: {
        "customer_segments": [
            ("pupils", "pupils before an exam", "group"),
            ("parents", "parents who watch over homework", "group"),
            ("teachers", "teachers who look for pupils", "group"),
            ("thursday", "a person to ask on Thursday", "need"),
        ],
        "value_propositions": [
            ("fit", "lessons that fit what a pupil does not know yet", "fit"),
            ("report", "a weekly report on progress", "risk"),
            ("timetable", "a full timetable, found without advertising", "access"),
        ],
        "channels": [
            ("app", "the app", "online"),
            ("groups", "parents' groups in messengers", "partner"),
            ("visits", "visits to schools", "direct"),
        ],
        "customer_relationships": [
            ("answers", "questions answered the same day", "personal"),
            ("profile", "tips from the learning profile", "personalised"),
        ],
        "revenue_streams": [
            ("tuition", "tuition", "tuition"),
            ("membership", "yearly membership", "membership"),
            ("adverts", "advertising beside the lessons", "advertising"),
            ("sheets", "printed worksheets", "sale"),
        ],
        "key_resources": [
            ("library", "the course library", "intellectual"),
            ("contract", "tutors under contract", "human"),
        ],
        "key_activities": [
            ("courses", "developing courses", "production"),
            ("platform", "running the platform", "maintenance"),
        ],
        "key_partners": [
            ("rooms", "schools that lend rooms", "institution"),
            ("video", "a firm for video technology", "technology"),
        ],
        "links": [
            "fit pupils",
            "report parents",
            "timetable teachers",
            "thursday parents",
            "app fit",
            "groups report",
            "visits timetable",
            "answers pupils",
            "profile pupils",
            "library fit",
            "contract timetable",
            "courses library",
            "platform app",
            "courses fit",
            "rooms visits",
            "video app",
        ],
    },
    "made to measure": {
        "customer_segments": [
            ("office", "city office workers of 25 to 40", "group"),
            ("taste", "clothes that fit and show taste", "need"),
            ("sizes", "standard sizes that fit nowhere", "pain"),
        ],
        "value_propositions": [("cut", "cut to one's own measures", "fit")],
        "channels": [
            ("shop", "online shop", "online"),
            ("studio", "fitting studio", "store"),
        ],
        "customer_relationships": [
            ("stylist", "one stylist for each customer", "personal"),
            ("alter", "alteration after the sale", "after-sales"),
        ],
        "revenue_streams": [
            ("clothes", "made-to-measure clothes", "sale"),
            ("yearly", "yearly membership", "membership"),
        ],
        "key_partners": [
            ("cloth", "cloth suppliers", "supplier"),
            ("parcel", "parcel services", "logistics"),
        ],
        "cost_structure": [
            ("production", "production", "variable"),
            ("team", "wages of the team", "fixed"),
            ("campaigns", "campaigns", "fixed"),
        ],
        "key_resources": [
            ("designers", "designers", "human"),
            ("software", "measuring software", "intellectual"),
        ],
        "links": [
            "cut office",
            "cut sizes",
            "taste office",
            "sizes office",
            "shop cut",
            "studio cut",
            "stylist office",
            "alter cut",
            "clothes office",
            "yearly office",
            "cloth production",
            "parcel shop",
            "team designers",
            "designers cut",
            "software cut",
        ],
    },
    "list of nine": {
        "customer_segments": [
            ("groups", "groups with needs of their own", "group"),
            ("users", "those who use and those who pay", "group"),
        ],
        "value_propositions": [("chosen", "what customers choose the firm for", "performance")],
        "channels": [
            ("direct", "direct sale", "direct"),
            ("through", "distributors", "distribution"),
        ],
        "customer_relationships": [
            ("contact", "personal contact", "personal"),
            ("self", "self-service", "self-service"),
        ],
        "key_resources": [
            ("things", "equipment and stock", "physical"),
            ("knowledge", "patents and knowledge", "intellectual"),
        ],
        "key_activities": [
            ("making", "making", "production"),
            ("solving", "solving problems", "service"),
        ],
        "key_partners": [
            ("deliver", "firms that deliver", "supplier"),
            ("resell", "firms that resell", "distributor"),
        ],
        "cost_structure": [("rent", "rent", "fixed"), ("material", "material", "variable")],
        "links": [
            "chosen groups",
            "chosen users",
            "direct chosen",
            "through chosen",
            "contact groups",
            "self users",
            "things making",
            "knowledge chosen",
            "making chosen",
            "solving chosen",
            "deliver material",
            "resell through",
            "rent things",
        ],
    },
    "list of ten": {
        "customer_segments": [("target", "target customers", "group")],
        "value_propositions": [("solved", "the problem that is solved", "performance")],
        "channels": [("on", "online channels", "online"), ("off", "shops and fairs", "store")],
        "customer_relationships": [
            ("alone", "self-service", "self-service"),
            ("club", "a community", "community"),
        ],
        "revenue_streams": [
            ("sale", "sale of products", "sale"),
            ("fees", "subscription fees", "subscription"),
        ],
        "key_resources": [("patents", "patents", "intellectual"), ("staff", "staff", "human")],
        "key_activities": [
            ("research", "research", "research"),
            ("selling", "selling", "sales"),
        ],
        "key_partners": [("mills", "suppliers of parts", "supplier")],
        "cost_structure": [("fixed", "wages", "fixed"), ("running", "parts", "variable")],
        "key_metrics": [("metrics", "revenue, market share, satisfaction", "")],
        "links": [
            "solved target",
            "on solved",
            "off solved",
            "alone target",
            "club target",
            "sale target",
            "fees target",
            "patents solved",
            "staff selling",
            "research patents",
            "selling off",
            "mills running",
            "fixed staff",
        ],
    },
    "bicycle workshop": {
        "customer_segments": [
            ("commuters", "commuters who ride home at six", "group"),
            ("families", "families with four bicycles", "group"),
            ("without", "three days without a bicycle", "pain"),
        ],
        "value_propositions": [
            ("loan", "ready by six, or a loan bicycle", "convenience"),
            ("check", "one date a year for all bicycles of a family", "convenience"),
        ],
        "channels": [
            ("station", "the workshop by the station", "store"),
            ("page", "the booking page", "online"),
        ],
        "customer_relationships": [
            ("book", "a service book for each bicycle", "personal"),
            ("message", "a message when it is ready", "automated"),
        ],
        "revenue_streams": [
            ("repairs", "repairs", "sale"),
            ("checks", "yearly checks", "subscription"),
        ],
        "key_resources": [
            ("mechanics", "two mechanics", "human"),
            ("loans", "six loan bicycles", "physical"),
        ],
        "key_activities": [
            ("repairing", "repairing", "service"),
            ("stocking", "keeping parts in stock", "service"),
        ],
        "key_partners": [
            ("dealer", "a dealer in parts", "supplier"),
            ("railway", "the railway, which lets the shop", "institution"),
        ],
        "cost_structure": [
            ("parts", "parts built in", "variable"),
            ("cards", "card fees", "variable"),
            ("wages", "wages", "fixed"),
            ("rent", "rent", "fixed"),
        ],
        "links": [
            "loan without",
            "loan commuters",
            "without commuters",
            "check families",
            "station loan",
            "page check",
            "book check",
            "message loan",
            "repairs commuters",
            "checks families",
            "mechanics repairing",
            "loans loan",
            "repairing loan",
            "stocking loan",
            "dealer stocking",
            "railway station",
            "parts dealer",
            "cards repairing",
            "wages mechanics",
            "rent railway",
        ],
    },
    "noon kitchen": {
        "customer_segments": [
            ("offices", "offices without a canteen", "group"),
            ("depot", "night shifts of the bus depot", "group"),
            ("cold", "cold bread at two in the morning", "pain"),
        ],
        "value_propositions": [
            ("desk", "a hot lunch at the desk at noon", "convenience"),
            ("break", "a hot box in the break, at any hour", "access"),
        ],
        "channels": [
            ("orders", "orders by message until nine", "online"),
            ("shelf", "a warm shelf in the depot", "partner"),
        ],
        "customer_relationships": [
            ("menu", "the week's menu on Sunday", "automated"),
            ("credit", "a credit for each box that came late", "after-sales"),
        ],
        "revenue_streams": [
            ("boxes", "boxes for offices", "sale"),
            ("employer", "boxes the depot pays", "sale"),
        ],
        "key_resources": [
            ("kitchen", "a licensed kitchen", "physical"),
            ("bikes", "two cargo bicycles", "physical"),
        ],
        "key_activities": [
            ("cooking", "cooking", "production"),
            ("riding", "delivering", "service"),
        ],
        "key_partners": [
            ("market", "stalls of the market hall", "supplier"),
            ("buses", "the bus company", "institution"),
        ],
        "cost_structure": [
            ("food", "ingredients", "variable"),
            ("packing", "boxes and lids", "variable"),
            ("cooks", "wages of two cooks", "fixed"),
            ("lease", "lease of the kitchen", "fixed"),
        ],
        "links": [
            "desk offices",
            "break cold",
            "break depot",
            "cold depot",
            "orders desk",
            "shelf break",
            "menu offices",
            "credit desk",
            "boxes offices",
            "employer depot",
            "kitchen cooking",
            "bikes riding",
            "cooking desk",
            "riding desk",
            "market cooking",
            "buses shelf",
            "food market",
            "packing riding",
            "cooks cooking",
            "lease kitchen",
        ],
    },
}
SOUND = ("bicycle workshop", "noon kitchen")
SOLD = {"bicycle workshop": ("jobs", 250, 800), "noon kitchen": ("boxes", 1500, 3500)}
MAY_GO = ("customer_relationships", "key_resources", "key_partners", "channels")
MAY_LOOSE = (
    "channels",
    "customer_relationships",
    "key_resources",
    "key_activities",
    "key_partners",
)


# What students get -------------------------------------------------------------------------------


def extra(case):
    """Draw six canvases, their links and the brief, until no two mistakes give the same answer."""
    draw = np.random.default_rng([case.seed, 1111])
    for _ in range(200):
        made = drawn(draw)
        if fair(made):
            break
    return made


def drawn(draw):
    gone = {
        name: [str(draw.choice(MAY_GO))] if draw.random() < 0.6 else []
        for name in (SCHOOL, "made to measure", "list of nine")
    }
    odd = [str(name) for name in draw.choice(STRANGE, 2, replace=False)]
    where = [str(n) for n in draw.choice([n for n in TOLD if n not in SOUND], 2, replace=False)]
    notes, links = [], []
    for name, blocks in TOLD.items():
        off = {"links", *gone.get(name, [])}
        kept = {block: list(own) for block, own in blocks.items() if block not in off}
        pairs = [tuple(line.split()) for line in blocks["links"]]
        if name == SCHOOL:
            pairs += payments(draw)
        if name not in SOUND:
            loose = [str(b) for b in draw.permutation([b for b in MAY_LOOSE if b in kept])[:2]]
            pairs = loosened(draw, kept, pairs, loose)
        for block, place in zip(odd, where, strict=True):
            if place == name:
                kept[block] = [("odd", f"what we know of our {block}", "")]
        made, ids = written(draw, name, kept, len(notes))
        notes += made
        for one, other in pairs:
            if one in ids and other in ids:
                ends = (one, other) if draw.random() < 0.5 else (other, one)
                links.append((name, ids[ends[0]], ids[ends[1]]))
    table = pd.DataFrame(notes, columns=["note", "canvas", "block", "text", "kind", "amount"])
    joined = pd.DataFrame(links, columns=["canvas", "note", "to"])
    asked = str(draw.choice(SOUND))
    table, units = with_amounts(draw, table, asked)
    brief = pd.DataFrame({"canvas": [asked], "sold": [SOLD[asked][0]], "units": [units]})
    joined = joined.sort_values(["canvas", "note", "to"], ignore_index=True)
    return {"notes": table, "links": joined, "brief": brief}


def payments(draw):
    """Draw who pays the school: one group pays nothing, one stream is paid by the two others."""
    groups = [str(group) for group in draw.permutation(["pupils", "parents", "teachers"])]
    streams = [str(s) for s in draw.permutation(["tuition", "membership", "adverts", "sheets"])]
    one, other = groups[:2]
    return [(streams[0], one), (streams[0], other), (streams[1], one), (streams[2], other)]


def loosened(draw, blocks, pairs, loose):
    """Take away every link that leads out of these blocks; notes inside the first get one."""
    home = {tag: block for block, notes in blocks.items() for tag, _, _ in notes}
    kept = [
        pair
        for pair in pairs
        if not any(home.get(tag) in loose for tag in pair) or home.get(pair[0]) == home.get(pair[1])
    ]
    inside = [tag for tag, _, _ in blocks[loose[0]]] if loose else []
    return kept + ([(inside[0], inside[1])] if len(inside) > 1 else [])


def written(draw, name, blocks, start):
    """Write the notes of a canvas, its blocks in any order, each under one of its names."""
    rows, ids = [], {}
    for block in draw.permutation(list(blocks)):
        shown = str(draw.choice(OTHER_NAMES.get(str(block), [str(block)])))
        for tag, text, kind in blocks[str(block)]:
            ids[tag] = f"N{start + len(rows) + 1:03}"
            rows.append((ids[tag], name, shown, text, kind, np.nan))
    return rows, ids


def with_amounts(draw, notes, asked):
    """Put money a month on revenue and costs; the asked canvas also has a total of its costs."""
    notes = notes.copy()
    keys = notes["block"].map(block_key)
    revenue = keys.eq("revenue_streams") & notes["canvas"].isin([SCHOOL, *SOUND])
    notes.loc[revenue, "amount"] = draw.integers(60, 150, int(revenue.sum())) * 100.0
    sums = notes[revenue].groupby("canvas")["amount"].sum()
    for name in SOUND:
        costs = notes[keys.eq("cost_structure") & notes["canvas"].eq(name)]
        for kind, low, high in (("variable", 0.3, 0.5), ("fixed", 0.2, 0.6)):
            mine = costs.index[costs["kind"].eq(kind)]
            worth = sums[name] * draw.uniform(low, high) * draw.dirichlet([18.0, 7.0])
            notes.loc[mine, "amount"] = np.maximum(np.round(worth, -1), 50.0)
    costs = notes[keys.eq("cost_structure") & notes["canvas"].eq(asked)]
    last = costs.index[-1]
    total = costs.iloc[[0]].assign(
        text="total", kind="", amount=costs["amount"].sum(), note=f"N{len(notes) + 1:03}"
    )
    notes = pd.concat([notes.loc[:last], total, notes.loc[last + 1 :]], ignore_index=True)
    return notes, int(draw.integers(*SOLD[asked][1:]))


def fair(made):
    answers = {
        "q1": [missing_blocks(made), literally_missing(made), with_metrics_missing(made)],
        "q2": [extra_blocks(made), literally_extra(made)],
        "q3": [
            unlinked_blocks(made),
            unlinked_blocks(made, ends_read=["note"]),
            unlinked_blocks(made, ends_read=["to"]),
            unlinked_blocks(made, inside=True),
            sorted([*unlinked_blocks(made), *missing_blocks(made)]),
            blocks_with_loose_notes(made),
        ],
    }
    school = [paid(made, **how)["revenue"] for how in SLIPS]
    answers["q5"] = [sums.tolist() for sums in school]
    different = all(len(set(map(tuple, lists))) == len(lists) for lists in answers.values())
    clear = len(unlinked_blocks(made)) >= 4 and 0.1 < q4.answer(made) % 1 < 0.9
    return different and clear and any(name not in NINE_NAMES for name in made["notes"]["block"])


SLIPS = (
    {},
    {"share": "full"},
    {"share": "first"},
    {"ways": ["stream first"]},
    {"ways": ["group first"]},
)
NINE_NAMES = {block.names["en"].casefold() for block in canvas_blocks().values()}

exercise = Exercise(
    "11_business_model_canvas",
    "Business model canvas: six canvases and your own",
    company="learnhub",
    tables=("products",),
    extra=extra,
)


# Six canvases, read once --------------------------------------------------------------------------


def keyed(case):
    """Return the notes with the key of their block; a block without one keeps its name."""
    notes = case["notes"]
    return notes.assign(key=[block_key(block) or block for block in notes["block"]])


def filled(case):
    """Return the blocks with notes, by canvas."""
    return {name: list(dict.fromkeys(own)) for name, own in keyed(case).groupby("canvas")["key"]}


def listed(pairs):
    return sorted(f"{name}: {block}" for name, block in pairs)


def missing_blocks(case):
    return listed(
        (n, block) for n, own in filled(case).items() for block in NINE if block not in own
    )


def extra_blocks(case):
    return listed(
        (n, block) for n, own in filled(case).items() for block in own if block not in NINE
    )


def ends(case):
    """Return each link with canvas, note and block at both ends."""
    home = keyed(case).set_index("note")["key"]
    links = case["links"]
    return links.assign(start=links["note"].map(home), end=links["to"].map(home))


def linked_notes(case, ends_read=("note", "to"), inside=False):
    links = ends(case)
    links = links if inside else links[links["start"] != links["end"]]
    return {note for end in ends_read for note in links[end]}


def unlinked_blocks(case, **how):
    notes = keyed(case)
    joined = notes.assign(linked=notes["note"].isin(linked_notes(case, **how)))
    by_block = joined[joined["key"].isin(NINE)].groupby(["canvas", "key"])["linked"].any()
    return listed(by_block[~by_block].index)


def blocks_with_loose_notes(case):
    notes = keyed(case)
    joined = notes.assign(linked=notes["note"].isin(linked_notes(case)))
    by_block = joined[joined["key"].isin(NINE)].groupby(["canvas", "key"])["linked"].all()
    return listed(by_block[~by_block].index)


def names_found(case):
    """Return the names of blocks as they are written, by canvas."""
    named = case["notes"].groupby("canvas")["block"]
    return {name: {block.casefold() for block in own} for name, own in named}


def literally_missing(case):
    """Take the nine names word by word: “costs” is not “cost structure” then."""
    return listed(
        (name, key)
        for name, own in names_found(case).items()
        for key, block in canvas_blocks().items()
        if block.names["en"].casefold() not in own
    )


def literally_extra(case):
    return listed(
        (name, block)
        for name, own in names_found(case).items()
        for block in own
        if block not in NINE_NAMES
    )


def with_metrics_missing(case):
    own = filled(case)
    no_metrics = [(name, "key_metrics") for name in own if "key_metrics" not in own[name]]
    return sorted([*missing_blocks(case), *listed(no_metrics)])


# q1 ----------------------------------------------------------------------------------------------


@exercise.question(
    "missing",
    points=3,
    title="Blocks that are missing",
    compare=items("blocks"),
    hints=[
        "Bring the names to one key first: `block_key('partners')` says `key_partners`. Then hold "
        "the keys of each canvas against the nine of `canvas_blocks()`.",
        "For each canvas: `[key for key in canvas_blocks() if key not in set(own_keys)]`, written "
        "as `f'{canvas}: {key}'`.",
    ],
    again="lesson 11, step 2",
)
def q1(case):
    return missing_blocks(case)


@q1.mistake(
    "You held the names word by word against the nine. “{name}” in {canvas} is {key} under another "
    "name; `block_key` knows most of the names these blocks go by.",
    credit=0.25,
)
def taken_by_name(case):
    notes = keyed(case)
    known = notes["key"].isin(NINE) & ~notes["block"].str.casefold().isin(NINE_NAMES)
    first = notes[known].iloc[0]
    return Wrong(
        literally_missing(case), name=first["block"], canvas=first["canvas"], key=first["key"]
    )


@q1.mistake(
    "You miss key metrics in {many} canvases. It is not one of the nine: it belongs to the Lean "
    "Canvas of Maurya, so nobody who leaves it out has forgotten anything.",
    credit=0.5,
)
def ten_wanted(case):
    wrong = with_metrics_missing(case)
    return Wrong(wrong, many=len(wrong) - len(missing_blocks(case)))


def without_canvases(right, answer):
    """Recognise the right blocks without their canvases."""
    keys = {one.split(": ")[1] for one in right}
    given = {str(one).casefold() for one in answer.value}
    return {"first": right[0]} if given == keys else None


@q1.mistake(
    "The blocks are right, but nobody can see whose they are. Write the canvas before each, as in "
    "“{first}”.",
    credit=0.5,
    match=without_canvases,
)
def keys_alone(case):
    right = missing_blocks(case)
    return Wrong(sorted({one.split(": ")[1] for one in right}), first=right[0])


def by_full_name(right, answer):
    """Recognise the right blocks, written with the names people read."""
    given = [str(one).casefold().partition(": ") for one in answer.value]
    keys = {f"{name}: {block_key(block)}" for name, _, block in given}
    return {"first": right[0]} if keys == set(right) else None


@q1.mistake(
    "The blocks are right; write each by its key, with the underscore, as `block_key` says it: "
    "“{first}”.",
    credit=0.75,
    match=by_full_name,
)
def names_for_keys(case):
    right = missing_blocks(case)
    return Wrong([one.replace("_", " ") for one in right], first=right[0])


# q2 ----------------------------------------------------------------------------------------------


@exercise.question(
    "extra",
    points=2,
    title="Blocks too many",
    compare=items("blocks"),
    hints=[
        "A block is extra if it is filled and, under whatever name, not one of the nine.",
        "`block_key(name)` gives None for a name nobody uses for a block; key metrics has a key "
        "and is still not one of the nine.",
    ],
    again="lesson 11, step 2",
)
def q2(case):
    return extra_blocks(case)


@q2.mistake(
    "You let key metrics pass in the {canvas}. It has a key of its own, but it is a block of "
    "another canvas, the Lean Canvas; here it is the tenth.",
    credit=0.5,
)
def metrics_accepted(case):
    lost = [one for one in extra_blocks(case) if one.endswith(": key_metrics")]
    kept = [one for one in extra_blocks(case) if one not in lost]
    return Wrong(kept, canvas=lost[0].split(":")[0])


@q2.mistake(
    "You took other names of the nine for further blocks: “{name}” in {canvas} is {key}. Bring the "
    "names to one key first.",
    credit=0.25,
)
def names_taken_for_blocks(case):
    notes = keyed(case)
    known = notes["key"].isin(NINE) & ~notes["block"].str.casefold().isin(NINE_NAMES)
    first = notes[known].iloc[0]
    return Wrong(
        literally_extra(case), name=first["block"], canvas=first["canvas"], key=first["key"]
    )


@q2.mistake(
    "You found key metrics. There is more: {first} is in the table too. `block_key` has no key for "
    "such a name, so it is easily dropped.",
    credit=0.5,
)
def only_the_known_one(case):
    wrong = [one for one in extra_blocks(case) if one.endswith(": key_metrics")]
    rest = [one for one in extra_blocks(case) if one not in wrong]
    return Wrong(wrong, first=f"“{rest[0]}”")


# q3 ----------------------------------------------------------------------------------------------


@exercise.question(
    "unlinked",
    points=4,
    title="Blocks that hang in the air",
    compare=items("blocks"),
    hints=[
        "Give each end of a link the key of its block. Links whose two ends are in one block do "
        "not join anything; a link counts for both its ends.",
        "`home = notes.set_index('note')['key']`, then `links['note'].map(home)` and "
        "`links['to'].map(home)`. A block is linked if any of its notes stands at either end of a "
        "link between two blocks.",
    ],
    again="lesson 11, step 2",
)
def q3(case):
    return unlinked_blocks(case)


@q3.mistake(
    "You looked in one direction only. In {block} no link begins, but one ends there: who is meant "
    "by a note belongs to it just as much.",
    credit=0.5,
)
def one_direction(case):
    wrong = unlinked_blocks(case, ends_read=["note"])
    more = [one for one in wrong if one not in unlinked_blocks(case)]
    return Wrong(wrong, block=f"“{more[0]}”")


@q3.mistake(
    "You looked in one direction only. In {block} no link ends, but one begins there: a note "
    "belongs to those it is meant for just as much.",
    credit=0.5,
)
def other_direction(case):
    wrong = unlinked_blocks(case, ends_read=["to"])
    more = [one for one in wrong if one not in unlinked_blocks(case)]
    return Wrong(wrong, block=f"“{more[0]}”")


@q3.mistake(
    "You counted links inside a block. The notes of {block} are linked with each other and with "
    "nothing else; the block still hangs in the air.",
    credit=0.5,
)
def inside_a_block(case):
    wrong = unlinked_blocks(case, inside=True)
    lost = [one for one in unlinked_blocks(case) if one not in wrong]
    return Wrong(wrong, block=f"“{lost[0]}”")


@q3.mistake(
    "Your list holds blocks that are empty, such as {block}. Those are missing (question 1); what "
    "is not there cannot be linked.",
    credit=0.5,
)
def empty_ones_too(case):
    wrong = sorted([*unlinked_blocks(case), *missing_blocks(case)])
    return Wrong(wrong, block=f"“{missing_blocks(case)[0]}”")


@q3.mistake(
    "You listed blocks with *some* note that is not linked, such as {block}. One linked note is "
    "enough for the block.",
    credit=0.5,
)
def some_note_loose(case):
    wrong = blocks_with_loose_notes(case)
    more = [one for one in wrong if one not in unlinked_blocks(case)]
    return Wrong(wrong, block=f"“{more[0]}”")


@q3.mistake(
    "Your list holds blocks that are not among the nine, such as {block}. They are extra "
    "(question 2) whether they are linked or not.",
    credit=0.5,
)
def extra_ones_too(case):
    wrong = sorted([*unlinked_blocks(case), *extra_blocks(case)])
    return Wrong(wrong, block=f"“{extra_blocks(case)[0]}”")


# q4 ----------------------------------------------------------------------------------------------


def money(case):
    """Return revenue, fixed and variable costs a month, the total as written, and the units."""
    brief = case["brief"].iloc[0]
    notes = keyed(case).query("canvas == @brief.canvas")
    revenue = notes.loc[notes["key"] == "revenue_streams", "amount"].sum()
    costs = notes[notes["key"] == "cost_structure"].groupby("kind")["amount"].sum()
    return revenue, costs["fixed"], costs["variable"], costs[""], int(brief["units"])


@exercise.question(
    "break_even",
    points=4,
    title="Break-even",
    compare=number(0.005, "units a month"),
    hints=[
        "Three sums from two blocks: revenue, fixed costs, variable costs. The note “total” is the "
        "sum of the others and no cost of its own. Price and unit cost are sums divided by units.",
        "`break_even_units(fixed, revenue / units, variable / units)`, not rounded.",
    ],
    again="lesson 11, step 4",
)
def q4(case):
    revenue, fixed, variable, _, units = money(case)
    return break_even_units(fixed, revenue / units, variable / units)


@q4.mistake(
    "You counted the note “total” ({total:,.0f}) as a fixed cost. It is the sum of the notes "
    "beside it; with it every cost goes in twice.",
    credit=0.5,
)
def total_counted(case):
    revenue, fixed, variable, total, units = money(case)
    return Wrong((fixed + total) / ((revenue - variable) / units), total=total)


@q4.mistake(
    "You divided the fixed costs by the price ({price:.2f}). Of each sale {unit_cost:.2f} goes out "
    "again as variable cost; only what is left, {left:.2f}, pays for rent and wages.",
    credit=0.5,
)
def price_without_unit_cost(case):
    revenue, fixed, variable, _, units = money(case)
    price, unit_cost = revenue / units, variable / units
    return Wrong(fixed / price, price=price, unit_cost=unit_cost, left=price - unit_cost)


@q4.mistake(
    "You put all costs, {costs:,.0f}, on one heap. The variable ones ({variable:,.0f}) grow with "
    "what is sold, so they lower what a unit leaves; they are not a sum to be earned back.",
    credit=0.25,
)
def all_costs_fixed(case):
    revenue, fixed, variable, _, units = money(case)
    return Wrong((fixed + variable) / (revenue / units), costs=fixed + variable, variable=variable)


@q4.mistake(
    "All costs divided by what a unit leaves: the variable costs went in twice, once as a sum and "
    "once in each unit. Above the line stand only the fixed ones, {fixed:,.0f}.",
    credit=0.25,
)
def variable_twice(case):
    revenue, fixed, variable, _, units = money(case)
    return Wrong((fixed + variable) / ((revenue - variable) / units), fixed=fixed)


@q4.mistake(
    "That is the revenue at break-even, in money. The question asks for units; one brings "
    "{price:.2f}.",
    credit=0.5,
)
def in_money(case):
    revenue, fixed, variable, _, units = money(case)
    return Wrong(fixed / (1 - variable / revenue), price=revenue / units)


@q4.mistake(
    "You rounded up. In the shop that is right, for nobody sells a part of one; the question asks "
    "for the number before rounding, so that two people can compare.",
    credit=0.75,
)
def rounded_up(case):
    return math.ceil(q4.answer(case))


# q5 ----------------------------------------------------------------------------------------------


def groups_of_school(case):
    notes = keyed(case).query("canvas == @SCHOOL")
    mine = notes[(notes["key"] == "customer_segments") & (notes["kind"] == "group")]
    return mine.set_index("note")["text"]


def paid(case, share="equal", ways=("stream first", "group first")):
    """Return revenue by group: a stream of two groups is split, counted twice, or goes to one."""
    groups = groups_of_school(case)
    notes = keyed(case).set_index("note")
    streams = notes[(notes["canvas"] == SCHOOL) & (notes["key"] == "revenue_streams")]
    links = case["links"]
    read = {
        "stream first": links.rename(columns={"note": "stream", "to": "group"}),
        "group first": links.rename(columns={"to": "stream", "note": "group"}),
    }
    both = pd.concat([read[way] for way in ways], ignore_index=True)
    both = both[both["stream"].isin(streams.index) & both["group"].isin(groups.index)]
    both = both.sort_values(["stream", "group"])
    if share == "first":
        both = both.drop_duplicates("stream")
    worth = both["stream"].map(streams["amount"])
    if share == "equal":
        worth = worth / both.groupby("stream")["group"].transform("size")
    sums = worth.groupby(both["group"]).sum().reindex(groups.index, fill_value=0.0)
    return pd.DataFrame({"segment": groups.to_numpy(), "revenue": sums.to_numpy(float)})


def shared_stream(case):
    """Return the text and the amount of the stream two groups pay."""
    groups, notes = groups_of_school(case), keyed(case).set_index("note")
    ends_of = pd.concat([case["links"][["note", "to"]], case["links"][["to", "note"]].set_axis(
        ["note", "to"], axis=1)])  # fmt: skip
    mine = ends_of[ends_of["to"].isin(groups.index)]
    mine = mine[mine["note"].map(notes["key"]) == "revenue_streams"]
    note = mine["note"].value_counts().index[0]
    return notes.loc[note, ["text", "amount"]]


@exercise.question(
    "payers",
    points=3,
    title="Who pays the online school?",
    compare=table("segment", ["revenue"], tolerance=0.01),
    hints=[
        "A stream may be linked with one group, with two or with none, and the link may begin at "
        "either end. Groups with no stream get 0.",
        "Join the links with the streams at one end and the groups (kind `group`) at the other, "
        "both ways round; divide each amount by the number of groups of its stream; sum by group.",
    ],
    again="lesson 11, step 4",
)
def q5(case):
    return paid(case)


@q5.mistake(
    "You counted “{stream}” ({amount:,.0f}) in full for each of two groups. The money comes in "
    "once; the question splits it equally.",
    credit=0.5,
)
def counted_twice(case):
    text, amount = shared_stream(case)
    return Wrong(paid(case, share="full"), stream=text, amount=amount)


@q5.mistake(
    "Your table leaves out {group}: nobody pays for them or through them. A group that brings "
    "nothing is the most interesting row; write 0.",
    credit=0.5,
)
def nobody_left_out(case):
    right = paid(case)
    empty = right[right["revenue"] == 0]
    return Wrong(right[right["revenue"] > 0], group=f"“{empty['segment'].iloc[0]}”")


@q5.mistake(
    "You kept only the links that begin at a stream. In the table a link may begin at the group as "
    "well; both mean the same.",
    credit=0.5,
)
def links_one_way(case):
    return paid(case, ways=["stream first"])


@q5.mistake(
    "You kept only the links that begin at a group. In the table a link may begin at the stream as "
    "well; both mean the same.",
    credit=0.5,
)
def links_the_other_way(case):
    return paid(case, ways=["group first"])


@q5.mistake(
    "You gave all of “{stream}” to one group. It is linked with two; the question splits it "
    "equally.",
    credit=0.5,
)
def given_to_one(case):
    text, _ = shared_stream(case)
    return Wrong(paid(case, share="first"), stream=text)


# q6 ----------------------------------------------------------------------------------------------

OWN = {
    "customer segments": [
        {"text": "families in the blocks behind the station", "kind": "group"},
        {
            "text": "nobody to repair the child's coat before Monday",
            "kind": "pain",
            "links": ["families in the blocks behind the station"],
            "evidence": {"note": "asked 14 parents at the school gate, May"},
        },
    ],
    "value propositions": [
        {
            "text": "mended by the next morning",
            "links": [
                "nobody to repair the child's coat before Monday",
                "families in the blocks behind the station",
            ],
        }
    ],
    "channels": ["a box at the school gate", "the counter in the laundry"],
    "customer relationships": ["one number for messages, answered by the tailor"],
    "revenue streams": [
        {
            "text": "mending, 6 a piece",
            "amount": 1800,
            "kind": "sale",
            "links": ["families in the blocks behind the station"],
            "evidence": {"figure": "300 pieces in May, till"},
        }
    ],
    "key resources": ["two machines", "a licence for the counter"],
    "key activities": ["mending in the evening"],
    "key partners": ["the laundry, which owns the counter"],
    "cost structure": [
        {
            "text": "thread and zips",
            "amount": 240,
            "kind": "variable",
            "links": ["mending in the evening"],
            "evidence": {"figure": "receipts of May"},
        },
        {
            "text": "rent of the counter",
            "amount": 400,
            "kind": "fixed",
            "links": ["the laundry, which owns the counter"],
        },
    ],
}
FORM = canvas("business", notes=12, evidence=3)
LINK_DEMANDS = {
    "Each proposition is for somebody",
    "Everybody is offered something",
    "Revenue comes from somebody",
    "Costs have a cause",
    "A need or a pain is answered",
}


def own_canvas():
    return Canvas.from_dict(OWN, "Mended by Monday")


def lacks(field, *demands):
    """Recognise a canvas no note of which has this, and which lacks nothing else."""

    def match(right, answer):
        given = answer.value
        unmet = {demand.name for demand in FORM.demands(given) if not demand.met}
        if unmet != set(demands) or any(getattr(entry, field) for entry in given.entries):
            return None
        return {"notes": len(given.entries), "first": given.entries[0].text}

    return match


def spoilt(**fields):
    made = own_canvas()
    for entry in made.entries:
        made = made.change(entry.id, **fields)
    return Wrong(made, notes=len(made.entries), first=made.entries[0].text)


@exercise.question(
    "mine",
    points=4,
    title="A canvas of your own",
    compare=FORM,
    hints=[
        "Run the check again and again: it names the block, the note and what to mend. Each demand "
        "you meet earns its share.",
        "Link every proposition with the segment and the pain it answers, every revenue stream "
        "with who pays, every cost with the activity, resource or partner that causes it; give "
        "costs the kind fixed or variable; give three notes evidence.",
    ],
    again="lesson 11, steps 2 and 4",
)
def q6(case):
    return own_canvas()


@q6.mistake(
    "Nine full blocks and not one link between your {notes} notes: nine lists, not yet a model. "
    "For whom is each promise, who pays each stream, what causes each cost? “{first}” is a good "
    "place to begin.",
    credit=0.75,
    match=lacks("links", *LINK_DEMANDS),
)
def not_linked(case):
    return spoilt(links=())


@q6.mistake(
    "All is there but the money: no note of your {notes} that should have an amount has one. Write "
    "what comes in and what goes out in a month, by note, even if it is an estimate; say so in its "
    "evidence.",
    credit=0.95,
    match=lacks("amount", "Amounts"),
)
def without_money(case):
    return spoilt(amount=None)


@q6.mistake(
    "Not one of your {notes} notes says what it rests on. Somebody will ask “how do you know?”. "
    "Answer it beside three of them at least: a figure with its source, a segment, or a note of "
    "whom you asked.",
    credit=0.95,
    match=lacks("evidence", "Evidence"),
)
def without_evidence(case):
    return spoilt(evidence=())


# q7 ----------------------------------------------------------------------------------------------

exercise.open_question(
    "q7",
    title="Your enterprise, version 2",
    compare=essay(
        Criterion("Nine blocks, specific entries", 5),
        Criterion("Each proposition linked to a segment and its pain", 5),
        Criterion("Revenue and cost agree with data", 4),
        Criterion("Version 2 change argued", 4),
        Criterion("Explained in one minute of text", 2),
    ),
    hints=[
        "One change is enough. Say what in version 1 it mends, what it costs a month, how many "
        "units more pay for it, and what would prove you wrong.",
    ],
    again="lesson 11, step 5",
)
