"""One Chromium for each module, and a screenshot of every open page when a test fails."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPEN = pytest.StashKey[tuple[Any, Path]]()


@pytest.fixture(scope="module")
def browser(pytestconfig, tmp_path_factory) -> Iterator[Any]:
    """Chromium. Closed after each module: an open one leaves an event loop that disturbs others."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _no_browser("Playwright is not installed: pip install playwright")
    with sync_playwright() as playwright:
        program = _chromium(playwright.chromium.executable_path)
        args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=program, args=args)
        pytestconfig.stash[OPEN] = (chromium, tmp_path_factory.mktemp("screenshots"))
        yield chromium
        del pytestconfig.stash[OPEN]
        chromium.close()


def _chromium(bundled: str) -> str:
    for program in (*map(shutil.which, CHROMIUM), bundled):
        if program and Path(program).exists():
            return program
    return _no_browser("there is no Chromium here: install `chromium`, or run playwright install")


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

    chromium, folder = item.config.stash[OPEN]
    pages = [page for context in chromium.contexts for page in context.pages]
    for number, page in enumerate(pages):
        name = "".join(c if c.isalnum() else "-" for c in item.name)
        path = folder / f"{name}-{number}.png"
        with contextlib.suppress(Error):
            page.screenshot(path=path, timeout=20_000)
            yield f"{page.url}: {path}"
