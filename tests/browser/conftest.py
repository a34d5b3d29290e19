"""One Chromium for each module, and a screenshot of every open page when a test fails."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import FOLDERS, ROOT, address

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPEN = pytest.StashKey[tuple[Any, Path]]()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's program; without one, skip before anything slow is set up."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("Playwright is not installed: pip install playwright")
    for program in map(shutil.which, CHROMIUM):
        if program:
            return program
    with sync_playwright() as playwright:
        program = playwright.chromium.executable_path
    if Path(program).exists():
        return program
    return _no_browser("there is no Chromium here: install `chromium`, or run playwright install")


@pytest.fixture(scope="module")
def browser(chromium, pytestconfig, tmp_path_factory) -> Iterator[Any]:
    """Chromium. Closed after each module: an open one leaves an event loop that disturbs others."""
    from playwright.sync_api import sync_playwright

    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=args)
        pytestconfig.stash[OPEN] = (opened, tmp_path_factory.mktemp("screenshots"))
        yield opened
        del pytestconfig.stash[OPEN]
        opened.close()


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory) -> Path:
    """Copy the notebooks to a folder for JupyterLab."""
    course = tmp_path_factory.mktemp("lab") / "course"
    for folder in FOLDERS:
        skip = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(ROOT / folder, course / folder, ignore=skip)
    return course


@pytest.fixture(scope="session")
def lab(chromium, lab_folder) -> Iterator[str]:
    """JupyterLab over a copy of the notebooks, with settings of its own."""
    own = lab_folder.parent
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
        *("--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={lab_folder}"),
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
        yield address(server, own / "runtime", log)
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


@pytest.fixture
def new_page(browser) -> Iterator[Callable[..., Any]]:
    """Open empty pages in windows of their own; they are closed after the test."""
    contexts = []

    def make(**window: Any) -> Any:
        contexts.append(browser.new_context(**window))
        return contexts[-1].new_page()

    yield make
    for context in contexts:
        context.close()


def _no_browser(reason: str) -> Any:
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Photograph what the browser shows when a test, or the page it needs, fails."""
    report = yield
    if report.failed and OPEN in item.config.stash:
        report.sections.append(("screenshots", "\n".join(_photograph(item))))
    return report


def _photograph(item: pytest.Item) -> Iterator[str]:
    from playwright.sync_api import Error

    browser, folder = item.config.stash[OPEN]
    pages = [page for context in browser.contexts for page in context.pages]
    for number, page in enumerate(pages):
        name = "".join(c if c.isalnum() else "-" for c in item.name)
        path = folder / f"{name}-{number}.png"
        with contextlib.suppress(Error):
            page.screenshot(path=path, timeout=20_000)
            yield f"{page.url}: {path}"
