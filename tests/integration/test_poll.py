"""The poll phase against hosts that misbehave: each gets its own outcome, in time, and no
other host is late for it."""
import contextlib
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from rig.fleet import Fleet
from rig.shows import shows
from rig.sshd import Sshd, free_port, keygen, libssh2_knows_rsa_sha2

EX_SOFTWARE = 70
KEY_ID = '0123456789abcdef'
ABC = 'cf4ab791c62b8d2b2109c90275287816'  # BLAKE2b-128 of "abc"

# What a forced command does in place of the one it was asked for, and what must come of it:
# outcome, stage, words of the reason.
RUN = 'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
FORCED = {
    'motd': ('echo "Welcome to this machine."; printf "no newline"; ' + RUN, 'ok', '', ''),
    'complains': ('head -c 1000000 /dev/zero | tr "\\0" x >&2; ' + RUN, 'ok', '', ''),
    'nologin': ('echo "This account is currently not available."; exit 1',
                'no-shell', 'exec', 'This account is currently not available.'),
    'mute': ('exit 0', 'no-shell', 'exec', 'without a word'),
    'grumbles': ('echo "bash: permission denied" >&2; exit 1', 'no-shell', 'exec',
                 'permission denied'),
    'killed': ('echo; echo "fleet1 ready"; kill -9 $$', 'probe-failed', 'run', 'without a word'),
    'hangs': ('exec sleep 60', 'deadline', 'exec', 'not finished within 4 s'),
    'child': ('sleep 60 & exit 0', 'deadline', 'exec', ''),
    'floods': ('exec yes', 'too-large', 'exec', ''),
    'one-line': ('exec tr "\\0" f </dev/zero', 'too-large', 'exec', ''),
    'floods-err': ('exec yes >&2', 'too-large', 'exec', ''),
    'cut': (f'echo "fleet1 file 0 {KEY_ID} 1000 spooled"; echo abc', 'truncated', 'transfer',
            'ended inside a report'),
    'no-done': (f'printf "fleet1 file 0 {KEY_ID} 3 spooled\\nabc\\nfleet1 end 0 {ABC}\\n"',
                'truncated', 'transfer', ''),
    'flipped': (f'printf "fleet1 file 0 {KEY_ID} 3 spooled\\nabd\\nfleet1 end 0 {ABC}\\n"; '
                'sleep 60', 'truncated', 'transfer', 'digest'),
    'too-big': (f'echo "fleet1 file 0 {KEY_ID} 1048577 spooled"; exec sleep 60', 'too-large', '',
                'more files or bytes'),
    'foreign': ('echo "fleet1 need pdp11"; exec sleep 60', 'architecture', 'upload', 'pdp11'),
    'greedy': ('echo "fleet1 need x86_64"; echo "fleet1 need x86_64"; exec sleep 60',
               'probe-failed', 'upload', 'a second time'),
    'half': ('sh -c "$SSH_ORIGINAL_COMMAND" < /dev/null', 'probe-failed', '', ''),
    'liar': ('echo "fleet1 error host-key-changed so there"; exec sleep 60', 'probe-failed', '',
             'so there'),
    'empty': ('echo "fleet1 done 0"; exec sleep 60', 'probe-failed', '', 'no report'),
}


class Server:
    """A TCP server on loopback; `talk` has each connection in a thread of its own."""

    def __init__(self, talk):
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.talk = talk
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            self.talk(connection)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def say_nothing(connection):
    while connection.recv(4096):
        pass


def relay(connection, port):
    """Both ways, until both have ended."""
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
    with socket.create_connection(('127.0.0.1', port)) as behind:
        there = threading.Thread(target=pump, args=(connection, behind), daemon=True)
        there.start()
        pump(behind, connection)
        there.join(5)


def endless_lines(connection):
    while True:
        connection.sendall(b'still starting, please wait\r\n' * 100)


def drip(connection):
    for byte in b'SSH-2.0-' + b'x' * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(1)


