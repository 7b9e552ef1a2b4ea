"""The large promises, held to files of 2 GiB: memory, bits, agreement with SciPy, long windows, quantiles.

Owns the sizes, the bounds and the reference computed in f64. Minutes and about 10 GB of disk, hence
apart from the tests: `make acceptance`. `--only stack layouts rolling stats quantiles transpose shuffle label` picks,
`--small` tries the script itself on small files. Prints a table of every run; fails if one bound is broken.
"""

import argparse
import hashlib
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from acceptance_moves import PARTS as MOVES
from scipy import ndimage

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
BUDGET = 64 * MIB
# Absolute, on z-scores of order 1.
DIFFERENCE_MAX = 1e-5
# Rolling means: units in the last place beside the correctly rounded sum, divided.
ULPS_MAX = 2
SEED = 20260


@dataclass
class Run:
    """One run of the binary, and what it was held to."""

    name: str
    seconds: float
    # Processor time of all threads: what a busy machine does not blur.
    cpu_seconds: float
    report: dict
    # Largest RssAnon that was seen from outside.
    polled: int
    digest: str = ""
    note: str = ""

    @property
    def private(self):
        return max(self.polled, self.report["memory_private_peak_bytes"] or 0)


class Acceptance:
    """Collects runs and broken promises, and goes on after each."""

    def __init__(self, binary, folder, small):
        self.binary = binary
        self.folder = folder
        self.small = small
        self.runs = []
        self.broken = []

    def expect(self, holds, claim):
        """Notes a promise that does not hold."""
        if not holds:
            self.broken.append(claim)
            print(f"   BROKEN: {claim}", flush=True)

    def call(self, words):
        """Another command of the binary, which has to succeed."""
        subprocess.run(list(map(str, [self.binary, *words])), check=True, capture_output=True)

    def run(self, name, pipeline, output, budget=BUDGET, threads=None, tile=None):
        """Runs a pipeline file in a budget; None where it fails."""
        words = [self.binary, "run", pipeline, "--json", "--overwrite", "--memory", str(budget)]
        words += ["--threads", str(threads)] if threads else []
        words += ["--tile", ",".join(map(str, tile))] if tile else []
        output.unlink(missing_ok=True)
        started, spent = time.perf_counter(), children_seconds()
        code, out, err, polled = watch(list(map(str, words)))
        seconds, cpu_seconds = time.perf_counter() - started, children_seconds() - spent
        if code != 0:
            self.expect(False, f"{name}: exit {code}: {err.strip()[-500:]}")
            return None
        run = Run(name, seconds, cpu_seconds, json.loads(out), polled, digest=sha256(output))
        self.runs.append(run)
        print(f"   {line(run)}", flush=True)
        projected = run.report["memory_projected_bytes"]
        self.expect(run.private <= budget, f"{name}: private memory {run.private}, the budget is {budget}")
        self.expect(run.private <= projected, f"{name}: private memory {run.private}, projected {projected}")
        return run


