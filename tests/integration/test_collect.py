"""The collector as cron runs it, against a real sshd: from a login to rows, and what is left
when something on the way is missing, slow, stopped or killed."""
import collections
import contextlib
import fcntl
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from rig.fleet import PROGRAMS, Fleet
from rig.shows import shows
from rig.sshd import Sshd, free_port, keygen

EX_USAGE, EX_UNAVAILABLE, EX_OSERR, EX_IOERR, EX_TEMPFAIL, EX_CONFIG = 64, 69, 71, 74, 75, 78


@contextlib.contextmanager
def silent_server():
    """Accepts connections and says nothing."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen(8)
        yield server.getsockname()[1]


@contextlib.contextmanager
def slow_way(target, delay):
    """A port that leads to the other one, after a while."""
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def lead():
        client = server.accept()[0]
        time.sleep(delay)
        with client, socket.create_connection(('127.0.0.1', target)) as other:
            back = threading.Thread(target=pump, args=(other, client))
            back.start()
            pump(client, other)
            back.join()

    with socket.create_server(('127.0.0.1', 0)) as server:
        thread = threading.Thread(target=lead)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


class CollectTest(unittest.TestCase):
    """One sshd for the class; a fleet of its own for each test."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-collect-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.key = keygen(cls.folder / 'id')
        cls.sshd = Sshd(cls.folder / 'sshd', authorized=[cls.key + '.pub'],
                        addresses=('127.0.0.1', '127.0.0.2'))
        cls.sshd.start()
        cls.addClassCleanup(cls.sshd.stop)

    def setUp(self):
        self.fleet = Fleet(str(self.folder / self.id().rpartition('.')[2]))
        self.fleet.write('known_hosts', self.sshd.known_hosts())

    def client(self, name, ip='127.0.0.1', port=None, more=''):
        return (f'<client name="{name}" ip="{ip}" port="{port or self.sshd.port}" '
                f'username="{self.sshd.user}" identity="{self.key}" timeout="20s" {more}/>')

    def configure(self, *clients, before=''):
        self.fleet.write_config(before + '\n'.join(clients))

    def collect(self, *arguments, status=0, **more):
        result = self.fleet.run('collector', *arguments, **more)
        self.assertEqual(result.status, status, result)
        return result

    def lose_database(self, *clients, more=''):
        """A database in data/, which has been reached once and is gone; os.rename('away',
        'data') brings it back."""
        self.fleet.database = self.fleet.path('data/fleet.db')
        self.configure(before=f'<storage path="{self.fleet.database}"/>')
        os.mkdir(self.fleet.path('data'))
        self.collect()
        os.rename(self.fleet.path('data'), self.fleet.path('away'))
        self.configure(*clients, before=f'<storage path="{self.fleet.database}"/>{more}')

    def find_database(self):
        os.rename(self.fleet.path('away'), self.fleet.path('data'))

    def make_keys(self):
        """The first run's one line on stderr, out of the way."""
        self.fleet.write('known_hosts', self.sshd.known_hosts())
        config = pathlib.Path(self.fleet.config).read_text(encoding='utf-8')
        self.fleet.write_config('')
        self.collect()
        self.fleet.write('config.xml', config)

    def samples(self, columns='c.name, s.outcome'):
        return self.fleet.rows(f'SELECT {columns} FROM sample s JOIN client c ON c.id = s.client_id '
                               'ORDER BY s.id')

    def readings(self, metric):
        return self.fleet.rows(
            'SELECT c.name, s.id, r.value FROM reading r JOIN sample s ON s.id = r.sample_id '
            'JOIN series x ON x.id = r.series_id JOIN metric m ON m.id = x.metric_id '
            'JOIN client c ON c.id = s.client_id WHERE m.name = ? ORDER BY s.id', metric)

    def spooled_on_client(self):
        return sorted(str(p) for p in self.sshd.home.rglob('*.sealed'))