@contextlib.contextmanager
def black_hole():
    """A port whose accept queue is full: the kernel drops every SYN from now on."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(('127.0.0.1', 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(8):
            s = stack.enter_context(socket.socket())
            s.setblocking(False)
            s.connect_ex(('127.0.0.1', port))
        time.sleep(0.1)
        yield port


class LateAgent:
    """Hands on what an agent says, the first signature of all far too late."""
    SIGN_REQUEST = 13

    def __init__(self, path, agent, seconds):
        self.agent = agent
        self.late = [seconds]
        self.is_asked = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, socket.socket(socket.AF_UNIX) as agent:
            agent.connect(self.agent)
            while request := self._message(connection):
                agent.sendall(request)
                answer = self._message(agent)
                if request[4] == self.SIGN_REQUEST and self.late:
                    self.is_asked.set()
                    time.sleep(self.late.pop())
                connection.sendall(answer)

    @staticmethod
    def _message(connection):
        head = connection.recv(4, socket.MSG_WAITALL)
        return head and head + connection.recv(int.from_bytes(head, 'big'), socket.MSG_WAITALL)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class PollTest(unittest.TestCase):
    """One sshd for the class, whose account has a key for every forced command."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-poll-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.key = keygen(cls.folder / 'id')
        cls.sshd = Sshd(cls.folder / 'sshd', authorized=[cls.key + '.pub'],
                        addresses=('127.0.0.1', '::1'))
        cls.forced = {name: keygen(cls.folder / f'id-{name}') for name in FORCED}
        with open(cls.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
            for name, (script, *_) in FORCED.items():
                path = cls.folder / f'{name}.sh'
                path.write_text(script + '\n', encoding='utf-8')
                public = pathlib.Path(cls.forced[name] + '.pub').read_text(encoding='utf-8')
                f.write(f'command="exec /bin/sh {path}" {public}')
        cls.sshd.start()
        cls.addClassCleanup(cls.sshd.stop)

    def setUp(self):
        self.fleet = Fleet(str(self.folder / self.id().rpartition('.')[2]))
        self.known = self.sshd.known_hosts()
        self.clients = []

    def wait_for(self, condition):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError('it did not come')

    def client(self, name, ip='127.0.0.1', port=None, key=None, timeout='20s', more=''):
        port = port or self.sshd.port
        if port != self.sshd.port:
            self.known += f'[{ip}]:{port} {self.sshd.public_key()}\n'
        self.clients.append(
            f'<client name="{name}" ip="{ip}" port="{port}" username="{self.sshd.user}" '
            f'identity="{key or self.key}" timeout="{timeout}" {more}/>')

    def configure(self, collector='connect-timeout="2s"'):
        self.fleet.write('known_hosts', self.known)
        self.fleet.write_config(f'<collector {collector}/>\n' + '\n'.join(self.clients))

    def collect(self, *arguments, **more):
        self.configure(**more)
        result = self.fleet.run('collector', *arguments)
        self.assertEqual(result.status, 0, result)
        return result

    def rows(self):
        """name: (outcome, stage, reason, milliseconds) of the newest attempt."""
        return {name: rest for name, *rest in self.fleet.rows(
            'SELECT c.name, s.outcome, s.stage, s.error, s.duration_ms FROM sample s '
            'JOIN client c ON c.id = s.client_id ORDER BY s.id')}

    def expect(self, name, outcome, stage='', words=''):
        got = self.rows()[name]
        self.assertEqual(got[0], outcome, (name, got))
        if stage:
            self.assertEqual(got[1], stage, (name, got))
        self.assertIn(words, got[2], (name, got))


class Misbehaving(PollTest):
    @shows('1', '2', '3', '4', '5', '6')
    def test_each_has_its_outcome_and_nobody_is_late(self):
        servers = {name: Server(talk) for name, talk in (
            ('silent', say_nothing), ('endless', endless_lines), ('drips', drip),
            ('closes', lambda c: None), ('http', lambda c: c.sendall(b'HTTP/1.0 400 No\r\n\r\n')))}
        for server in servers.values():
            self.addCleanup(server.close)
        with black_hole() as hole:
            for i in range(4):
                self.client(f'good{i}')
            for name, key in self.forced.items():
                self.client(name, key=key, timeout='20s' if FORCED[name][1] == 'ok' else '4s')
            for name, server in servers.items():
                self.client(name, port=server.port, timeout='4s')
            self.client('hole', port=hole)
            self.client('down', port=free_port())
            self.client('nameless', ip='no-such-host.invalid')
            started = time.monotonic()
            result = self.collect()
            took = time.monotonic() - started
        said = result.err.splitlines()
        self.assertEqual(len(said), 2, result)
        self.assertIn('server.key', said[0])
        self.assertIn('did not open', said[1])  # "no-done" left "abc"
        for name, (_, *expected) in FORCED.items():
            self.expect(name, *expected)
        self.expect('silent', 'timeout', 'handshake', 'says nothing')
        self.expect('endless', 'too-large', 'handshake')
        self.expect('drips', 'deadline', 'handshake', 'not finished within 4 s')
        self.expect('closes', 'refused', 'handshake')
        self.expect('http', 'refused', 'handshake', 'not an SSH server')
        self.expect('hole', 'timeout', 'connect')
        self.expect('down', 'refused', 'connect')
        self.expect('nameless', 'dns', 'resolve')
        rows = self.rows()
        for name in rows:
            if name.startswith('good'):
                self.expect(name, 'ok')
                self.assertLess(rows[name][3], 3900, name)  # before any of those was given up
        self.assertLess(max(row[3] for row in rows.values()), 6000)
        self.assertLess(took, 15)
        self.assertEqual(self.fleet.spool_files(), [])

    def test_frames_that_trickle_are_all_acknowledged(self):
        """Each in a turn of its own, and "done" alone in the last."""
        script = self.folder / 'trickle.sh'
        acks = self.folder / 'acks'
        script.write_text(
            'read -r request\n'
            'for i in 0 1 2 3 4 5 6 7 8 9; do\n'
            f'  printf "fleet1 file $i {KEY_ID} 3 spooled\\nabc\\nfleet1 end $i {ABC}\\n"\n'
            '  sleep 0.0$i\n'
            'done\n'
            'sleep 0.2\n'
            f'echo "fleet1 done 10"; cat > {acks}\n', encoding='utf-8')
        key = keygen(self.folder / 'id-trickle')
        public = pathlib.Path(key + '.pub').read_text(encoding='utf-8')
        with open(self.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
            f.write(f'command="exec /bin/sh {script}" {public}')
        self.client('trickles', key=key, timeout='8s')
        self.collect()
        self.assertLess(self.rows()['trickles'][3], 4000)
        self.expect('trickles', 'unsealed')  # "abc" is no report; but it came whole
        deadline = time.monotonic() + 5
        want = ''.join(f'fleet1 ack {i}\n' for i in range(10))
        while time.monotonic() < deadline and acks.read_text(encoding='utf-8') != want:
            time.sleep(0.05)
        self.assertEqual(acks.read_text(encoding='utf-8'), want)

    @shows('39')
    def test_the_run_has_a_deadline_of_its_own(self):
        server = Server(say_nothing)
        self.addCleanup(server.close)
        self.client('good')
        for i in range(3):
            self.client(f'silent{i}', port=server.port, timeout='60s')
        started = time.monotonic()
        self.collect(collector='connect-timeout="2s" deadline="8s" sessions="2" connects="2"')
        self.assertLess(time.monotonic() - started, 14)
        self.expect('good', 'ok')
        for i in range(3):
            self.expect(f'silent{i}', 'not-done')

    def test_a_cycle_that_cannot_be_ended_forgets_nobody(self):
        spool = pathlib.Path(self.fleet.spool)

        def stand_in_the_way(_):
            cycle, = spool.glob('*.cycle')
            (spool / f'tmp-{cycle.name[:16]}-cycle').mkdir()
        server = Server(stand_in_the_way)
        self.addCleanup(server.close)
        self.client('closes', port=server.port)
        self.client('good')
        self.assertIn('-cycle: Is a directory', self.collect().err)
        self.assertEqual(self.planned(), ['good', 'closes'])  # who is down is the last

    def test_who_missed_its_turn_is_the_first_of_the_next_run(self):
        server = Server(say_nothing)
        self.addCleanup(server.close)
        for i in range(5):
            self.client(f'silent{i}', port=server.port, timeout='60s')
        few = 'connect-timeout="2s" deadline="8s" sessions="2" connects="2"'
        result = self.collect(collector=few)
        self.assertIn('3 of 5 clients were not reached before the deadline: ', result.err)
        self.assertEqual(self.planned(), ['silent2', 'silent3', 'silent4', 'silent0', 'silent1'])

    def planned(self):
        told = self.fleet.run('collector', '--dry-run').out.splitlines()
        return [line.split('\t')[0] for line in told[:-1]]


class Addresses(PollTest):
    def test_every_kind(self):
        self.client('four')
        self.client('six', ip='::1')
        self.client('scoped', ip='::1%lo', more=f'host-key="{self.sshd.fingerprint()}"')
        self.client('name', ip='localhost', more='host-key="accept-new"')
        self.collect()
        for name in ('four', 'six', 'scoped', 'name'):
            self.expect(name, 'ok')

    @shows('1')
    def test_a_name_that_hangs_holds_up_nobody(self):
        if os.getuid() != 0:
            self.skipTest('only root can give a process another resolv.conf')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            nameserver = '127.77.%d.%d' % tuple(os.urandom(2))  # a port 53 for each test run
            server.bind((nameserver, 53))  # and never answers
            self.client('good')
            self.client('local', ip='localhost', more='host-key="accept-new"')
            for i in range(3):
                self.client(f'hangs{i}', ip=f'host{i}.example', timeout='3s')
            self.configure()
            resolv = self.fleet.write('resolv.conf', f'nameserver {nameserver}\n', mode=0o644)
            started = time.monotonic()
            done = subprocess.run(
                ['unshare', '--mount', 'sh', '-ec', f'mount --bind {resolv} /etc/resolv.conf; '
                 'exec "$@"', 'sh', *self.fleet.command('collector')],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done)
            self.assertLess(time.monotonic() - started, 10)
        for i in range(3):
            self.expect(f'hangs{i}', 'dns', 'resolve', 'in time')
        for name in ('good', 'local'):
            self.expect(name, 'ok')
            self.assertLess(self.rows()[name][3], 2900)


class HostKeys(PollTest):
    def other_key(self, kind='ed25519'):
        path = keygen(tempfile.mkdtemp(dir=self.folder) + '/other', kind)
        return ' '.join(pathlib.Path(path + '.pub').read_text(encoding='utf-8').split()[:2])

    @shows('8', '9', '11')
    def test_policies(self):
        port, good = self.sshd.port, self.sshd.public_key()
        here = {name: f'127.0.0.{i}' for i, name in enumerate(
            ('known', 'changed', 'unknown', 'revoked', 'new', 'pinned', 'second', 'mispinned',
             'buried', 'crowded'), 1)}
        self.known = (
            f'[{here["known"]}]:{port} {good}\n'
            'this is no line at all\n'
            f'[{here["changed"]}]:{port} {self.other_key()}\n'
            f'[{here["revoked"]}]:{port} {good}\n'
            f'@revoked [{here["revoked"]}]:{port} {good}\n'
            f'[{here["pinned"]}]:{port} {self.other_key("ecdsa")}\n'
            + f'[{here["buried"]}]:{port} {self.other_key()}\n' * 8
            + f'@revoked [{here["buried"]}]:{port} {good}\n'
            + f'@revoked [{here["crowded"]}]:{port} {self.other_key()}\n' * 8
            + f'@revoked [{here["crowded"]}]:{port} {good}\n')
        pin = self.sshd.fingerprint()
        more = {'new': 'host-key="accept-new"', 'pinned': f'host-key="{pin}"',
                'revoked': 'host-key="accept-new"', 'crowded': 'host-key="accept-new"',
                'buried': f'host-key="{pin}"',
                'second': f'host-key="{self.sshd.fingerprint("ecdsa")}"',
                'mispinned': f'host-key="SHA256:{"A" * 43}"'}
        sshd = Sshd(self.folder / 'keys', authorized=[self.key + '.pub'],
                    addresses=tuple(here.values()), port=None)
        for kind in ('ed25519', 'ecdsa'):
            shutil.copy(self.sshd.host_keys[kind], sshd.host_keys[kind])
            shutil.copy(f'{self.sshd.host_keys[kind]}.pub', f'{sshd.host_keys[kind]}.pub')
        with sshd:
            self.known = self.known.replace(f':{port} ', f':{sshd.port} ')
            known = self.known
            for name, ip in here.items():
                self.client(name, ip=ip, port=sshd.port, more=more.get(name, ''))
            self.known = known
            result = self.collect()
            accepted = sshd.log_with('Accepted publickey').count('Accepted publickey')
            self.assertNotIn('Failed', sshd.log())
        self.assertRegex(result.err, r'known_hosts:2: ')
        self.expect('known', 'ok')
        self.expect('new', 'ok')
        self.expect('pinned', 'ok')
        self.expect('second', 'ok')
        self.assertEqual(accepted, 4)  # nobody else was shown a credential
        self.expect('changed', 'host-key-changed', 'host-key', pin)
        self.expect('mispinned', 'host-key-changed', 'host-key', pin)
        self.expect('revoked', 'host-key-changed', 'host-key', 'revoked')
        self.expect('buried', 'host-key-changed', 'host-key', 'revoked')
        self.expect('crowded', 'host-key-unknown', 'host-key', 'too many @revoked')
        self.expect('unknown', 'host-key-unknown', 'host-key', pin)
        found = subprocess.run(
            ['ssh-keygen', '-F', f'[{here["new"]}]:{sshd.port}', '-f',
             self.fleet.path('known_hosts')], capture_output=True, text=True, check=True).stdout
        self.assertIn(good, found)
        self.assertIn('this is no line at all',
                      pathlib.Path(self.fleet.path('known_hosts')).read_text(encoding='utf-8'))

    @shows('7')
    def test_rsa_only_host(self):
        with Sshd(self.folder / 'rsa', authorized=[self.key + '.pub'],
                  host_keys=('rsa',)) as sshd:
            self.client('rsa', port=sshd.port)
            self.known = sshd.known_hosts()
            self.collect()
        if libssh2_knows_rsa_sha2():
            self.expect('rsa', 'ok')
        else:
            self.expect('rsa', 'no-common-algorithm', 'handshake', 'add an ed25519 host key')


class Logins(PollTest):
    @shows('12')
    def test_refused_key_is_tried_once(self):
        self.client('good')
        self.client('stranger', key=keygen(self.folder / 'stranger'))
        self.collect()
        self.expect('good', 'ok')
        self.expect('stranger', 'auth', 'auth')
        fingerprint = subprocess.run(['ssh-keygen', '-lf', str(self.folder / 'stranger.pub')],
                                     capture_output=True, text=True, check=True).stdout.split()[1]
        tried = re.findall('Failed publickey.*' + re.escape(fingerprint),
                           self.sshd.log_with('Failed publickey'))
        self.assertLessEqual(len(tried), 1)

    @shows('12')
    def test_keys_that_cannot_be_used(self):
        """One bad key is its hosts' failure, said once."""
        spoilt = self.fleet.write('spoilt', 'no key\n')
        self.client('good')
        self.client('bad1', key=spoilt)
        self.client('bad2', key=spoilt)
        result = self.collect()
        self.expect('good', 'ok')
        self.expect('bad1', 'auth', 'auth')
        self.expect('bad2', 'auth', 'auth')
        self.assertEqual(result.err.count('spoilt'), 1, result)

    def start_agent(self, *keys):
        path = str(self.folder / f'agent-{self.id().rpartition(".")[2]}')
        agent = subprocess.Popen(['ssh-agent', '-D', '-a', path], stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        for _ in range(100):
            if os.path.exists(path):
                break
            time.sleep(0.05)
        subprocess.run(['ssh-add', '-q', *keys], env={'SSH_AUTH_SOCK': path}, check=True)
        return path

    def test_an_agent_that_is_late_once(self):
        """Its late answer is not taken for the one to the next host's question."""
        late = LateAgent(str(self.folder / 'late'), self.start_agent(self.key), 11)
        self.addCleanup(late.close)
        for name in ('first', 'second', 'third'):
            self.client(name, key=f'agent:{self.folder / "late"}', timeout='30s')
        self.collect()
        self.assertEqual(sorted(row[0] for row in self.rows().values()), ['internal', 'ok', 'ok'])

    def reset_while_signing(self):
        """The port of a way to sshd that is reset once a slow agent is asked, and that agent."""
        late = LateAgent(str(self.folder / self.id()), self.start_agent(self.key), 6)
        self.addCleanup(late.close)

        def serve(connection):
            with socket.create_connection(('127.0.0.1', self.sshd.port)) as sshd:
                while not late.is_asked.is_set():
                    for end in select.select([connection, sshd], [], [], 0.1)[0]:
                        other = sshd if end is connection else connection
                        other.sendall(end.recv(65536))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        between = Server(serve)
        self.addCleanup(between.close)
        return between.port, f'agent:{self.folder / self.id()}'

    def expect_no_wait(self, name):
        """Nor was the poller told of the reset in every turn until there was a signature."""
        self.assertLess(self.rows()[name][3], 5000)

    def test_a_host_that_hangs_up_while_its_login_is_signed(self):
        port, agent = self.reset_while_signing()
        self.client('gone', port=port, key=agent)
        self.collect()
        self.expect('gone', 'auth', 'auth', 'closed the connection')
        self.expect_no_wait('gone')

    def test_a_jump_host_that_hangs_up_while_a_login_is_signed(self):
        port, agent = self.reset_while_signing()
        self.client('gate', port=port)
        self.clients = [self.clients[0].replace('<client', '<jump')]
        self.client('behind', key=agent, more='jump="gate"')
        self.collect()
        self.expect('behind', 'refused', 'jump', 'jump host gate')
        self.expect_no_wait('behind')

    def test_passphrase_agent_and_ecdsa(self):
        locked = keygen(self.folder / 'locked', passphrase='open sesame')
        ecdsa = keygen(self.folder / 'ecdsa', 'ecdsa')
        held = keygen(self.folder / 'held')
        with open(self.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
            for path in (locked, ecdsa, held):
                f.write(pathlib.Path(path + '.pub').read_text(encoding='utf-8'))
        agent_socket = self.start_agent(held)
        phrase = self.fleet.write('phrase', 'open sesame\n')
        self.client('locked', key=locked, more=f'passphrase-file="{phrase}"')
        self.client('ecdsa', key=ecdsa)
        self.client('agent', key=f'agent:{agent_socket}')
        self.collect()
        for name in ('locked', 'ecdsa', 'agent'):
            self.expect(name, 'ok')

    def test_password(self):
        if os.getuid() != 0:
            self.skipTest('only root can have an account with a password')
        with Sshd(self.folder / 'password', password='correct horse') as sshd:
            self.known = sshd.known_hosts()
            for name, password in (('right', 'correct horse'), ('wrong', 'battery staple')):
                self.clients.append(
                    f'<client name="{name}" ip="127.0.0.1" port="{sshd.port}" '
                    f'username="{sshd.user}" password="{password}" timeout="20s"/>')
            self.collect()
            self.assertEqual(sshd.log_with('Failed password').count('Failed password'), 1)
        self.expect('right', 'ok')
        self.expect('wrong', 'auth', 'auth')


def children(pid, role):
    """The processes of one role that `pid` has started."""
    found = []
    for child in pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split():
        with contextlib.suppress(OSError):
            line = pathlib.Path(f'/proc/{child}/cmdline').read_bytes().split(b'\0')
            if f'--{role}'.encode() in line:
                found.append(int(child))
    return found


class Processes(PollTest):
    def start_with_silent_hosts(self, count, timeout, collector, keys=()):
        seen = []
        server = Server(lambda c: seen.append(1) or say_nothing(c))
        self.addCleanup(server.close)
        for i in range(count):
            self.client(f'silent{i}', port=server.port, timeout=timeout)
        for i in range(4):
            self.client(f'good{i}')
        for i, key in enumerate(keys):
            self.client(f'key{i}', key=key)
        self.configure(collector=collector)
        process = self.fleet.start('collector')
        self.addCleanup(process.kill)
        self.wait_for(lambda: len(seen) >= count)
        return process

    @shows('16')
    def test_a_poller_that_dies(self):
        process = self.start_with_silent_hosts(
            2, '30s', 'pollers="1" sessions="2" connects="2"')
        for pid in children(process.pid, 'poller'):
            os.kill(pid, signal.SIGKILL)
        started = time.monotonic()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertLess(time.monotonic() - started, 20)
        self.assertIn('a poller died', err)
        for i in range(2):
            self.expect(f'silent{i}', 'internal', '', 'its poller died')
        for i in range(4):
            self.expect(f'good{i}', 'ok')

    def kill_signer(self, collector, times=1):
        """As often as there is another one."""
        killed = set()
        while len(killed) < times:
            pid, = self.wait_for(lambda: set(children(collector, 'signer')) - killed)
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)

    def test_the_signer_dies(self):
        process = self.start_with_silent_hosts(
            1, '3s', 'pollers="1" sessions="1" connects="1"')
        self.kill_signer(process.pid, 2)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(err.count('the signer died; another takes its place'), 2, err)
        self.expect('silent0', 'timeout', 'handshake')
        for i in range(4):
            self.expect(f'good{i}', 'ok')

    def test_the_signer_dies_while_it_is_asked(self):
        """What it was asked the next one is asked."""
        path = str(self.folder / 'agent')
        agent = subprocess.Popen(['ssh-agent', '-D', '-a', path], stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        self.wait_for(lambda: os.path.exists(path))
        subprocess.run(['ssh-add', '-q', self.key], env={'SSH_AUTH_SOCK': path}, check=True)
        late = LateAgent(path + '.late', path, 100)
        self.addCleanup(late.close)
        for i in range(4):
            self.client(f'good{i}', key=f'agent:{path}.late')
        self.configure()
        process = self.fleet.start('collector')
        self.addCleanup(process.kill)
        self.assertTrue(late.is_asked.wait(10))
        self.kill_signer(process.pid)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        for i in range(4):
            self.expect(f'good{i}', 'ok')

    def test_a_key_is_gone_when_the_signer_died(self):
        path = shutil.copy(self.key, self.fleet.path('passing'))
        process = self.start_with_silent_hosts(
            1, '3s', 'pollers="1" sessions="1" connects="1"', [path])
        os.unlink(path)
        self.kill_signer(process.pid)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn(f'{path}: ', err)
        self.expect('key0', 'internal', 'auth')
        for i in range(4):
            self.expect(f'good{i}', 'ok')

    def test_signers_keep_dying(self):
        process = self.start_with_silent_hosts(
            1, '5s', 'pollers="1" sessions="1" connects="1"')
        self.kill_signer(process.pid, 5)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, EX_SOFTWARE, err)
        self.assertIn('signers keep dying; no more are started', err)
        self.expect('silent0', 'timeout', 'handshake')
        for i in range(4):
            self.expect(f'good{i}', 'internal', 'auth')

    def start_with_a_locked_key(self):
        locked = keygen(self.fleet.path('locked'), 'ed25519', 'open sesame', '-a', '100')
        phrase = self.fleet.write('phrase', 'open sesame\n')
        self.client('locked', key=locked, more=f'passphrase-file="{phrase}"')
        with open(self.sshd.home / 'authorized_keys', 'a', encoding='utf-8') as f:
            f.write(pathlib.Path(locked + '.pub').read_text(encoding='utf-8'))
        self.configure()
        process = self.fleet.start('collector')
        self.addCleanup(process.kill)
        return process

    def test_the_signer_dies_before_a_key_is_open(self):
        process = self.start_with_a_locked_key()
        self.kill_signer(process.pid)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.expect('locked', 'ok')

    def test_signers_die_before_a_key_is_open(self):
        process = self.start_with_a_locked_key()
        self.kill_signer(process.pid, 5)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, EX_SOFTWARE, err)
        self.expect('locked', 'internal', 'auth', 'the signer process is gone')

    def test_helpers_die_with_the_collector(self):
        process = self.start_with_silent_hosts(1, '60s', '')
        helpers = children(process.pid, 'poller') + children(process.pid, 'signer')
        self.assertEqual(len(helpers), 2)
        process.kill()
        process.communicate(timeout=10)
        self.wait_for(lambda: not any(os.path.exists(f'/proc/{pid}') for pid in helpers))

    def test_helpers_know_no_secrets(self):
        process = self.start_with_silent_hosts(1, '60s', '')
        poller, = children(process.pid, 'poller')
        if not os.access(f'/proc/{poller}/environ', os.R_OK):
            self.skipTest('nobody but root can look into a poller')
        argv = pathlib.Path(f'/proc/{poller}/cmdline').read_bytes()
        self.assertEqual(argv, b'fleet-helper\0--poller\0')
        status = pathlib.Path(f'/proc/{poller}/status').read_text()
        self.assertIn('NoNewPrivs:\t1', status)
        environment = pathlib.Path(f'/proc/{poller}/environ').read_bytes()
        for part in filter(None, environment.split(b'\0')):
            self.assertRegex(part, rb'^([A-Z]+SAN_OPTIONS|FLEET_HELPER_USER)=')
        opened = [os.readlink(f'/proc/{poller}/fd/{fd}') for fd in os.listdir(f'/proc/{poller}/fd')]
        for path in opened:
            self.assertNotRegex(path, r'server\.key|config\.xml|fleet\.db|known_hosts|/id')
        process.kill()
        process.communicate(timeout=10)

    def test_hosts_over_several_pollers(self):
        for i in range(40):
            self.client(f'host{i:02}')
        self.collect('-v', collector='pollers="2" sessions="10" connects="4"')
        self.assertEqual([row[0] for row in self.rows().values()], ['ok'] * 40)

    @shows('40')
    def test_a_long_log(self):
        """What a poller may write to one file leaves room for what its words are appended to."""
        self.client('host')
        self.collect()
        said = []
        for size in (0, 65 << 20):
            log = self.folder / 'log'
            with open(log, 'wb') as f:
                f.truncate(size)
            with open(log, 'ab') as f:
                self.fleet.start('collector', '-vv', stderr=f).communicate()
            with open(log, encoding='utf-8') as f:
                f.seek(size)
                said.append(re.findall(r'host: (?:connect|handshake|auth)', f.read()))
        self.assertTrue(said[0])
        self.assertEqual(said[0], said[1])

    def test_descriptor_limit(self):
        for i in range(30):
            self.client(f'host{i:02}')
        self.configure(collector='pollers="1" sessions="400"')
        for soft, hard, said in ((70, 70, 1), (24, 4096, 0)):  # a soft one is raised
            done = subprocess.run(
                self.fleet.command('collector'), capture_output=True, text=True, timeout=120,
                check=False,
                preexec_fn=lambda pair=(soft, hard): resource.setrlimit(
                    resource.RLIMIT_NOFILE, pair))
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual(done.stderr.count('descriptor limit'), said, done)
            self.assertEqual([row[0] for row in self.rows().values()], ['ok'] * 30)

    def test_probe_folder_without_a_probe(self):
        self.client('good')
        os.mkdir(self.fleet.path('probes'))
        self.configure(collector='probe-dir="probes"')
        result = self.fleet.run('collector')
        self.assertEqual(result.status, os.EX_OSERR)
        self.assertIn('there is no fleet-probe in it', result.err)


if __name__ == '__main__':
    unittest.main()
