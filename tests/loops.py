"""Work that minds whether an event loop runs: a browser test leaves one running in its process."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def in_a_thread(work):
    """Do it where no loop runs, whatever ran in this process before."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(work).result()


def as_in_a_notebook(cell):
    """Await it in a loop of its own, as a kernel does."""
    return in_a_thread(lambda: asyncio.run(cell()))
