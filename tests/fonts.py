"""The font for Chinese, found as the product finds it: to import its package changes all charts."""

from importlib.util import find_spec

import pytest


def needs_chinese_font() -> None:
    """Skip the test, or the module, where the font is not installed."""
    if find_spec("zhplot") is None:
        pytest.skip("zhplot is not installed", allow_module_level=True)
