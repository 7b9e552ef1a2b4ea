"""Arrays of 4 GiB in containers of 64 and 256 MiB, cold, beside the same jobs without a limit; and one array larger than memory.

Owns the containers (memory cgroups, version 1 or 2, made here where that is allowed), the cold page cache and the medians. Refuses to
know what the jobs compute: every output is compared with that of the run without a limit by its digest.

`make out-of-core` builds and runs it; `--only zscore rolling` picks jobs, `--repeat 3` gives medians of so many, `--small` tries the
script itself, `--ways` compares the outputs of all ways of I/O, `--huge 32` adds one array of so many GiB. Prints the table of docs/out-of-core.md; fails if a bound is broken.
"""

import argparse
import contextlib
import hashlib
import json
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
MIB = 1 << 20
GIB = 1 << 30
# The least share of a job's own rate without a limit, by container in MiB.
SHARES = {256: 0.85, 64: 0.70}
# Half of 64 MiB, the default, is too little for what labelling keeps of the planes between tiles.
BUDGETS = {("label", 64): ["--memory", "52MiB"]}
HUGE_SHARE = 0.80
BLOCK = 4 * MIB
# Jobs: name, dtype, shape, step, whether it has one large output.
JOBS = {
    "zscore": ("f32", (1024, 1024, 1024), 'kernel = "zscore"'),
    "gaussian": ("f32", (1024, 1024, 1024), 'kernel = "gaussian"\nsigma = 2\naxes = [1, 2]'),
    "rolling": ("f32", (16 << 20, 64), 'kernel = "rolling_mean"\nwindow = 100\naxes = 0'),
    "median": ("f32", (1024, 1024, 1024), 'kernel = "quantile"\nq = 0.5'),
    "transpose": ("f32", (1024, 1024, 1024), 'kernel = "transpose"\naxes = [2, 0, 1]'),
    "shuffle": ("u8", (4 << 20, 1024), 'kernel = "shuffle"\nseed = 5'),
    # The default of joins_max is a bound for noise, whose list would not fit.
    "label": ("u8", (4096, 1024, 1024), 'kernel = "label"\njoins_max = 120000'),
}


class Container:
    """A memory cgroup; where none can be made, `Container.why` says so."""

    why = None

    def __init__(self, mib):
        self.mib = mib
        self.path = None

    @staticmethod
    def base():
        """The folder in which groups can be made, and the version."""
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            left, right = line.split(" - ")
            point, (kind, _, options) = left.split()[4], right.split(" ", 2)
            if kind == "cgroup" and "memory" in options.split(","):
                return Path(point), 1
            if kind == "cgroup2" and "memory" in Path(point, "cgroup.controllers").read_text().split():
                return Path(point), 2
        return None, 0

    def __enter__(self):
        base, version = Container.base()
        if base is None:
            Container.why = "no memory controller is mounted"
            return None
        self.path = base / f"tilewise-{os.getpid()}-{self.mib}"
        try:
            self.path.mkdir()
            if version == 2:
                with contextlib.suppress(OSError):
                    (base / "cgroup.subtree_control").write_text("+memory")
                (self.path / "memory.max").write_text(str(self.mib * MIB))
                with contextlib.suppress(OSError):
                    (self.path / "memory.swap.max").write_text("0")
            else:
                (self.path / "memory.limit_in_bytes").write_text(str(self.mib * MIB))
        except OSError as error:
            Container.why = f"{self.path} cannot be made or limited: {error.strerror}"
            self.__exit__()
            return None
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def enter(self):
        """Puts this process into the group."""
        (self.path / "cgroup.procs").write_text("0")

    def peak(self):
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            with contextlib.suppress(OSError):
                return int((self.path / name).read_text())
        return 0


def cold(*paths):
    """The page cache forgets files; all of it where this process may ask for that."""
    os.sync()
    for path in paths:
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with contextlib.suppress(OSError):
        Path("/proc/sys/vm/drop_caches").write_text("1")


def digest(path):
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "blake2b").hexdigest()[:16]
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return found