def watch(words):
    """Runs a command and polls its private memory: exit code, output, errors, largest RssAnon."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        status = Path(f"/proc/{process.pid}/status")
        most = 0
        try:
            while process.poll() is None:
                most = max(most, rss_anon(status))
                time.sleep(0.003)
        except BaseException:
            process.terminate()
            raise
        # Both are a few lines, far below what a pipe holds.
        return process.returncode, process.stdout.read(), process.stderr.read(), most


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def rss_anon(status):
    """Private memory of a process in bytes; 0 once it has ended."""
    try:
        for entry in status.read_text().splitlines():
            if entry.startswith("RssAnon:"):
                return int(entry.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def say(text):
    print(f"\n== {text}", flush=True)


HEADINGS = (
    f"{'run':<34} {'wall s':>7} {'flush s':>7} {'cpu s':>6} {'private':>8} {'polled':>8} {'planned':>8} "
    f"{'budget':>8} {'read':>9}  bytes     result"
)


def line(run):
    def size(bytes_):
        return f"{(bytes_ or 0) / MIB:.1f}M"

    r = run.report
    sizes = [r["memory_private_peak_bytes"], run.polled, r["memory_projected_bytes"], r["memory_budget_bytes"]]
    times = f"{run.seconds:7.1f} {r['commit_seconds']:7.1f} {run.cpu_seconds:6.1f}"
    columns = " ".join(f"{size(s):>8}" for s in sizes)
    return f"{run.name:<34} {times} {columns} {size(r['read_bytes']):>9}  {run.digest[:8]}  {run.note}"


def camera(shape):
    """Dark frame, flat field, and a function that gives raw frame t, as a real camera: z-scores are moderate."""
    rng = np.random.default_rng(SEED)
    _, height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    dark = (100 + 4 * rng.standard_normal((height, width))).astype("f4")
    flat = (1 - 0.4 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)).astype("f4")
    flat *= (1 + 0.02 * rng.standard_normal((height, width))).astype("f4")
    scene = 900 + 400 * np.sin(x / 37) * np.cos(y / 53)
    for row, column in rng.uniform(0.1, 0.9, (40, 2)) * (height, width):
        scene += 1500 * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 200)
    scene = scene.astype("f4")

    def frame(t):
        noise = np.random.default_rng([SEED, t]).standard_normal((height, width), dtype="f4")
        signal_ = np.roll(scene, (t // 3, t // 2), (0, 1)) * np.float32(1 + 0.1 * math.sin(t / 20))
        return np.rint(dark + flat * signal_ + np.sqrt(signal_) * noise)

    return dark, flat, frame


PIPELINE = """
[inputs]
raw  = {{ path = "{path}", axes = "tyx"{layout} }}
dark = {{ path = "dark.npy", axes = "yx" }}
flat = {{ path = "flat.npy", axes = "yx" }}

[[step]]
name = "flatfield"
expr = "(raw - dark) / flat"

[[step]]
kernel = "gaussian"
sigma = 1.5
axes = "yx"

[[step]]
name = "clean"
kernel = "zscore"

[outputs]
clean = {{ path = "{output}", dtype = "f32" }}
"""


def frames(count, work):
    """Maps over frame numbers on a few threads; NumPy and SciPy compute without the lock."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, range(count))


def zscore_difference(raw, dark, flat, output):
    """The largest difference of `output` from SciPy in f64, frame by frame, and the largest z-score."""
    dark, flat = dark.astype("f8"), flat.astype("f8")

    def smooth(t):
        return ndimage.gaussian_filter((raw[t].astype("f8") - dark) / flat, 1.5)

    def moments(t):
        a = smooth(t)
        mean = a.mean()
        return mean, np.square(a - mean).sum()

    count, pixels = raw.shape[0], dark.size
    found = list(frames(count, moments))
    mean = math.fsum(m for m, _ in found) / count
    squares = math.fsum(s for _, s in found) + pixels * math.fsum((m - mean) ** 2 for m, _ in found)
    std = math.sqrt(squares / (count * pixels))

    def compare(t):
        z = (smooth(t) - mean) / std
        return np.abs(z - output[t]).max(), np.abs(z).max()

    # NumPy's maximum of anything and NaN is NaN, which no bound holds.
    worst = np.array(list(frames(count, compare)))
    return tuple(worst.max(axis=0))


def write_pipeline(folder, path, output, layout=""):
    pipeline = folder / f"{path.stem}.toml"
    pipeline.write_text(PIPELINE.format(path=path.name, output=output.name, layout=layout))
    return pipeline


def check_difference(check, run, raw, dark, flat, output):
    started = time.perf_counter()
    difference, largest = zscore_difference(raw, dark, flat, np.load(output, mmap_mode="r"))
    run.note = f"off SciPy by {difference:.1e}, z up to {largest:.1f} ({time.perf_counter() - started:.0f} s)"
    print(f"   {run.name}: {run.note}", flush=True)
    check.expect(difference <= DIFFERENCE_MAX, f"{run.name}: off SciPy by {difference}, allowed {DIFFERENCE_MAX}")


