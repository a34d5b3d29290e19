"""What is right in exercise 09, which mistakes are known, and how the open answer is marked."""

import numpy as np
import pandas as pd

from whobuys.course import Criterion, Exercise, Wrong, essay, table, text
from whobuys.market import market
from whobuys.segment import band
from whobuys.target import channel_table, post_stratify, top_box

CHANNELS = ["existing business", "survey", "web"]
FOUND_BY = {
    "friend": "existing business",
    "teacher": "existing business",
    "former pupil": "existing business",
    "school fair": "survey",
    "street interview": "survey",
    "search": "web",
    "short video": "web",
    "newsletter": "web",
}
NEEDS = ["results", "time", "price", "person", "fun"]
RATED = [f"importance_{need}" for need in NEEDS]
AGES = ["under 24", "24 to 31", "32 to 41", "42 and over"]
REGIONS = ["Capital", "Coast", "Hills", "Plains"]
LEANS = {
    "existing business": ([0.16, 0.18, 0.36, 0.30], [0.40, 0.26, 0.16, 0.18]),
    "survey": ([0.06, 0.14, 0.46, 0.34], [0.20, 0.50, 0.14, 0.16]),
    "web": ([0.44, 0.30, 0.14, 0.12], [0.32, 0.28, 0.18, 0.22]),
}
EVERYBODY = ([0.24, 0.20, 0.26, 0.30], [0.34, 0.29, 0.17, 0.20])
COSTS = {"existing business": 4.0, "survey": 9.0, "web": 3.0}
NOTES = [
    ("parent of two, found by a friend", "I want the same face on the screen every Thursday."),
    ("parent of two, found by a friend", "Nobody told me that he had stopped for three weeks."),
    ("parent, school fair", "The kit was open on the floor before I had paid. That sold it."),
    ("parent, school fair", "I cannot tell from the page what is in it for a seven-year-old."),
    ("teacher, 31 pupils", "Our budget closes in November. Your licence begins in January."),
    ("teacher, 31 pupils", "I show it in the staff room; it makes me look prepared."),
    ("pupil, 17, found by a video", "I only need the tests, and I need them tonight."),
    ("pupil, 17, found by a video", "I would have asked somebody, but there was nobody to ask."),
]


# The tables ---------------------------------------------------------------------------------------


def extra(case):
    """Make the tables of the exercise: contacts as they were noted, answers, and what was said."""
    full = market(case.company, case.seed, tables=["customers", "survey"])
    draw = np.random.default_rng([9, case.seed])
    people = full["customers"].assign(age_group=age_group(full["customers"]["age"]))
    said = full["survey"].merge(people[["customer_id", "age_group", "source"]], on="customer_id")
    registered = people["age_group"].value_counts().reindex(AGES)
    return {
        "contacts": noted(fair_contacts(draw), draw),
        "sources": pd.DataFrame(list(FOUND_BY.items()), columns=["found_by", "channel"]),
        "people": sample(2000, EVERYBODY, draw),
        "answers": skipped(said, draw),
        "register": pd.DataFrame({"age_group": AGES, "registered": registered.to_numpy(int)}),
        "comments": remarks(said),
        "notes": pd.DataFrame(NOTES, columns=["who", "said"]),
    }


def age_group(age):
    return band(age, edges=[24, 32, 42], labels=AGES).astype(str)


def sample(size, leaning, draw):
    """Draw people of some age and region."""
    ages, regions = leaning
    return pd.DataFrame(
        {
            "age_group": draw.choice(AGES, size, p=ages),
            "region": draw.choice(REGIONS, size, p=regions),
        }
    )


def fair_contacts(draw):
    """Draw contacts until three channels are best at three things, and clearly."""
    while True:
        contacts = all_contacts(draw)
        made = channel_table(contacts, cost="cost").set_index("channel")
        net = made["value_per_contact"] - contacts.groupby("channel")["cost"].mean()
        orders = [s.sort_values() for s in (net, made["conversion"], made["mean_value"])]
        leads = [1 - s.iloc[-2] / s.iloc[-1] for s in orders]
        if len({s.index[-1] for s in orders}) == 3 and min(leads) > 0.12:
            return contacts


