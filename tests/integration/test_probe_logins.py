"""Who is logged in: what systemd-logind leaves in run/systemd/sessions, and run/utmp."""
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

from rig import fuse
from rig.probe import PROBE

LOGIN, USER, DEAD = 6, 7, 8  # utmp(5)


def record(kind, pid, user, size=384):
    data = struct.pack('=hxxi32s4s32s256s', kind, pid, b'pts/0', b'ts/0', user.encode(), b'far')
    return data.ljust(size, b'\0')


class Logins(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='fleet-logins-')
        self.addCleanup(shutil.rmtree, self.root)

    def put(self, path, data):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)

    def session(self, name, user, kind='user', state='active'):
        self.put(f'run/systemd/sessions/{name}',
                 f'# private\nUID=1000\nUSER={user}\nSTATE={state}\nCLASS={kind}\n'.encode())

    def logins(self, *arguments):
        """(sessions, users), or None."""
        arguments = arguments or ('--root', self.root)
        out = subprocess.run([PROBE, '--plain', *arguments], check=True, env={},
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                             timeout=60).stdout
        found = dict(l.split() for l in out.splitlines() if l.startswith('fleet_login_'))
        return (int(found['fleet_login_sessions']), int(found['fleet_login_users'])) if found \
            else None

    def alive(self, *pids):
        for pid in pids:
            os.makedirs(f'{self.root}/proc/{pid}')

    def test_nobody_knows(self):
        self.assertIsNone(self.logins())

    def test_sessions(self):
        os.makedirs(self.root + '/run/systemd/sessions')
        self.assertEqual(self.logins(), (0, 0))
        self.session('1', 'ann')
        self.session('23', 'ann', state='online')
        self.session('c1', 'gdm', kind='greeter')
        self.session('4', 'bob', kind='manager')
        self.session('5', 'bob', state='closing')
        os.mkfifo(self.root + '/run/systemd/sessions/1.ref')
        self.assertEqual(self.logins(), (2, 1))

    def test_records(self):
        for size in (384, 400):
            with self.subTest(size):
                self.put('run/utmp', record(2, 0, 'reboot', size) + record(USER, 10, 'ann', size) +
                         record(USER, 11, 'bob', size) + record(LOGIN, 12, 'LOGIN', size) +
                         record(DEAD, 13, 'eve', size))
                shutil.rmtree(self.root + '/proc', True)
                self.alive(10, 11, 12, 13)
                self.assertEqual(self.logins(), (2, 2))

    def test_who_died_without_logging_out(self):
        self.put('run/utmp', record(USER, 10, 'ann') + record(USER, 11, 'bob') +
                 record(USER, 2147483647, 'eve') + record(USER, -1, 'al'))
        self.alive(11)
        self.assertEqual(self.logins(), (2, 2))  # bob, and one who has no process to ask for

    def test_of_this_machine(self):
        """The kernel is asked who lives, in a mount namespace with a /run of its own."""
        try:
            fuse.enter_mounts()
            fuse.mount_tmpfs('/run')
        except OSError as e:
            self.skipTest(f'root for namespaces: {e}')
        with open('/run/utmp', 'wb') as f:
            f.write(record(USER, os.getpid(), 'ann') + record(USER, 1, 'bob') +
                    record(USER, 2147483647, 'eve'))
        self.assertEqual(self.logins('--ask', 'textfile:-'), (2, 2))

    def test_the_one_that_knows_of_more(self):
        self.session('1', 'ann')
        self.put('run/utmp', record(USER, 10, 'ann') + record(USER, 11, 'bob'))
        self.alive(10)
        self.assertEqual(self.logins(), (1, 1))
        self.alive(11)
        self.assertEqual(self.logins(), (2, 2))

    def test_no_records(self):
        for data in (b'', b'x' * 100, record(77, 1, 'ann'), record(USER, 1, 'ann')[:-1]):
            self.put('run/utmp', data)
            self.assertEqual(self.logins(), (0, 0))


if __name__ == '__main__':
    unittest.main()
