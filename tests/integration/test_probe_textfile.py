"""Metrics of the machine's owner: the folders that are read, and what may lie in them."""
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

from rig import machines
from rig.probe import PROBE
from rig.servers import DIES_WITH_US

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
ARCHIVE = os.path.join(TOP, '..', 'shared', 'fixtures', 'node_exporter.tar.gz')
USUAL = 'var/lib/prometheus/node-exporter'
ERROR, BAD = 'node_textfile_scrape_error ', 'fleet_textfile_error{'
# Of node_exporter's own fixtures, what differs: it adds empty labels where others of a family have
# more, which in Prometheus's own terms is the same series, and takes help texts into account.
DIFFERENT = {'glob_extra_dimension', 'histogram_extra_dimension', 'inconsistent_metrics',
             'metrics_merge_different_help', 'summary_extra_dimension'}


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='fleet-textfile-')
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path

    def probe(self, *folders):
        asks = [word for folder in folders for word in ('--ask', 'textfile:' + folder)]
        run = subprocess.run([PROBE, '--root', self.root, '--plain', *asks], check=True, env={},
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             timeout=60)
        self.assertTrue(run.stdout.endswith('\n# EOF\n'))
        return [l for l in run.stdout.splitlines()
                if l[0] != '#' and not l.startswith('fleet_report')]

    def values(self, *folders):
        """Without when the files were written, and which are bad."""
        return [l for l in self.probe(*folders) if 'node_textfile_mtime' not in l and
                not l.startswith(BAD)]


