"""Arrays larger than memory, in NumPy's words.

Open a file, write what is to be done as if the array were in memory, and run it under a memory budget::

    import tilewise as tw

    raw = tw.open("stack.npy", axes="tyx")
    clean = (raw / 4096).gaussian(1.5, axes="yx").zscore()  # nothing is computed yet
    clean.save("clean.npy", memory="512MiB")                # one run; returns the mapped result

Lazy arrays build the same graph as a pipeline file; dtypes, shapes and refusals are those of the engine.
"""

from ._array import Array
from ._functions import clip, concatenate, stack, where
from ._kernels import *  # noqa: F403
from ._kernels import KERNELS
from ._native import Error, __version__
from ._pipeline import Pipeline, load_pipeline, run
from ._run import Plan, compute, plan, save, to_toml
from ._stats import StatsResult, stats
from ._stored import StoredArray, asarray, create, open

__all__ = [
    "Array", "Error", "Pipeline", "Plan", "StatsResult", "StoredArray", "__version__", "asarray", "clip", "compute",
    "concatenate", "create", "load_pipeline", "open", "plan", "run", "save", "stack", "stats", "to_toml", "where", *KERNELS,
]
