"""Clients behind jump hosts, by real sshds: what is told of them, what they cost each other, and
that no credential goes to whom it is not meant for."""
import contextlib
import fcntl
import multiprocessing
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from rig.fleet import Fleet
from rig.raw_ssh import FAULTS, RawSsh
from rig.servers import DIES_WITH_US
from rig.sshd import SSHD_ENV, Sshd, enter_network, free_port, keygen
from test_poll import Server, black_hole, relay, say_nothing
from test_raw_ssh import EXPECTED

AS_ROOT = unittest.skipUnless(os.getuid() == 0, 'needs root for mounts and accounts of its own')
EX_OK, EX_UNAVAILABLE, EX_NOPERM = 0, 69, 77


def connections_to(port):
    """The ports of those who made them (proc(5), tcp)."""
    established, there = '01', f':{port:04X}'
    return {fields[1] for fields in map(
        str.split, pathlib.Path('/proc/net/tcp').read_text().splitlines()[1:])
        if fields[3] == established and fields[2].endswith(there)}


def answer_late(server, seconds):
    """Says 127.0.0.1 of every name, as a name server (RFC 1035), until a query is empty."""
    answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1'

    def send(reply, sender):
        with contextlib.suppress(OSError):
            server.sendto(reply, sender)
    while True:
        query, sender = server.recvfrom(512)
        if not query:
            return
        end = query.index(b'\0', 12) + 5
        found = query[end - 4:end - 2] == b'\0\1'  # an A record is asked for
        reply = (query[:2] + b'\x81\x80\0\1' + (b'\0\1' if found else b'\0\0') + bytes(4) +
                 query[12:end] + (answer if found else b''))
        threading.Timer(seconds, send, (reply, sender)).start()


class Jump(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix='fleet-jump-')
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.fleet = Fleet(str(self.folder / 'work'))
        self.key = keygen(self.folder / 'id')
        self.known = ''
        self.machines = []

    def sshd(self, name, start=True, **settings):
        settings.setdefault('authorized', [self.key + '.pub'])
        sshd = Sshd(self.folder / name, **settings)
        if start:
            self.addCleanup(sshd.stop)
            sshd.start()
            self.known += sshd.known_hosts()
        return sshd

    def machine(self, name, sshd, jump='', element='client', known=None, ip='127.0.0.1', port=None,
                login=None, more=''):
        """known: the name to record its host keys under, beside its address."""
        port = port or sshd.port
        if known:
            self.known += f'[{known}]:{port} {sshd.public_key()}\n'
        login = login or f'identity="{self.key}"'
        timeout = '' if 'timeout=' in more else 'timeout="20s"'
        self.machines.append(f'<{element} name="{name}" ip="{ip}" port="{port}" jump="{jump}" '
                             f'username="{sshd.user}" {login} {timeout} {more}/>')

    def configure(self, collector='connect-timeout="2s"'):
        self.fleet.write('known_hosts', self.known)
        self.fleet.write_config(f'<collector {collector}/>\n' + '\n'.join(self.machines))

    def collect(self, *arguments, **more):
        self.configure(**more)
        started = time.monotonic()
        result = self.fleet.run('collector', *arguments)
        self.assertEqual(result.status, 0, result)
        self.took = time.monotonic() - started
        return result

    def rows(self):
        """name: (outcome, stage, reason, milliseconds) of the newest attempt."""
        return {name: rest for name, *rest in self.fleet.rows(
            'SELECT c.name, s.outcome, s.stage, s.error, s.duration_ms FROM sample s '
            'JOIN client c ON c.id = s.client_id ORDER BY s.id')}

    def expect(self, name, outcome, stage=None, *words):
        got = self.rows()[name]
        self.assertEqual(got[0], outcome, (name, got))
        if stage is not None:
            self.assertEqual(got[1], stage, (name, got))
        for word in words:
            self.assertIn(word, got[2], (name, got))


def live_inside(gate, target, listener, ready):
    """In a network of its own, `target` listens at its loopback. Who connects to `listener`, which
    is outside, gets a `gate` that is inside: the only way to it."""
    enter_network()
    target.start()
    ready.send(target.port)
    (gate.folder / 'sshd_config').write_text(gate._config())
    served = []
    while True:
        connection, _ = listener.accept()
        with connection:
            served.append(subprocess.Popen(
                DIES_WITH_US + gate.command_for_one(), env=SSHD_ENV, stdin=connection,
                stdout=connection, stderr=subprocess.DEVNULL))