def same_bytes(check, runs):
    done = [r for r in runs if r]
    for other in done[1:]:
        check.expect(other.digest == done[0].digest, f"{other.name}: other bytes than {done[0].name}")


def stack(check):
    """Flat field, Gaussian and z-score over 2 GiB in 64 MiB, in any schedule."""
    folder = check.folder
    shape = (16, 200, 300) if check.small else (512, 1024, 1024)
    say(f"flat field, Gaussian, z-score over {shape} f32")
    dark, flat, frame = camera(shape)
    np.save(folder / "dark.npy", dark)
    np.save(folder / "flat.npy", flat)
    path, output = folder / "stack.npy", folder / "clean.npy"
    raw = np.lib.format.open_memmap(path, "w+", "f4", shape)
    for t, image in enumerate(frames(shape[0], frame)):
        raw[t] = image
    pipeline = write_pipeline(folder, path, output)

    first = check.run("stack", pipeline, output)
    if first:
        check_difference(check, first, raw, dark, flat, output)
    runs = [first]
    for threads in (1, 2):
        runs.append(check.run(f"stack, --threads {threads}", pipeline, output, threads=threads))
    for tile in ((1, 1024, 1024), (5, 96, 333), (2, 17, 1024)):
        words = ",".join(map(str, tile))
        runs.append(check.run(f"stack, tile {words}", pipeline, output, tile=tile))
    for budget in (24 * MIB, 200 * MIB, 1024 * MIB):
        runs.append(check.run(f"stack, {budget // MIB} MiB", pipeline, output, budget=budget))
    same_bytes(check, runs)
    path.unlink()
    output.unlink(missing_ok=True)


def layouts(check):
    """The same over sizes that fit nothing, from files that lie in every other way."""
    folder = check.folder
    shape = (7, 110, 130) if check.small else (300, 1100, 1300)
    say(f"the same over {shape} f32 at odd offsets, in F order, big-endian")
    dark, flat, frame = camera(shape)
    np.save(folder / "dark.npy", dark)
    np.save(folder / "flat.npy", flat)
    raw_layout = f', dtype = "f32", shape = {list(shape)}'
    base = folder / "offset128.dat"
    raw = np.memmap(base, "<f4", "w+", 128, shape)
    for t, image in enumerate(frames(shape[0], frame)):
        raw[t] = image

    runs = []
    ways = [
        ("offset128.dat", ", offset = 128", None),
        ("offset13.dat", ", offset = 13", ("<f4", 13, "C")),
        ("fortran.dat", ', order = "F"', ("<f4", 0, "F")),
        ("bigendian.dat", ', endian = "big"', (">f4", 0, "C")),
    ]
    for name, layout, made in ways:
        path, output = folder / name, folder / f"{name}.out.npy"
        if made:
            dtype, offset, order = made
            copy = np.memmap(path, dtype, "w+", offset, shape, order)
            # Blocks of frames, as in F order a single one touches every page.
            for t in range(0, shape[0], 20):
                copy[t : t + 20] = raw[t : t + 20]
            del copy
        pipeline = write_pipeline(folder, path, output, raw_layout + layout)
        run = check.run(path.stem, pipeline, output)
        runs.append(run)
        if run and not made:
            check_difference(check, run, raw, dark, flat, output)
        runs.append(check.run(f"{path.stem}, --threads 1", pipeline, output, threads=1))
        runs.append(check.run(f"{path.stem}, tile 3,64,512", pipeline, output, tile=(3, 64, 512)))
        # Columns through all frames: what such a tile needs is beyond 64 MiB.
        wide = 256 * MIB
        runs.append(check.run(f"{path.stem}, tile 300,16,48", pipeline, output, budget=wide, tile=(300, 16, 48)))
        output.unlink(missing_ok=True)
        if made:
            path.unlink()
    same_bytes(check, runs)
    base.unlink()


