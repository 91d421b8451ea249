"""When clients are polled, how many at once, and in which order: caps measured at the servers."""
import contextlib
import os
import pathlib
import select
import shutil
import socket
import tempfile
import threading
import time
import unittest

from rig.fleet import Fleet
from rig.shows import shows
from rig.sshd import Sshd, keygen
from test_poll import black_hole

EX_UNAVAILABLE = 69


class Gauge:
    """A TCP relay to an sshd that knows how many connections it had at once at most. `around` is
    a gauge that counts them too."""

    def __init__(self, port, around=None):
        self.target, self.around = port, around
        self.most = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def count(self, connection):
        """Another one is there. Who hung up did so before, though no thread may know it yet."""
        with self.lock:
            self.connections = [c for c in self.connections if not self._is_over(c)] + [connection]
            self.most = max(self.most, len(self.connections))
        if self.around:
            self.around.count(connection)

    @staticmethod
    def _is_over(connection):
        if connection.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(connection, select.POLLRDHUP)
        return bool(poll.poll(0))

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.count(connection)
                threading.Thread(target=self._relay, args=(connection,), daemon=True).start()

    def _relay(self, near):
        with contextlib.suppress(OSError), near, \
                socket.create_connection(('127.0.0.1', self.target)) as far:
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            self._pump(near, far)
            back.join(10)

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class ScheduleTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-schedule-'))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.key = keygen(self.folder / 'id')
        self.fleet = Fleet(str(self.folder / 'fleet'))

    def serve(self, **options):
        """Sleeps a little in each session, so that they overlap when they may."""
        self.sshd = Sshd(self.folder / 'sshd', authorized=[self.key + '.pub'], options=options,
                         key_options='command="sleep 0.2; exec /bin/sh -c '
                                     '\\"$SSH_ORIGINAL_COMMAND\\""')
        self.sshd.start()
        self.addCleanup(self.sshd.stop)

    def client(self, name, port=None, more=''):
        return (f'<client name="{name}" ip="127.0.0.1" port="{port or self.sshd.port}" '
                f'username="{self.sshd.user}" identity="{self.key}" '
                f'host-key="{self.sshd.fingerprint()}" {more}/>')

    def collect(self, body, *arguments):
        self.fleet.write_config(body)
        result = self.fleet.run('collector', *arguments)
        self.assertEqual(result.status, 0, result)
        return result

    def outcomes(self):
        return dict(self.fleet.rows('SELECT outcome, count(*) FROM sample GROUP BY outcome'))


class Caps(ScheduleTest):
    def test_sshd_drops_nobody_within_its_max_startups(self):
        """The fourth connection that is not logged in yet would be dropped."""
        self.serve(MaxStartups='3:100:3')
        clients = ''.join(self.client(f'host{i:02}') for i in range(40))
        self.collect('<collector pollers="2" connects="3"/>' + clients)
        self.assertEqual(self.outcomes(), {'ok': 40})
        self.collect('<collector pollers="2" connects="20"/>' + clients)
        self.assertLess(self.outcomes()['ok'], 80)  # so it does drop

    def test_a_run_has_so_many_sessions(self):
        self.serve()
        gauge = Gauge(self.sshd.port)
        self.addCleanup(gauge.close)
        self.collect('<collector pollers="2" sessions="5" connects="5"/>' +
                     ''.join(self.client(f'host{i:02}', gauge.port) for i in range(40)))
        self.assertEqual(self.outcomes(), {'ok': 40})
        self.assertEqual(gauge.most, 5)

    def test_groups_have_so_many_sessions(self):
        """Three of `outer`, of which one of `inner`; those beside it do not wait for them."""
        self.serve()
        outer = Gauge(self.sshd.port)
        inner = Gauge(self.sshd.port, around=outer)
        beside = Gauge(self.sshd.port)
        for gauge in (outer, inner, beside):
            self.addCleanup(gauge.close)
        self.collect(
            '<collector pollers="2"/><group name="outer" sessions="3">' +
            '<group name="inner" sessions="1">' +
            ''.join(self.client(f'inner{i}', inner.port) for i in range(6)) + '</group>' +
            ''.join(self.client(f'outer{i:02}', outer.port) for i in range(20)) + '</group>' +
            ''.join(self.client(f'beside{i:02}', beside.port) for i in range(20)))
        self.assertEqual(self.outcomes(), {'ok': 46})
        self.assertEqual((inner.most, outer.most), (1, 3))
        self.assertGreater(beside.most, 4)


