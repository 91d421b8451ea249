"""What the benchmarks share: running a command and taking its cost, interleaving the two sides of
a comparison, and one table at the end.

Time decides nothing, since it is another on every machine and at every hour; what decides is the
ratio of two sides that ran by turns. The ratio of a row is the median of those of its rounds.
"""
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from rig import sshd

ROUNDS = int(os.environ.get('FLEET_BENCH_ROUNDS', '5'))
SKIPPED = 77
BUILD = os.environ['FLEET_BUILD']


def program(name):
    """A floor, or another program of this folder."""
    return os.path.join(BUILD, 'tests', 'bench', name)


class Cost:
    """wall and cpu in seconds; cpu is user and system time of the process and all it waited
    for."""

    def __init__(self, wall, usage, status, out, err):
        self.wall, self.cpu = wall, usage.ru_utime + usage.ru_stime
        self.status, self.out, self.err = status, out, err


def children(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
            return [int(word) for word in f.read().split()]
    except OSError:
        return []


def cpu_seconds(pids):
    """That processes had so far; /proc/PID/schedstat (Documentation/scheduler/sched-stats)."""
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/schedstat', encoding='ascii') as f:
                total += int(f.read().split()[0])
        except OSError:
            pass
    return total / 1e9


def is_in_role(pid, role):
    try:
        with open(f'/proc/{pid}/cmdline', encoding='utf-8', errors='replace') as f:
            return role is None or role in f.read().split('\0')
    except OSError:
        return False


def anonymous_kib(pid):
    """Memory that is the process's own, proc(5)."""
    try:
        with open(f'/proc/{pid}/status', encoding='utf-8', errors='replace') as f:
            return sum(int(line.split()[1]) for line in f if line.startswith('RssAnon'))
    except OSError:
        return 0


class Running:
    """A command that runs, to look at; ended when it is left."""

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, env=env, cwd='/', stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_alive(self):
        return self.process.poll() is None

    def memory_kib(self, role):
        """Of its children in that role (an argument they have), together; None: of all."""
        return sum(anonymous_kib(pid) for pid in children(self.process.pid)
                   if is_in_role(pid, role))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Watch(threading.Thread):
    """Samples the memory of a process and its children ten times a second, as long as it has
    children: while a collector polls."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples, self.is_over = pid, [], threading.Event()

    def run(self):
        while not self.is_over.wait(0.1):
            pids = children(self.pid)
            if pids:
                self.samples.append(sum(anonymous_kib(p) for p in [self.pid, *pids]))

    def stop(self):
        """The median."""
        self.is_over.set()
        self.join()
        return statistics.median(self.samples) if self.samples else 0


def run(command, env=None, statuses=(0,), watch=False):
    """Runs a command to its end. Its standard input is empty. watch: take its memory too."""
    with tempfile.TemporaryFile('w+', errors='replace') as out, \
            tempfile.TemporaryFile('w+', errors='replace') as err:
        begin = time.monotonic()
        with subprocess.Popen(command, env=env, cwd='/', stdin=subprocess.DEVNULL, stdout=out,
                              stderr=err) as process:
            watcher = Watch(process.pid)
            if watch:
                watcher.start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - begin
        memory = watcher.stop() if watch else 0
        for f in (out, err):
            f.seek(0)
        cost = Cost(wall, usage, process.returncode, out.read(), err.read())
        cost.memory_kib = memory
    if cost.status not in statuses:
        sys.exit(f'{command[0]} ended with {cost.status}\n{cost.out[-2000:]}{cost.err[-2000:]}')
    return cost


def interleave(sides, rounds=ROUNDS):
    """sides: {name: function that returns a Cost}. Every round runs each of them once, in turn.
    Returns {name: [Cost, …]}."""
    costs = {name: [] for name in sides}
    for number in range(rounds):
        print(f'round {number + 1} of {rounds}:', end='', flush=True)
        for name, side in sides.items():
            costs[name].append(side())
            print(f' {name} {costs[name][-1].cpu:.3f} s;', end='', flush=True)
        print(flush=True)
    return costs


def numbers(costs, key, scale=1.0):
    return [getattr(c, key) * scale for c in costs]


class Table:
    """Rows of ours against another's; exit status 1 when a ratio is beyond its bar."""

    def __init__(self):
        self.lines, self.missed = [], 0

    def row(self, what, ours, others, unit, most=None, least=None, cheaper=False):
        """ours and others: one number a round. The ratio is ours to others', or the other way
        round when it is told how much cheaper ours is."""
        pairs = [(b, a) if cheaper else (a, b) for a, b in zip(ours, others)]
        ratios = [a / b for a, b in pairs]
        self.figure(what, f'{statistics.median(ours):.3f} {unit}',
                    f'{statistics.median(others):.3f} {unit}', statistics.median(ratios),
                    most, least, f'{min(ratios):.2f}–{max(ratios):.2f}')

    def figure(self, what, ours, other, ratio, most=None, least=None, spread=''):
        met = (most is None or ratio <= most) and (least is None or ratio >= least)
        bar = f'≤ {most}' if most is not None else f'≥ {least}' if least is not None else '–'
        self.missed += not met
        self.lines.append((what, ours, other, f'{ratio:.2f}', spread, bar,
                           'met' if met and bar != '–' else '' if met else 'MISSED'))

    def skip(self, what, why):
        self.lines.append((what, '', '', '', '', '', 'skipped: ' + why))

    def finish(self):
        head = ('what', 'ours', 'the other', 'ratio', 'spread', 'bar', '')
        rows = [head] + self.lines
        widths = [max(len(r[i]) for r in rows) for i in range(len(head))]
        print()
        for r in rows:
            print('  '.join(cell.ljust(w) for cell, w in zip(r, widths)).rstrip())
        sys.exit(1 if self.missed else 0)


@contextlib.contextmanager
def without_database(path):
    """What is polled meanwhile stays in the spool."""
    os.rename(path, path + '.away')
    os.mkdir(path)
    try:
        yield
    finally:
        os.rmdir(path)
        os.rename(path + '.away', path)


def work_folder(name):
    """A temporary folder; the caller removes it."""
    return tempfile.mkdtemp(prefix=f'fleet-bench-{name}-')


def enter_network():
    """Into a network namespace with nothing but loopback, or it is skipped."""
    try:
        sshd.enter_network()
    except OSError as e:
        print('skipped: a network namespace is needed:', e)
        sys.exit(SKIPPED)