class Collect(CollectTest):
    def test_reports_become_rows(self):
        down = free_port()
        self.configure(self.client('one'), self.client('two', '127.0.0.2'),
                       self.client('down', port=down))
        self.fleet.write('known_hosts', self.sshd.known_hosts() +
                         f'[127.0.0.1]:{down} {self.sshd.public_key()}\n')
        result = self.collect()
        self.assertEqual(result.out, '')
        self.assertEqual(len(result.err.splitlines()), 1, result)  # the keys, once
        self.assertIn('server.key', result.err)
        self.assertEqual(sorted(self.samples()),
                         [('down', 'refused'), ('one', 'ok'), ('two', 'ok')])
        self.assertEqual([name for name, _, _ in self.readings('load1')], ['one', 'two'])
        self.assertEqual(self.readings('cpu_used_ratio'), [])  # a first reading is absent, not 0

        for _ in range(2):
            self.assertEqual(self.collect().err, '')  # silent from then on
        self.assertEqual(len(self.samples()), 9)
        ratios = self.readings('cpu_used_ratio')
        self.assertEqual(sorted(name for name, _, _ in ratios), ['one', 'one', 'two', 'two'])
        for _, _, value in ratios:
            self.assertTrue(0 <= value <= 1, ratios)
        self.assertEqual(
            self.fleet.rows('SELECT program, clients, ok, failed, whole_fleet FROM cycle '
                            'WHERE finished_at IS NOT NULL'), [('collector', 3, 2, 1, 1)] * 3)
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(self.spooled_on_client(), [])

    @shows('43')
    def test_cron_closes_everything(self):
        self.configure(self.client('one'))
        self.assertEqual(self.fleet.run_closed('collector'), 0)
        self.assertEqual(self.samples(), [('one', 'ok')])

    def test_what_a_parent_left(self):
        """Children that nobody waits for, and all signals blocked."""
        def leave():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self.configure(self.client('one'))
        self.collect()
        process = self.fleet.start('collector', preexec_fn=leave)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out, err), (0, '', ''))
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)

    def test_a_file_size_limit_is_no_death(self):
        self.configure(self.client('one'))
        process = self.fleet.start('collector', preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (0, 0)))
        _, err = process.communicate(timeout=60)
        self.assertGreater(process.returncode, 0, err)
        self.assertIn('File too large', err)

    def test_dry_run_touches_nothing(self):
        self.configure(self.client('one'), self.client('two', '127.0.0.2'))
        before = sorted(os.listdir(self.fleet.folder))
        result = self.collect('--dry-run', '--client', 'two')
        self.assertIn('two\t', result.out)
        self.assertNotIn('one\t', result.out)
        self.assertEqual(result.err, '')
        self.assertEqual(sorted(os.listdir(self.fleet.folder)), before)

    def test_named_clients_only(self):
        self.configure(self.client('one'), self.client('two', '127.0.0.2'))
        result = self.collect('--client', 'two', '-v')
        self.assertIn('two: ok', result.err)
        self.assertEqual(self.samples(), [('two', 'ok')])
        self.assertEqual(self.fleet.rows('SELECT clients, whole_fleet FROM cycle'), [(1, 0)])
        result = self.collect('--client', 'three', '--client', 'four', status=EX_USAGE)
        self.assertIn('three four', result.err)

    def test_what_is_due(self):
        self.configure(self.client('one', more='every="3000d"'), self.client('two', '127.0.0.2'))
        self.collect()
        self.collect()
        self.assertEqual(sorted(self.samples()), [('one', 'ok'), ('two', 'ok'), ('two', 'ok')])

    def test_mistakes_come_all_at_once(self):
        self.fleet.write_config('<client nme="x"/>\n<client ip="a" port="99999"/>')
        result = self.collect(status=EX_CONFIG)
        self.assertIn('config.xml:2:', result.err)
        self.assertIn('config.xml:3:', result.err)
        self.assertFalse(os.path.exists(self.fleet.spool))

    def test_unknown_host_keys_are_told_once(self):
        self.configure(self.client('one'), self.client('two', '127.0.0.2'))
        self.make_keys()
        os.unlink(self.fleet.path('known_hosts'))
        result = self.collect()
        self.assertEqual(self.samples(), [('one', 'host-key-unknown'),
                                          ('two', 'host-key-unknown')])
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertIn('2 clients have no recorded host key: run fleet -c '
                      f'{self.fleet.config} trust --all', result.err)
        self.assertEqual(self.collect().err, '')

    def test_files_of_its_own_that_cannot_be_read(self):
        """That is no mistake in config.xml."""
        self.configure(self.client('one'))
        self.collect()
        for name in ('hosts', 'state'):
            path = os.path.join(self.fleet.spool, name)
            os.chmod(path, 0o666)
            self.assertIn(path, self.collect(status=os.EX_NOINPUT).err)
            os.chmod(path, 0o600)
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)

    def test_open_spool_is_refused(self):
        self.configure(self.client('one'))
        os.mkdir(self.fleet.spool)
        os.chmod(self.fleet.spool, 0o755)
        result = self.collect(status=73)
        self.assertIn(f'chmod 700 {self.fleet.spool}', result.err)


