"""What the probe says of processes, control groups and containers: beside ps(1) and psutil on this
machine, and of trees below a root that are made for it."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from rig.probe import PROBE

sys.path.append(os.path.join(os.environ.get('FLEET_PACKAGES', ''), 'usr', 'lib', 'python3',
                             'dist-packages'))
try:
    import psutil
except ImportError:
    psutil = None

NOBODY = 65534
OWN = 'FLEET_OWN_PROCESSES'
PR_SET_NAME = 15
LINE = re.compile(r'([a-z_A-Z0-9]+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def unescape(value):
    return re.sub(r'\\(.)', lambda m: '\n' if m[1] == 'n' else m[1], value)


def parse(text):
    """{name: [(labels, value), …]}"""
    found = {}
    for line in text.splitlines():
        if not line.startswith('#'):
            name, labels, value = LINE.fullmatch(line).groups()
            labels = {k: unescape(v) for k, v in LABEL.findall(labels or '')}
            found.setdefault(name, []).append((labels, float(value)))
    return found


def report(*asks, root=None, **more):
    command = [PROBE, '--plain', *(['--root', root] if root else [])]
    for ask in asks:
        command += ['--ask', ask]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=True, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'},
                          **more)
    assert done.stdout.endswith('# EOF\n')
    return parse(done.stdout)


def asked(said, name, metric='running'):
    """The value for what was asked for by this name; None: there is none."""
    values = [v for labels, v in said.get('fleet_process_' + metric, []) if labels['name'] == name]
    assert len(values) <= 1, values
    return values[0] if values else None


def ps(*arguments):
    return subprocess.run(['ps', *arguments], capture_output=True, text=True, check=True,
                          env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'}).stdout.splitlines()


def settled(look, compare):
    """Processes come and go on this machine, so what does not agree may agree the next time."""
    for attempt in range(100):
        try:
            return compare(*look())
        except AssertionError:
            if attempt == 99:
                raise
            time.sleep(0.1)


def into_own_processes():
    """Where root may, in a namespace of processes with nobody else's, as a container has: what is
    counted does not change meanwhile."""
    command = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']
    if os.geteuid() or OWN in os.environ or not shutil.which('unshare') or \
            subprocess.run([*command, 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
        return
    os.environ[OWN] = 'yes'
    os.execvp('unshare', [*command, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-processes-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o755)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def start(self, *command, **more):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   **more)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def program(self, name):
        """A program of this name, that sleeps."""
        path = os.path.join(self.folder, name)
        shutil.copy(shutil.which('sleep'), path)
        return path

    def sleepers(self, name, count=1):
        path = self.program(name)
        return [self.start(path, '600') for _ in range(count)]

    def named(self, name):
        """A process that calls itself so."""
        def rename():
            ctypes.CDLL(None).prctl(PR_SET_NAME, name, 0, 0, 0)
        pid = os.fork()
        if pid == 0:
            rename()
            signal.pause()
            os._exit(0)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)
        while True:
            with open(f'/proc/{pid}/comm', 'rb') as f:
                if f.read() == name[:15] + b'\n':
                    return pid
            time.sleep(0.01)


@unittest.skipUnless(shutil.which('ps'), 'ps is not installed (procps)')
class BesidePs(Case):
    def test_counts(self):
        def look():
            return ps('-eo', 's=,nlwp='), report(), ps('-eo', 's=,nlwp=')

        def compare(before, said, after):
            """ps and the probe count themselves: one sleeping or running process each."""
            for lines in (before, after):
                states = {}
                for line in lines:
                    states[line.split()[0]] = states.get(line.split()[0], 0) + 1
                got = {labels['state']: n for labels, n in said['node_processes_state']}
                self.assertEqual(said['node_processes_pids'], [({}, len(lines))])
                self.assertEqual(said['node_processes_threads'],
                                 [({}, sum(int(line.split()[1]) for line in lines))])
                self.assertEqual(sum(got.values()), len(lines))
                for state in 'DTZ':
                    self.assertEqual(got.get(state, 0), states.get(state, 0), state)
        zombie = self.start('true')
        stopped = self.start('sleep', '600')
        stopped.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        settled(look, compare)

    def test_top(self):
        """One that takes more memory than all others, and one user's name."""
        self.start(sys.executable, '-c', 'import time; data = bytearray(200 << 20); time.sleep(600)')
        self.sleepers('fleet-small', 5)

        def look():
            return ps('-eo', 'pid=,rss=,euser:64=,comm='), report()

        def compare(lines, said):
            rows = {row[0]: row[1:] for row in (line.split(None, 3) for line in lines)}
            top = said['fleet_process_top_resident_memory_bytes']
            self.assertEqual(len(top), 5)
            self.assertEqual([v for _, v in top], sorted((v for _, v in top), reverse=True))
            for labels, value in top:
                rss, user, name = rows[labels['pid']]
                self.assertEqual((labels['user'], labels['name']), (user, name.rstrip()))
                self.assertAlmostEqual(value / 1024, int(rss), delta=max(2048, int(rss) * 0.1))
            most = sorted((int(rss) for rss, _, _ in rows.values()), reverse=True)
            self.assertGreaterEqual(top[4][1] / 1024, most[4] * 0.9 - 2048)
        settled(look, compare)

    def test_busiest(self):
        def look():
            return ps('-eo', 'pid=,cputimes=,euser:64=,comm='), report()

        def compare(lines, said):
            rows = {row[0]: row[1:] for row in (line.split(None, 3) for line in lines)}
            top = said['fleet_process_top_cpu_seconds_total']
            for labels, value in top:
                seconds, user, name = rows[labels['pid']]
                self.assertEqual((labels['user'], labels['name']), (user, name.rstrip()))
                self.assertAlmostEqual(value, int(seconds), delta=2)
        settled(look, compare)


