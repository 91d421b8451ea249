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


GOOD = GREETING + reply(2, 'running') + reply(3, 0)


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


def says(state, failed):
    return [f'node_systemd_system_running {int(state == "running")}',
            f'fleet_systemd_state{{state="{state}"}} 1',
            f'node_systemd_units{{state="failed"}} {failed}']


class Real(Case):
    def setUp(self):
        super().setUp()
        if not find('dbus-daemon')[0]:
            self.skipTest('no dbus-daemon: apt-get install dbus-daemon')
        self.daemon = dbus.Daemon(self.root, self.path)
        self.addCleanup(self.daemon.stop)

    def systemd(self, properties):
        service = dbus.Systemd(self.path, properties)
        self.addCleanup(service.stop)
        return service

    def test_what_systemd_says(self):
        service = self.systemd({'SystemState': 'running', 'NFailedUnits': 0})
        self.assertEqual(self.probe()[0], says('running', 0))
        service.properties = {'SystemState': 'degraded', 'NFailedUnits': 3}
        self.assertEqual(self.probe()[0], says('degraded', 3))
        self.assertEqual(service.asked, 2 * [
            ['org.freedesktop.systemd1.Manager', 'SystemState'],
            ['org.freedesktop.systemd1.Manager', 'NFailedUnits']])

    def test_properties_of_another_type(self):
        self.systemd({'SystemState': 7, 'NFailedUnits': 'many'})
        self.assertEqual(self.probe()[0], [])

    def test_no_systemd_on_the_bus(self):
        lines, took = self.probe()
        self.assertEqual(lines, [])
        self.assertLess(took, LIMIT_S)

    def test_systemd_does_not_answer(self):
        self.systemd(None)
        lines, took = self.probe()
        self.assertEqual(lines, [])
        self.assertGreater(took, LIMIT_S)
        self.assertLess(took, LIMIT_S + 2)


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
                (GREETING + signal + reply(1, 'x') + reply(3, 4294967295) + reply(2, 'x"\n\\'),
                 ['node_systemd_system_running 0',
                  'fleet_systemd_state{state="x\\"\\\\x0a\\\\"} 1',
                  'node_systemd_units{state="failed"} 4294967295']),
                (GREETING + reply(2, 'starting', '>') + reply(3, 2, '>'), says('starting', 2)),
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
                self.assertIn(self.after(GOOD[:length]), ([], says('running', 0)[:2]))

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
                self.assertLess(took, LIMIT_S + 2)

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
            lines, took = self.probe()
            for s in full:
                s.close()
        self.assertEqual(lines, [])
        self.assertLess(took, LIMIT_S)

    def test_no_socket(self):
        for make in (lambda: None, lambda: open(self.path, 'w').close(), lambda: os.mkdir(self.path)):
            make()
            lines, took = self.probe()
            self.assertEqual(lines, [])
            self.assertLess(took, LIMIT_S)
            if os.path.isfile(self.path):
                os.unlink(self.path)


if __name__ == '__main__':
    unittest.main()
