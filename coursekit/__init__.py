"""Backpropagation and activation functions, to be seen, moved and understood.

The names that a lesson imports, in the order in which one reads the library.
"""

from importlib import import_module

from coursekit.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    Maxout,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    span,
)
from coursekit.backprop import Step, backprop, backprop_steps, in_order
from coursekit.functions import (
    absolute,
    binary_cross_entropy,
    clip,
    concatenate,
    cos,
    cross_entropy,
    exp,
    index,
    log,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    reshape,
    sin,
    softmax,
    sqrt,
    squared_error,
    stack,
    transpose,
    where,
)
from coursekit.functions import max as max  # offered, but not under *: Python has its own
from coursekit.functions import min as min
from coursekit.functions import sum as sum
from coursekit.graph import Node
from coursekit.ops import OPS, Elementwise, Op

# What draws or needs Jupyter arrives when it is used, so that importing the engine stays quick.
LATER = {
    "check_gradients": "jacobians",
    "jacobian": "jacobians",
    "numerical_jacobian": "jacobians",
    "vjp": "jacobians",
    "record": "recording",
    "digits": "data",
    "moons": "data",
    "spiral": "data",
    "MLP": "nets",
    "Dense": "nets",
    "Many": "nets",
    "Neuron": "nets",
    "census": "probes",
    "SGD": "optimisers",
    "Momentum": "optimisers",
    "Adam": "optimisers",
    "train": "training",
    "train_at_once": "training",
    "draw": "pictures.drawing",
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
    "GELU",
    "OPS",
    "SELU",
    "Activation",
    "Elementwise",
    "LeakyReLU",
    "Maxout",
    "Node",
    "Op",
    "PReLU",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Step",
    "Tanh",
    "absolute",
    "backprop",
    "backprop_steps",
    "binary_cross_entropy",
    "clip",
    "concatenate",
    "cos",
    "cross_entropy",
    "exp",
    "in_order",
    "index",
    "log",
    "log_softmax",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "reshape",
    "sin",
    "softmax",
    "span",
    "sqrt",
    "squared_error",
    "stack",
    "transpose",
    "where",
    *LATER,
]
__version__ = "0.1.0"


def __getattr__(name):
    if name in LATER:
        return getattr(import_module(f"coursekit.{LATER[name]}"), name)
    raise AttributeError(f"module 'coursekit' has no attribute {name!r}")
