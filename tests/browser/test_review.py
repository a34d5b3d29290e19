"""The review page: fifty answers by keyboard alone, two at once, and who is kept out."""

import http.client
import itertools
import json
import random
import re
import sqlite3
from importlib.resources import files

import pytest

from whobuys import review
from whobuys.course import load_key, unit_folder
from whobuys.course._judge import verdict
from whobuys.grade import Gradebook
from whobuys.review._desk import Sitting
from whobuys.review._server import ReviewServer

pytestmark = pytest.mark.browser

UNIT, OPEN, LINES = "05_rfm", "q6", [5, 4, 4, 4, 3]
PLAN = """**Whom.** Everybody silent for longer than two cycles of *{cycle} days*, but not longer
than a year: {n} customers, worth {value:,} a year.

1. Call the {k} of them who bought before each festival.
2. Offer the {tea} they liked, not a discount.
3. Stop after four weeks unless 10 points more come back than of those left alone.

| cost | return |
|--:|--:|
| {cost:,} | {value:,} |
"""
# Whether the middle of what has the focus is not covered by something else.
IN_SIGHT = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return document.activeElement.contains(top);
}"""
WINDOW = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def exercise():
    return load_key(unit_folder(UNIT) / "key.py")


@pytest.fixture
def fill(tmp_path, exercise):
    """Return a function that makes a gradebook with answers of students s00, s01, …"""
    made = []

    def put(texts, work=()):
        book = Gradebook(tmp_path / "gradebook.sqlite")
        made.append(book)
        ids = [f"s{n:02}" for n in range(len(texts))]
        book.enrol([(id, f"Student {id}") for id in ids])
        book.set_questions(exercise)
        book.keep_answers(UNIT, {id: {OPEN: text} for id, text in zip(ids, texts, strict=True)})
        for id, shown in itertools.zip_longest(ids, work):
            given = [
                verdict(q, "for_review" if q.open else "passed", 0.0 if q.open else 1.0)
                for q in exercise.questions.values()
            ]
            about = {"file": "x.ipynb", "digest": "d", "fingerprint": "f", "report": "r.html"}
            book.store(UNIT, id, given, **about, work={OPEN: shown} if shown else {})
        return book

    yield put
    for book in made:
        book.close()


def plans(count):
    draw = random.Random(2)  # noqa: S311
    return [
        PLAN.format(
            cycle=draw.randint(20, 60),
            n=draw.randint(40, 300),
            value=draw.randint(5_000, 90_000),
            k=draw.randint(10, 40),
            tea=draw.choice(["oolong", "jasmine tea", "pu'er", "龙井"]),
            cost=draw.randint(300, 3_000),
        )
        for _ in range(count)
    ]


@pytest.fixture
def start(tmp_path):
    """Return a function that starts the page's server for a marker."""
    running = []

    def run(marker, **more):
        server = ReviewServer(Sitting(tmp_path / "gradebook.sqlite", UNIT, marker, **more))
        running.append(server.__enter__())
        return server

    yield run
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def enter(new_page):
    """Return a function that opens the page; problems and foreign requests are collected."""

    def come_in(server, **window):
        page = new_page(viewport=WINDOW, **window)
        page.problems, page.asked = [], []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.set_default_timeout(30_000)
        page.goto(server.address())
        page.wait_for_selector(".spin, #message:not(:text('Loading'))")
        return page

    return come_in


def saved(page):
    page.locator("#status", has_text=re.compile("^Saved$")).wait_for(timeout=60_000)


def focus(page):
    return page.evaluate(
        "[document.activeElement.closest('.card')?.dataset.key,"
        " document.activeElement.closest('.line')?.dataset.number]"
    )


def broken_rules(page):
    if not page.evaluate("'axe' in window"):
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    assert len(found["passes"]) > 15
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]


