"""A learner asks for help on an explorer, and sees what it draws."""

import pytest
from playwright.sync_api import expect

from browser.conftest import notebook

PICTURE = "img[alt*='10 tanh layers']"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_question_mark_and_shift_tab_show_a_picture(lab, theme, screenshots):
    tab = lab.open(
        notebook("from coursekit.explorers import Saturation", "Saturation?", "Saturation"),
        theme=theme,
        width=1300,
    )
    tab.run_all()
    told = tab.page.locator(".jp-OutputArea").filter(has_text="init scale on the digits")
    expect(told.locator(PICTURE)).to_be_visible()
    expect(told).to_contain_text("(C13)")
    tab.page.locator(".cm-content").last.click()
    tab.page.keyboard.press("End")
    tab.page.keyboard.press("Shift+Tab")
    tooltip = tab.page.locator(".jp-Tooltip")
    expect(tooltip.locator(PICTURE)).to_be_visible()
    width = tooltip.locator(PICTURE).evaluate("picture => picture.naturalWidth")
    assert width > 300  # drawn, and not a sign for what is missing
    tab.page.screenshot(path=screenshots / f"help-{theme}.png")
