"""Backpropagation and activation functions, to be seen, moved and understood.

The names that a lesson imports, in the order in which one reads the library.
"""

from importlib import import_module

from coursekit.activations import (
    ACTIVATIONS,
    ELU,
    Activation,
    LeakyReLU,
    Maxout,
    PReLU,
    ReLU,
    Sigmoid,
    Tanh,
    span,
)
from coursekit.backprop import Step, backprop, backprop_steps, in_order
from coursekit.graph import Elementwise, Node, Op
from coursekit.ops import OPS, cross_entropy, exp, log, maximum, mean, sum

# What draws or needs Jupyter arrives when it is used, so that importing the engine stays quick.
LATER = {
    "check_gradients": "jacobians",
    "digits": "data",
    "MLP": "nets",
    "train": "training",
    "draw": "drawing",
    "explore": "explorers",
    "check": "exercises",
    "hint": "exercises",
    "solution": "exercises",
    "progress": "exercises",
    "compare": "exercises",
}

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "OPS",
    "Activation",
    "Elementwise",
    "LeakyReLU",
    "Maxout",
    "Node",
    "Op",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Step",
    "Tanh",
    "backprop",
    "backprop_steps",
    "cross_entropy",
    "exp",
    "in_order",
    "log",
    "maximum",
    "mean",
    "span",
    "sum",
    *LATER,
]
__version__ = "0.1.0"


def __getattr__(name):
    if name in LATER:
        return getattr(import_module(f"coursekit.{LATER[name]}"), name)
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