def all_contacts(draw):
    """Draw the contacts of three channels: one converts, one brings large sums, one pays best."""
    conversion = [draw.uniform(0.34, 0.40), draw.uniform(0.10, 0.13), draw.uniform(0.22, 0.26)]
    mean = [draw.uniform(70, 80), draw.uniform(230, 260), draw.uniform(155, 175)]
    fits = [draw.uniform(0.6, 0.8), draw.uniform(0.35, 0.5), draw.uniform(0.5, 0.7)]
    parts = []
    for channel, role in zip(CHANNELS, draw.permutation(3), strict=True):
        size = int(draw.integers(170, 320))
        part = sample(size, LEANS[channel], draw)
        own = [source for source, name in FOUND_BY.items() if name == channel]
        part["channel"] = channel
        part["found_by"] = draw.choice(own, size)
        part["qualified"] = draw.random(size) < fits[role]
        chance = np.where(part["qualified"], conversion[role] * 0.85 / fits[role], 0)
        stray = conversion[role] * 0.15 / (1 - fits[role])
        part["converted"] = draw.random(size) < np.where(part["qualified"], chance, stray)
        value = (draw.gamma(6, mean[role] / 6, size) + 9).round(2)
        part["value"] = np.where(part["converted"], value, np.nan)
        part["cost"] = (COSTS[channel] * draw.uniform(0.6, 1.4, size)).round(2)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def noted(contacts, draw):
    """Write the contacts down as offices do: some twice, some sources with capitals and blanks."""
    made = contacts.drop(columns="channel")
    made.insert(0, "contact_id", [f"K{place + 1:04}" for place in draw.permutation(len(made))])
    days = pd.to_timedelta(draw.integers(0, 240, len(made)), unit="D")
    made.insert(1, "date", pd.Timestamp("2025-09-01") + days)
    names = list(FOUND_BY)
    again = made.sample(round(len(made) * 0.07), random_state=int(draw.integers(2**31))).copy()
    channel = again["found_by"].map(FOUND_BY)
    again["found_by"] = [
        draw.choice([name for name in names if FOUND_BY[name] != mine]) for mine in channel
    ]
    later = again["date"] + pd.to_timedelta(draw.integers(2, 60, len(again)), unit="D")
    again["date"] = later
    both = pd.concat([made, again], ignore_index=True)
    odd = draw.random(len(both))
    both["found_by"] = np.select(
        [odd < 0.06, odd < 0.11], [both["found_by"].str.title(), both["found_by"] + " "],
        both["found_by"],
    )  # fmt: skip
    return both.sample(frac=1, random_state=int(draw.integers(2**31))).reset_index(drop=True)


def skipped(said, draw):
    """Leave some ratings out: older people skip more, and the price most of all."""
    made = said[["customer_id", "age_group", *RATED]].copy()
    old = made["age_group"].eq(AGES[-1]).to_numpy()
    for need, rate in zip(NEEDS, (0.05, 0.04, 0.12, 0.07, 0.03), strict=True):
        gone = draw.random(len(made)) < rate * np.where(old, 1.6, 0.8)
        made[f"importance_{need}"] = made[f"importance_{need}"].astype(float).mask(gone)
    return made.sample(frac=1, random_state=int(draw.integers(2**31))).reset_index(drop=True)


def remarks(said):
    """Return what customers wrote, with the channel that found them."""
    wrote = said[said["comment"] != ""]
    return pd.DataFrame(
        {
            "comment_id": [f"R{place + 1:03}" for place in range(len(wrote))],
            "channel": wrote["source"].map(FOUND_BY).to_numpy(),
            "comment": wrote["comment"].to_numpy(),
        }
    )


exercise = Exercise(
    "09_needs_and_research",
    "Needs and research: found where, wanting what?",
    company="learnhub",
    tables=("customers",),
    extra=extra,
)


