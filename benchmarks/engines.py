"""What of our own engine the workloads use that may not be there yet, and the peers' setting up."""

from __future__ import annotations

import os

from clock import NotThere

THREADS = int(os.environ.get("OPENBLAS_NUM_THREADS", "1"))


def recorded(output, wrt, upstream=None):
    """Record a computation; what comes back takes new values of the leaves and gives gradients."""
    try:
        from coursekit import record
    except ImportError:
        raise NotThere("not there yet") from None
    recording = record(output, wrt, upstream)

    def replay(*values):
        gradients = recording(dict(zip(wrt, values, strict=True)))
        return [gradients[leaf] for leaf in wrt]

    return replay


def question(name):
    """Take one of the questions about a function, such as the Jacobian."""
    from coursekit import jacobians

    if not hasattr(jacobians, name):
        raise NotThere("not there yet")
    return getattr(jacobians, name)


def pytorch():
    import torch

    torch.set_num_threads(THREADS)
    return torch


def jax64():
    """Take JAX with 64 bits where the data have them; run.py keeps it to one thread or two."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def tiny():
    """Take tinygrad, which compiles with Clang: without one it has no device."""
    import tinygrad

    try:
        tinygrad.Tensor([1.0]).realize()
    except RuntimeError as reason:
        raise NotThere(str(reason)) from None
    return tinygrad