class Interrupted(CollectTest):
    @shows('37')
    def test_overlap(self):
        self.configure(self.client('one'))
        self.collect()
        with open(os.path.join(self.fleet.spool, 'lock'), 'rb') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = [self.collect(status=EX_TEMPFAIL).err for _ in range(3)]
        self.assertEqual(said[:2], ['', ''])
        self.assertIn('3 runs in a row', said[2])
        self.assertEqual(self.collect().err, '')
        self.assertEqual(len(self.samples()), 2)

    @shows('39')
    def test_sigterm_drains(self):
        with silent_server() as port:
            self.configure(self.client('one'), self.client('two', '127.0.0.2'),
                           self.client('hangs', port=port).replace('20s', '4s'))
            self.fleet.write('known_hosts', self.sshd.known_hosts() +
                             f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
            self.make_keys()
            process = self.fleet.start('collector', '-v')
            said = [process.stderr.readline(), process.stderr.readline()]
            self.assertEqual(sorted(line.split()[2:] for line in said),
                             [['one:', 'ok'], ['two:', 'ok']])
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        rows = dict(self.samples())
        self.assertEqual((rows['one'], rows['two']), ('ok', 'ok'))
        self.assertIn(rows.get('hangs', 'timeout'), ('timeout', 'deadline', 'not-done'))
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(self.fleet.rows('SELECT whole_fleet, finished_at IS NULL FROM cycle '
                                         'ORDER BY id DESC LIMIT 1'), [(0, 0)])

    def test_sigterm_while_it_starts(self):
        """Whoever had no turn is told as that, and not as one that could not log in."""
        self.configure(*(self.client(f'far{i}') for i in range(10)))
        self.collect()
        for moment in range(10):
            process = self.fleet.start('collector')
            time.sleep(0.02 + 0.04 * moment)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=60)
            self.assertIn(process.returncode, (0, -signal.SIGTERM), err)
        self.assertLessEqual({outcome for _, outcome in self.samples()}, {'ok', 'not-done'})

    @shows('27')
    def test_database_down_at_start(self):
        port = free_port()
        self.lose_database(self.client('one'), self.client('gone', port=port))
        self.fleet.write('known_hosts', self.sshd.known_hosts() +
                         f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
        for _ in range(3):
            result = self.collect(status=EX_UNAVAILABLE)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertIn('waits in', result.err)
        self.assertEqual([frame.client for frame in self.fleet.frames()], ['one'] * 3)
        self.assertEqual(self.spooled_on_client(), [])  # they were acknowledged all the same
        self.find_database()
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok'), ('gone', 'refused')] * 4)
        self.assertEqual(len(self.readings('load1')), 4)
        self.assertEqual(len(self.readings('cpu_used_ratio')), 3)  # a chain, though read at once
        self.assertEqual(self.fleet.rows('SELECT count(*), sum(ok), sum(failed) FROM cycle '
                                         'WHERE clients = 2 AND finished_at IS NOT NULL'),
                         [(4, 4, 4)])
        self.assertEqual(self.fleet.spool_files(), [])

    def test_helper_that_cannot_be_executed(self):
        probes = os.path.dirname(PROGRAMS['probe'])
        self.configure(self.client('one'), before=f'<collector probe-dir="{probes}"/>')
        self.make_keys()
        program = shutil.copy(PROGRAMS['collector'], self.fleet.folder)
        self.fleet.write('fleet-helper', '')
        result = subprocess.run([program, '-c', self.fleet.config], check=False,
                                capture_output=True, text=True, timeout=100)
        self.assertEqual(result.returncode, EX_OSERR, result)
        self.assertEqual(result.stderr, 'fleet-collector: error: fleet-helper cannot be started: '
                                        'Permission denied\n')
        self.assertEqual((self.samples(), self.fleet.spool_files()), ([], []))

    def fill_spool(self):
        """While the database is away: the same report a hundred times, of two pollers."""
        self.lose_database(self.client('one'), more='<collector spool-files="100"/>')
        self.collect(status=EX_UNAVAILABLE)
        path = self.fleet.frames()[0].path
        path.write_bytes(path.read_bytes() * 50)
        shutil.copy(path, path.with_name(f'{path.name[:17]}02.frames'))
        self.assertEqual(len(self.fleet.frames()), 100)

    def test_full_spool_polls_nobody(self):
        self.fill_spool()
        result = self.collect(status=EX_UNAVAILABLE)
        self.assertIn('nothing is polled', result.err)
        self.find_database()
        self.collect(status=EX_UNAVAILABLE)  # what is stored makes room for the next run
        self.assertEqual(self.samples(), [('one', 'ok')])
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)

    def test_new_state_and_a_full_spool(self):
        """What earlier runs fetched is theirs, though nothing tells any more which ids they gave out
        and this one gives out none."""
        self.fill_spool()
        os.remove(pathlib.Path(self.fleet.spool, 'state'))
        self.find_database()
        result = self.collect(status=EX_UNAVAILABLE)
        self.assertIn('nothing is polled', result.err)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertEqual(os.listdir(pathlib.Path(self.fleet.spool, 'bad')), [])
        self.assertEqual(self.samples(), [('one', 'ok')])

    def test_room_in_the_spool_is_for_all(self):
        """A poller that waits for its one host keeps no room that the other has use for."""
        with silent_server() as port:
            self.configure(
                self.client('hangs', port=port).replace('20s', '15s'),
                *(self.client(f'good{i:02}') for i in range(39)),
                before='<collector pollers="2" sessions="2" connects="2" spool-files="40"/>')
            self.fleet.write('known_hosts', self.sshd.known_hosts() +
                             f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
            self.collect()
        outcomes = collections.Counter(outcome for _, outcome in self.samples())
        self.assertEqual(outcomes, {'ok': 39, 'timeout': 1})

    def test_spool_that_fills(self):
        self.configure(*(self.client(f'one{i}') for i in range(5)),
                       before='<collector spool-files="3"/>')
        result = self.collect(status=EX_UNAVAILABLE)
        self.assertIn('the spool is full, and 2 clients were not polled', result.err)
        self.assertEqual(sorted(outcome for _, outcome in self.samples()),
                         ['internal'] * 2 + ['ok'] * 3)

    @shows('30')
    def test_locked_database(self):
        self.configure(self.client('one'), before='<storage timeout="1s"/>')
        self.collect()
        with contextlib.closing(sqlite3.connect(self.fleet.database)) as other:
            other.execute('BEGIN IMMEDIATE')
            result = self.collect(status=EX_UNAVAILABLE)
            self.assertEqual(len(result.err.splitlines()), 1, result)
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 3)

    @unittest.skipIf(os.getuid(), 'only root can have a mount of its own')
    @shows('30')
    def test_full_disk(self):
        """The spool's disk is full, then nearly full: a report that finds no room there, or only
        for a part, is not acknowledged, nor are those behind it; they come with a later run."""
        self.configure(*(self.client(name) for name in ('one', 'two', 'three')),
                       before='<collector pollers="1" sessions="1" connects="1"/>')
        self.collect()
        script = """
            mount -t tmpfs -o size=512k,mode=700 tmpfs "$0"
            for free in 0 4 8 16 32 48 64 80; do
                head -c $((524288 - free * 1024)) /dev/zero >"$0/filler" 2>/dev/null
                "$@"; rm "$0/filler"; "$@" || exit
            done"""
        result = subprocess.run(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script,
             self.fleet.spool, *self.fleet.command('collector', '-v')],
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn('spool: a report: No space left on device', result.stderr)
        self.assertIn('an earlier report did not get onto the disk', result.stderr)
        polled = re.findall(r'(?:info: \w+: ok|warning: \w+: internal: spool: .*)\n', result.stderr)
        self.assertGreater(len([line for line in polled if 'spool' in line]), 8, polled)
        rows = self.samples()
        self.assertEqual({outcome for _, outcome in rows}, {'ok'})
        self.assertEqual(len(rows), 3 + len(polled), result.stderr)
        self.assertEqual(len(self.readings('load1')), len(rows))
        self.assertEqual(self.spooled_on_client(), [])

    @unittest.skipIf(os.getuid(), 'only root can have a mount of its own')
    def test_file_that_cannot_be_removed(self):
        """It is the spool's fault, not the database's, and told as that."""
        self.lose_database(self.client('one'))
        self.collect(status=EX_UNAVAILABLE)
        self.find_database()
        lines = next(pathlib.Path(self.fleet.spool).glob('*.outcomes'))
        result = subprocess.run(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-c',
             'mount --bind "$0" "$0" && exec "$@"', lines, *self.fleet.command('collector')],
            capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(result.returncode, EX_IOERR, result)
        self.assertRegex(result.stderr, rf'^[^\n]*{lines.name}: Device or resource busy; [^\n]*'
                                        r'the database is not at fault[^\n]*\n$')
        self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 3)
        self.assertEqual(self.fleet.spool_files(), [])

    def test_clock_jumps(self):
        """The run before was in a time two hours ahead: ids go on from there, in the order of
        the attempts, while samples are of the time that the clock says now; and it is said."""
        self.configure(self.client('one'))
        self.make_keys()
        self.collect()
        path = pathlib.Path(self.fleet.spool, 'state')
        words = path.read_text(encoding='ascii').split(' ')
        words[2] = f'{int(words[2], 16) + (7200000 << 22):016x}'
        words[3] = str(int(words[3]) + 7200000)
        path.write_text(' '.join(words), encoding='ascii')
        self.configure(self.client('one'), self.client('two', '127.0.0.2', more='every="3000d"'))
        said = [self.collect().err for _ in range(3)]
        self.assertRegex(said[0], 'the clock of this machine stands (7[12][0-9]{2}) s behind')
        self.assertEqual((len(said[0].splitlines()), said[1:]), (1, ['', '']))
        rows = self.samples('c.name, s.outcome, s.id >> 22')
        self.assertEqual([row[:2] for row in rows],
                         [('one', 'ok'), ('one', 'ok'), ('two', 'ok'), ('one', 'ok'), ('one', 'ok')])
        times = [row[2] for row in rows]
        self.assertEqual(times[1], times[2])  # of one run
        self.assertLess(times[0] + 7200000, times[1])
        self.assertTrue(times[2] < times[3] < times[4] < times[0] + 7210000, times)
        seconds = [row[0] for row in self.samples(
            "strftime('%s', s.received_at) - strftime('%s', s.taken_at)")]
        self.assertTrue(all(0 <= s <= 20 for s in seconds), seconds)
        skews = [value for _, _, value in self.readings('clock_skew_seconds')]
        self.assertEqual(len(skews), 5)
        self.assertTrue(all(abs(s) < 1 for s in skews), skews)
        self.assertEqual(len(self.readings('cpu_used_ratio')), 3)  # the client's own did not jump

    def test_slow_login(self):
        """A login of seven seconds says nothing about the client's clock."""
        with slow_way(self.sshd.port, 7) as port:
            self.fleet.write('known_hosts', self.sshd.known_hosts() +
                             f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
            self.configure(self.client('fast'), self.client('slow', port=port))
            self.collect()
        self.assertEqual(sorted(self.samples()), [('fast', 'ok'), ('slow', 'ok')])
        self.assertGreater(max(ms for ms, in self.samples('s.duration_ms')), 6900)
        for metric in ('clock_skew_seconds', 'clock_deviation_seconds'):
            skews = [(name, value) for name, _, value in self.readings(metric)]
            self.assertEqual(sorted(name for name, _ in skews), ['fast', 'slow'])
            self.assertTrue(all(abs(s) < 1 for _, s in skews), skews)

    def test_alerter_that_stopped(self):
        self.configure(self.client('one'))
        self.collect()
        self.assertEqual(self.fleet.run('alerter').status, 0)
        with contextlib.closing(sqlite3.connect(self.fleet.database)) as other, other:
            other.execute("UPDATE cycle SET finished_at = '2026-01-01T00:00:00.000Z' "
                          "WHERE program = 'alerter'")
            other.execute('UPDATE sample SET id = id - (3600000 << 22), processed_at = NULL')
        result = self.collect()
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertIn('fleet-alerter has not run since 2026-01-01T00:00:00.000Z', result.err)
        self.assertEqual(self.collect().err, '')  # once an hour is enough

    def wait_for_the_database(self, runs, *clients, more=''):
        """The files with what was fetched, one a run."""
        self.lose_database(*clients or (self.client('one'),), more=more)
        for _ in range(runs):
            self.collect(status=EX_UNAVAILABLE)
        return sorted({frame.path for frame in self.fleet.frames()})

    def test_damaged_reports_are_kept_aside(self):
        flipped, beheaded, _ = self.wait_for_the_database(3)
        attempt = self.fleet.frames()[0].attempt
        data = bytearray(flipped.read_bytes())
        data[-5] ^= 1
        flipped.write_bytes(data)
        data = beheaded.read_bytes()
        beheaded.write_bytes(b'F' + data[1:])
        self.find_database()
        said = self.collect().err.splitlines()
        self.assertEqual(len(said), 2, said)
        self.assertIn('1 report did not open', said[0])
        self.assertIn(f'{len(data)} bytes in {self.fleet.spool} are no reports', said[1])
        self.assertEqual(self.samples(),
                         [('one', 'unsealed'), ('one', 'internal')] + [('one', 'ok')] * 2)
        self.assertEqual(sorted(os.listdir(os.path.join(self.fleet.spool, 'bad'))),
                         sorted([f'{attempt:016x}-00.sealed', beheaded.name]))
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(self.collect().err, '')

    def test_a_length_that_is_not_its_own_hides_nothing(self):
        """Nobody can tell where the frames behind it begin, but that there are some."""
        path, = self.wait_for_the_database(1, *(self.client(name) for name in ('one', 'two')),
                                           more='<collector pollers="1"/>')
        data = path.read_bytes()
        words = data.split(b'\n')[0].split(b' ')
        wrong = [*words[:5], b'9' * len(words[5]), *words[6:]]
        path.write_bytes(data.replace(b' '.join(words), b' '.join(wrong), 1))
        self.find_database()
        said = self.collect().err
        self.assertIn(f'{len(data)} bytes in {self.fleet.spool} are no reports', said)
        self.assertEqual(os.listdir(os.path.join(self.fleet.spool, 'bad')), [path.name])
        self.assertEqual(self.fleet.spool_files(), [])

    def test_what_a_power_cut_left_of_a_report_is_dropped(self):
        """That one was not acknowledged; those before it were."""
        clients = [self.client(name) for name in ('one', 'two', 'three')]
        path, = self.wait_for_the_database(
            1, *clients, more='<collector pollers="1" sessions="1" connects="1"/>')
        whole, last = self.fleet.frames()[:2], self.fleet.frames()[2].client
        os.truncate(path, path.stat().st_size - 1)
        self.assertEqual(self.fleet.frames(), whole)
        self.find_database()
        self.assertEqual(self.collect().err, '')
        outcomes = dict(self.samples()[:3])
        self.assertEqual(outcomes.pop(last), 'internal')
        self.assertEqual(outcomes, {frame.client: 'ok' for frame in whole})
        self.assertEqual([outcome for _, outcome in self.samples()[3:]], ['ok'] * 3)
        self.assertEqual(len(self.readings('load1')), 5)
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(os.listdir(os.path.join(self.fleet.spool, 'bad')), [])

    def test_what_cannot_be_read_holds_nobody_up(self):
        self.configure(self.client('one'))
        self.make_keys()
        path = pathlib.Path(self.fleet.spool, f'{5:016x}-01.frames')
        path.mkdir()
        for _ in range(2):
            said = self.collect().err
            self.assertEqual(len(said.splitlines()), 1, said)
            self.assertIn('could not be read, and will be in the next run: ' + path.name, said)
        path.rmdir()
        self.assertEqual(self.collect().err, '')
        self.assertEqual(self.samples(), [('one', 'ok')] * 3)

    def test_files_of_before_are_taken(self):
        """Each report had one of its own, at last in a folder of the pollers', and first with
        less in its head."""
        paths = self.wait_for_the_database(3)
        inbox = pathlib.Path(self.fleet.spool, 'in')
        inbox.mkdir(0o700)
        (inbox / '7').touch()  # one that was to be written
        for frame, folder, words in zip(self.fleet.frames(), (self.fleet.spool, inbox, inbox),
                                        (7, 9, 8)):
            head = frame.path.read_bytes().split(b'\n', 1)[0].split(b' ')
            path = pathlib.Path(folder, f'{frame.attempt:016x}-00.sealed')
            path.write_bytes(b' '.join(head[:words]) + b'\n' + frame.sealed)
        for path in paths:
            path.unlink()
        self.assertEqual(self.fleet.frames(), [])
        self.find_database()
        self.assertEqual(self.collect().err, '')
        self.assertEqual(self.samples(), [('one', 'ok')] * 4)
        self.assertEqual(len(self.readings('cpu_used_ratio')), 3)
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(sorted(os.listdir(self.fleet.spool)), ['bad', 'hosts', 'lock', 'state'])


class Terminal(CollectTest):
    def collect_on_terminal(self, *arguments):
        """What a person sees."""
        master, slave = os.openpty()
        with os.fdopen(master, 'rb', buffering=0) as screen:
            process = subprocess.Popen(self.fleet.command('collector', *arguments), stderr=slave,
                                       stdout=slave, stdin=subprocess.DEVNULL)
            os.close(slave)
            seen = b''
            with contextlib.suppress(OSError):  # EIO: nobody writes there any more
                while data := screen.read(65536):
                    seen += data
        self.assertEqual(process.wait(), 0, seen)
        return seen.decode()

    def test_progress_and_names(self):
        with silent_server() as port:
            self.configure(self.client('one'), self.client('hangs', port=port).replace('20s', '2s'))
            self.fleet.write('known_hosts', self.sshd.known_hosts() +
                             f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
            self.make_keys()
            seen = self.collect_on_terminal()
            self.assertIn('\r1 of 2 done, 0 failed', seen)
            self.assertNotIn('one:', seen)
            seen = self.collect_on_terminal('--client', 'one', '--client', 'hangs')
            self.assertIn('info: one: ok\r\n', seen)
            self.assertIn('warning: hangs: timeout: ', seen)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