class Check:
    def __init__(self, binary, folder, small, repeat):
        self.binary, self.folder, self.small, self.repeat = binary, folder, small, repeat
        self.broken, self.rows = [], []

    def expect(self, holds, claim):
        if not holds:
            self.broken.append(claim)
            print(f"   BROKEN: {claim}", flush=True)

    def run(self, pipeline, source, output, container, words=()):
        """One cold run: seconds and what it says of itself, or the error."""
        output.unlink(missing_ok=True)
        cold(source)
        line = [self.binary, "run", pipeline, "--json", "--quiet", *words]
        started = time.perf_counter()
        done = subprocess.run(list(map(str, line)), capture_output=True, text=True, preexec_fn=container and container.enter)
        seconds = time.perf_counter() - started
        if done.returncode != 0:
            return None, f"exit {done.returncode}: {done.stderr.strip()[-300:]}"
        return seconds, json.loads(done.stdout)

    def job(self, name):
        dtype, shape, step = JOBS[name]
        if self.small:
            shape = (shape[0] // 64, *shape[1:])
        size = int(np.prod(shape)) * (4 if dtype == "f32" else 1)
        source, output, pipeline = self.folder / f"{dtype}.npy", self.folder / "y.npy", self.folder / "job.toml"
        print(f"\n== {name} of {size / GIB:.2f} GiB", flush=True)
        make(self, source, dtype, shape, name == "label")
        pipeline.write_text(f'[inputs]\nx = "{source.name}"\n[[step]]\nname = "y"\n{step}\n[outputs]\ny = "{output.name}"\n')
        times, digests, reports = {0: [], 256: [], 64: []}, {}, {}
        for turn in range(self.repeat):
            for mib in (0, 256, 64):
                with contextlib.ExitStack() as stack:
                    container = stack.enter_context(Container(mib)) if mib else None
                    if mib and container is None:
                        continue
                    seconds, report = self.run(pipeline, source, output, container, BUDGETS.get((name, mib), ()))
                    peak = container.peak() if container else 0
                if seconds is None:
                    self.expect(False, f"{name} in {mib or 'no'} MiB: {report}")
                    continue
                times[mib].append(seconds)
                reports[mib] = report
                if turn == 0:
                    digests[mib] = digest(output)
                print(f"   {mib or 'no'} limit: {seconds:.2f} s, private {report['memory_private_peak_bytes'] / MIB:.1f} MiB, "
                      f"group {peak / MIB:.0f} MiB, {len(report['passes'])} passes", flush=True)
        least = self.least(source, output, reports.get(64))
        output.unlink(missing_ok=True)
        source.unlink(missing_ok=True)
        self.expect(len(set(digests.values())) <= 1, f"{name}: outputs differ: {digests}")
        self.row(name, size, times, reports, least)

    def least(self, source, output, report):
        """Seconds that the bytes which a run in 64 MiB moved take past the page cache, with nothing else to do."""
        if report is None or not output.exists():
            return None
        large = [(source, os.O_RDONLY, "read_bytes"), (output, os.O_WRONLY, "written_bytes")]
        large = [(path, flags, key, path.stat().st_size) for path, flags, key in large if path.stat().st_size > 16 * BLOCK]
        cold(source, output)
        return sum(direct(path, flags, size) * report[key] / size for path, flags, key, size in large)

    def row(self, name, size, times, reports, least):
        if not times[0]:
            return
        rates = {mib: size / statistics.median(seconds) / 1e9 for mib, seconds in times.items() if seconds}
        shares = {mib: rates[mib] / rates[0] for mib in rates if mib}
        cells = [name, f"{rates[0]:.2f}"]
        for mib in (256, 64):
            cells.append(f"{rates[mib]:.2f} ({shares[mib]:.0%})" if mib in shares else "not run")
            if mib in shares and not self.small:
                self.expect(shares[mib] >= SHARES[mib], f"{name}: {shares[mib]:.0%} of its own rate in {mib} MiB")
        tight = reports.get(64)
        cells.append(f"{tight['memory_private_peak_bytes'] / MIB:.1f}" if tight else "")
        cells.append(f"{least / statistics.median(times[64]):.0%}" if tight and least else "")
        self.rows.append("| " + " | ".join(cells) + " |")

    def table(self):
        print("\n| job | no limit, GB/s | 256 MiB | 64 MiB | private MiB in 64 | its bytes by direct I/O, in 64 |\n|---|---|---|---|---|---|")
        print("\n".join(self.rows), flush=True)


def make(check, path, dtype, shape, sparse_blobs):
    """The input: random numbers; for labels, blobs among zeros."""
    if not sparse_blobs:
        words = ["create", path, "--dtype", dtype, "--shape", ",".join(map(str, shape)), "--fill", "random", "--seed", "7"]
        subprocess.run(list(map(str, [check.binary, *words, "--overwrite"])), check=True, capture_output=True)
        return
    x = np.lib.format.open_memmap(path, "w+", "u1", shape)
    rng = np.random.default_rng(7)
    # Each frame has bars that go on through many frames, so that components span hundreds of tiles.
    frame = np.zeros(shape[1:], "u1")
    frame[16::64, :] = 1
    frame[:, 500:502] = 0
    for t in range(shape[0]):
        x[t] = frame
        for row, column in rng.integers(0, [shape[1] - 9, shape[2] - 9], (40, 2)):
            x[t, row : row + 8, column : column + 8] = 1
    x.flush()


def direct(path, flags, size, workers=4):
    """Seconds that reading or writing a file past the page cache takes, with several calls at once."""
    handle = os.open(path, flags | os.O_DIRECT)
    buffers = [mmap.mmap(-1, BLOCK) for _ in range(workers)]
    call = os.preadv if flags == os.O_RDONLY else os.pwritev

    def lane(i):
        for at in range(i * BLOCK, size // BLOCK * BLOCK, workers * BLOCK):
            call(handle, [buffers[i]], at)

    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lane, range(workers)))
    if flags != os.O_RDONLY:
        os.fsync(handle)
    seconds = time.perf_counter() - started
    os.close(handle)
    return seconds