def test_fifty_answers_marked_by_keyboard_alone(fill, start, enter):
    book = fill(plans(50))
    server = start("Eva")
    page = enter(server)
    order = review.queue(book, UNIT, "Eva")["student"].tolist()
    assert "Student" not in page.content()
    assert not re.search(r"\bs\d\d\b", page.inner_text("body"))
    draw = random.Random(3)  # noqa: S311
    wanted = {}
    for number, student in enumerate(order):
        points = [draw.randint(0, most) for most in LINES]
        for value in points:
            page.keyboard.press(str(value))
        if number % 10 == 0:  # half a point more in the last line, and a comment
            page.keyboard.press("ArrowLeft" if points[-1] == 3 else "ArrowRight")
            points[-1] += -0.5 if points[-1] == 3 else 0.5
            page.keyboard.press("c")
            page.keyboard.type(f"Seen {number}, jk?")
            page.keyboard.press("Escape")
        wanted[student] = sum(points)
        page.keyboard.press("j")
    saved(page)
    assert page.inner_text("#count") == "50 of 50 marked"
    sheet = book.sheet(UNIT).set_index("student")
    assert sheet[OPEN].to_dict() == wanted
    assert (sheet["to_mark"] == 0).all()
    log = review.history(book, UNIT).query("who == 'Eva'")
    last = log.groupby(["student", "what"])["after"].last()
    assert last.groupby("student").sum().to_dict() == wanted
    assert len(log) == 250 + 5
    comments = [line.comments for line in book.people(UNIT).marks[order[10], OPEN].criteria]
    assert comments[-1] == ("Seen 10, jk?",)
    assert page.problems == []
    assert {url.split("/")[2] for url in page.asked} == {f"127.0.0.1:{server.port}"}
    # Loaded again, everything stands as it was.
    page.reload()
    page.wait_for_selector(".spin")
    assert page.inner_text("#count") == "50 of 50 marked"


def test_every_key_has_a_button_and_undo_goes_back(fill, start, enter):
    book = fill(plans(3))
    page = enter(start("Eva"))
    first = review.queue(book, UNIT, "Eva")["student"].tolist()[0]
    line = page.locator(".line").nth(0)
    line.get_by_role("button", name="3 of 5.0").or_(
        line.get_by_role("button", name="3 of 5", exact=True)
    ).click()
    line.get_by_role("button", name="Half a point more").click()
    saved(page)
    assert line.locator(".spin").inner_text() == "3½ of 5"
    page.get_by_role("button", name="Undo").click()
    page.keyboard.press("u")
    saved(page)
    assert line.locator(".spin").inner_text() == "– of 5"
    line.locator(".spin").click()
    line.get_by_role("button", name="Comment on").click()
    page.keyboard.type("Name the cycle.")
    page.locator("h1").click()
    page.get_by_role("button", name="Keep this comment").click()
    page.locator("#bank .insert").wait_for()
    page.get_by_role("button", name="Next →").click()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    saved(page)
    assert page.locator(".line textarea").nth(0).input_value() == "Name the cycle."
    assert page.locator("#bank .uses").inner_text() == "used 2 times"
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Side by side").click()
    assert page.locator(".card").count() == 3
    page.keyboard.press("Home")
    assert focus(page)[1] == "1"
    page.get_by_role("button", name="Keys ?").click()
    page.get_by_label("Keys of one letter are on").uncheck()
    page.get_by_role("button", name="Close").click()
    before = page.locator(".card.at").get_attribute("data-key")
    page.locator(".card.at .spin").first.focus()
    page.keyboard.press("j")
    assert page.locator(".card.at").get_attribute("data-key") == before
    page.locator("#bank summary").click()
    page.get_by_role("button", name=re.compile("^Remove from the bank")).click()
    saved(page)
    assert review.comment_bank(book, UNIT).empty
    assert review.answers(book, UNIT, OPEN).set_index("student").loc[first, "state"] == "waiting"
    assert page.problems == []


def test_side_by_side_by_keyboard(fill, start, enter):
    book = fill(plans(6))
    page = enter(start("Eva"))
    page.keyboard.press("v")
    assert page.locator(".card").count() == 6
    for _ in range(6):
        for value in (5, 4, 4, 4, 3):
            page.keyboard.press(str(value))
        page.keyboard.press("n")
    saved(page)
    assert book.sheet(UNIT)[OPEN].tolist() == [20] * 6


