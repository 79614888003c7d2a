"""Activations race to a small error on real digits, from the same first weights."""

from collections.abc import Iterable
from itertools import product
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from coursekit.explorers.frame import Choice, Control, FigureExplorer
from coursekit.pictures.paths import finish, race_artists
from coursekit.pictures.story import listed, plural
from coursekit.racing import ACTIVATION, EPOCHS, GOAL, STARTS, epochs_to, run
from coursekit.style import new_figure, number


class Race(FigureExplorer):
    """Activations race to 5 % error on the digits, each at its own best learning rate (C17, C20).

    Four hidden layers of 50; all start from the same weights and see the same batches. Those of
    the hidden layers may start four times as large. An epoch is trained when it is looked at first,
    so the notebook draws them when it has nothing else to do.

    Examples
    --------
    >>> Race().evidence(epoch=0)
    'First weights as He draws them, to 5 % error: nobody yet. By epoch 0 still read wrong: tanh \
90 %, ELU 91 %, ReLU 95 % and σ 90 %.'
    """

    title = "The race to 5 % error on the digits"
    longest = 130
    controls = (
        Control("epoch", "epoch", 0, EPOCHS, 1, 0),
        Choice("start", "first weights", tuple(STARTS)),
    )
    states = {
        "start": {"epoch": 0, "start": "as He draws them"},
        "after 5 epochs": {"epoch": 5, "start": "as He draws them"},
        "finish": {"epoch": EPOCHS, "start": "as He draws them"},
        "larger weights": {"epoch": EPOCHS, "start": "four times as large"},
    }

    def held(self) -> Iterable[dict]:
        """Every epoch of both starts, in the order in which they are trained."""
        for start, epoch in product(STARTS, range(EPOCHS + 1)):
            yield {"epoch": epoch, "start": start}

    def stages(self, epoch: int, start: str) -> Iterable[dict]:
        """Each epoch that nobody has trained so far."""
        ran = [run(name, start) for name in ACTIVATION]
        trained = min((len(one.errors) for one in ran if one.errors[-1] > GOAL), default=EPOCHS)
        return ({"epoch": on_the_way} for on_the_way in range(trained, epoch))

    def errors(self, epoch: int, start: str) -> dict[str, list[float]]:
        """Give what each activation has come to until an epoch."""
        return {name: run(name, start).until(epoch) for name in ACTIVATION}

    def figure(self) -> Figure:
        figure, ax = new_figure(height=3.8)
        self.artists = race_artists(ACTIVATION, ax, GOAL, EPOCHS)
        ax.set_title(" ")
        self.finding = ax.text(0, 1.03, "", transform=ax.transAxes, fontweight="bold", fontsize=11)
        self.moved = [*self.artists.lines.values(), *self.artists.heads.values(), self.finding]
        for artist in self.moved:
            artist.set(animated=True, clip_on=False)
        return figure

    def move(self, **state: Any) -> Iterable[Artist]:
        errors = self.errors(**state)
        self.artists.move(errors)
        there = [name for name, seen in errors.items() if seen[-1] <= GOAL]
        self.finding.set_text(f"Epoch {state['epoch']}: {listed(there)} at the goal")
        return self.moved

    def evidence(self, epoch: int, start: str) -> str:
        errors = self.errors(epoch, start)
        there = {name: seen for name, seen in errors.items() if seen[-1] <= GOAL}
        out = [f"{name} {said(seen)}" for name, seen in errors.items() if name not in there]
        if out:
            rest = f"By epoch {epoch} still read wrong: {listed(out)}"
        else:
            times = [epochs_to(GOAL, seen) or 1 for seen in there.values()]
            rest = f"The last takes {number(max(times) / min(times), 2)} times as long as the first"
        order = finish(there, GOAL) if there else "nobody yet"
        return f"First weights {start}, to {said([GOAL])} error: {order}. {rest}."

    def alt(self, epoch: int, start: str) -> str:
        errors = self.errors(epoch, start)
        ends = listed([f"{name} {came_to(seen)}" for name, seen in errors.items()])
        return (
            f"Error against epoch on a logarithmic scale, first weights {start}, until epoch "
            f"{epoch}: {ends}; a dotted line marks the goal, {said([GOAL])}, where a run ends."
        )


def came_to(errors: list[float]) -> str:
    """Say where a run has come to.

    Examples
    --------
    >>> came_to([0.9, 0.3]), came_to([0.9, 0.3, 0.04])
    ('at 30 %', 'at the goal after 2 epochs')
    """
    epochs = epochs_to(GOAL, errors)
    if epochs is None:
        return f"at {said(errors)}"
    return f"at the goal after {plural(epochs, 'epoch')}"


def said(errors: list[float]) -> str:
    """Say the last error in percent.

    Examples
    --------
    >>> said([0.9, 0.0512])
    '5.1 %'
    """
    return f"{number(100 * errors[-1], 2)} %"