class Hidden(Jump):
    """A client in a network that only the jump host reaches."""

    def setUp(self):
        super().setUp()
        prepare = ''
        if os.getuid() == 0:
            hosts = self.folder / 'hosts'
            hosts.write_text('127.0.0.1 inside.example localhost\n')
            prepare = f'mount --bind {hosts} /etc/hosts'
        self.target = self.sshd('target', start=False)
        self.gate = self.sshd('gate', start=False, prepare=prepare)
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.addCleanup(self.listener.close)
        self.gate.port = self.listener.getsockname()[1]
        self.known += self.gate.known_hosts()
        ours, its = multiprocessing.Pipe()
        inside = multiprocessing.get_context('fork').Process(
            target=live_inside, args=(self.gate, self.target, self.listener, its), daemon=True)
        inside.start()
        self.addCleanup(inside.join)
        self.addCleanup(inside.kill)
        its.close()
        try:
            self.target.port = ours.recv()
        except EOFError:
            self.skipTest('no network namespace can be made here')

    def test_collect(self):
        name = 'inside.example' if os.getuid() == 0 else 'localhost'
        self.machine('gate', self.gate)
        self.machine('inside', self.target, 'gate', known='127.0.0.1')
        self.machine('named', self.target, 'gate', ip=name, known=name)
        self.machine('beside', self.target, known='127.0.0.1')  # there is no other way
        self.collect()
        for client in ('gate', 'inside', 'named'):
            self.expect(client, 'ok')
        self.expect('beside', 'refused', 'connect')

    def test_console(self):
        self.machine('gate', self.gate, element='jump')
        self.machine('inside', self.target, 'gate')
        self.known = ''
        self.configure()
        result = self.fleet.run('fleet', 'trust', 'inside')
        self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertIn('inside: host-key-unknown: jump host gate (host-key): nothing is recorded',
                      result.err)
        self.assertEqual(self.fleet.run('fleet', 'trust', '--all').status, EX_OK)
        known = pathlib.Path(self.fleet.path('known_hosts')).read_text()
        for sshd in (self.gate, self.target):
            self.assertEqual(known.count(sshd.public_key()), 1)
        self.assertEqual(self.fleet.run('collector').status, 0)
        self.expect('inside', 'ok')
        self.assertNotIn('gate', self.rows())  # it is not watched
        result = self.fleet.run('fleet', 'check', '--connect')
        self.assertEqual(result.status, EX_OK, result)
        self.assertRegex(result.out, 'ok +inside +127.0.0.1 through gate as ')
        self.assertRegex(result.out, 'ok +gate +127.0.0.1 as ')
        cached = self.target.home / '.cache'
        self.assertTrue(any(cached.rglob('*probe*')))
        result = self.fleet.run('fleet', 'forget', 'inside')
        self.assertEqual(result.status, EX_OK, result)
        self.assertFalse(any(cached.rglob('*probe*')))
        known = pathlib.Path(self.fleet.path('known_hosts')).read_text()
        self.assertNotIn(self.target.public_key(), known)
        self.assertIn(self.gate.public_key(), known)


