"""The promises of bounded passes, held to files of 4 GiB: exact quantiles, transpose, shuffle, label.

Owns sizes and what has to come out, which is known from how the files are made. Refuses to know how runs are watched: that
is `acceptance`, which runs these parts.
"""

import time

import numpy as np

MIB = 1 << 20


def say(text):
    print(f"\n== {text}", flush=True)


def bounded(check, run, size, passes=None, moves=None):
    """Holds a run to a number of passes over its input, or to so many reads and writes of `size` bytes."""
    done, report = len(run.report["passes"]), run.report
    run.note = f"{done} passes; read {report['read_bytes'] / size:.2f} times, wrote {report['written_bytes'] / size:.2f} times"
    if passes:
        check.expect(done <= passes, f"{run.name}: {done} passes, of at most {passes}")
    if moves:
        # A tile's edges may be read twice.
        most = moves * 1.02 * size
        check.expect(report["read_bytes"] <= most, f"{run.name}: read {report['read_bytes']} of {size}")
        check.expect(report["written_bytes"] <= most, f"{run.name}: wrote {report['written_bytes']} of {size}")
    print(f"   {run.name}: {run.note}", flush=True)


def random(check, name, shape, dtype="f32"):
    path = check.folder / f"{name}.npy"
    words = ["create", path, "--dtype", dtype, "--shape", ",".join(map(str, shape)), "--fill", "random", "--seed", 7]
    check.call(words)
    return path


def pipeline(check, source, step, output):
    path = check.folder / "moves.toml"
    path.write_text(f'[inputs]\nx = "{source.name}"\n[[step]]\nname = "y"\n{step}\n[outputs]\ny = "{output.name}"\n')
    return path


def quantiles(check):
    """Three exact quantiles in 32 MiB, in at most three passes."""
    count = (1 << 30) // (1024 if check.small else 1)
    say(f"quantiles of {count} f32")
    source, output = random(check, "random", [count]), check.folder / "quantiles.npy"
    step = 'kernel = "quantile"\nq = [0.01, 0.5, 0.99]\nmethod = "lower"'
    run = check.run("quantiles in 32 MiB", pipeline(check, source, step, output), output, budget=32 * MIB)
    if run:
        bounded(check, run, 4 * count, passes=3)
        x = np.load(source, mmap_mode="r")
        found = np.load(output)
        below, upto = np.zeros(3, "i8"), np.zeros(3, "i8")
        for part in np.array_split(x, 64):
            below += [(part < v).sum() for v in found]
            upto += [(part <= v).sum() for v in found]
        ranks = np.floor(np.array([0.01, 0.5, 0.99]) * (count - 1)).astype("i8")
        check.expect(bool(((below <= ranks) & (ranks < upto)).all()), f"ranks {ranks} are not in {below}..{upto}")
    source.unlink()


def transpose(check):
    """Axes in another order in 64 MiB, in at most two reads and writes of the array."""
    shape = (8, 16, 32) if check.small else (512, 1024, 2048)
    say(f"transpose of {shape} f32")
    source, output = random(check, "random", shape), check.folder / "turned.npy"
    for axes in ("[2, 0, 1]", "[2, 1, 0]", "[1, 0, 2]"):
        step = f'kernel = "transpose"\naxes = {axes}'
        run = check.run(f"transpose {axes}", pipeline(check, source, step, output), output)
        if run:
            size = 4 * int(np.prod(shape))
            bounded(check, run, size, moves=2)
            x, y = np.load(source, mmap_mode="r"), np.load(output, mmap_mode="r")
            turned = x.transpose([int(a) for a in axes.strip("[]").split(",")])
            rng = np.random.default_rng(1)
            picks = tuple(rng.integers(0, n, 20_000) for n in turned.shape)
            check.expect(bool((y[picks] == turned[picks]).all()), f"{run.name}: an element is not where it belongs")
        output.unlink(missing_ok=True)
    source.unlink()


