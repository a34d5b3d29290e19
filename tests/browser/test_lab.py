"""A student's evening in JupyterLab: read the lesson, take the quiz, do the exercise."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whobuys.course import load_key

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("notebooks", "exercises", "solutions")
READY, RUN = 180, 240  # seconds
LAPTOP = {"width": 1280, "height": 800}
CLOSED = ["q1", "q2", "q3", "q4", "q5"]
IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"

# The toolbar says "idle" before the notebook has its kernel; running cells then opens a dialog.
KERNEL_READY = """path => {
  const panel = window.jupyterapp?.shell?.currentWidget;
  const kernel = panel?.sessionContext?.session?.kernel;
  return panel?.context?.path === path && panel.context.isReady && panel.sessionContext.isReady
    && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
# The promise is not returned: a page that waits for it cannot be asked anything else.
RUN_ALL = """() => {
  window.ranAll = false;
  window.jupyterapp.commands.execute('notebook:run-all-cells')
    .finally(() => { window.ranAll = true; });
}"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => ({
  id: cell.model.id,
  count: cell.model.executionCount ?? null,
  kind: cell.model.type,
  outputs: cell.model.type === 'code' ? cell.model.outputs.toJSON() : [],
}))"""
# What sticks out of its box, unless the box scrolls and it is a table.
CUT = """() => {
  const within = document.querySelectorAll(
    '.jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-MarkdownOutput');
  return [...within].filter(box => {
    const edge = box.getBoundingClientRect().right + 1;
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(box).overflowX);
    return [...box.querySelectorAll('*')].some(part =>
      part.getBoundingClientRect().right > edge && !(scrolls && part.closest('table')));
  }).map(box => box.innerText.slice(0, 80) || box.innerHTML.slice(0, 80));
}"""


class Notebook:
    """An open notebook, used as a student uses it."""

    def __init__(self, page: Any, path: str) -> None:
        self.page, self.path = page, path

    def run_all(self) -> None:
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function("window.ranAll", timeout=RUN * 1000)
        self.wait_until_idle()

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(KERNEL_READY, arg=self.path, timeout=RUN * 1000)

    @property
    def cells(self) -> dict[str, dict[str, Any]]:
        return {cell["id"]: cell for cell in self.page.evaluate(CELLS)}

    def cell(self, id: str) -> Any:
        """Return the cell's place on the page."""
        return self.page.locator(f"{IN_FRONT} .jp-Cell").nth(list(self.cells).index(id))

    def shown(self, id: str) -> str:
        """Return the words shown under a cell."""
        return " ".join(self.cell(id).locator(".jp-OutputArea-output").all_text_contents())

    def type(self, id: str, *keys: str) -> None:
        """Click into a cell and type; names of keys are pressed."""
        self.cell(id).locator(".cm-content").click()
        for key in keys:
            if key in ("Delete", "Shift+Enter") or key.startswith("Control+"):
                self.page.keyboard.press(key)
            else:
                self.page.keyboard.type(key)

    def wait_for(self, id: str, words: str) -> None:
        """Wait until the words are shown under a cell."""
        place = self.cell(id).locator(".jp-OutputArea-output", has_text=words)
        place.wait_for(timeout=RUN * 1000)

    @property
    def problems(self) -> list[str]:
        """Errors and warnings, by cell."""
        return [
            f"{id}: {output.get('ename') or output.get('text')}"
            for id, cell in self.cells.items()
            for output in cell["outputs"]
            if output["output_type"] == "error" or output.get("name") == "stderr"
        ]

    @property
    def not_run(self) -> list[str]:
        return [
            id for id, cell in self.cells.items() if cell["kind"] == "code" and not cell["count"]
        ]


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory) -> Iterator[str]:
    """JupyterLab over a copy of the notebooks, with settings of its own."""
    own = tmp_path_factory.mktemp("lab")
    for folder in FOLDERS:
        skip = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(ROOT / folder, own / "course" / folder, ignore=skip)
    settings = own / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    no_news = '{"fetchNews": "false"}'
    (settings / "notification.jupyterlab-settings").write_text(no_news)
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(own / place) for name, place in places.items()}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token="),
        *("--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={own / 'course'}"),
    ]
    log = own / "lab.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            command,
            env=environment | {"OMP_NUM_THREADS": "1"},
            cwd=own,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(server, own / "runtime", log)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Wait until Lab answers; it chose a free port and wrote it down."""
    note = runtime / f"jpserver-{server.pid}.json"
    until = time.monotonic() + READY
    while time.monotonic() < until and server.poll() is None:
        try:
            url = f"http://127.0.0.1:{json.loads(note.read_text())['port']}"
            with urllib.request.urlopen(f"{url}/api/status", timeout=10):  # noqa: S310
                return url
        except (OSError, ValueError, urllib.error.URLError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-3000:]}", pytrace=False)


def open_notebook(page: Any, lab: str, path: str) -> Notebook:
    """Open a notebook and wait for its kernel."""
    page.set_default_timeout(READY * 1000)
    workspace = path.replace("/", "-").removesuffix(".ipynb")
    page.goto(f"{lab}/lab/workspaces/{workspace}/tree/{path}", timeout=READY * 1000)
    page.wait_for_function(KERNEL_READY, arg=path, timeout=READY * 1000)
    return Notebook(page, path)


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
    figures = {
        id: sum("image/png" in output.get("data", {}) for output in cell["outputs"])
        for id, cell in lesson.cells.items()
    }
    assert sum(figures.values()) >= 4
    for id, count in figures.items():
        outputs = lesson.cell(id).locator(".jp-OutputArea-output")
        drawn = outputs.locator("canvas, svg").count()
        alts = outputs.locator("img").evaluate_all(
            "all => all.map(img => img.naturalWidth ? img.alt : 'not loaded')"
        )
        assert (len(alts), drawn) == (count, 0), id
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
