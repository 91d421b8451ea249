"""Runs of the programs as cron starts them, kill -9 among them, and what came of each."""
import collections
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

EX_UNAVAILABLE, EX_SOFTWARE, EX_TEMPFAIL = 69, 70, 75
ORPHAN_S = 5  # until those that a killed run leaves behind must be gone
# What a run may say that nobody struck, and one of whose processes somebody killed.
MAY_SAY = re.compile(
    r'fleet-collector: warning: \d+ reports? did not open, and went to |'
    r'fleet-collector: warning: \d+ outcome lines? cut, |'
    r'fleet-collector: warning: \d+ of \d+ clients were not reached before the deadline|'
    r'fleet-(collector|alerter): error: \d+ runs in a row met another ')
STRUCK_MAY_SAY = re.compile(
    MAY_SAY.pattern + '|fleet-collector: error: (a poller died|poller: the signer is gone|'
    r'the signer died; another takes its place|the signer did not end well|'
    r'a poller did not end well)|'
    r'fleet-collector: warning: .*: the signer process is gone')
WAITS_SAY = re.compile(
    MAY_SAY.pattern + '|fleet-alerter: error: mail: nothing can be told, everything waits: ')


def stat_of(pid):
    """(parent, start) of a process, None when it is gone; proc_pid_stat(5)."""
    try:
        words = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return None if words[0] == 'Z' else (int(words[1]), words[19])


def children_of(pid):
    try:
        words = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def count_descriptors(pid):
    try:
        return len(os.listdir(f'/proc/{pid}/fd'))
    except OSError:
        return 0


def peak_kib(pid):
    try:
        status = pathlib.Path(f'/proc/{pid}/status').read_text(errors='replace')
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith('VmHWM'))


class Run:
    """One run of a program, with its helpers."""

    def __init__(self, fleet, program, *arguments):
        self.program, self.began = program, time.monotonic()
        self.said = tempfile.TemporaryFile('w+', errors='replace')
        # Standard output has the alerts, where there is no mail server.
        self.process = fleet.start(program, *arguments, stdout=subprocess.DEVNULL, stderr=self.said)
        self.struck = ''                    # the role that was killed
        self.helpers = {}                   # pid: start
        self.peaks = collections.Counter()  # role: KiB
        self.descriptors = 0

    def processes(self):
        """(pid, role) of all that live."""
        pid = self.process.pid
        yield pid, self.program
        for child in children_of(pid):
            try:
                line = pathlib.Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
            except OSError:
                continue
            if len(line) > 1 and line[1] in (b'--poller', b'--signer', b'--resolver'):
                yield child, line[1][2:].decode()

    def look(self):
        for pid, role in self.processes():
            self.peaks[role] = max(self.peaks[role], peak_kib(pid))
            if role == self.program:
                self.descriptors = max(self.descriptors, count_descriptors(pid))
            elif pid not in self.helpers and (stat := stat_of(pid)):
                self.helpers[pid] = stat[1]

    def kill(self, pid):
        """False when it was faster. A number that went to another process meanwhile is not hit."""
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            stat = stat_of(pid)
            is_ours = stat and (pid == self.process.pid or stat[0] == self.process.pid)
            if is_ours:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            return bool(is_ours)
        except ProcessLookupError:
            return False
        finally:
            os.close(fd)

    def words(self):
        self.said.seek(0)
        return [line for line in self.said.read().splitlines() if line]


class Crontab:
    """Starts runs, strikes some, and keeps what came of them."""

    def __init__(self, fleet, rng):
        self.fleet, self.rng = fleet, rng
        self.running, self.orphans = [], []
        self.counts = collections.Counter()  # 'collector 0'
        self.kills = collections.Counter()   # role
        self.peaks = collections.defaultdict(list)  # role: [(when, KiB)]
        self.descriptors = collections.defaultdict(list)
        self.wrong = collections.Counter()   # complaint: times
        self.mail_waits = False              # since its server takes nothing

    def start(self, program, *arguments):
        run = Run(self.fleet, program, *arguments)
        self.running.append(run)
        return run

    def watch(self):
        for run in list(self.running):
            if run.process.poll() is None:
                run.look()
            else:
                self.running.remove(run)
                self.judge(run)
        now = time.monotonic()
        for pid, start, until in list(self.orphans):
            stat = stat_of(pid)
            if stat and stat[1] == start and now < until:
                continue
            self.orphans.remove((pid, start, until))
            if stat and stat[1] == start:
                self.wrong[f'a helper outlived its run by {ORPHAN_S} s: {pid}'] += 1

    def judge(self, run):
        status, now = run.process.returncode, time.monotonic()
        self.counts[f'{run.program} {"killed" if run.struck == run.program else status}'] += 1
        self.orphans += [(pid, start, now + ORPHAN_S) for pid, start in run.helpers.items()]
        waits = self.mail_waits and run.program == 'alerter'
        may_end = {0, EX_TEMPFAIL}
        may_say = STRUCK_MAY_SAY if run.struck else WAITS_SAY if waits else MAY_SAY
        if run.struck == run.program:
            may_end.add(-signal.SIGKILL)
        if run.struck == 'poller':
            may_end.add(EX_SOFTWARE)  # it had all clients
        if waits:
            may_end.add(EX_UNAVAILABLE)
        if status not in may_end:
            self.wrong[f'{run.program} ended with {status}: {" / ".join(run.words()[-3:])}'] += 1
        for line in run.words():
            if not may_say.match(line):
                self.wrong[f'said{" by one that was struck" if run.struck else ""}: {line}'] += 1
        run.said.close()
        if status == 0 and not run.struck:
            self.descriptors[run.program].append((run.began, run.descriptors))
            for role, peak in run.peaks.items():
                self.peaks[role].append((run.began, peak))

    def strike(self):
        """kill -9 of any process that runs now. Its run has no other fault."""
        processes = [(run, pid, role) for run in self.running for pid, role in run.processes()]
        if not processes:
            return
        run, pid, role = self.rng.choice(processes)
        run.look()
        if not run.struck and run.kill(pid):
            run.struck = role
            self.kills[role] += 1

    def settle(self, seconds=120):
        """Until nothing runs any more."""
        end = time.monotonic() + seconds
        while (self.running or self.orphans) and time.monotonic() < end:
            self.watch()
            time.sleep(0.05)
        for run in self.running:
            self.wrong[f'{run.program} did not end in {seconds} s'] += 1
            run.process.kill()
            run.process.wait()

    def run(self, program, *arguments):
        self.start(program, *arguments)
        self.settle()