def test_work_cells_are_beside_the_answer_and_folded_if_long(fill, start, enter):
    """Short ones stand open one by one, and all are folded side by side."""
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    pixel += "WjR9awAAAABJRU5ErkJggg=="
    short = f"<pre>n = 41</pre><img src='data:image/png;base64,{pixel}' alt='A chart.'>"
    evil = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    fill(plans(3), [short, evil + "<pre>" + 1_500 * "row\n" + "</pre>"])
    page = enter(start("Eva"))
    seen = {}
    for _ in range(3):
        work = page.locator(".work")
        if work.count() == 0:
            seen["none"] = ""
        elif work.get_attribute("open") is not None:
            page.wait_for_selector(".evidence pre")
            seen["short"] = page.inner_text(".evidence")
            assert page.evaluate("document.querySelector('.evidence img').naturalWidth") == 1
            assert broken_rules(page) == []
        else:
            page.keyboard.press("w")
            page.wait_for_selector(".evidence pre")
            seen["long"] = page.inner_text(".evidence")
            assert page.evaluate("document.querySelector('.evidence').offsetHeight") < 700
            page.keyboard.press("w")
            assert page.locator(".work[open]").count() == 0
        page.keyboard.press("j")
    assert set(seen) == {"none", "short", "long"}
    assert "n = 41" in seen["short"]
    assert seen["long"].count("row") == 1_500
    page.keyboard.press("v")
    assert page.locator(".work").count() == 2
    assert page.locator(".work[open]").count() == 0
    page.locator(".work summary").first.click()
    page.wait_for_selector(".evidence pre")
    assert page.evaluate("window.pwned") is None
    assert page.problems == []


def test_hostile_answers_do_nothing(fill, start, enter):
    page_height = WINDOW["height"]
    evil = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    texts = [
        evil + "<style>body { display: none }</style>" + "<form action='/api/points'><button>x",
        "<div id=status class=card data-key=x></div><a href='https://evil.example/'>go</a>",
        "![p](https://evil.example/p.png)\n\n[x](javascript:window.pwned=1)",
        "\u202eelif live\u202c مرحبا بالعالم " * 50,
        "x" * 400_000,
        "word " * 40_000 + "\n" * 2_000,
        "<b>" * 60_000,
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢" * 300,
    ]
    fill(texts)
    server = start("Eva")
    page = enter(server)
    page.keyboard.press("v")
    for _ in texts:
        page.keyboard.press("5")
        page.keyboard.press("j")
    saved(page)
    page.wait_for_timeout(500)
    assert page.evaluate("window.pwned") is None
    assert page.locator(".card").count() == len(texts)
    assert page.locator(".answer a, .answer form, .answer script, .answer button").count() == 0
    assert {url.split("/")[2] for url in page.asked if url.startswith("http")} == {
        f"127.0.0.1:{server.port}"
    }
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 1
    tall = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.answer')].map(a => a.offsetHeight))"
    )
    assert tall < page_height


def test_two_markers_at_once_settle_by_rule_or_wait(fill, start, enter):
    book = fill(plans(4))
    one, other = enter(start("Eva")), enter(start("Li", mode="second"))
    orders = {
        who: review.queue(book, UNIT, who, mode="second")["student"].tolist()
        for who in ("Eva", "Li")
    }
    assert "second marking" in other.inner_text("#who")
    for number in range(4):
        for page, who in ((one, "Eva"), (other, "Li")):
            far = orders[who][number] == "s02" and who == "Li"
            near = orders[who][number] == "s01" and who == "Li"
            for value in (1 if far else 4 if near else 5, 4, 4, 4, 3):
                page.keyboard.press(str(value))
            page.keyboard.press("j")
    saved(one)
    saved(other)
    marks = {s: m for (s, _), m in book.people(UNIT).marks.items()}
    assert {s: m.points for s, m in marks.items()} == {
        "s00": 20,
        "s01": 19.5,
        "s02": None,
        "s03": 20,
    }
    assert "Eva" not in other.content()
    chair = enter(start("Chair", mode="settle"))
    assert chair.inner_text("#count") == "0 of 1 marked"
    assert chair.locator(".others").inner_text().split("\n")[-1].split() == [
        "In",
        "all",
        "20",
        "16",
    ]
    for value in (3, 4, 4, 4, 3):
        chair.keyboard.press(str(value))
    saved(chair)
    assert book.people(UNIT).marks["s02", OPEN].points == 18
    assert one.problems == other.problems == chair.problems == []


