import re
from html.parser import HTMLParser

import pytest
from loops import as_in_a_notebook

from coursekit import cli, explorers
from coursekit.gallery import entry, gallery

WITHOUT_CLAIMS = {"Nudge"}  # gradient checking is a skill, not a claim


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("gallery") / "gallery.html"
    assert cli.main(["gallery", str(path)]) == 0
    return path.read_text("utf-8")


def test_every_explorer_is_in_it_once(page):
    names = re.findall(r"<p><code>(\w+)</code>", page)
    assert names == [*explorers.EXPLORERS]


def test_each_entry_names_its_claims_and_says_what_it_shows(page):
    for name, part in zip(explorers.EXPLORERS, page.split("<h2>")[1:], strict=True):
        documented = getattr(explorers, name).__doc__
        assert "–C" not in documented, f"{name}: name each claim, not the first and the last"
        named = re.findall(r"C\d\d", documented)
        said = re.search(r"</code>(.*?)</p>", part)[1]
        assert said == "".join(f" · {claim}" for claim in dict.fromkeys(named)), name
        assert named or name in WITHOUT_CLAIMS
        what = re.search(r"</p><p>(.{30,}?)</p><figure", part)[1]
        assert what.endswith(".") and not re.search(r"C\d\d|`", what), what
        assert re.search(r'<img alt="[^"]{40,}"', part), part[:80]
        assert re.search(r"<figcaption[^>]*>[^<]{40,}", part), part[:80]


def test_it_stands_alone(page):
    assert page.count("<main>") == page.count("</main>") == 1  # what a screen reader jumps to
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    parser = HTMLParser()
    parser.feed(page)
    parser.close()


def test_it_says_in_one_line_where_it_cannot_write(tmp_path, capsys):
    assert cli.main(["gallery", str(tmp_path / "nowhere" / "gallery.html")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_title_is_text_not_markup():
    class Mine(explorers.MaxoutEditor):
        """Shows nothing new (C31)."""

        title = "a < b"

    assert "<h2>a &lt; b</h2><p><code>Mine</code> · C31</p>" in entry(Mine())


def test_a_cell_of_a_notebook_can_write_it_too(tmp_path):
    async def cell():
        return gallery(tmp_path / "page.html")

    assert as_in_a_notebook(cell).exists()
