"""One Chromium for each module, and a screenshot of every open page when a test fails."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
