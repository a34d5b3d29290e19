"""Every lesson in JupyterLab: it runs, each picture has words, and nothing is cut off."""

import pytest

from tests.browser.lab import CUT, LAPTOP, ROOT, open_notebook

pytestmark = pytest.mark.browser
DEEPER = "05_rfm"  # in test_lab.py
LESSONS = [path.stem for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))]


@pytest.mark.parametrize("unit", [unit for unit in LESSONS if unit != DEEPER])
def test_a_lesson_in_the_browser(unit, lab, new_page):
    lesson = open_notebook(new_page(viewport=LAPTOP), lab, f"notebooks/{unit}.ipynb")
    lesson.run_all()
    assert lesson.problems == []
    assert lesson.not_run == []
    for id, (made, alts) in lesson.figures().items():
        assert len(alts) >= made, id
        assert all(len(alt.split()) >= 8 for alt in alts), f"{id}: {alts}"
    assert lesson.page.evaluate(CUT) == []
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