class Asked(Case):
    """Processes of our own, by name and by pid file."""

    def test_how_many_run(self):
        many = self.sleepers('fleet-asked-for', 3)
        said = report('process:fleet-asked-for', 'process:fleet-asked', 'process:fleet-none')
        self.assertEqual(asked(said, 'fleet-asked-for'), 3)
        self.assertEqual(asked(said, 'fleet-asked'), 0)
        self.assertEqual(asked(said, 'fleet-none'), 0)
        self.assertEqual(asked(said, 'fleet-none', 'error'), 0)
        for metric in ('oldest_start_time_seconds', 'cpu_seconds_total', 'resident_memory_bytes'):
            self.assertIsNone(asked(said, 'fleet-none', metric))

        def look():  # they may still be at their beginning
            with open(f'/proc/{many[0].pid}/status', encoding='ascii') as f:
                rss = int(re.search(r'VmRSS:\s+(\d+) kB', f.read())[1]) << 10
            return rss, asked(report('process:fleet-asked-for'), 'fleet-asked-for',
                              'resident_memory_bytes')
        settled(look, lambda rss, told: self.assertAlmostEqual(told, 3 * rss, delta=3 << 20))
        self.assertAlmostEqual(asked(said, 'fleet-asked-for', 'oldest_start_time_seconds'),
                               time.time(), delta=60)

    def test_one_that_ended_runs_no_more(self):
        one, other = self.sleepers('fleet-ended', 2)
        one.kill()
        os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual(asked(report('process:fleet-ended'), 'fleet-ended'), 1)
        other.kill()
        other.wait()
        self.assertEqual(asked(report('process:fleet-ended'), 'fleet-ended'), 0)

    def test_start_and_cpu(self):
        old = self.start(sys.executable, '-c', '''
import time, ctypes
ctypes.CDLL(None).prctl(15, b"fleet-busy", 0, 0, 0)
end = time.process_time() + 0.6
while time.process_time() < end: pass
time.sleep(600)''')
        while asked(report('process:fleet-busy'), 'fleet-busy') != 1:
            time.sleep(0.05)
        while (asked(report('process:fleet-busy'), 'fleet-busy', 'cpu_seconds_total') or 0) < 0.5:
            time.sleep(0.05)
        said = report('process:fleet-busy')
        with open('/proc/stat', encoding='ascii') as f:
            boot = int(re.search(r'^btime (\d+)$', f.read(), re.M)[1])
        with open(f'/proc/{old.pid}/stat', encoding='ascii') as f:
            words = f.read().rsplit(')', 1)[1].split()
        self.assertAlmostEqual(asked(said, 'fleet-busy', 'oldest_start_time_seconds'),
                               boot + int(words[19]) / 100, delta=1.5)
        self.assertAlmostEqual(asked(said, 'fleet-busy', 'cpu_seconds_total'),
                               (int(words[11]) + int(words[12])) / 100, delta=0.05)

    def test_a_name_that_the_kernel_cuts(self):
        self.sleepers('fleet-journal-of-mine', 2)
        self.sleepers('fleet-journal-of-others')
        said = report('process:fleet-journal-of-mine', 'process:fleet-journal-o',
                      'process:fleet-journal-of-nobody')
        self.assertEqual(asked(said, 'fleet-journal-of-mine'), 2)
        self.assertEqual(asked(said, 'fleet-journal-o'), 3)
        self.assertEqual(asked(said, 'fleet-journal-of-nobody'), 0)

    def test_hostile_names(self):
        names = ['a) R (b', 'a "b\\', ')', '(', 'x 1 2 3', '\N{UNICORN FACE}\N{UNICORN FACE}', 'b=c']
        for name in names:
            self.named(name.encode())
        self.named(b'line\nof two')
        self.named(b'\x1b[31m\xff\xfe')
        said = report(*('process:' + name for name in names), 'process:of two', 'process:line')
        for name in names:
            self.assertEqual(asked(said, name), 1, name)
        self.assertEqual(asked(said, 'of two'), 0)
        self.assertEqual(asked(said, 'line'), 0)

    def test_pid_files(self):
        one = self.sleepers('fleet-of-a-file')[0]
        ended = self.start('true')
        ended.wait()
        files = {
            'right': f'{one.pid}\n', 'bare': f'{one.pid}', 'more': f'{one.pid}\n/var/lib/db\n5432\n',
            'ended': f'{ended.pid}\n', 'empty': '', 'words': 'none\n', 'huge': '9' * 40 + '\n',
            'negative': f'-{one.pid}\n', 'zero': '0\n', 'binary': b'\xff\x00\n',
        }
        for name, text in files.items():
            self.write(name + '.pid', text)
        os.symlink('right.pid', os.path.join(self.folder, 'link.pid'))
        os.mkfifo(os.path.join(self.folder, 'pipe.pid'))
        wanted = {'right': 1, 'bare': 1, 'more': 1, 'link': 1, 'ended': 0, 'missing': 0, 'empty': None,
                  'words': None, 'huge': None, 'negative': None, 'zero': None, 'binary': None,
                  'pipe': None}
        said = report(*(f'process:{name}={self.folder}/{name}.pid' for name in wanted))
        for name, count in wanted.items():
            self.assertEqual(asked(said, name), count, name)
            self.assertEqual(asked(said, name, 'error'), 1 if count is None else 0, name)

    def test_a_pid_file_of_somebody_else(self):
        """Whose number was taken over; older by more than what this machine's clock was set since
        /proc was mounted, as in a machine that was woken from a snapshot."""
        one = self.sleepers('fleet-of-a-file')[0]
        before = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        before = min(before, os.stat('/proc').st_mtime)
        for name, written, count in (('old', before - 3600, 0), ('own', time.time() - 30, 1),
                                     ('touched', time.time() + 3600, 1), ('unknown', 0, 1)):
            os.utime(self.write(name + '.pid', f'{one.pid}\n'), (0, written))
            said = report(f'process:{name}={self.folder}/{name}.pid')
            self.assertEqual(asked(said, name), count, name)
            self.assertEqual(asked(said, name, 'error'), 0, name)

    def test_a_pid_file_and_a_clock_that_was_set(self):
        """Below a root, whose /proc was mounted by the clock of then."""
        self.write('proc/7/stat', '7 (n) S 1 9 9 0 -1 0 1 1 1 1 0 0 0 0 20 0 2 0 5000 4096 1 0 0 0\n')
        self.write('proc/stat', 'btime 1000000\n')
        for mounted, written, count in ((1000005, 1000055, 1), (1000005, 999000, 0),
                                        (500000, 500055, 1), (500000, 499000, 0)):
            os.utime(self.write('own.pid', '7\n'), (0, written))
            os.utime(os.path.join(self.folder, 'proc'), (0, mounted))
            said = report('process:own=/own.pid', root=self.folder)
            self.assertEqual(asked(said, 'own'), count, (mounted, written))

    @unittest.skipUnless(os.geteuid() == 0, 'root is needed to be somebody else')
    def test_a_pid_file_that_we_may_not_read(self):
        os.chmod(self.write('own.pid', f'{os.getpid()}\n'), 0o600)
        probe = self.program_for_all()
        said = report(f'process:own={self.folder}/own.pid', user=NOBODY, group=NOBODY,
                      extra_groups=[], executable=probe)
        self.assertIsNone(asked(said, 'own'))
        self.assertEqual(asked(said, 'own', 'error'), 1)
        self.assertIn(({'source': 'processes'}, 1), said['fleet_source_denied'])

    def program_for_all(self):
        path = os.path.join(self.folder, 'probe')
        shutil.copy(PROBE, path)
        os.chmod(path, 0o755)
        return path

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which('unshare') and shutil.which('setpriv'),
                         'root is needed to hide processes')
    def test_processes_that_are_hidden(self):
        """proc(5): hidepid. Nobody's own are seen, the others may run or not."""
        probe = self.program_for_all()
        own = self.sleepers('fleet-visible')  # root's
        theirs = self.start(self.program('fleet-nobodys'), '600', user=NOBODY, group=NOBODY,
                            extra_groups=[])
        os.mkdir(os.path.join(self.folder, 'proc'))
        self.write('own.pid', f'{own[0].pid}\n')
        self.write('theirs.pid', f'{theirs.pid}\n')
        for hidepid in ('1', '2'):
            said = self.hidden(probe, hidepid)
            self.assertIsNone(asked(said, 'fleet-visible'))
            self.assertEqual(asked(said, 'fleet-visible', 'error'), 1)
            self.assertIsNone(asked(said, 'own'))
            self.assertEqual(asked(said, 'own', 'error'), 1)
            self.assertEqual(asked(said, 'fleet-nobodys'), 1)
            self.assertEqual(asked(said, 'theirs'), 1)
            self.assertEqual(asked(said, 'theirs', 'error'), 0)
            self.assertIn(({'source': 'processes'}, 1), said['fleet_source_denied'])

    def hidden(self, probe, hidepid):
        script = (f'mount -t proc -o hidepid={hidepid} proc "$1/proc" && '
                  f'shift && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$@"')
        asks = ['process:fleet-visible', 'process:fleet-nobodys', 'process:own=/own.pid',
                'process:theirs=/theirs.pid']
        command = ['unshare', '-m', 'sh', '-c', script, 'sh', self.folder, probe, '--plain',
                   '--root', self.folder, *(w for ask in asks for w in ('--ask', ask))]
        return parse(subprocess.run(command, capture_output=True, text=True, check=True,
                                    timeout=60).stdout)

    @unittest.skipUnless(psutil, 'psutil is not installed (python3-psutil)')
    def test_beside_psutil(self):
        pid = self.sleepers('fleet-psutil')[0].pid
        process = psutil.Process(pid)
        said = report('process:fleet-psutil')
        self.assertAlmostEqual(asked(said, 'fleet-psutil', 'oldest_start_time_seconds'),
                               process.create_time(), delta=1.5)
        settled(lambda: (report('process:fleet-psutil'), process.memory_info().rss),  # it may begin
                lambda said, rss: self.assertAlmostEqual(
                    asked(said, 'fleet-psutil', 'resident_memory_bytes'), rss, delta=1 << 20))

        def compare(pids, threads, report_):
            self.assertAlmostEqual(report_['node_processes_pids'][0][1], pids + 1, delta=1)
            self.assertAlmostEqual(report_['node_processes_threads'][0][1], threads + 1, delta=3)

        def look():
            every = list(psutil.process_iter(['num_threads']))
            return len(every), sum(p.info['num_threads'] or 0 for p in every), report()
        settled(look, compare)