# q1 ----------------------------------------------------------------------------------------------


def with_channel(case, first=True, tidy=True):
    """Return the contacts, each once, with the channel that met them."""
    contacts, names = case["contacts"], case["sources"].set_index("found_by")["channel"]
    source = contacts["found_by"].str.strip().str.lower() if tidy else contacts["found_by"]
    made = contacts.assign(channel=source.map(names)).sort_values("date", kind="stable")
    made = made.drop_duplicates("contact_id", keep="first" if first else "last")
    return made.sort_values("contact_id").reset_index(drop=True)


@exercise.question(
    "clean",
    points=4,
    title="One row a contact",
    compare=table("contact_id", {"channel": "text"}),
    hints=[
        "A person noted twice was met first through one channel. Which row says so? And look at "
        '`contacts["found_by"].unique()` before you merge.',
        '`.str.strip().str.lower()` mends the spelling, `sort_values("date")` then '
        '`drop_duplicates("contact_id")` keeps the first meeting, `.map(...)` gives the channel.',
    ],
    again="lesson 09, step 5",
)
def q1(case):
    return with_channel(case)


@q1.mistake(
    "You kept the last note of those who stand there twice. {twice} people were met again later by "
    "another channel, for instance {one}; the channel that found them is that of the earliest "
    "date.",
    credit=0.5,
)
def last_note(case):
    right, wrong = q1.answer(case), with_channel(case, first=False)
    differ = right["channel"] != wrong["channel"]
    return Wrong(wrong, twice=int(differ.sum()), one=right.loc[differ, "contact_id"].iloc[0])


@q1.mistake(
    "You kept the note that stands higher in the file. The file is in no order: of those who stand "
    "there twice, {wrong} got the later channel, for instance {one}. Sort by date first.",
    credit=0.5,
)
def first_in_file(case):
    contacts = case["contacts"].drop_duplicates("contact_id")
    names = case["sources"].set_index("found_by")["channel"]
    wrong = contacts.assign(channel=contacts["found_by"].str.strip().str.lower().map(names))
    wrong = wrong.sort_values("contact_id").reset_index(drop=True)
    right = q1.answer(case)
    differ = right["channel"] != wrong["channel"]
    return Wrong(wrong, wrong=int(differ.sum()), one=right.loc[differ, "contact_id"].iloc[0])


def badly_spelled(right, answer):
    """Recognise contacts that are missing, or have no channel, for a capital or a blank."""
    given = answer.value
    known = given[given["channel"].notna() & given["channel"].astype(str).ne("")]
    source = right.set_index("contact_id")["found_by"]
    odd = source[source != source.str.strip().str.lower()]
    if odd.empty or set(known["contact_id"]) != set(source.index) - set(odd.index):
        return None
    truth = right.set_index("contact_id")["channel"].loc[known["contact_id"]].to_numpy()
    if not (truth == known["channel"].astype(str).to_numpy()).all():
        return None
    return {"lost": len(odd), "one": odd.index[0], "said": f"“{odd.iloc[0]}”"}


@q1.mistake(
    "{lost} contacts have got no channel, for instance {one}, found by {said}: a capital or a "
    "blank at the end is another word to the computer. Mend the spelling before you look the "
    "source up.",
    credit=0.5,
    match=badly_spelled,
)
def spelling_left(case):
    right = q1.answer(case)
    odd = right["found_by"] != right["found_by"].str.strip().str.lower()
    lost = right[odd]
    return Wrong(
        right[~odd].reset_index(drop=True),
        lost=len(lost),
        one=lost["contact_id"].iloc[0],
        said=f"“{lost['found_by'].iloc[0]}”",
    )


# q2 ----------------------------------------------------------------------------------------------


FIGURES = ["size", "qualified_rate", "conversion", "mean_value"]


def rows_of(case, clean):
    """Return the notes of each contact with the channel as given in `clean`."""
    about = case["contacts"].drop_duplicates("contact_id").drop(columns=["found_by", "date"])
    return clean[["contact_id", "channel"]].dropna().merge(about, on="contact_id")