class Ways(Jump):
    def test_a_chain(self):
        gates = [self.sshd(f'gate{i}', options={'PermitOpen': 'none'}) for i in range(2)]
        far = self.sshd('far')
        for gate, to in zip(gates, (gates[1], far)):
            gate.stop()
            gate.options['PermitOpen'] = f'127.0.0.1:{to.port}'
            gate.fixed_port = gate.port
            gate.start()
        self.machine('gate0', gates[0], element='jump')
        self.machine('gate1', gates[1], 'gate0')
        self.machine('far', far, 'gate1')
        self.machine('over', far, 'gate0')  # which may not
        self.collect()
        self.expect('gate1', 'ok')
        self.expect('far', 'ok')
        self.expect('over', 'refused', 'connect', 'jump host gate0: it may not connect on',
                    'PermitOpen')

    def test_a_jump_host_that_has_no_shell(self):
        options = 'restrict,port-forwarding,command="/usr/sbin/nologin"'
        gate, far = self.sshd('gate', key_options=options), self.sshd('far')
        self.machine('gate', gate, element='jump')
        self.machine('watched', gate)  # the same as a client
        self.machine('far', far, 'gate')
        self.machine('behind', far, 'watched')
        self.collect()
        self.expect('far', 'ok')
        self.expect('behind', 'ok')
        self.expect('watched', 'no-shell')

    def test_keys_of_the_first_use(self):
        gate, far = self.sshd('gate'), self.sshd('far', addresses=('127.0.0.1', '127.0.0.2'))
        self.known = ''
        self.machine('gate', gate, element='jump', more='host-key="accept-new"')
        for i in (1, 2):
            self.machine(f'far{i}', far, 'gate', ip=f'127.0.0.{i}', more='host-key="accept-new"')
        folder = os.open(self.fleet.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)  # as anybody can who can read it
        self.collect()
        for i in (1, 2):
            self.expect(f'far{i}', 'ok')
        known = pathlib.Path(self.fleet.path('known_hosts')).read_text()
        self.assertEqual(known.count(gate.public_key()), 1)
        self.assertEqual(known.count(far.public_key()), 2)

    def test_a_pinned_key_that_is_not_the_first(self):
        gate, far = self.sshd('gate'), self.sshd('far')
        self.known = ''
        for kind, name in (('ecdsa', 'gate1'), ('ed25519', 'gate2')):
            self.machine(name, gate, element='jump', more=f'host-key="{gate.fingerprint(kind)}"')
        self.machine('first', far, 'gate1', more=f'host-key="{far.fingerprint()}"')
        self.machine('second', far, 'gate2', more=f'host-key="{far.fingerprint("ecdsa")}"')
        self.collect()
        self.expect('first', 'ok')
        self.expect('second', 'ok')

    @AS_ROOT
    def test_a_password_on_the_way(self):
        gate, far = self.sshd('gate', password='over the bridge'), self.sshd('far')
        for name, password in (('gate', 'over the bridge'), ('closed', 'under it')):
            self.machine(name, gate, element='jump', login=f'password="{password}"')
        for i in range(4):
            self.machine(f'far{i}', far, 'gate')
            self.machine(f'cut{i}', far, 'closed')
        self.collect()
        for i in range(4):
            self.expect(f'far{i}', 'ok')
            self.expect(f'cut{i}', 'auth', 'jump', 'jump host closed (auth): ', 'this password')
        failed = gate.log_with('Failed password').count('Failed password')
        self.assertEqual(failed, 1)  # one attempt, for all of them

    @AS_ROOT
    def test_a_password_host_that_is_lost(self):
        """Also when all passwords are used, and wiped, the right one is told."""
        busy, connections = self.folder / 'busy', []
        gate = self.sshd('gate', password='over the bridge')
        far = self.sshd('far', key_options=f'command="touch {busy}; exec sleep 30"')
        between = Server(lambda c: connections.append(c) or relay(c, gate.port))
        self.addCleanup(between.close)
        self.known += f'[127.0.0.1]:{between.port} {gate.public_key()}\n'
        self.machine('gate', gate, element='jump', port=between.port,
                     login='password="over the bridge"')
        self.machine('far', far, 'gate')
        self.configure()
        process = self.fleet.start('collector')
        while not busy.exists() and process.poll() is None:
            time.sleep(0.05)
        connections[0].shutdown(socket.SHUT_RDWR)
        process.communicate()
        self.expect('far', 'truncated', 'jump', 'jump host gate (exec): ')

    def test_limits_of_sshd(self):
        """Nobody is turned away by a jump host that lets three in at once who are not yet known."""
        gate = self.sshd('gate', options={'MaxStartups': '3:100:3'})
        far = self.sshd('far')
        self.machine('gate', gate, more='connects="3"')
        for i in range(30):
            self.machine(f'far{i:02}', far, 'gate')
        self.collect()
        rows = self.rows()
        self.assertEqual({name: row for name, row in rows.items() if row[0] != 'ok'}, {})
        self.assertEqual(len(rows), 31)
        self.assertNotIn('MaxStartups', gate.log())