def huge(check, gib):
    """One array of so many GiB: z-score to f32, beside reading it twice and writing it once."""
    free = shutil.disk_usage(check.folder).free
    gib = min(gib, (free - 4 * GIB) // (2 * GIB))
    shape, size = (gib, 512, 1024, 512), gib * GIB
    print(f"\n== zscore of {gib} GiB, {free / GIB:.0f} GiB of disk are free", flush=True)
    source, output, pipeline = check.folder / "huge.npy", check.folder / "y.npy", check.folder / "job.toml"
    make(check, source, "f32", shape, False)
    pipeline.write_text(f'[inputs]\nx = "{source.name}"\n[[step]]\nname = "y"\nkernel = "zscore"\n[outputs]\ny = "{output.name}"\n')
    cold(source)
    read = direct(source, os.O_RDONLY, size)
    seconds, report = check.run(pipeline, source, output, None)
    if seconds is None:
        check.expect(False, f"zscore of {gib} GiB: {report}")
    else:
        again = direct(source, os.O_RDONLY, size)
        # Over the file that the run wrote, whose room is there.
        write = direct(output, os.O_WRONLY, size)
        least = read + again + write
        print(f"   direct I/O: read {read:.1f} s and {again:.1f} s, written {write:.1f} s; zscore {seconds:.1f} s: {least / seconds:.0%}",
              flush=True)
        check.rows.append(f"| zscore, {gib} GiB | {size / seconds / 1e9:.2f} ({least / seconds:.0%} of direct I/O) | | | | |")
        check.expect(check.small or least / seconds >= HUGE_SHARE, f"zscore of {gib} GiB: {least / seconds:.0%} of direct I/O")
    source.unlink()
    output.unlink(missing_ok=True)


# One of each family, alone: together they would share a sweep, and tiles that suit none of them.
WAYS_STEPS = {
    "turned": 'kernel = "transpose"\naxes = [2, 0, 1]',
    "z": 'kernel = "zscore"',
    "sums": 'kernel = "cumsum"\naxes = 0',
    "blur": 'kernel = "gaussian"\nsigma = 1.5\naxes = [1, 2]',
    "mixed": 'kernel = "shuffle"\nseed = 3',
}


def ways(check):
    """An array whose data begins anywhere, every way: equal bytes."""
    shape = (300, 1100, 1300) if not check.small else (30, 110, 130)
    for offset in (128, 13):
        source = check.folder / "x.dat"
        rng = np.random.default_rng(offset)
        with source.open("wb") as file:
            file.write(b"\7" * offset)
            for _ in range(shape[0]):
                file.write(rng.standard_normal(shape[1:], np.float32).tobytes())
        declared = f'[inputs]\nx = {{ path = "x.dat", dtype = "f32", shape = {list(shape)}, offset = {offset} }}\n'
        for name, step in WAYS_STEPS.items():
            pipeline = check.folder / "ways.toml"
            pipeline.write_text(f'{declared}[[step]]\nname = "{name}"\n{step}\n[outputs]\n{name} = "{name}.npy"\n')
            every_way(check, pipeline, name, f"{name} of {shape} at byte {offset}")
        source.unlink()


def every_way(check, pipeline, name, what):
    want = None
    for way in ("pwrite", "direct", "auto", "mmap"):
        words = ["run", pipeline, "--io", way, "--memory", "64MiB", "--quiet", "--overwrite"]
        started = time.perf_counter()
        done = subprocess.run(list(map(str, [check.binary, *words])), capture_output=True, text=True)
        seconds = time.perf_counter() - started
        check.expect(done.returncode == 0, f"{what} by {way}: {done.stderr.strip()[-300:]}")
        have = digest(check.folder / f"{name}.npy") if done.returncode == 0 else None
        want = want or have
        check.expect(have == want, f"{what}: {way} gives other bytes than pwrite: {have} {want}")
        print(f"   {what} by {way}: {seconds:.1f} s", flush=True)
    (check.folder / f"{name}.npy").unlink(missing_ok=True)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--only", nargs="*", choices=list(JOBS), default=list(JOBS))
    parse.add_argument("--repeat", type=int, default=3)
    parse.add_argument("--small", action="store_true")
    parse.add_argument("--huge", type=int, default=0)
    parse.add_argument("--ways", action="store_true")
    parse.add_argument("--folder", type=Path)
    options = parse.parse_args()
    binary = os.environ.get("TILEWISE_BIN", ROOT / "target/release/tilewise")
    with tempfile.TemporaryDirectory(dir=options.folder or ROOT / "target") as folder:
        check = Check(binary, Path(folder), options.small, options.repeat)
        for name in options.only:
            check.job(name)
        if options.ways:
            ways(check)
        if options.huge:
            huge(check, options.huge)
        check.table()
    if Container.why:
        print(f"\nnot run in containers: {Container.why}")
    print("\n".join(["", *check.broken]) if check.broken else "\nevery bound holds", flush=True)
    sys.exit(1 if check.broken else 0)


if __name__ == "__main__":
    main()
