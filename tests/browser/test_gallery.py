"""The gallery page, opened from a file."""

import pytest

from browser.axe import complaints
from coursekit.gallery import gallery


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.goto(gallery(tmp_path_factory.mktemp("gallery") / "gallery.html").as_uri())
    yield page
    page.close()


def test_axe_finds_nothing_in_the_gallery(page):
    assert complaints(page) == []


def test_the_gallery_fits_a_narrow_window_with_every_picture_shown(page, screenshots):
    page.set_viewport_size({"width": 400, "height": 1400})
    page.screenshot(path=screenshots / "gallery-narrow.png")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 400
    assert page.evaluate("() => [...document.images].every((each) => each.naturalWidth > 100)")