def test_two_windows_of_one_marker_see_each_other(fill, start, enter):
    book = fill(plans(1))
    server = start("Eva")
    one, other = enter(server), enter(server)
    one.keyboard.press("4")
    saved(one)
    other.keyboard.press("2")
    other.locator("#status", has_text="changed in another window").wait_for()
    other.locator(".spin", has_text="4 of 5").first.wait_for()
    other.locator(".spin").first.focus()
    other.keyboard.press("2")
    saved(other)
    log = review.history(book).query("who == 'Eva'")
    assert log[["before", "after"]].fillna(-1).to_numpy().tolist() == [[-1, 4], [4, 2]]


def test_a_locked_gradebook_loses_nothing(fill, start, enter, tmp_path, monkeypatch):
    monkeypatch.setattr("whobuys.review._desk.PATIENCE", 0.2)
    book = fill(plans(1))
    page = enter(start("Eva"))
    other = sqlite3.connect(tmp_path / "gradebook.sqlite")
    other.execute("BEGIN IMMEDIATE")
    for value in (5, 4, 4, 4, 3):
        page.keyboard.press(str(value))
    page.locator("#status", has_text="is locked by another program").wait_for()
    assert page.locator("#status.bad").count() == 1
    assert page.inner_text(".total") == "20 of 20"
    other.rollback()
    other.close()
    saved(page)
    assert book.people(UNIT).marks["s00", OPEN].points == 20


