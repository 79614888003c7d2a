import re
from xml.etree import ElementTree

import numpy as np
import pytest

from coursekit import ELU, LeakyReLU
from coursekit.explorers import Leaks
from coursekit.pictures.plots import plot_leaks, plot_learned
from coursekit.probes import normal_cloud, prelu_path
from coursekit.style import new_figure

LEAKS = Leaks()


@pytest.mark.parametrize("rate", [0.05, 0.2, 1.0, 1.9])
def test_prelu_finds_the_slope_at_every_rate_but_the_smallest(rate):
    said = LEAKS.evidence(alpha=0.25, rate=rate, step=200)
    assert "from 0.25 to 0.3000 in 200 steps" in said and ": it has found the 0.3" in said
    assert "0.0067 away from the 0.3" in LEAKS.evidence(alpha=0.25, rate=0.01, step=200)


def test_each_step_goes_down_the_gradient_of_the_mean_square():
    path, z = prelu_path(0.6, 0.2), normal_cloud(400)
    below = np.mean(np.minimum(z, 0) ** 2)  # the square's curvature in α is twice this
    np.testing.assert_allclose(np.diff(path), -0.2 * 2 * (path[:-1] - 0.3) * below, atol=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_the_means_are_those_of_normal_inputs(alpha):
    told = re.search(r"mean (\S+) with leaky ReLU and (\S+) with ELU", LEAKS.evidence(alpha=alpha))
    half = 1 / np.sqrt(2 * np.pi)
    # E max(z, 0) = 1/√(2π); and E[eᶻ; z < 0] = √e · P(z < −1) by completing the square.
    below = np.sqrt(np.e) * 0.15865525 - 0.5
    expected = [(1 - alpha) * half, half + alpha * below]
    np.testing.assert_allclose([float(mean) for mean in told.groups()], expected, atol=1.5e-4)


def test_named_states_are_what_their_names_say():
    words = {name: LEAKS.evidence(**state) for name, state in LEAKS.states.items()}
    assert "it has found" in words["learned"]
    assert "away from" in words["too slow"]
    assert "to −0.1999 in 3 steps, to and fro past 0.3: 0.5 away" in words["overshooting"]
    assert "0.3989 with leaky ReLU and 0.3989 with ELU; 0.3989 with ReLU" in words["ReLU"]
    assert len(set(words.values())) == len(words)
    for state in LEAKS.states.values():
        ElementTree.fromstring(LEAKS.still(**state).svg)


def test_the_picture_shows_the_curves_and_the_path_that_the_words_speak_of():
    LEAKS.fragment(alpha=0.5, rate=0.2, step=10)
    z = np.linspace(-4, 2, 121)
    leaky, prelu, elu = (curve.get_ydata() for curve in LEAKS.view.curves)
    np.testing.assert_array_equal(leaky, LeakyReLU(0.5).forward(z))
    np.testing.assert_array_equal(prelu, LeakyReLU(prelu_path(0.5, 0.2)[10]).forward(z))
    np.testing.assert_array_equal(elu, ELU(0.5).forward(z))
    assert LEAKS.point.get_ydata() == abs(prelu_path(0.5, 0.2)[10] - 0.3)


def test_the_mark_on_the_path_drags_the_step():
    handle = LEAKS.player["handles"]["step"]
    place = re.search(r'data-mark="step".*?<use [^>]*x="([\d.]+)"', LEAKS.fragment(step=50))
    share = (float(place[1]) - handle["low"]) / (handle["high"] - handle["low"])
    assert share == pytest.approx(0.25, abs=1e-3)


def test_the_plotters_state_their_findings():
    _, ax = new_figure()
    assert plot_leaks(0.25, 0.3, ax=ax).get_title("left").endswith("leaky ReLU 0.3, ELU 0.34")
    _, ax = new_figure()
    plot_learned(np.array([0.5, 0.4, 0.3]), ax=ax)
    assert ax.get_title("left") == "PReLU has learned α = 0.3000 after 2 steps"
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), [0.2, 0.1, np.nan])


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2, 1.0, 1.9])
def test_no_curve_crosses_words(alpha, rate):
    LEAKS.drawn  # noqa: B018  it makes the axes
    for step in (0, 3, 200):
        curves = [*LEAKS.move(alpha=alpha, rate=rate, step=step)[:3], LEAKS.path]
        for curve in curves:
            drawn = curve.get_path().transformed(curve.get_transform())
            for words in curve.axes.texts:
                assert not drawn.intersects_bbox(words.get_window_extent(), filled=False)


@pytest.mark.parametrize("step", [0, 1, 2, 3, 50, 200])
@pytest.mark.parametrize("rate", [0.05, 1.0, 1.9])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_a_leap_past_what_is_to_be_found_is_told_and_its_side_is_marked(alpha, rate, step):
    state = {"alpha": alpha, "rate": rate, "step": step}
    leapt = rate == 1.9 and alpha != 0.3 and step > 0
    LEAKS.move(**state)
    words = (LEAKS.evidence(**state), LEAKS.alt(**state), LEAKS.heads[1].get_text())
    assert [" past 0.3" in said for said in words] == [leapt] * 3
    assert ["to and fro" in said for said in words] == [leapt and step > 1] * 3
    is_hollow = LEAKS.point.get_markerfacecolor() == "none"
    assert is_hollow == (prelu_path(alpha, rate)[step] < 0.3)


def test_before_the_first_step_nothing_is_learned_or_found():
    for alpha in LEAKS.controls[0].positions:
        words = LEAKS.evidence(alpha=alpha, step=0) + LEAKS.fragment(alpha=alpha, step=0)
        assert not re.search("learned|found| 0 steps| goes ", words)
    assert LEAKS.evidence(alpha=0.3, step=0).endswith("α starts at the 0.3 that it is to fit.")
    assert LEAKS.evidence(alpha=0.3, step=9).endswith("α stays at the 0.3 that it is to fit.")


def test_what_is_nearer_than_the_axis_shows_is_no_line_along_its_end():
    LEAKS.move(alpha=0.25, rate=0.2, step=200)
    assert np.isnan(LEAKS.path.get_ydata()[-1]) and np.nanmin(LEAKS.path.get_ydata()) >= 1e-6
    assert LEAKS.point.get_ydata() == 1e-6
    assert LEAKS.lower.get_yticklabels()[0].get_text() == "less"


@pytest.mark.parametrize("step", [1, 2])
def test_one_step_is_a_step_in_words_and_in_the_title(step):
    said = LEAKS.evidence(step=step) + LEAKS.fragment(step=step)
    assert len(re.findall(rf"(?:in|after) {step} step{'' if step == 1 else 's'}\b", said)) == 2