def summed(rows):
    return channel_table(rows)[["channel", *FIGURES]]


@exercise.question(
    "channels",
    points=4,
    title="Three channels compared",
    compare=table("channel", FIGURES, tolerance=0.001),
    hints=[
        "Say the base of each rate aloud: qualified of all contacts, converted of all contacts, "
        "money per *converted* contact.",
        "`channel_table(clean)` has all four columns, and more.",
    ],
    again="lesson 09, step 5",
)
def q2(case, clean):
    return summed(rows_of(case, clean))


@q2.mistake(
    "Your `conversion` is of the qualified contacts. Here its base is all contacts of a channel: "
    "of the {size} found by {channel} {right:.1%} became customers, not {given:.1%}.",
    credit=0.5,
)
def of_the_qualified(case, clean):
    made = channel_table(rows_of(case, clean))
    worst = (made["conversion_of_qualified"] - made["conversion"]).idxmax()
    return Wrong(
        made.assign(conversion=made["conversion_of_qualified"])[["channel", *FIGURES]],
        size=int(made.loc[worst, "size"]),
        channel=made.loc[worst, "channel"],
        right=made.loc[worst, "conversion"],
        given=made.loc[worst, "conversion_of_qualified"],
    )


@q2.mistake(
    "Your `conversion` counts only contacts that were qualified and converted. {stray} contacts "
    "did not look like our customers and became customers all the same. Count them too: they are "
    "what a filter would have thrown away.",
    credit=0.5,
)
def both_wanted(case, clean):
    rows = rows_of(case, clean)
    both = (rows["qualified"] & rows["converted"]).groupby(rows["channel"]).mean()
    right = summed(rows)
    stray = int((~rows["qualified"].astype(bool) & rows["converted"]).sum())
    return Wrong(right.assign(conversion=right["channel"].map(both)), stray=stray)


@q2.mistake(
    "Your `mean_value` spreads the money over everybody who was met: {given:,.2f} for {channel}. "
    "That is the value per contact, worth knowing, but here asked per customer: {right:,.2f}.",
    credit=0.5,
)
def per_contact(case, clean):
    made = channel_table(rows_of(case, clean))
    first = made.iloc[0]
    return Wrong(
        made.assign(mean_value=made["value_per_contact"])[["channel", *FIGURES]],
        given=first["value_per_contact"],
        channel=first["channel"],
        right=first["mean_value"],
    )


@q2.mistake(
    "You counted notes, not people: {gap} people stand in `contacts` twice. Take them from "
    "`clean`, where each stands once.",
    credit=0.5,
)
def notes_counted(case, clean):
    contacts, names = case["contacts"], case["sources"].set_index("found_by")["channel"]
    rows = contacts.assign(channel=contacts["found_by"].str.strip().str.lower().map(names))
    return Wrong(summed(rows), gap=len(contacts) - contacts["contact_id"].nunique())


@q2.mistake(
    "Your rates are percentages. Give them as shares of 1: {share:.3f}, not {percent:.1f}.",
    credit=0.75,
)
def rates_in_percent(case, clean):
    right = summed(rows_of(case, clean))
    rates = ["qualified_rate", "conversion"]
    share = right["conversion"].max()
    return Wrong(right.assign(**(right[rates] * 100)), share=share, percent=share * 100)


# q3 ----------------------------------------------------------------------------------------------


def earned(case):
    """Return, by channel, the value per contact after cost, the conversion and the mean value."""
    rows = with_channel(case)
    made = channel_table(rows, cost="cost").set_index("channel")
    made["net"] = made["value_per_contact"] - rows.groupby("channel")["cost"].mean()
    return made


@exercise.question(
    "best",
    points=4,
    title="The best channel",
    compare=text(),
    hints=[
        "Ten more contacts from which channel would leave most money? Neither a high rate nor a "
        "large customer alone answers that.",
        "For each channel: (sum of `value` − sum of `cost`) / number of contacts. The contacts who "
        "did not convert cost money too.",
    ],
    again="lesson 09, step 5",
)
def q3(case):
    return earned(case)["net"].idxmax()