ROLLING = """
[inputs]
log = {{ path = "log.dat", dtype = "f64", shape = {shape}, axes = "{axes}" }}

[[step]]
name = "trend"
kernel = "rolling_mean"
window = {window}
axes = "t"

[outputs]
trend = "{output}"
"""


def rolling(check):
    """A window of a million samples, along the slow axis, the fast one, and the only one."""
    window = 1000 if check.small else 1_000_000
    count = 1 << (18 if check.small else 28)
    long = count // 64
    say(f"rolling mean of {window} over {count * 8 >> 20} MiB of f64")
    path = check.folder / "log.dat"
    log = np.memmap(path, "<f8", "w+", 0, (count,))
    rng = np.random.default_rng(SEED)
    step = min(count, 1 << 22)
    for at in range(0, count, step):
        log[at : at + step] = 20 + rng.standard_normal(step) * np.exp(rng.standard_normal(step))
    # What leaves a window must leave nothing behind.
    log[rng.integers(0, count, 50)] = 1e15
    for name, shape, axes in (
        ("slow axis", (long, 64), "tc"),
        ("fast axis", (64, long), "ct"),
        ("only axis", (count,), "t"),
    ):
        output = check.folder / "trend.npy"
        pipeline = check.folder / "rolling.toml"
        pipeline.write_text(ROLLING.format(shape=list(shape), axes=axes, window=window, output=output.name))
        run = check.run(f"rolling mean, {name}", pipeline, output)
        if run:
            # Columns of samples, whichever axis is time.
            source, made = log.reshape(shape), np.load(output, mmap_mode="r")
            if axes == "ct":
                source, made = source.T, made.T
            check_windows(check, run, source.reshape(len(source), -1), made.reshape(len(made), -1), window)
        again = check.run(f"rolling mean, {name}, --threads 1", pipeline, output, budget=256 * MIB, threads=1)
        same_bytes(check, [run, again])
        output.unlink(missing_ok=True)
    path.unlink()


def check_windows(check, run, source, made, window):
    """Some 200 windows against exactly rounded sums; what has no full window is NaN."""
    rng = np.random.default_rng(SEED)
    length, columns = source.shape
    ends = [window - 1, window, length - 1, *rng.integers(window - 1, length, 22)]
    worst = 0.0
    for end in ends:
        picked = np.unique(rng.integers(0, columns, 8)) if columns > 1 else [0]
        values = source[end + 1 - window : end + 1, picked].T
        for column, part in zip(picked, values, strict=True):
            exact = math.fsum(part) / window
            worst = max(worst, abs(made[end, column] - exact) / np.spacing(abs(exact)), key=nan_first)
    early = [0, window - 2, *rng.integers(0, window - 1, 100)]
    check.expect(bool(np.isnan(made[early]).all()), f"{run.name}: a window that is not full gives a number")
    run.note = f"off by at most {worst:.1f} ulp"
    print(f"   {run.name}: {run.note}", flush=True)
    check.expect(worst <= ULPS_MAX, f"{run.name}: off by {worst} ulp, allowed {ULPS_MAX}")


def nan_first(value):
    return math.inf if math.isnan(value) else value


# Statistics: the budget, and how often a file of f32 may be read in it.
STATS_BUDGET = 32 * MIB
SWEEPS_MAX = 3
QUANTILES = (0.01, 0.25, 0.5, 0.75, 0.99)


