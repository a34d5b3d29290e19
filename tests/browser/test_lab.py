"""A student's evening in JupyterLab: read the lesson, take the quiz, do the exercise."""

from collections.abc import Iterator

import pytest

from tests.browser.lab import CUT, KERNEL_READY, LAPTOP, READY, ROOT, Notebook, open_notebook
from whobuys.course import load_key

pytestmark = pytest.mark.browser

CLOSED = ["q1", "q2", "q3", "q4", "q5"]


@pytest.fixture(scope="module")
def lesson(lab, browser) -> Iterator[Notebook]:
    """The lesson, run from top to bottom."""
    page = browser.new_context(viewport=LAPTOP).new_page()
    notebook = open_notebook(page, lab, "notebooks/05_rfm.ipynb")
    notebook.run_all()
    yield notebook
    page.context.close()


def test_the_lesson_runs_without_errors_or_warnings(lesson):
    assert lesson.problems == []
    assert lesson.not_run == []


def test_every_figure_of_the_lesson_has_alt_text(lesson):
    figures = lesson.figures()
    assert sum(count for count, _ in figures.values()) >= 4
    for id, (count, alts) in figures.items():
        assert len(alts) == count, id
        assert all(len(alt.split()) >= 8 for alt in alts), f"{id}: {alts}"


def test_the_quiz_is_answered_by_keyboard(lesson):
    quiz = lesson.cell("quiz")
    quiz.get_by_role("heading", name="Quiz").click()
    options = quiz.locator("details")
    reached: list[int] = []
    for _ in range(options.count() + 10):
        lesson.page.keyboard.press("Tab")
        focused = options.evaluate_all(
            "all => all.findIndex(option => option.contains(document.activeElement))"
        )
        if focused < 0 or focused in reached:
            continue
        feedback = options.nth(focused).locator("p")
        assert not feedback.is_visible()
        lesson.page.keyboard.press("Enter" if focused % 2 else "Space")
        feedback.wait_for(state="visible")
        assert feedback.inner_text().startswith(("Right.", "Not right."))
        reached.append(focused)
    assert reached == list(range(options.count()))
    assert len(reached) >= 6
    answers = options.locator("p").all_text_contents()
    questions = quiz.locator("h3", has_text="Question ")
    assert sum(answer.startswith("Right.") for answer in answers) == questions.count() > 0


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_of_the_lesson_is_cut_off(lesson, width):
    lesson.page.set_viewport_size({"width": width, "height": 800})
    lesson.page.wait_for_timeout(1000)
    assert lesson.page.evaluate(CUT) == []
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_solution_is_all_right(lab, new_page):
    solution = open_notebook(new_page(viewport=LAPTOP), lab, "solutions/05_rfm.ipynb")
    solution.run_all()
    assert solution.problems == []
    for question in CLOSED:
        assert "✓ Right" in solution.shown(f"{question}-check")
    assert "5 of 5" in solution.shown("progress")


def test_the_exercise_runs_untouched_and_then_tells_a_known_mistake(lab, new_page):
    exercise = open_notebook(new_page(viewport=LAPTOP), lab, "exercises/05_rfm.ipynb")
    exercise.run_all()
    assert exercise.problems == []
    assert exercise.not_run == []
    for question in CLOSED:
        assert "Not started" in exercise.shown(f"{question}-check")
    assert "0 of 5" in exercise.shown("progress")

    pooled = 'cycle = purchase_gaps(transactions)["gap_days"].median()'
    exercise.type("q4", "Control+a", pooled, "Shift+Enter", "Shift+Enter")
    exercise.wait_for("q4-check", "Partly right")
    key = load_key(ROOT / "course" / "05_rfm" / "key.py")
    known = {mistake.id: mistake.words for mistake in key.questions["q4"].mistakes}
    first_sentence = known["all_gaps_at_once"].split(".")[0]
    assert first_sentence in exercise.shown("q4-check")

    exercise.type("q4-help", "Control+Home", "Delete", "Delete", "Shift+Enter")
    exercise.wait_for("q4-help", "Hint")
    assert exercise.problems == []


def test_the_lesson_leads_to_the_exercise(lesson):
    lesson.page.get_by_role("link", name="exercise 05").click()
    lesson.page.wait_for_function(KERNEL_READY, arg="exercises/05_rfm.ipynb", timeout=READY * 1000)
    lesson.page.evaluate(
        "path => { window.jupyterapp.commands.execute('docmanager:open', { path }); }",
        lesson.path,
    )
    lesson.wait_until_idle()