class Folders(Case):
    def test_which_are_read(self):
        refused = 'fleet_textfile_lines_refused 0'
        self.assertEqual(self.probe(), [])
        self.put(USUAL + '/a.prom', 'a 1\n')
        self.put('b/b.prom', 'b 2\n')
        self.put('c/c.prom', 'c 3\n')
        good, bad = [ERROR + '0', refused], [ERROR + '1', refused]
        self.assertEqual(self.values(), ['a 1'] + good)
        self.assertEqual(self.values('/b'), ['b 2'] + good)
        self.assertEqual(self.values('/b', '/c', '/b'), ['b 2', 'c 3'] + good)
        self.assertEqual(self.values('-'), [])
        self.assertEqual(self.values('-', '/c'), ['c 3'] + good)
        self.assertEqual(self.values('/nowhere'), bad)
        self.assertEqual(self.values('/nowhere', '/b'), ['b 2'] + bad)

    def test_when_they_were_written(self):
        os.utime(self.put(USUAL + '/a.prom', 'a 1\n'), ns=(0, 1700000000123456789))
        self.assertIn(f'node_textfile_mtime_seconds{{file="/{USUAL}/a.prom"}} '
                      '1700000000.123456789', self.probe())

    def test_what_may_lie_there(self):
        """Only good ones count, and nothing can hold the probe up."""
        self.put('t/good.prom', 'good 1\n')
        self.put('t/other.txt', 'other 1\n')
        self.put('t/half.prom.123', 'half')
        self.put('t/line\nbreak.prom', 'line 1\n')
        self.put('t/.prom', 'nameless 1\n')
        good = ['good 1', ERROR + '0', 'fleet_textfile_lines_refused 0']
        self.assertEqual(self.values('/t'), good)
        good[1] = ERROR + '1'
        for make in (lambda p: os.mkfifo(p), lambda p: os.mkdir(p),
                     lambda p: os.symlink('/dev/zero', p), lambda p: os.symlink(p, p),
                     lambda p: os.symlink('/nowhere', p), lambda p: self.put(p, 'x' * (1 << 20)),
                     lambda p: self.put(p, '# ' + 'x' * 100 + '\n' * (1 << 18)),
                     lambda p: self.put(p, 'cut 1\ncut')):
            path = os.path.join(self.root, 't', 'bad.prom')
            make(path)
            self.assertEqual(self.values('/t'), good)
            self.assertIn(BAD + 'file="/t/bad.prom"} 1', self.probe('/t'))
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) \
                else os.unlink(path)

    def test_more_than_there_is_room_for(self):
        """Which files are lost is told, and what else lies there costs none."""
        text = '# ' + 'x' * 100 + '\n'
        for i in range(10):
            self.put(f't/{i}.prom', text * (190000 // len(text)) + f'fine{i} 1\n')
        lines = self.probe('/t')
        lost = [i for i in range(10) if f'fine{i} 1' not in lines]
        self.assertTrue(0 < len(lost) < 8, lost)
        self.assertEqual([l for l in lines if l.startswith(BAD)],
                         [BAD + f'file="/t/{i}.prom"}} 1' for i in lost])
        self.assertIn(ERROR + '1', lines)

    def test_between_many_others(self):
        self.put('t/zz.prom', 'fine 1\n')
        for i in range(5000):
            self.put(f't/session-data-{i:06}.txt', '')
        self.put('t/aa.prom', 'good 1\n')
        self.assertEqual(self.values('/t'),
                         ['good 1', 'fine 1', ERROR + '0', 'fleet_textfile_lines_refused 0'])

    def test_nothing_can_pass_for_the_kernel(self):
        self.put('proc/loadavg', '0.21 0.37 0.39 1/719 19737\n')
        self.put('t/a.prom', '# TYPE node_load1 gauge\nnode_load1 99\nfleet_report_truncated 1\n'
                             'node_load1{x="y"} 99\nfine 1\n# EOF\nalso 2\n')
        lines = self.values('/t')
        self.assertEqual([l for l in lines if l.startswith(('node_load1 ', 'node_load1{'))],
                         ['node_load1 0.21'])
        self.assertEqual(lines[3:], ['fine 1', 'also 2', ERROR + '1',
                                     'fleet_textfile_lines_refused 3'])

    def test_nor_where_it_said_nothing_this_time(self):
        """No name of any report: here is no kernel, and nothing has been told of one."""
        names = set()
        for machine in machines.NAMES:
            with open(os.path.join(machines.FOLDER, machine + '.prom'), encoding='utf-8') as f:
                names |= {line.split(' ')[2] for line in f if line.startswith('# TYPE ')}
        self.assertGreater(len(names), 200)
        self.put('t/a.prom', ''.join(name + ' 1\n' for name in sorted(names)))
        self.assertEqual(self.values('/t'), [
            ERROR + '1', f'fleet_textfile_lines_refused {len(names)}'])

    def test_as_node_exporter(self):
        if not os.path.exists(ARCHIVE):
            self.skipTest('../shared/fixtures is not here')
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(self.root, [m for m in archive if 'textfile' in m.name])
        folders = os.path.join(self.root, 'textfile')
        names = sorted(n for n in os.listdir(folders) if os.path.isdir(os.path.join(folders, n)))
        compared = 0
        for name in set(names) - DIFFERENT:
            with open(f'{folders}/{name}.out', encoding='utf-8') as f:
                theirs = {canonical(l) for l in f if l[0] != '#' and 'mtime' not in l}
            ours = {canonical(l) for l in self.values('/textfile/' + name)
                    if not l.startswith('fleet_')}
            self.assertEqual(ours, theirs, name)
            compared += 1
        self.assertGreaterEqual(compared, 8)


def canonical(line):
    """With its labels in order."""
    name, labels, value = re.match(r'(\w+)(?:\{(.*)\})? (\S+)', line).groups()
    return name, tuple(sorted((labels or '').split(','))), float(value)


class Sensors(Case):
    """The simulator of tests/sensors, while it writes all the time."""

    def test_every_report_is_of_one_moment(self):
        folder = os.path.join(self.root, USUAL)
        os.makedirs(folder)
        command = [os.path.join(TOP, 'tests', 'sensors'), folder, '--rooms', '200', '--seed', '7']
        subprocess.run(command + ['--count', '1'], check=True)
        writer = subprocess.Popen(DIES_WITH_US + command + ['--every', '0.002'])
        try:
            seen, deadline = set(), time.monotonic() + 30
            while len(seen) < 20 and time.monotonic() < deadline:
                seen.add(tuple(self.values()))
        finally:
            writer.terminate()
            writer.wait()
        self.assertEqual(len(seen), 20)
        for lines in seen:
            self.assertEqual(len(lines), 3 * 200 + 2)
            self.assertEqual(list(lines[-2:]), [ERROR + '0', 'fleet_textfile_lines_refused 0'])
            temperatures = [float(l.split()[1]) for l in lines if 'temperature' in l]
            self.assertTrue(all(10 <= t <= 45 for t in temperatures))


if __name__ == '__main__':
    sys.exit(unittest.main())