class Many(Case):
    def in_memory(self):
        """Disks take minutes for what is no matter of theirs."""
        if os.access('/dev/shm', os.W_OK):
            self.folder = tempfile.mkdtemp(prefix='fleet-processes-', dir='/dev/shm')
            self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_those_that_come_and_go(self):
        """A shell that starts one program after the other, while we look fifty times."""
        self.start('sh', '-c', 'while :; do /bin/true; done')
        self.sleepers('fleet-stays')
        for _ in range(50):
            said = report('process:fleet-stays')
            self.assertEqual(asked(said, 'fleet-stays'), 1)
            self.assertEqual(asked(said, 'fleet-stays', 'error'), 0)

    def test_thirty_thousand(self):
        self.in_memory()
        line = ('%d (name) %d) S 1 9 9 0 -1 4194560 1 1 1 1 %d 0 0 0 20 0 2 0 50 4096 %d 0 0 0\n')
        for pid in range(1, 30001):
            self.write(f'proc/{pid}/stat', line % (pid, pid, pid % 7919, pid % 7907))
        for pid in (7918, 15837, 23756, 7917, 15836, 7906, 15813, 23720, 7905, 15812):
            self.write(f'proc/{pid}/status', f'Name:\tname\nUid:\t0\t{pid}\t0\t0\n')
        self.write('etc/passwd', ''.join(f'user{uid}:x:{uid}:0::/:\n' for uid in range(1, 20000)))
        said = report('process:name) 7', root=self.folder)
        self.assertEqual(said['node_processes_pids'], [({}, 30000)])
        self.assertEqual(said['node_processes_threads'], [({}, 60000)])
        self.assertEqual(said['node_processes_state'], [({'state': 'S'}, 30000), ({'state': 'Z'}, 0)])
        self.assertEqual(asked(said, 'name) 7'), 1)
        top = [(int(x['pid']), x['user'], x['name'], v)
               for x, v in said['fleet_process_top_cpu_seconds_total']]
        self.assertEqual(top, [(7918, 'user7918', 'name) 7918', 79.18),
                               (15837, 'user15837', 'name) 15837', 79.18),
                               (23756, '23756', 'name) 23756', 79.18),
                               (7917, 'user7917', 'name) 7917', 79.17),
                               (15836, 'user15836', 'name) 15836', 79.17)])
        self.assertEqual([int(x['pid']) for x, _ in said['fleet_process_top_resident_memory_bytes']],
                         [7906, 15813, 23720, 7905, 15812])
        self.assertEqual(said['fleet_report_truncated'], [({}, 0)])

    def test_more_asks_than_fit(self):
        """As many as a request may hold."""
        self.write('proc/1/stat', '1 (n7) S 1 9 9 0 -1 0 1 1 1 1 0 0 0 0 20 0 2 0 50 4096 1 0 0 0\n')
        self.write('proc/stat', 'btime 1000\n')
        said = report(*(f'process:n{i}' for i in range(400)), root=self.folder)
        self.assertEqual(len(said['fleet_process_running']), 400)
        self.assertEqual(asked(said, 'n7', 'oldest_start_time_seconds'), 1000)

    def test_what_is_no_process(self):
        self.write('proc/1/stat', 'nothing of the kind')
        self.write('proc/2/stat', b'\xff' * 5000)
        self.write('proc/3x/stat', '3 (a) S')
        os.makedirs(os.path.join(self.folder, 'proc/4/stat'))
        os.makedirs(os.path.join(self.folder, 'proc/18446744073709551616'))
        self.assertNotIn('node_processes_pids', report('process:a', root=self.folder))