class Dark(ScheduleTest):
    def finished(self):
        """When the last healthy one was, in seconds from the start of the newest run."""
        return self.fleet.rows(
            "SELECT max(julianday(s.received_at) - julianday(c.started_at)) * 86400 FROM sample s "
            "JOIN cycle c ON c.id = s.cycle_id WHERE s.outcome = 'ok' "
            'GROUP BY c.id ORDER BY c.id DESC LIMIT 1')[0][0]

    @shows('2')
    def test_a_rack_that_goes_dark_delays_nobody(self):
        """Three times as many as there are connects, of which each would be held for 8 s, and
        nothing is known of any."""
        self.serve()
        caps = '<collector pollers="1" connects="10" connect-timeout="8s"/>'
        self.collect(caps + ''.join(self.client(f'first{i:02}') for i in range(40)))
        undisturbed = self.finished()
        with black_hole() as hole:
            self.collect(caps + ''.join(self.client(f'good{i:02}') + self.client(f'dark{i:02}', hole)
                                        for i in range(40)))
        self.assertEqual(self.outcomes(), {'ok': 80, 'timeout': 40})
        self.assertLess(self.finished(), 1.2 * undisturbed + 16)  # half of four times 8


class Due(ScheduleTest):
    """A client that is not due for years, once it was polled."""

    def setUp(self):
        super().setUp()
        self.serve()
        self.body = self.client('one', more='every="3000d"')
        self.collect(self.body)
        self.assertEqual(self.outcomes(), {'ok': 1})

    @contextlib.contextmanager
    def no_database(self):
        os.rename(self.fleet.database, self.fleet.path('aside'))
        os.mkdir(self.fleet.database)
        yield
        os.rmdir(self.fleet.database)
        os.rename(self.fleet.path('aside'), self.fleet.database)

    def state_of_spool(self):
        return {name: os.stat(os.path.join(self.fleet.spool, name)).st_mtime_ns
                for name in os.listdir(self.fleet.spool) if name != 'lock'}

    def test_nothing_to_do_is_nothing_done(self):
        """No connection to the database, nothing written."""
        before = self.state_of_spool()
        with self.no_database():
            process = self.fleet.start('collector', '-v')
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn('nobody is due', err)
        self.assertEqual(self.state_of_spool(), before)
        self.assertEqual(self.fleet.rows('SELECT count(*) FROM cycle'), [(1,)])

    def test_what_waits_is_stored_all_the_same(self):
        with self.no_database():
            result = self.fleet.run('collector', '--client', 'one')
            self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertEqual(self.outcomes(), {'ok': 1})
        self.collect(self.body)
        self.assertEqual(self.outcomes(), {'ok': 2})
        self.assertEqual(self.fleet.spool_files(), [])

    def test_that_it_runs_is_told_now_and_then(self):
        """Five minutes later, so that nobody takes it for dead."""
        path = pathlib.Path(self.fleet.spool, 'state')
        words = path.read_text(encoding='ascii').split(' ')
        words[2] = f'{int(words[2], 16) - (301000 << 22):016x}'
        words[3] = str(int(words[3]) - 301000)
        path.write_text(' '.join(words), encoding='ascii')
        self.collect(self.body)
        self.collect(self.body)
        self.assertEqual(self.fleet.rows('SELECT clients, ok, finished_at IS NULL FROM cycle '
                                         'ORDER BY started_at'), [(1, 1, 0), (0, 0, 0)])


if __name__ == '__main__':
    unittest.main()