def describe(check, name, path):
    """Runs `stats` in 32 MiB; the document, or None where it fails."""
    words = [check.binary, "stats", path, "--json", "--quiet", "--memory", str(STATS_BUDGET)]
    words += ["--quantiles", ",".join(map(str, QUANTILES))]
    started, spent = time.perf_counter(), children_seconds()
    code, out, err, polled = watch(list(map(str, words)))
    seconds, cpu_seconds = time.perf_counter() - started, children_seconds() - spent
    if code != 0:
        check.expect(False, f"{name}: exit {code}: {err.strip()[-500:]}")
        return None
    told = json.loads(out)
    run = Run(name, seconds, cpu_seconds, told["run"], polled)
    sweeps = len(run.report["passes"])
    run.note = f"{sweeps} sweeps, {path.stat().st_size / seconds / 1e9 * sweeps:.2f} GB/s"
    check.runs.append(run)
    print(f"   {line(run)}", flush=True)
    check.expect(sweeps <= SWEEPS_MAX, f"{name}: {sweeps} sweeps, allowed {SWEEPS_MAX}")
    check.expect(run.private <= STATS_BUDGET, f"{name}: private memory {run.private}, the budget is {STATS_BUDGET}")
    projected = run.report["memory_projected_bytes"]
    check.expect(run.private <= projected, f"{name}: private memory {run.private}, projected {projected}")
    return told


def check_stats(check, name, told, x):
    """Against NumPy, after sorting: order statistics and counts to the bit, moments closely."""
    row = told["rows"][0]
    ordered = np.sort(x)
    for q, got in zip(QUANTILES, row["quantiles"], strict=True):
        at = (x.size - 1) * q
        low, high = ordered[math.floor(at)].astype("f8"), ordered[math.ceil(at)].astype("f8")
        want = np.float32(low + (high - low) * (at - math.floor(at)))
        check.expect(abs(np.float32(got) - want) <= np.spacing(want), f"{name}: quantile {q} is {got}, not {want}")
    check.expect(np.float32(row["min"]) == ordered[0], f"{name}: min")
    check.expect(np.float32(row["max"]) == ordered[-1], f"{name}: max")
    check.expect(math.isclose(row["mean"], x.mean(dtype="f8"), rel_tol=1e-12), f"{name}: mean")
    check.expect(math.isclose(row["std"], x.std(dtype="f8"), rel_tol=1e-9), f"{name}: std")
    # Bars are whole numbers of narrow bins, whose edges NumPy has to the bit.
    edges, counts = told["histogram"]["edges"], told["histogram"]["counts"]
    below = np.searchsorted(ordered, np.array(edges[:-1], "f4"), side="left")
    want = np.diff(np.append(below, x.size))
    check.expect(counts == want.tolist(), f"{name}: histogram {counts}, not {want.tolist()}")


def stats(check):
    """Exact quantiles of 4 GiB of f32 in 32 MiB; of a smaller file, against NumPy."""
    for name, mebibytes in (("stats of 256 MiB", 256), ("stats of 4 GiB", 4096)):
        count = (mebibytes << 20) // (1024 if check.small else 1) // 4
        say(f"statistics of {count} f32, quantiles among them")
        path = check.folder / "random.npy"
        check.call(["create", path, "--dtype", "f32", "--shape", count, "--fill", "random", "--seed", SEED])
        told = describe(check, name, path)
        if told and mebibytes == 256:
            check_stats(check, name, told, np.load(path, mmap_mode="r"))
        path.unlink()


PARTS = {"stack": stack, "layouts": layouts, "rolling": rolling, "stats": stats, **MOVES}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--small", action="store_true", help="small files, to try the script itself")
    options = parser.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    binary = Path(os.environ.get("TILEWISE_BIN", target / "release" / "tilewise"))
    folder = target / "acceptance"
    # A terminated script cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    check = Acceptance(binary, folder, options.small)
    try:
        for part in options.only:
            PARTS[part](check)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("all runs")
    print(f"   {HEADINGS}")
    for run in check.runs:
        print(f"   {line(run)}")
    print()
    for claim in check.broken:
        print(f"BROKEN: {claim}")
    print(f"{len(check.runs)} runs, {len(check.broken)} promises broken")
    return 1 if check.broken else 0


if __name__ == "__main__":
    sys.exit(main())