@q3.mistake(
    "{channel} has the highest conversion, {rate:.1%}, but its customers bring only {value:,.0f} "
    "each. After cost a contact leaves {net:,.2f}; another channel leaves {best:,.2f}.",
    credit=0.25,
)
def highest_conversion(case):
    made = earned(case)
    top = made["conversion"].idxmax()
    return Wrong(
        top, channel=top.capitalize(), rate=made.loc[top, "conversion"],
        value=made.loc[top, "mean_value"], net=made.loc[top, "net"], best=made["net"].max(),
    )  # fmt: skip


@q3.mistake(
    "{channel} finds the customers worth most, {value:,.0f} each, but only {rate:.1%} of its "
    "contacts become customers. After cost a contact leaves {net:,.2f}; another channel leaves "
    "{best:,.2f}.",
    credit=0.25,
)
def largest_customers(case):
    made = earned(case)
    top = made["mean_value"].idxmax()
    return Wrong(
        top, channel=top.capitalize(), rate=made.loc[top, "conversion"],
        value=made.loc[top, "mean_value"], net=made.loc[top, "net"], best=made["net"].max(),
    )  # fmt: skip


# q4 ----------------------------------------------------------------------------------------------


def two_boxes(answers, **how):
    made = top_box(answers, RATED, **how)[["question", "share"]]
    need = made["question"].str.removeprefix("importance_")
    return pd.DataFrame({"need": need, "share": made["share"]})


@exercise.question(
    "needs",
    points=4,
    title="The top-two-box share of each need",
    compare=table("need", ["share"], tolerance=0.001),
    hints=[
        "The two top boxes are 4 and 5. Who skipped a line said nothing about it, neither yes nor "
        "no.",
        '`top_box(answers, ["importance_results", "importance_time", ...])` gives the shares; the '
        "need is the name of the column without `importance_`.",
    ],
    again="lesson 09, step 2",
)
def q4(case):
    return two_boxes(case["answers"])


@q4.mistake(
    "A skipped line counts as “not important” in your shares: {skipped} people skipped the price, "
    "and your share for it falls from {right:.1%} to {given:.1%}. Divide by those who answered.",
    credit=0.5,
)
def skipped_is_no(case):
    filled = case["answers"].assign(**case["answers"][RATED].fillna(0))
    right, wrong = q4.answer(case), two_boxes(filled)
    return Wrong(
        wrong, skipped=int(case["answers"]["importance_price"].isna().sum()),
        right=right["share"][2], given=wrong["share"][2],
    )  # fmt: skip


@q4.mistake(
    "You counted the top box only. Those who said 4 of 5, {four} of them for better marks alone, "
    "find it important too.",
    credit=0.5,
)
def top_only(case):
    four = int((case["answers"]["importance_results"] == 4).sum())
    return Wrong(two_boxes(case["answers"], boxes=1), four=four)


@q4.mistake(
    "You counted three boxes. A 3 is the middle of the scale, where people go who do not mind; "
    "with it nearly everything is “important”, up to {most:.0%}.",
    credit=0.25,
)
def three_boxes(case):
    wrong = two_boxes(case["answers"], boxes=3)
    return Wrong(wrong, most=wrong["share"].max())


@q4.mistake(
    "Your shares are percentages. Give them as shares of 1: {share:.3f}, not {percent:.1f}.",
    credit=0.75,
)
def needs_in_percent(case):
    right = q4.answer(case)
    share = right["share"].max()
    return Wrong(right.assign(share=right["share"] * 100), share=share, percent=share * 100)


@q4.mistake(
    "These are mean ratings. A mean of {mean:.2f} can be everybody in the middle or two camps at "
    "the ends; the top-two-box share says how many care.",
    credit=0.25,
)
def mean_ratings(case):
    means = case["answers"][RATED].mean().to_numpy()
    return Wrong(q4.answer(case).assign(share=means), mean=means[0])


# q5 ----------------------------------------------------------------------------------------------