def test_an_older_version_late_and_asked_again_are_shown(fill, start, enter):
    book = fill(plans(2))
    for line, most in enumerate(LINES, start=1):
        review.give_points(book, UNIT, "s00", OPEN, line, most, "Eva")
        review.give_points(book, UNIT, "s01", OPEN, line, most - 1, "Eva")
    book.keep_answers(UNIT, {"s00": {OPEN: "A new text."}})
    review.ask_again(book, UNIT, "s01", OPEN, "<b>I did</b> name it.")
    page = enter(start("Eva", blind=False))
    assert "Student s00 (s00)" in page.inner_text(".card")
    page.get_by_text("Points in a dashed frame are of an older version").wait_for()
    page.keyboard.press("a")
    saved(page)
    assert page.inner_text("#count") == "2 of 2 marked"
    page.keyboard.press(
        "k" if page.locator("#chips button").nth(1).get_attribute("aria-current") else "j"
    )
    page.get_by_text("<b>I did</b> name it.").wait_for()
    page.get_by_label("New points").fill("18")
    page.get_by_label("Why").fill("The cycle is named.")
    page.get_by_role("button", name="Change the mark").click()
    page.get_by_text("decided: 18").wait_for()
    assert review.requests(book, UNIT)["state"].tolist() == ["changed"]
    assert book.sheet(UNIT)[OPEN].tolist() == [20, 18]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_held_to_wcag(fill, start, enter, scheme):
    book = fill(plans(5))
    review.keep_comment(book, UNIT, OPEN, "Name the cycle you found, in days.", 1)
    review.ask_again(book, UNIT, "s02", OPEN, "I did name it.")
    page = enter(start("Eva"), color_scheme=scheme)
    page.keyboard.press("5")
    page.keyboard.press("c")
    page.keyboard.type("Good.")
    page.keyboard.press("Escape")
    assert broken_rules(page) == []
    page.keyboard.press("v")
    assert broken_rules(page) == []
    page.keyboard.press("?")
    assert broken_rules(page) == []
    page.keyboard.press("Escape")
    sizes = page.evaluate(
        "[...document.querySelectorAll('button, select, input, textarea')]"
        ".filter(n => n.offsetParent).map(n => n.getBoundingClientRect())"
        ".map(r => Math.min(r.width, r.height))"
    )
    assert min(sizes) >= 13  # the checkbox; everything else 24
    # The focus is always seen, never under the bars at the edges, and Tab finds a way out.
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("j")
        assert page.evaluate(IN_SIGHT), focus(page)
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "document.activeElement === document.body ? 'out' : "
            "getComputedStyle(document.activeElement).outlineStyle"
        )
        seen.add(outline)
        if outline == "out":
            break
    assert seen <= {"solid", "out", "auto"}
    page.set_viewport_size({"width": 360, "height": 760})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.keyboard.press("v")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def ask(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = None if body is None else json.dumps(body)
    connection.request(method, path, sent, names)
    reply = connection.getresponse()
    told = reply.read().decode()
    connection.close()
    return reply.status, told, reply


def test_who_is_kept_out(fill, start, enter, new_page):
    fill(plans(1))
    server = start("Eva")
    origin = f"http://127.0.0.1:{server.port}"
    token = server.address().partition("#")[2]
    assert ask(server, "GET", "/")[0] == 200
    for path in ("/api/unit", f"/api/question?question={OPEN}"):
        assert ask(server, "GET", path)[0] == 403
        assert ask(server, "GET", path, Authorization="Review wrong")[0] == 403
        assert ask(server, "GET", path, Authorization=f"Review {token}")[0] == 403
    for given in ("wrong", "", None, 1, token[:-1], token + "x", "é"):
        assert ask(server, "POST", "/api/enter", {"token": given}, Origin=origin)[0] == 403
    good = {"token": token}
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{server.port + 1}"},
        {"Origin": origin, "Host": "evil.example"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Origin": origin, "Sec_Fetch_Site": "cross-site"},
    ):
        assert ask(server, "POST", "/api/enter", good, **headers)[0] == 403, headers
    status, told, reply = ask(server, "POST", "/api/enter", good, Origin=origin)
    assert status == 200
    assert ask(server, "POST", "/api/enter", good, Origin=origin)[0] == 403  # it works once
    own = {"Authorization": f"Review {json.loads(told)['key']}", "Origin": origin}
    status, told, reply = ask(server, "GET", "/api/unit", **own)
    assert status == 200
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert reply.headers["Cache-Control"] == "no-store"
    key = json.loads(ask(server, "GET", f"/api/question?question={OPEN}", **own)[1])["items"][0][
        "key"
    ]
    for name, body, expected in (
        ("points", {"question": OPEN, "key": "s00", "criterion": 1, "points": 1}, 400),
        ("points", {"question": OPEN, "key": key, "criterion": 1, "points": True}, 400),
        ("points", {"question": OPEN, "key": key, "criterion": 1, "points": 99}, 400),
        ("points", {"question": "q1", "key": key, "criterion": 1, "points": 1}, 400),
        ("points", {"question": OPEN, "key": key, "criterion": "1", "points": 1}, 400),
        ("points", [], 400),
        ("unit", {}, 404),
        ("book", {}, 404),
        ("nothing", {}, 404),
        ("points", {"question": OPEN, "key": key, "criterion": 1, "points": 1}, 200),
    ):
        assert ask(server, "POST", f"/api/{name}", body, **own)[0] == expected, (name, body)
    assert ask(server, "GET", "/../gradebook.sqlite", **own)[0] == 404
    assert ask(server, "GET", "/api/points", **own)[0] == 404
    page = new_page()
    page.goto(f"{origin}/#wrong")
    page.get_by_text("This address was used already").wait_for()
    page = enter(server)
    assert page.evaluate("location.hash") == ""