class Dead(Jump):
    """What becomes of those behind a jump host that does not serve."""
    COUNT = 12

    def children(self, jump, far, count=COUNT):
        for i in range(count):
            self.machine(f'{jump}-{i:02}', far, jump)

    def expect_children(self, jump, outcome, *words, count=COUNT):
        for i in range(count):
            self.expect(f'{jump}-{i:02}', outcome, 'jump', f'jump host {jump}', *words)

    def count_waits(self):
        """How many were as long in finding out as the timeouts are."""
        return sum(row[3] > 1900 for row in self.rows().values() if row[0] != 'ok')

    def test_dark_or_closed(self):
        far = self.sshd('far')
        with black_hole() as hole:
            for name, port in (('dark', hole), ('closed', free_port())):
                self.machine(name, far, element='jump', port=port)
                self.machine(f'{name}-watched', far, port=port)
                self.children(name, far)
                self.children(f'{name}-watched', far)
            self.machine('nameless', far, element='jump', ip='no-such-host.invalid')
            self.children('nameless', far)
            self.machine('beyond', far, 'dark')
            self.children('beyond', far)
            self.machine('good', far)
            self.collect()
        for name in ('dark', 'dark-watched'):
            self.expect_children(name, 'timeout', '(connect): ' if name == 'dark' else '')
        for name in ('closed', 'closed-watched'):
            self.expect_children(name, 'refused')
        self.expect_children('nameless', 'dns')
        for i in range(self.COUNT):
            self.expect(f'beyond-{i:02}', 'timeout', 'jump', 'jump host dark')
        self.expect('beyond', 'timeout', 'jump', 'jump host dark')
        self.expect('good', 'ok')
        self.assertEqual(self.count_waits(), 2)  # one for each of the two that are dark
        self.assertLess(self.took, 15)

    def test_silent(self):
        far = self.sshd('far')
        server = Server(say_nothing)
        self.addCleanup(server.close)
        self.machine('mute', far, element='jump', port=server.port, more='timeout="4s"')
        for i in range(self.COUNT):
            self.machine(f'mute-{i:02}', far, 'mute', more='timeout="4s"')
        self.machine('good', far)
        self.collect()
        self.expect_children('mute', 'timeout', 'jump host mute (handshake): ', 'says nothing')
        self.expect('good', 'ok')
        self.assertEqual(self.count_waits(), 1)
        self.assertLess(self.took, 15)

    def slow_gate(self, name, **more):
        """One that takes 1.5 s to say anything."""
        gate = self.sshd(name)

        def talk(connection):
            time.sleep(1.5)
            relay(connection, gate.port)
        server = Server(talk)
        self.addCleanup(server.close)
        self.known += f'[127.0.0.1]:{server.port} {gate.public_key()}\n'
        self.machine(name, gate, element='jump', port=server.port, **more)

    def test_one_that_is_hasty_is_alone_in_that(self):
        """The timeout of one client, which a jump host does not meet, says nothing to others."""
        far = self.sshd('far')
        for gate in ('untried', 'proven'):
            self.slow_gate(gate, more='connects="1"')
        self.machine('untried-hasty', far, 'untried', more='timeout="1s"')
        self.children('proven', far, 2)
        self.machine('proven-hasty', far, 'proven', more='timeout="1s"')
        self.children('untried', far, 3)
        self.machine('proven-more', far, 'proven')
        self.collect()
        for gate in ('untried', 'proven'):
            self.expect(f'{gate}-hasty', 'timeout', 'jump', f'jump host {gate} (handshake): ')
        for name, row in self.rows().items():
            self.assertTrue(row[0] == 'ok' or name.endswith('-hasty'), (name, row))

    @AS_ROOT
    def test_a_name_that_takes_its_time(self):
        """Its own timeout is for the name, too."""
        gate, far = self.sshd('gate'), self.sshd('far')
        self.machine('gate', gate, element='jump', ip='gate.example', known='gate.example')
        self.machine('hasty', far, 'gate', more='timeout="1s"')
        self.children('gate', far, 3)
        self.configure()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            nameserver = '127.78.%d.%d' % tuple(os.urandom(2))
            server.bind((nameserver, 53))
            names = threading.Thread(target=answer_late, args=(server, 2), daemon=True)
            names.start()
            resolv = self.fleet.write('resolv.conf', f'nameserver {nameserver}\n', mode=0o644)
            done = subprocess.run(
                ['unshare', '--mount', 'sh', '-ec', f'mount --bind {resolv} /etc/resolv.conf; '
                 'exec "$@"', 'sh', *self.fleet.command('collector')],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done)
            server.sendto(b'', (nameserver, 53))
            names.join()
        self.expect('hasty', 'dns', 'jump', 'jump host gate (resolve): no answer from the name')
        for i in range(3):
            self.expect(f'gate-{i:02}', 'ok')

    def test_changed(self):
        """No credential goes there, and only one connection."""
        gate, other, far = self.sshd('gate'), self.sshd('other', start=False), self.sshd('far')
        self.known = far.known_hosts() + f'[127.0.0.1]:{gate.port} {other.public_key()}\n'
        self.machine('gate', gate, element='jump')
        self.children('gate', far)
        self.collect()
        self.expect_children('gate', 'host-key-changed', 'jump host gate (host-key): changed from ',
                             other.fingerprint(), gate.fingerprint())
        log = gate.log_with('Connection closed')
        self.assertNotIn('publickey', log)
        self.assertEqual(log.count('Connection from'), 2)  # the first is of the test itself
        self.assertNotIn('publickey', far.log())

    def test_unknown(self):
        gate, far = self.sshd('gate'), self.sshd('far')
        self.known = far.known_hosts()
        self.machine('gate', gate)
        self.children('gate', far)
        result = self.collect()
        self.expect('gate', 'host-key-unknown', 'host-key')
        self.expect_children('gate', 'host-key-unknown', 'fleet trust')
        self.assertIn('trust --all', result.err)
        self.assertNotIn('publickey', gate.log())

    def test_locked(self):
        """One attempt, whoever makes it."""
        gate, far = self.sshd('gate', authorized=[]), self.sshd('far')
        self.machine('gate', gate)
        self.children('gate', far)
        self.collect()
        self.expect('gate', 'auth')
        self.expect_children('gate', 'auth', 'authorized_keys')
        self.assertEqual(gate.log_with('Failed publickey').count('Failed publickey'), 1)

    def dark_behind(self, gate, count):
        far = self.sshd('far')
        hole = self.enterContext(black_hole())
        for i in range(count):
            self.machine(f'dark{i}', far, 'gate', port=hole)
        self.machine('good', far, 'gate')

    def test_dark_ones_do_not_hold_up_the_others(self):
        """They are through the jump host, however long it takes to find that they are dark."""
        gate = self.sshd('gate')
        self.machine('gate', gate, element='jump', more='connects="2"')
        self.dark_behind(gate, 10)
        self.collect(collector='connect-timeout="4s" sessions="12" connects="3"')
        for i in range(10):
            self.expect(f'dark{i}', 'timeout', 'connect')
        self.expect('good', 'ok')
        self.assertLess(self.took, 12)

    def test_dark_ones_are_sessions_there(self):
        """A jump host has no more of them at once than the run may have."""
        gate = self.sshd('gate')
        self.machine('gate', gate, element='jump')
        self.dark_behind(gate, 9)
        self.configure(collector='connect-timeout="2s" sessions="3"')
        process, most, before = self.fleet.start('collector'), 0, set()
        while process.poll() is None:
            now = connections_to(gate.port)
            most = max(most, len(now & before))  # one list may hold who goes and who comes then
            before = now
            time.sleep(0.05)
        process.communicate()
        self.assertEqual(most, 3)
        for i in range(9):
            self.expect(f'dark{i}', 'timeout', 'connect')
        self.expect('good', 'ok')

    def test_what_is_not_its_fault(self):
        gate, far = self.sshd('gate'), self.sshd('far')
        other = self.sshd('other', start=False)
        other.port = far.port
        self.machine('gate', gate)
        self.children('gate', far)
        self.machine('closed', far, 'gate', port=free_port())
        self.machine('unknown', far, 'gate', ip='no-such-host.invalid')
        stranger = keygen(self.folder / 'stranger')
        self.machine('locked', far, 'gate', login=f'identity="{stranger}"')
        self.machine('pinned', far, 'gate', more=f'host-key="{other.fingerprint()}"')
        with black_hole() as hole:
            self.machine('dark', far, 'gate', port=hole)
            self.collect()
        for i in range(self.COUNT):
            self.expect(f'gate-{i:02}', 'ok')
        for name in ('closed', 'unknown'):
            self.expect(name, 'refused', 'connect', 'jump host gate: it cannot connect on')
        self.expect('locked', 'auth', 'auth', 'the host does not take this key')
        self.expect('pinned', 'host-key-changed', 'host-key', 'changed from')
        self.expect('dark', 'timeout', 'connect', 'jump host gate gets no answer from it')

    def test_the_console_does_not_insist(self):
        """One attempt at a jump host that refuses, and none behind it."""
        gate, far = self.sshd('gate', authorized=[]), self.sshd('far')
        self.machine('gate', gate, element='jump')
        self.machine('deep', far, 'gate', element='jump')
        self.children('gate', far, 2)
        self.children('deep', far, 2)
        self.machine('good', far)
        self.configure()
        result = self.fleet.run('fleet', 'check', '--connect')
        self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertRegex(result.out, r'FAIL +gate +auth \(auth\): ')
        for name in ('gate-00', 'gate-01', 'deep-00', 'deep-01', 'deep'):
            self.assertRegex(result.out, f'FAIL +{name} +not tried: jump host gate did not serve')
        self.assertRegex(result.out, 'ok +good ')
        self.assertEqual(gate.log_with('Failed publickey').count('Failed publickey'), 1)
        result = self.fleet.run('fleet', 'trust', '--all')  # which needs no login there itself
        self.assertEqual(result.status, EX_UNAVAILABLE, result)
        self.assertEqual(result.err.count('jump host gate (auth): '), 1)
        self.assertEqual(result.err.count('not tried: jump host gate did not serve'), 4)

    def test_forwarding_is_off(self):
        gate, far = self.sshd('gate', options={'AllowTcpForwarding': 'no'}), self.sshd('far')
        self.machine('gate', gate)
        self.machine('far', far, 'gate')
        self.collect()
        self.expect('gate', 'ok')
        self.expect('far', 'refused', 'connect', 'jump host gate: it may not connect on',
                    'AllowTcpForwarding')


