"""What the probe asks systemd over a real dbus-daemon, and buses that lie, dawdle or are none."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from rig import dbus
from rig.probe import PROBE
from rig.servers import find

GREETING = b'OK 0123456789abcdef0123456789abcdef\r\n'
LIMIT_S = 0.5  # after which the probe goes on without an answer


def reply(serial, value, order='<', kind=dbus.RETURN):
    fields = [(dbus.REPLY_SERIAL, serial), (dbus.SENDER, ':1.0'), (dbus.SIGNATURE, 'v')]
    return dbus.message(kind, 7, fields, dbus.variant(value, order), order)


def unit_list(names, order='<', serial=4):
    fields = [(dbus.REPLY_SERIAL, serial), (dbus.SENDER, ':1.0'), (dbus.SIGNATURE, 'a(ssssssouso)')]
    return dbus.message(dbus.RETURN, 7, fields, dbus.units(names, order), order)


GOOD = GREETING + reply(2, 'running') + reply(3, 0) + unit_list([])


class Case(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='fleet-bus-')
        self.addCleanup(shutil.rmtree, self.root)
        self.path = os.path.join(self.root, 'run', 'dbus', 'system_bus_socket')
        os.makedirs(os.path.dirname(self.path))

    def probe(self):
        """The lines about systemd, and how long it took."""
        start = time.monotonic()
        run = subprocess.run([PROBE, '--root', self.root, '--plain'], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, env={}, text=True, timeout=60, check=True)
        took = time.monotonic() - start
        self.assertTrue(run.stdout.endswith('\n# EOF\n'))
        return [l for l in run.stdout.splitlines() if 'systemd' in l and l[0] != '#'], took

    def assert_nothing_at_once(self):
        """Nothing about systemd, and nothing waited for; once of three times, on a busy machine."""
        tries = [self.probe() for _ in range(3)]
        self.assertEqual([lines for lines, _ in tries], [[], [], []])
        self.assertLess(min(took for _, took in tries), LIMIT_S)


def says(state, failed, *units):
    return [f'node_systemd_system_running {int(state == "running")}',
            f'fleet_systemd_state{{state="{state}"}} 1',
            f'node_systemd_units{{state="failed"}} {failed}',
            *(f'fleet_systemd_unit_failed{{name="{name}"}} 1' for name in units)]


class Real(Case):
    def setUp(self):
        super().setUp()
        if not find('dbus-daemon')[0]:
            self.skipTest('no dbus-daemon: apt-get install dbus-daemon')
        self.daemon = dbus.Daemon(self.root, self.path)
        self.addCleanup(self.daemon.stop)

    def systemd(self, properties, failed=()):
        service = dbus.Systemd(self.path, properties, failed)
        self.addCleanup(service.stop)
        return service

    def test_what_systemd_says(self):
        service = self.systemd({'SystemState': 'running', 'NFailedUnits': 0})
        self.assertEqual(self.probe()[0], says('running', 0))
        service.properties = {'SystemState': 'degraded', 'NFailedUnits': 3}
        service.failed = ['nginx.service', 'a\\x2db.mount', 'x' * 200 + '.service']
        self.assertEqual(self.probe()[0], says('degraded', 3, 'nginx.service', 'a\\\\x2db.mount',
                                               'x' * 200 + '.service'))
        self.assertEqual(service.asked, 2 * [
            ('Get', 'org.freedesktop.systemd1.Manager', 'SystemState'),
            ('Get', 'org.freedesktop.systemd1.Manager', 'NFailedUnits'),
            ('ListUnitsFiltered', 'failed')])

    def test_more_failed_units_than_are_told(self):
        names = [f'unit-{i}.service' for i in range(400)]
        service = self.systemd({'SystemState': 'degraded', 'NFailedUnits': 400}, names[:300])
        self.assertEqual(self.probe()[0], says('degraded', 400, *names[:64]))
        service.failed = [name * 20 for name in names]  # more than is read of one answer
        self.assertEqual(self.probe()[0], says('degraded', 400))

    def test_properties_of_another_type(self):
        self.systemd({'SystemState': 7, 'NFailedUnits': 'many'})
        self.assertEqual(self.probe()[0], [])

    def test_no_systemd_on_the_bus(self):
        self.assert_nothing_at_once()

    def test_systemd_does_not_answer(self):
        self.systemd(None)
        lines, took = self.probe()
        self.assertEqual(lines, [])
        self.assertGreater(took, LIMIT_S)
        self.assertLess(took, LIMIT_S + 5)


class Lies(Case):
    def ask(self, behave):
        liar = dbus.Liar(self.path, behave)
        try:
            return self.probe()
        finally:
            liar.stop()
            os.unlink(self.path)

    def after(self, data):
        """A bus that says this and hangs up."""
        def behave(far):
            far.recv(4096)
            far.sendall(data)
        return self.ask(behave)[0]

    def test_bytes(self):
        signal = dbus.message(dbus.SIGNAL, 1, [(dbus.MEMBER, 'NameAcquired'), (dbus.SIGNATURE, 's')])
        for data, expected in (
                (GOOD, says('running', 0)),
                (GREETING + signal + reply(1, 'x') + reply(3, 4294967295) + reply(2, 'x"\n\\') +
                 unit_list(['u"']),
                 ['node_systemd_system_running 0',
                  'fleet_systemd_state{state="x\\"\\\\x0a\\\\"} 1',
                  'node_systemd_units{state="failed"} 4294967295',
                  'fleet_systemd_unit_failed{name="u\\""} 1']),
                (GREETING + reply(2, 'starting', '>') + reply(3, 2, '>') + unit_list(['u', 'v'], '>'),
                 says('starting', 2, 'u', 'v')),
                (GREETING + unit_list(['u', 'v'])[:-4] + b'\xff' * 8,
                 ['fleet_systemd_unit_failed{name="u"} 1']),
                (GREETING + reply(2, 'x', kind=dbus.ERROR) + reply(3, 1), says('x', 1)[2:]),
                (GREETING + reply(2, 'running') + reply(2, 'degraded') + reply(3, 0),
                 says('running', 0)),
                (GREETING + reply(2, 'running'), says('running', 0)[:2]),
                (b'', []), (b'\0' * 100, []), (b'REJECTED EXTERNAL\r\n', []), (b'OK', []),
                (b'x' * 100000, []), (GREETING, []), (GREETING + b'l' * 100, []),
                (GREETING + b'l\2\0\1' + b'\xff' * 12, []), (GREETING + b'B\2\0\1' + b'\xff' * 12, []),
                (GREETING + b'l\2\0\2' + bytes(100), []), (GREETING + bytes(1 << 20), []),
                (GREETING + signal * 10000, [])):
            with self.subTest(data[:60]):
                self.assertEqual(self.after(data), expected)

    def test_every_byte_may_be_the_last(self):
        for length in range(0, len(GOOD), 7):
            with self.subTest(length):
                self.assertIn(self.after(GOOD[:length]),
                              ([], says('running', 0)[:2], says('running', 0)))

    def test_dawdling(self):
        def drip(far):
            for byte in GREETING + bytes(4096):
                far.send(bytes([byte]))
                time.sleep(0.01)

        def wait(far):
            far.recv(4096)
            time.sleep(LIMIT_S + 0.3)

        def flood(far):
            signal = dbus.message(dbus.SIGNAL, 1, [(dbus.MEMBER, 'x')])
            far.sendall(GREETING)
            while True:
                far.sendall(signal * 100)

        for behave in drip, wait, flood:
            with self.subTest(behave.__name__):
                lines, took = self.ask(behave)
                self.assertEqual(lines, [])
                self.assertLess(took, LIMIT_S + 5)

    def test_nobody_accepts(self):
        full = []
        with socket.socket(socket.AF_UNIX) as bus:
            bus.bind(self.path)
            bus.listen(0)
            for _ in range(3):
                full.append(socket.socket(socket.AF_UNIX))
                full[-1].setblocking(False)
                try:
                    full[-1].connect(self.path)
                except BlockingIOError:
                    break
            self.assert_nothing_at_once()
            for s in full:
                s.close()

    def test_no_socket(self):
        for make in (lambda: None, lambda: open(self.path, 'w').close(), lambda: os.mkdir(self.path)):
            make()
            self.assert_nothing_at_once()
            if os.path.isfile(self.path):
                os.unlink(self.path)


if __name__ == '__main__':
    unittest.main()
