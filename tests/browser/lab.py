"""JupyterLab in a browser: a server of its own, and notebooks used as a student uses them."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("notebooks", "exercises", "solutions")
READY, RUN = 180, 240  # seconds
LAPTOP = {"width": 1280, "height": 800}
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

    def figures(self) -> dict[str, tuple[int, list[str]]]:
        """Return how many figures each cell made, and the alt texts of the pictures shown."""
        found = {}
        for id, cell in self.cells.items():
            made = sum("image/png" in output.get("data", {}) for output in cell["outputs"])
            pictures = self.cell(id).locator(".jp-OutputArea-output img")
            alts = pictures.evaluate_all(
                "all => all.map(img => img.naturalWidth ? img.alt : 'not loaded')"
            )
            if made or alts:
                found[id] = (made, alts)
        return found

    @property
    def not_run(self) -> list[str]:
        return [
            id for id, cell in self.cells.items() if cell["kind"] == "code" and not cell["count"]
        ]


def address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
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