def weights_of(case):
    counts = case["register"].set_index("age_group")["registered"]
    return post_stratify(case["answers"], counts, "age_group")


@exercise.question(
    "weighted",
    points=4,
    title="The same shares, weighted",
    compare=table("need", ["share"], tolerance=0.001),
    hints=[
        "Which age group answered less than its share of the register? Its answers must count for "
        "more than one.",
        '`post_stratify(answers, register.set_index("age_group")["registered"], "age_group")` '
        "gives the weights; `top_box(..., weights=weights)` uses them.",
    ],
    again="lesson 09, step 1",
)
def q5(case):
    return two_boxes(case["answers"], weights=weights_of(case))


@q5.mistake(
    "These are the shares without weights. {group} is {have:.0%} of the answers and {want:.0%} of "
    "the register; as it stands, the survey speaks for those who like to answer.",
)
def not_weighted(case):
    register = case["register"].set_index("age_group")["registered"]
    have = case["answers"]["age_group"].value_counts(normalize=True)
    want = register / register.sum()
    group = (want - have).idxmax()
    return Wrong(
        q4.answer(case), group=group.capitalize(), have=float(have[group]),
        want=float(want[group]),
    )  # fmt: skip


@q5.mistake(
    "Your weights are upside down: {group}, who answer too seldom, count for {given:.2f} instead "
    "of {right:.2f}. A weight is the share wanted divided by the share you have.",
    credit=0.25,
)
def upside_down(case):
    weights = weights_of(case)
    group = case["answers"].loc[weights.idxmax(), "age_group"]
    return Wrong(
        two_boxes(case["answers"], weights=1 / weights), group=group, given=1 / weights.max(),
        right=weights.max(),
    )  # fmt: skip


@q5.mistake(
    "You gave each answer the share of its age group in the register as its weight. So a group "
    "with many answers counts twice, once by its weight and once by its number: divide by the "
    "group's share of the answers.",
    credit=0.5,
)
def share_as_weight(case):
    counts = case["register"].set_index("age_group")["registered"]
    weights = case["answers"]["age_group"].map(counts / counts.sum()).astype(float)
    return two_boxes(case["answers"], weights=weights)


@q5.mistake(
    "The weights are right, but a skipped line counts as “not important”. Leave who skipped out, "
    "with their weight.",
    credit=0.5,
)
def weighted_with_skipped(case):
    filled = case["answers"].assign(**case["answers"][RATED].fillna(0))
    return two_boxes(filled, weights=weights_of(case))


# q6 ----------------------------------------------------------------------------------------------

exercise.open_question(
    "q6",
    title="Conclusions, and what to ask next",
    compare=essay(
        Criterion(
            "Channel traits stated with figures",
            5,
            full="for each channel who it brings, how many, how good and how much, in figures",
            half="figures for one or two channels, or without a trait",
            none="adjectives only",
        ),
        Criterion(
            "Bias of each channel named",
            4,
            full="who is over and who under in each channel, beside what chance alone would do",
            half="named in general, or for one channel",
            none="none",
        ),
        Criterion(
            "Comments coded into functional/other, pain/expectation",
            4,
            full="a codebook of both cuts, counts, and one code that needed a person to read it",
            half="codes, but one cut only or without counts",
            none="quotations",
        ),
        Criterion(
            "Next research has question, method, sample",
            4,
            full="one question a decision hangs on, why this method, whom and how many",
            half="two of the three",
            none="“do more research”",
        ),
        Criterion(
            "Plain conclusion",
            3,
            full="what to do, for whom, what would prove it wrong, in words anybody understands",
            half="a conclusion, without a test",
            none="none",
        ),
    ),
    hints=[
        "One line a channel: whom it brings, at what rate, worth how much, and whom it never "
        "meets. Then the comments, then the question you cannot answer yet.",
        '`channel_bias(clean, people, ["age_group", "region"])` and `code_comments` do the '
        "counting; `sample_size` says how many to ask.",
    ],
    again="lesson 09, step 3",
)