class Hostile(Jump):
    """Servers whose packets are broken, or floods, at either end of a way."""

    def setUp(self):
        super().setUp()
        self.far = self.sshd('far')
        self.servers = {name: RawSsh(name) for name in FAULTS}
        for server in self.servers.values():
            self.addCleanup(server.close)
            self.known += server.known_hosts()

    def collect_all(self):
        # libssh2 forgets what it had of a key exchange that fails, as in test_raw_ssh; a poller
        # may be another user, and reads this file when it ends.
        self.configure('pollers="1"')
        with tempfile.NamedTemporaryFile('w', prefix='fleet-leaks-') as leaks:
            leaks.write('leak:libssh2.so\n')
            leaks.flush()
            os.chmod(leaks.name, 0o644)
            started = time.monotonic()
            result = self.fleet.run('collector', env={
                'ASAN_OPTIONS': 'detect_leaks=1:fast_unwind_on_malloc=0',
                'LSAN_OPTIONS': f'print_suppressions=0:suppressions={leaks.name}'})
            self.took = time.monotonic() - started
        self.assertEqual(result.status, 0, result)
        self.assertEqual(len(result.err.splitlines()), 1, result)  # the keys, once: no poller died
        for i in range(6):
            self.expect(f'good{i}', 'ok')

    def test_behind_a_jump_host(self):
        self.machine('gate', self.sshd('gate'))
        for name, server in self.servers.items():
            self.machine(name, self.far, 'gate', port=server.port, more='timeout="15s"')
        for i in range(6):
            self.machine(f'good{i}', self.far, 'gate')
        self.collect_all()
        self.expect('gate', 'ok')
        rows = self.rows()
        slow = {name for name in FAULTS if name.endswith('flood') and rows[name][0] == 'deadline'}
        wrong = {name: rows[name] for name, (outcomes, words) in EXPECTED.items()
                 if rows[name][0] not in outcomes.split() or words not in rows[name][2]
                 or rows[name][1] == 'jump'}
        self.assertLessEqual(set(wrong), slow, wrong)  # through two sessions a flood takes longer
        self.assertLess(max(row[3] for row in rows.values()), 30000)

    def test_as_jump_hosts(self):
        for name, server in self.servers.items():
            self.machine(name, self.far, element='jump', port=server.port)
            for i in range(2):
                self.machine(f'{name}-{i}', self.far, name, more='timeout="6s"')
        for i in range(6):
            self.machine(f'good{i}', self.far)
        self.collect_all()
        rows = self.rows()
        for name in FAULTS:
            for i in range(2):
                outcome, stage, reason, took = rows[f'{name}-{i}']
                if (outcome, stage) == ('timeout', 'handshake'):  # it says it did connect on
                    self.assertIn('says nothing', reason)
                else:
                    self.assertNotEqual(outcome, 'ok', name)
                    self.assertIn(f'jump host {name}', reason)
                self.assertLess(took, 12000, name)


if __name__ == '__main__':
    unittest.main()