def shuffle(check):
    """Records of 100 bytes and of 1 MiB in a new order in 64 MiB, in at most two reads and writes."""
    for name, record, count in (("100 bytes", 100, (4 << 30) // 100), ("1 MiB", 1 << 20, 4096)):
        count = count // (1024 if check.small else 1)
        say(f"shuffle of {count} records of {name}")
        source, output = check.folder / "records.npy", check.folder / "shuffled.npy"
        x = np.lib.format.open_memmap(source, "w+", "u1", (count, record))
        for first in range(0, count, 1 << 18 if record == 100 else 16):
            rows = x[first : first + (1 << 18 if record == 100 else 16)]
            number = np.arange(first, first + len(rows), dtype="<u8")
            rows[:, :8] = number.view("u1").reshape(-1, 8)
            # The rest of a record follows from its number, so that a mixed one shows.
            rows[:, 8:] = (number * 7 % 251).astype("u1")[:, None]
        x.flush()
        del x
        step = 'kernel = "shuffle"\nseed = 5'
        run = check.run(f"shuffle of {name}", pipeline(check, source, step, output), output)
        if run:
            bounded(check, run, count * record, moves=2)
            check_records(check, run, np.load(output, mmap_mode="r"))
        source.unlink()
        output.unlink(missing_ok=True)


def check_records(check, run, y):
    started, seen, rows = time.perf_counter(), np.zeros(len(y), "u1"), 1 << 18 if y.shape[1] == 100 else 16
    moved = 0
    for first in range(0, len(y), rows):
        part = y[first : first + rows]
        number = np.ascontiguousarray(part[:, :8]).view("<u8").ravel()
        np.add.at(seen, number, 1)
        moved += int((number != np.arange(first, first + len(part), dtype="u8")).sum())
        whole = (part[:, 8:] == (number * 7 % 251).astype("u1")[:, None]).all()
        check.expect(bool(whole), f"{run.name}: a record near {first} is not whole")
    check.expect(bool((seen == 1).all()), f"{run.name}: a record is missing or comes twice")
    check.expect(moved > 0.99 * len(y) - 10, f"{run.name}: {len(y) - moved} records stayed where they were")
    run.note += f"; every record once ({time.perf_counter() - started:.0f} s)"


def label(check):
    """Components that go through every tile, and many that lie in one, in 64 MiB.

    Plates across the first two axes are joined in groups of four where the array ends, so that no number is final before the
    last tile; between them lie points.
    """
    depth, side = (32, 64) if check.small else (1024, 1024)
    say(f"label of {(depth, side, side)} f32")
    source, output = check.folder / "combs.npy", check.folder / "labels.npy"
    x = np.lib.format.open_memmap(source, "w+", "f4", (depth, side, side))
    for z in range(depth):
        x[z] = comb_plane(z, depth, side)
    x.flush()
    del x
    step = 'kernel = "label"\njoins_max = 400_000'
    run = check.run("label in 64 MiB", pipeline(check, source, step, output), output)
    if run:
        bounded(check, run, 4 * depth * side * side, passes=2)
        y, combs, count = np.load(output, mmap_mode="r"), side // 64, 0
        for z in range(depth):
            lit = comb_plane(z, depth, side) != 0
            want = np.where(lit, np.arange(side) // 64 + 1, 0)
            points = np.argwhere(lit & (np.arange(side) % 16 == 8) & (z < depth - 1))
            want[tuple(points.T)] = combs + count + 1 + np.arange(len(points))
            count += len(points)
            check.expect(bool((y[z] == want).all()), f"{run.name}: a number in plane {z} is not its component's")
        run.note += f"; {combs + count} components, {combs} of them in every tile"
    source.unlink()
    output.unlink(missing_ok=True)


def comb_plane(z, depth, side):
    plane = np.zeros((side, side), "f4")
    plane[:, ::16] = 1
    if z == depth - 1:
        for first in range(0, side, 64):
            plane[-1, first : first + 49] = 1
    elif z % 8 == 3:
        plane[5::16, 8::16] = 2
    return plane


PARTS = {"quantiles": quantiles, "transpose": transpose, "shuffle": shuffle, "label": label}