LIMITS = {
    'memory.max': '{memory}\n', 'memory.current': '1048576\n',
    'memory.stat': 'anon 1\ninactive_file 4096\n', 'memory.events': 'oom 1\noom_kill 3\n',
    'cpu.max': '{cpu} 100000\n',
    'cpu.stat': 'usage_usec 2500000\nnr_periods 9\nnr_throttled 4\nthrottled_usec 1500000\n',
    'pids.max': '{pids}\n', 'pids.current': '17\n',
}


class Cgroups(Case):
    def group(self, path, memory='max', cpu='max', pids='max', **more):
        for name, text in LIMITS.items():
            text = more.get(name.replace('.', '_'), text)
            self.write(f'sys/fs/cgroup{path}/{name}', text.format(memory=memory, cpu=cpu, pids=pids))

    def said(self):
        return {name: values for name, values in report(root=self.folder).items()
                if name.startswith(('fleet_cgroup', 'fleet_container'))}

    def test_nothing_is_limited(self):
        self.write('proc/self/cgroup', '0::/user.slice/user-0.slice\n')
        self.group('/user.slice')
        self.group('/user.slice/user-0.slice')
        self.assertEqual(self.said(), {})

    def test_the_least_limit_on_the_way_counts(self):
        self.write('proc/self/cgroup', '0::/a.slice/b.slice/c.scope\n')
        self.group('/a.slice', memory=1 << 30, cpu=50000, memory_current='1000\n')
        self.group('/a.slice/b.slice', memory=1 << 29, cpu=200000, pids=64, memory_current='900\n')
        self.group('/a.slice/b.slice/c.scope', memory=1 << 31)
        self.assertEqual(self.said(), {
            'fleet_cgroup_memory_limit_bytes': [({}, 1 << 29)],
            'fleet_cgroup_memory_usage_bytes': [({}, 900)],
            'fleet_cgroup_memory_inactive_file_bytes': [({}, 4096)],
            'fleet_cgroup_memory_oom_kills_total': [({}, 3)],
            'fleet_cgroup_cpu_limit_cores': [({}, 0.5)],
            'fleet_cgroup_cpu_usage_seconds_total': [({}, 2.5)],
            'fleet_cgroup_cpu_periods_total': [({}, 9)],
            'fleet_cgroup_cpu_throttled_periods_total': [({}, 4)],
            'fleet_cgroup_cpu_throttled_seconds_total': [({}, 1.5)],
            'fleet_cgroup_pids_limit': [({}, 64)],
            'fleet_cgroup_pids': [({}, 17)],
        })

    def test_a_container_tells_its_use_without_limits(self):
        self.write('proc/self/cgroup', '0::/\n')
        self.write('.dockerenv', '')
        self.group('', memory=123)
        said = self.said()
        self.assertEqual(said['fleet_container_info'], [({'type': 'docker'}, 1)])
        self.assertEqual(said['fleet_cgroup_memory_limit_bytes'], [({}, 123)])
        self.assertNotIn('fleet_cgroup_cpu_limit_cores', said)
        self.assertEqual(said['fleet_cgroup_cpu_usage_seconds_total'], [({}, 2.5)])
        self.assertNotIn('fleet_cgroup_pids_limit', said)
        self.assertEqual(said['fleet_cgroup_pids'], [({}, 17)])

    def test_kinds_of_containers(self):
        for path, text, kind in (('run/systemd/container', 'lxc\n', 'lxc'),
                                 ('run/systemd/container', 'systemd-nspawn', 'systemd-nspawn'),
                                 ('run/systemd/container', 'a "b"\tc\n', 'a "b"'),
                                 ('run/host/container-manager', 'podman\n', 'podman'),
                                 ('run/.containerenv', '', 'podman'),
                                 ('run/secrets/kubernetes.io/x', '', 'kubernetes'),
                                 ('proc/vz/veinfo', '', 'openvz')):
            self.write(path, text)
            self.assertEqual(self.said(), {'fleet_container_info': [({'type': kind}, 1)]}, path)
            os.unlink(os.path.join(self.folder, path))
            shutil.rmtree(os.path.join(self.folder, 'run/secrets'), ignore_errors=True)
        self.assertEqual(self.said(), {})

    def test_hostile_paths(self):
        self.write('sys/fs/memory.max', '1\n')
        self.group('', memory=5)
        for path in ('/../..', '/a/../..', '/' + 'x' * 5000, '/no/such/group', '/..'):
            self.write('proc/self/cgroup', f'0::{path}\n')
            said = self.said()
            if len(path) < 1000:
                self.assertEqual(said['fleet_cgroup_memory_limit_bytes'], [({}, 5)], path)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which('unshare'),
                         'root is needed for namespaces')
    def test_another_namespace_of_processes_is_a_container(self):
        command = ['unshare', '-p', '-f', '--mount-proc', PROBE, '--plain']
        said = parse(subprocess.run(command, capture_output=True, text=True, check=True,
                                    timeout=60).stdout)
        self.assertEqual(len(said['fleet_container_info']), 1)
        self.assertEqual(said['node_processes_pids'], [({}, 1)])


if __name__ == '__main__':
    into_own_processes()
    if not psutil:
        print('not compared with psutil, which is not installed (python3-psutil)')
    unittest.main()
