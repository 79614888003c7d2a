"""Three ways to keep the negative side alive: a fixed α, a learned one, a bend."""

from functools import cached_property

import numpy as np

from coursekit.activations import ELU, LeakyReLU, ReLU
from coursekit.explorers.frame import Control, FigureExplorer
from coursekit.pictures.plots import (
    TARGET,
    LeaksView,
    distances,
    leaks_finding,
    leaps,
    learned_finding,
    learned_story,
    plot_learned,
)
from coursekit.probes import normal_cloud, prelu_path
from coursekit.style import new_figure, number, written

STEPS = 200
FLOOR = 1e-6  # where the mark rests if α is nearer still


class Leaks(FigureExplorer):
    """Leaky ReLU, PReLU and ELU with an α: the mean of what they give, and how PReLU learns its α.

    Leaky ReLU lets a small *positive* share of the negative side through (C26); PReLU, which
    starts at the same α, is trained by backprop to fit leaky(.3) (C27); the outputs of an ELU have
    a mean near 0 for some α (C28).

    Examples
    --------
    >>> print(Leaks().evidence(alpha=0.25, rate=0.05, step=200))
    At α = 0.25 outputs for z ~ N(0, 1) have mean 0.2992 with leaky ReLU and 0.3393 with ELU;
    0.3989 with ReLU. At learning rate 0.05 PReLU's α goes from 0.25 to 0.3000 in 200 steps: it has
    found the 0.3 that it was to fit.
    """

    title = "Leaky ReLU, PReLU and ELU"
    longest = 242
    controls = (
        Control(
            "alpha", "α, PReLU's at first", 0, 1, 0.05, 0.25, at=tuple(k / 20 for k in range(21))
        ),
        Control("rate", "learning rate", 0.01, 1.9, 0.1, 0.05, at=(0.01, 0.05, 0.2, 1.0, 1.9)),
        Control("step", "step of training", 0, STEPS, 10, start=40, fine=1),
    )
    states = {
        "learned": {"alpha": 0.25, "rate": 0.05, "step": STEPS},
        "too slow": {"alpha": 0.25, "rate": 0.01, "step": STEPS},
        "overshooting": {"alpha": 1.0, "rate": 1.9, "step": 3},
        "ReLU": {"alpha": 0.0, "rate": 0.05, "step": 0},
        "ELU's own α": {"alpha": 1.0, "rate": 0.05, "step": 0},
    }

    @cached_property
    def handles(self):
        """The point on PReLU's path, which drags the step."""
        self.drawn  # noqa: B018  it makes the axes
        return {"step": self.handle("step", self.lower)}

    def figure(self):
        figure, (upper, self.lower) = new_figure(height=5, rows=2, height_ratios=(1.5, 1))
        figure.set_layout_engine(None)  # to find margins takes longer than all else
        figure.subplots_adjust(0.105, 0.095, 0.97, 0.94, hspace=0.42)
        self.view = LeaksView(upper, animated=True)
        plot_learned(prelu_path(), ax=self.lower)
        self.lower.set_xlabel("step   (□: α is under 0.3; beneath the dotted line it reads 0.3000)")
        self.lower.set_yticks([FLOOR, 1e-4, 1e-2, 1], ["less", "10⁻⁴", "10⁻²", "1"])
        self.path = self.lower.lines[-1]
        self.heads = [ax.set_title("", y=1) for ax in (upper, self.lower)]
        (self.point,) = self.lower.plot([], [], "s", color=self.path.get_color(), gid="mark:step")
        self.point.set(markersize=10, clip_on=False)
        for artist in (self.path, self.point, *self.heads):
            artist.set_animated(True)
        return figure

    def move(self, alpha, rate, step):
        path = prelu_path(alpha, rate)
        self.view.show(alpha, path[step])
        self.path.set_ydata(distances(path))
        self.point.set_data([step], np.fmax(distances(path)[[step]], FLOOR))
        self.point.set_markerfacecolor("none" if path[step] < TARGET else self.path.get_color())
        self.heads[0].set_text(leaks_finding(alpha))
        self.heads[1].set_text(learned_finding(path, step))
        return [*self.view.artists, self.path, self.point, *self.heads]

    def evidence(self, alpha, rate, step):
        leaky, elu, relu = (
            number(round(float(each.forward(normal_cloud()).mean()), 4))
            for each in (LeakyReLU(alpha), ELU(alpha), ReLU())
        )
        return (
            f"At α = {number(alpha)} outputs for z ~ N(0, 1) have mean {leaky} with leaky ReLU and "
            f"{elu} with ELU; {relu} with ReLU. At learning rate {number(rate)} PReLU's α "
            f"{learned_story(prelu_path(alpha, rate)[: step + 1])}."
        )

    def alt(self, alpha, rate, step):
        path = prelu_path(alpha, rate)
        learned, leapt = written(f"{path[step]:.4f}"), leaps(path[: step + 1])
        return (
            f"Above, leaky ReLU and ELU with α = {number(alpha)}, and PReLU with α = "
            f"{learned}, between z = −4 and 2, where all of them pass what is above 0; dotted, "
            f"the leaky ReLU with α = {TARGET} that PReLU is to fit. Beneath, how far the α of "
            f"PReLU is from that over {STEPS} steps at learning rate {number(rate)}, with a mark "
            f"at step {step}{f'; α went {leapt}' if leapt else ''}."
        )
