#!/usr/bin/env python3
"""Import of a CSV file into a .npy file: Tilewise beside pandas and polars.

    TILEWISE_BIN=target/release/tilewise python3 benches/csv_peers.py [ROWS] [ROUNDS]

Makes a file of ROWS rows (10 million) and five columns in a temporary folder (TMPDIR): a counter, a
measurement of two digits, two of six digits and one with all digits of a double. Each importer runs in a
process of its own, in turn, ROUNDS times (5), with the text and the code in the page cache, and writes the
same array. Prints medians of the wall time and of the time of all cores together, and the peak of memory: resident, and private (anonymous) alone,
as pages of mapped files can be taken back. Needs numpy, pandas and polars. Values must be those of Python's own
float() to the bit; those of pandas may differ in the last one, as it promises no more by default.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

IMPORTERS = {
    "tilewise": None,
    "polars": """
import sys, numpy, polars
frame = polars.read_csv(sys.argv[1])
numpy.save(sys.argv[2], numpy.ascontiguousarray(frame.to_numpy()))
""",
    "pandas": """
import sys, numpy, pandas
frame = pandas.read_csv(sys.argv[1])
numpy.save(sys.argv[2], numpy.ascontiguousarray(frame.to_numpy()))
""",
}


def make(path, rows):
    """Writes the file, from a block of lines that is repeated with another counter."""
    random.seed(1)
    lines = []
    for _ in range(100_000):
        a, b, c = random.uniform(-30, 40), random.gauss(0, 100), random.gauss(1000, 5)
        lines.append(f",{a:.2f},{b:.6f},{c:.6f},{random.random()!r}\n")
    with open(path, "w") as file:
        file.write("n,temperature,force,pressure,share\n")
        for start in range(0, rows, len(lines)):
            count = min(len(lines), rows - start)
            file.write("".join([str(start + i) + lines[i] for i in range(count)]))


def status(pid, key):
    try:
        with open(f"/proc/{pid}/status") as file:
            line = next((l for l in file if l.startswith(key)), None)
        return int(line.split()[1]) * 1024 if line else 0
    except OSError:
        return 0


def run(name, source, text, out):
    """Wall time, peaks of memory and processor time of one import."""
    if os.path.exists(out):
        os.remove(out)
    if source is None:
        words = [os.environ["TILEWISE_BIN"], "apply", text, out, "--quiet"]
    else:
        words = [sys.executable, "-c", source, text, out]
    start, resident, private = time.perf_counter(), 0, 0
    child = subprocess.Popen(words)
    while True:
        pid, code, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        # What wait4 tells of residency begins with that of this process, before the other program is there.
        resident = max(resident, status(child.pid, "VmRSS"))
        private = max(private, status(child.pid, "RssAnon"))
        time.sleep(0.005)
    elapsed = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(code)
    if child.returncode:
        raise SystemExit(f"{name} failed with {child.returncode}")
    return elapsed, resident, private, usage.ru_utime + usage.ru_stime


def check(text, outs):
    """Every array is the text's, to the bit where the importer promises that."""
    import numpy

    arrays = {name: numpy.load(out, mmap_mode="r") for name, out in outs.items()}
    ours = arrays["tilewise"]
    with open(text) as file:
        next(file)
        for i, line in enumerate(file):
            if i == 20_000:
                break
            assert list(ours[i]) == [float(v) for v in line.split(",")], line
    for name, array in arrays.items():
        same = numpy.array_equal(array, ours) if name != "pandas" else numpy.allclose(array, ours, rtol=1e-15)
        assert same, f"{name} has other values"


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "data.csv")
        make(text, rows)
        size = os.path.getsize(text)
        print(f"{rows:,} rows of 5 columns, {size / 2**20:.0f} MiB of text, {os.cpu_count()} cores")
        outs = {name: os.path.join(folder, f"{i}.npy") for i, name in enumerate(IMPORTERS)}
        runs = {name: [] for name in IMPORTERS}
        for name, source in IMPORTERS.items():
            run(name, source, text, outs[name])
        check(text, outs)
        for _ in range(rounds):
            for name, source in IMPORTERS.items():
                runs[name].append(run(name, source, text, outs[name]))
        print(f"{'':20}{'median':>9}{'best':>9}{'cores':>9}{'text':>12}{'resident':>12}{'private':>12}")
        for name, figures in runs.items():
            times = [f[0] for f in figures]
            median = statistics.median(times)
            processor = statistics.median(f[3] for f in figures)
            resident, private = max(f[1] for f in figures), max(f[2] for f in figures)
            print(
                f"{name:20}{median:8.2f}s{min(times):8.2f}s{processor:8.2f}s{size / 2**20 / median:7.0f} MiB/s"
                f"{resident / 2**20:8.0f} MiB{private / 2**20:8.0f} MiB"
            )


main()
