"""Filesystems as the probe sees them: which, and servers that do not answer."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from rig import fuse
from rig.probe import PROBE, Key, Talk, request

# What root may not read either.
AS_USER = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search']


def setUpModule():
    try:
        fuse.enter_mounts()
    except OSError as e:
        raise unittest.SkipTest(f'root for namespaces: {e}') from e


class Case(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix='fleet-filesystems-')
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {'HOME': self.home}
        self.point = self.make_folder('dead server')

    def make_folder(self, name):
        path = os.path.join(self.home, name)
        os.mkdir(path)
        return path

    def plain(self, *asks, program=(PROBE,)):
        arguments = [a for ask in asks for a in ('--ask', ask)]
        started = time.monotonic()
        text = subprocess.run([*program, '--plain', *arguments], stdin=subprocess.DEVNULL, env=self.env,
                              stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout
        self.seconds = time.monotonic() - started
        self.assertTrue(text.endswith('# EOF\n'))
        return text

    def value(self, text, name, point=None):
        labels = r'\{device="[^"]*",fstype="[^"]*",mountpoint="' + re.escape(point) + r'"\}' if point else ''
        found = re.search(f'^{name}{labels} (.*)$', text, re.M)
        return found and int(found[1])

    def failed(self, text, point):
        return self.value(text, 'fleet_filesystem_failed', point)

    def numbers(self, text, point):
        return [self.value(text, 'node_filesystem_' + name, point)
                for name in ('size_bytes', 'free_bytes', 'avail_bytes', 'files', 'files_free', 'device_error')]


class Local(Case):
    def test_this_machine(self):
        s, text = os.statvfs('/'), self.plain()
        self.assertEqual(self.value(text, 'node_filesystem_size_bytes', '/'), s.f_blocks * s.f_frsize)
        self.assertEqual(self.value(text, 'node_filesystem_device_error', '/'), 0)
        self.assertIsNone(self.value(text, 'fleet_filesystem_stuck'))

    def test_in_memory_only_when_asked(self):
        fuse.mount_tmpfs(self.point)
        self.addCleanup(fuse.libc.umount2, self.point.encode(), 2)
        self.assertIsNone(self.value(self.plain(), 'node_filesystem_size_bytes', self.point))
        text = self.plain('mount-include:' + self.home + '/*')
        self.assertEqual(self.value(text, 'node_filesystem_size_bytes', self.point), 1 << 20)
        text = self.plain('mount-include:' + self.home + '/*', 'mount-exclude:*server')
        self.assertIsNone(self.value(text, 'node_filesystem_size_bytes', self.point))


    def test_one_that_may_not_be_looked_at(self):
        inner = os.path.join(self.make_folder('locked'), 'inner')
        os.mkdir(inner)
        fuse.mount_tmpfs(inner)
        self.addCleanup(fuse.libc.umount2, inner.encode(), 2)
        os.chmod(os.path.dirname(inner), 0)
        self.addCleanup(os.chmod, os.path.dirname(inner), 0o700)
        text = self.plain('mount-include:*/inner')
        self.assertEqual(self.value(text, 'node_filesystem_size_bytes', inner), 1 << 20)
        denied = 'fleet_source_denied{source="filesystems"} 1\n'
        self.assertFalse(denied in text)
        text = self.plain('mount-include:*/inner', program=[*AS_USER, PROBE])
        self.assertEqual(self.numbers(text, inner), [None] * 5 + [1])
        self.assertTrue(denied in text)
        self.assertEqual(self.failed(text, inner), 0)


class Away(Case):
    def setUp(self):
        super().setUp()
        try:
            self.server = fuse.Fuse(self.point)
        except OSError as e:
            self.skipTest(f'root for namespaces: {e}')
        self.addCleanup(self.server.stop)

    def test_left_alone_unless_asked(self):
        text = self.plain()
        self.assertIsNone(self.value(text, 'node_filesystem_size_bytes', self.point))
        self.assertIsNone(self.value(text, 'fleet_filesystem_stuck'))
        self.assertEqual(self.server.asked, 0)

    def test_one_that_answers(self):
        text = self.plain('network-mounts:yes')
        self.assertEqual(self.numbers(text, self.point),
                         [4096000, 1638400, 1228800, 50, 20, 0])
        self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 0)

    def test_one_that_does_not(self):
        """Costs its own numbers and a fifth of a second; nobody asks a second time."""
        self.server.hangs = True
        for _ in range(3):
            text = self.plain('network-mounts:yes')
            self.assertLess(self.seconds, 5)
            self.assertEqual(self.numbers(text, self.point), [None] * 5 + [1])
            self.assertEqual(self.value(text, 'node_filesystem_device_error', '/'), 0)
            self.assertEqual([self.failed(text, point) for point in (self.point, '/')], [1, 0])
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 1)
            self.assertEqual(self.server.asked, 1)
        self.server.come_back()
        deadline = time.monotonic() + 20
        while self.value(text, 'fleet_filesystem_stuck') and time.monotonic() < deadline:
            text = self.plain('network-mounts:yes')
        self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 0)
        self.assertEqual(self.value(text, 'node_filesystem_size_bytes', self.point), 4096000)

    def test_one_that_is_gone(self):
        """Who asks it can be killed, and the next may ask again."""
        self.server.listens.clear()
        for _ in range(2):
            text = self.plain('network-mounts:yes')
            self.assertLess(self.seconds, 5)
            self.assertEqual(self.numbers(text, self.point), [None] * 5 + [1])
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 1)
        self.server.come_back()
        text = self.plain('network-mounts:yes')
        self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 0)
        self.assertEqual(self.value(text, 'node_filesystem_size_bytes', self.point), 4096000)

    def test_those_beside_one_that_is_gone(self):
        """They are well, and so is all that is asked for there."""
        well = fuse.Fuse(self.make_folder('well'), device='other:/share')
        self.addCleanup(well.stop)
        well.files = {'own.pid': f'{os.getpid()}\n'.encode(), 'a.prom': b'cellar_celsius 7\n'}
        folder = self.make_folder('drop-in')
        os.symlink(well.point + '/a.prom', folder + '/a.prom')
        self.server.listens.clear()
        text = self.plain(
            'network-mounts:yes', f'file:{self.point}/x', f'process:dead={self.point}/x',
            f'textfile:{self.point}', f'file:{well.point}/own.pid', f'file:{self.point}/y',
            f'process:well={well.point}/own.pid', f'textfile:{folder}')
        self.assertLess(self.seconds, 5)
        self.assertEqual(self.files(text), {
            ('file_error', 'dead server/x'): 1, ('file_error', 'dead server/y'): 1,
            ('file_error', 'well/own.pid'): 0, ('file_exists', 'well/own.pid'): 1,
            ('file_size_bytes', 'well/own.pid'): len(well.files['own.pid'])})
        for line in ('fleet_process_running{name="well"} 1', 'fleet_process_error{name="dead"} 1',
                     'cellar_celsius 7', 'node_textfile_scrape_error 1', 'fleet_filesystem_stuck 1'):
            self.assertTrue(f'\n{line}\n' in text, line)
        self.assertEqual(self.numbers(text, well.point), [4096000, 1638400, 1228800, 50, 20, 0])
        self.assertEqual(self.numbers(text, self.point), [None] * 5 + [1])

    def test_very_many_that_are_gone(self):
        """Only so many are waited for."""
        gone = [fuse.Fuse(self.make_folder(f'gone{i}'), device=f'gone{i}:/') for i in range(12)]
        for server in gone:
            self.addCleanup(server.stop)
            server.listens.clear()
        text = self.plain('network-mounts:yes', *(f'file:{s.point}/x' for s in gone))
        self.assertLess(self.seconds, 5)
        self.assertEqual(set(self.files(text).values()), {1})
        for server in gone:
            self.assertEqual(self.numbers(text, server.point), [None] * 5 + [1])

    def files(self, text):
        """{(metric, path below the folder): value} of what was asked for by name."""
        found = re.findall(r'^fleet_((?:file|certificate)_\w+)\{path="' + re.escape(self.home) +
                           r'/([^"]*)"\} (.*)$', text, re.M)
        return {(name, path): float(value) for name, path, value in found if name in
                ('file_exists', 'file_size_bytes', 'file_error', 'certificate_unreadable')}

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path

    def test_files_that_are_asked_for(self):
        """On a server that answers they are read; one that does not keeps nobody else's back."""
        self.write('here', '1234')
        self.server.files = {'there': b'12345'}
        asks = [f'{kind}:{path}' for kind in ('file', 'certificate') for path in
                (self.home + '/here', self.point + '/there', self.point + '/there',
                 self.point + '/nowhere')] + ['textfile:' + self.point]
        here = {('file_exists', 'here'): 1, ('file_size_bytes', 'here'): 4,
                ('file_error', 'here'): 0, ('certificate_unreadable', 'here'): 1,
                ('certificate_unreadable', 'dead server/there'): 1,
                ('certificate_unreadable', 'dead server/nowhere'): 1}
        there = {('file_exists', 'dead server/there'): 1,
                 ('file_size_bytes', 'dead server/there'): 5,
                 ('file_exists', 'dead server/nowhere'): 0,
                 ('file_error', 'dead server/there'): 0,
                 ('file_error', 'dead server/nowhere'): 0}
        gone = {('file_error', 'dead server/there'): 1,
                ('file_error', 'dead server/nowhere'): 1}
        text = self.plain(*asks)
        self.assertEqual(self.files(text), {**here, **there})
        self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 0)
        self.server.hangs = True
        for _ in range(2):
            text = self.plain(*asks)
            self.assertLess(self.seconds, 5)
            self.assertEqual(self.files(text), {**here, **gone})
            self.assertIn('\nnode_textfile_scrape_error 1\n', text)
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 1)

    def ways(self):
        """By which a file on the server can be reached."""
        os.symlink(self.point, self.home + '/link')
        os.symlink('dead server/../link', self.home + '/chain')
        return [self.point, self.home + '//dead server', self.home + '/./dead server',
                self.home + '/link', self.home + '/chain/.',
                '/proc/self/root' + self.point, self.home + '/nowhere/../link']

    def test_whatever_way_leads_there(self):
        self.write('own.pid', f'{os.getpid()}\n')
        self.server.files = {'own.pid': f'{os.getpid()}\n'.encode()}
        ways = self.ways()
        asks = [f'file:{way}/own.pid' for way in ways] + [f'textfile:{way}' for way in ways] + [
            f'process:p{i}={way}/own.pid' for i, way in enumerate(ways)] + [
            f'process:here={self.home}/own.pid']
        for hangs, again in ((False, 1), (True, 2)):
            self.server.hangs = hangs
            for _ in range(again):
                text = self.plain(*asks)
                self.assertLess(self.seconds, 5)
                for i, way in enumerate(ways):
                    if way.startswith(self.home + '/nowhere'):  # not there for the kernel
                        continue
                    with self.subTest(way=way, hangs=hangs):
                        self.assertIn(f'\nfleet_file_error{{path="{way}/own.pid"}} {int(hangs)}\n', text)
                        self.assertIn(f'\nfleet_process_error{{name="p{i}"}} {int(hangs)}\n', text)
                        self.assertEqual(f'\nfleet_process_running{{name="p{i}"}} 1\n' in text, not hangs)
                self.assertIn('\nfleet_process_running{name="here"} 1\n', text)

    def test_links_in_a_drop_in_folder(self):
        folder = self.make_folder('drop-in')
        self.write('drop-in/a.prom', 'mine 5\n')
        os.symlink(self.point + '/x.prom', folder + '/x.prom')
        self.server.files = {'x.prom': b'theirs 7\n'}
        text = self.plain('textfile:' + folder)
        self.assertIn('\nmine 5\n', text)
        self.assertIn('\ntheirs 7\n', text)
        self.server.hangs = True
        text = self.plain('textfile:' + folder)
        self.assertLess(self.seconds, 5)
        self.assertIn('\nmine 5\n', text)
        self.assertIn(f'\nfleet_textfile_error{{file="{folder}/x.prom"}} 1\n', text)
        self.assertIn('\nnode_textfile_scrape_error 1\n', text)

    def test_behind_very_many_mounts(self):
        """The kernel's list is longer than what is kept of it."""
        crowd = self.make_folder('crowd')
        fuse.mount_tmpfs(crowd)
        self.addCleanup(fuse.libc.umount2, crowd.encode(), 2)
        names = [f'{crowd}/{i:04}-{"x" * 200}' for i in range(1500)]
        for name in names:
            os.mkdir(name)
            fuse.mount_tmpfs(name)
            self.addCleanup(fuse.libc.umount2, name.encode(), 2)
        last = fuse.Fuse(self.make_folder('last'))
        self.addCleanup(last.stop)
        last.hangs = True
        text = self.plain(f'file:{last.point}/a', f'textfile:{last.point}')
        self.assertLess(self.seconds, 5)
        self.assertEqual(self.files(text), {('file_error', 'last/a'): 1})

    def test_without_a_child(self):
        """Nobody who could be sent to ask: that is no broken mount, and is said."""
        self.server.files = {'there': b'12345'}
        self.addCleanup(shutil.rmtree, '/var/tmp/fleet-health-12345', ignore_errors=True)
        text = self.plain('network-mounts:yes', f'file:{self.point}/there', program=(
            'setpriv', '--reuid', '12345', '--clear-groups', 'prlimit', '--nproc=0', PROBE))
        self.assertEqual(self.numbers(text, self.point), [None] * 6)
        self.assertIsNone(self.value(text, 'fleet_filesystem_stuck'))
        self.assertEqual(self.value(text, 'fleet_filesystem_unmeasured'), 1)
        self.assertEqual(self.files(text), {('file_error', 'dead server/there'): 1})

    def test_below_a_root(self):
        """Whose mounts are those of its first process, not of the reader."""
        proc = self.make_folder('proc')
        for process, point in (('1', '/theirs'), ('self', '/ours')):
            os.mkdir(os.path.join(proc, process))
            self.write(f'proc/{process}/mountinfo', f'36 35 0:9 / {point} rw - nfs4 server:/ rw\n')
        for ask, stuck in (('file:/theirs/x', 0), ('file:/ours/x', None)):
            text = self.plain(ask, program=[PROBE, '--root', self.home])
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), stuck)
            self.assertIn(f'\nfleet_file_exists{{path="{ask[5:]}"}} 0\n', text)

    def test_home_on_a_dead_server(self):
        self.server.hangs = True
        for name in ('HOME', 'XDG_CACHE_HOME'):
            self.env = {name: self.point + '/home'}
            self.plain()
            self.assertLess(self.seconds, 5)
        self.assertEqual(self.server.asked, 0)

    def test_two_at_once(self):
        """Whoever waits for another probe's child calls no mount broken."""
        asks = ['--plain', '--ask', 'network-mounts:yes']
        probes = [subprocess.Popen([PROBE, *asks], stdin=subprocess.DEVNULL, env=self.env,
                                   stdout=subprocess.PIPE, text=True) for _ in range(8)]
        for probe in probes:
            text = probe.communicate(timeout=60)[0]
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 0)
            self.assertEqual(self.numbers(text, self.point)[-1], 0)

    def test_a_conversation(self):
        """Its end comes though the child is still there, and the files do, too."""
        key = Key()
        self.server.hangs = True
        for attempt in (1, 2):
            talk = Talk([PROBE], self.env).run(request(attempt, key, asks=' ask=network-mounts:yes'))
            self.assertEqual((talk.done, talk.status, talk.files[0].spooled), ([1], 40, True))
            text = key.open(talk.files[0].data)
            self.assertEqual(self.value(text, 'fleet_filesystem_stuck'), 1)
        self.assertEqual(self.server.asked, 1)


if __name__ == '__main__':
    unittest.main()
