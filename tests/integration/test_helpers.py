"""The helpers of a run: who knows what, read from their memory (each secret is first found in the
process that should hold it, and then in no poller), and what they gave up.

For the programs as they are used (NAME-released): sanitizers keep what was freed."""
import base64
import contextlib
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from rig import mariadb
from rig.fleet import Fleet
from rig.memory import find, helper
from rig.sshd import keygen

DATABASE = 'db-7f1c0e2b9a4d'
MAIL = 'mail-5e8a1d3c6b90'
PASSPHRASE = 'phrase-c4b2a98e7d61'
PASSWORDS = {'first': 'host-1-e0d9c8b7a6f5', 'second': 'host-2-d8c7b6a5f4e3'}


class Silent:
    """Takes connections and says nothing; `taken` of them so far."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self.listener.accept()[0])

    def hang_up(self):
        for connection in list(self.connections):  # not those that come because of it
            connection.close()

    def close(self):
        with contextlib.suppress(OSError):  # closed before
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()


def seed_of(path):
    """The 32 bytes an ed25519 key is made of (openssh/PROTOCOL.key): in the last but one string
    of its private part."""
    lines = pathlib.Path(path).read_text(encoding='ascii').splitlines()
    data = base64.b64decode(''.join(lines[1:-1]))
    at = data.rindex(b'\0\0\0\x0bssh-ed25519') + 15
    at += 4 + 32  # the public key
    assert data[at:at + 4] == b'\0\0\0\x40'
    return data[at + 4:at + 36]


def forms(secret):
    """As bytes, and as files and messages write them."""
    return [secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b'=')]


@unittest.skipUnless(os.getuid() == 0, 'only root can read the memory of others')
class Secrets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-secrets-')
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.fleet = Fleet(os.path.join(self.folder, 'fleet'))
        self.silent = Silent()
        self.addCleanup(self.silent.close)
        self.database = mariadb.Mariadb(os.path.join(self.folder, 'mariadb'))
        self.database.start()
        self.addCleanup(self.database.stop)
        self.database.query('CREATE DATABASE fleet CHARACTER SET utf8mb4')
        self.database.query(f"CREATE USER secret@localhost IDENTIFIED BY '{DATABASE}'")
        self.database.query('GRANT ALL ON fleet.* TO secret@localhost')
        self.secrets = {'database password': DATABASE.encode(), 'mail password': MAIL.encode(),
                        'passphrase': PASSPHRASE.encode()}
        self.make_identity()
        self.configure()
        self.run_once()
        self.secrets['opening key'] = bytes.fromhex(
            pathlib.Path(self.fleet.path('server.key')).read_text().split()[-1])

    def make_identity(self):
        self.key = keygen(self.fleet.path('id'))
        self.secrets['signing key'] = seed_of(self.key)
        subprocess.run(['ssh-keygen', '-q', '-p', '-N', PASSPHRASE, '-f', self.key], check=True,
                       stdout=subprocess.DEVNULL)
        self.fleet.write('phrase', PASSPHRASE + '\n')

    def configure(self):
        clients = [f'<client name="{name}" ip="127.0.0.1" port="{self.silent.port}" '
                   f'password="{password}" timeout="100s"/>' for name, password in PASSWORDS.items()]
        clients.append(f'<client name="third" ip="127.0.0.1" port="{self.silent.port}" '
                       'identity="id" passphrase-file="phrase" timeout="100s"/>')
        self.fleet.write_config(
            f'<storage engine="mariadb" socket="{self.database.socket}" user="secret" '
            f'password="{DATABASE}" database="fleet"/>\n'
            f'<mail host="127.0.0.1" security="plain" user="fleet" password="{MAIL}" '
            'from="fleet@example.com"/>\n'
            '<collector pollers="1" sessions="1" connects="1" connect-timeout="2m" '
            'deadline="5m"/>\n' + '\n'.join(clients))

    def run_once(self):
        """What is made at first: keys, tables, its number."""
        self.assertEqual(self.fleet.run('fleet', 'init').status, 0)

    def wait_for_connection(self, number):
        deadline = time.monotonic() + 20
        while len(self.silent.connections) < number:
            self.assertLess(time.monotonic(), deadline, 'it did not come')
            time.sleep(0.02)
        time.sleep(0.3)  # and what is done at once is done

    def known_by(self, pid):
        everything = {**self.secrets,
                      **{name: password.encode() for name, password in PASSWORDS.items()}}
        return find(pid, {name: forms(secret) for name, secret in everything.items()})

    def wait_for_key(self, signer):
        """Its passphrase takes a moment, beside the polling."""
        deadline = time.monotonic() + 10
        while not (known := self.known_by(signer)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return known

    def test_each_is_where_it_should_be(self):
        process = self.fleet.start('collector')
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        in_flight = []
        for number in (1, 2, 3):
            self.wait_for_connection(number)
            poller = helper(process.pid, 'poller')
            signer = helper(process.pid, 'signer')
            in_flight.append(self.known_by(poller))
            self.assertEqual(self.known_by(process.pid), {
                'database password', 'mail password', 'opening key', *PASSWORDS})
            self.assertEqual(self.wait_for_key(signer), {'signing key'})
            self.silent.hang_up()
        self.assertCountEqual(in_flight, [{'first'}, {'second'}, set()])

    def test_a_poller_that_is_replaced(self):
        process = self.fleet.start('collector')
        self.addCleanup(process.kill)
        self.wait_for_connection(1)
        first = helper(process.pid, 'poller')
        os.kill(first, signal.SIGSEGV)
        self.wait_for_connection(2)
        second = helper(process.pid, 'poller')
        self.assertNotEqual(first, second)
        self.silent.close()
        err = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 0, err)
        self.assertIn('a poller died; its 1 host', err)
        self.assertEqual([n for n in os.listdir(self.fleet.folder) if n.startswith('core')], [])


# As /proc/PID/limits tells them: hard limits, of whom it is told to be lower than the machine's.
LIMITS = {
    'poller': {'core file size': 0, 'processes': 0, 'address space': 1 << 30,
               'resident set': 768 << 20, 'file size': 16 << 30, 'locked memory': 0},
    'resolver': {'core file size': 0, 'processes': 0, 'address space': 512 << 20,
                 'open files': 64, 'cpu time': 60},
    'signer': {'core file size': 0, 'processes': 0, 'address space': 512 << 20},
}


class Confined(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-confined-')
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.fleet = Fleet(os.path.join(self.folder, 'fleet'))
        self.silent = Silent()
        self.addCleanup(self.silent.close)

    def start(self, collector='', **more):
        keygen(self.fleet.path('id'))
        self.fleet.write_config(
            f'<collector {collector}/><client name="host" ip="localhost" port="{self.silent.port}" '
            'identity="id" timeout="20s"/>')
        process = self.fleet.start('collector', **more)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 20
        while not self.silent.connections:
            self.assertLess(time.monotonic(), deadline, 'it did not come')
            time.sleep(0.02)
        return {role: helper(process.pid, role) for role in LIMITS}

    @staticmethod
    def status(pid):
        lines = pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8').splitlines()
        return {name: value.split() for name, _, value in (l.partition(':') for l in lines)}

    @staticmethod
    def limits(pid):
        """name: hard limit, of those that are not infinite"""
        found = re.findall(r'^Max (.*?)  +\S+ +(\d+) ',
                           pathlib.Path(f'/proc/{pid}/limits').read_text(encoding='ascii'), re.M)
        return {name: int(value) for name, value in found}

    def test_rights_and_limits(self):
        for role, pid in self.start().items():
            with self.subTest(role=role):
                status = self.status(pid)
                self.assertEqual(status['NoNewPrivs'], ['1'])
                self.assertEqual(status['Seccomp'], ['2'])
                got = self.limits(pid)
                self.assertEqual({name: got.get(name) for name in LIMITS[role]}, LIMITS[role])
                if os.getuid() == 0 and role != 'signer':
                    for kind in ('Uid', 'Gid'):
                        self.assertEqual(len(set(status[kind])), 1)
                        self.assertGreaterEqual(int(status[kind][0]), 61184)
                    self.assertEqual(status['Groups'], [])
                    for kind in ('CapEff', 'CapPrm'):
                        self.assertEqual(int(status[kind][0], 16), 0)

    def test_a_limit_that_is_lower_already(self):
        low = {resource.RLIMIT_AS: 400 << 20, resource.RLIMIT_FSIZE: 32 << 20,
               resource.RLIMIT_MEMLOCK: 65536}

        def lower():
            for limit, value in low.items():
                resource.setrlimit(limit, (value, value))
        pids = self.start(preexec_fn=lower)
        self.assertEqual(self.limits(pids['poller'])['address space'], 400 << 20)
        self.assertEqual(self.limits(pids['poller'])['file size'], 32 << 20)
        self.assertEqual(self.limits(pids['signer'])['locked memory'], 65536)

    @unittest.skipUnless(os.getuid() == 0, 'only root has another user to become')
    def test_a_user_of_its_own(self):
        user = pwd.getpwnam('nobody')
        for role, pid in self.start('user="nobody"').items():
            uid = 0 if role == 'signer' else user.pw_uid
            self.assertEqual(set(self.status(pid)['Uid']), {str(uid)})
        for name in os.listdir(self.fleet.spool):  # it is given what it writes to
            self.assertEqual(os.stat(os.path.join(self.fleet.spool, name)).st_uid, 0, name)
        self.assertTrue(any(name.endswith('-01.frames') for name in os.listdir(self.fleet.spool)))

    @unittest.skipUnless(os.getuid() == 0, 'only root has another user to become')
    def test_a_user_that_cannot_be(self):
        for name, why in (('no-such-user', 'there is no such user'), ('root', 'is root')):
            self.fleet.write_config(f'<collector user="{name}"/><client ip="127.0.0.1" port="1"/>')
            result = self.fleet.run('collector')
            self.assertEqual(result.status, os.EX_CONFIG, result)
            self.assertIn(why, result.err)


if __name__ == '__main__':
    unittest.main()
