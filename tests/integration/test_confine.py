"""What the helpers of a run still can do: tried one by one, as whoever took one over would."""
import ctypes
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import unittest

DRIVE = os.environ['CONFINE_DRIVE']
REFUSED = 70  # EX_SOFTWARE, after a line that names the call

# What comes of an attempt, by role; an attempt that is not listed for a role is refused.
#   landlock: forbidden where the kernel has Landlock
ALLOWED = {
    'poller': {
        'be-non-blocking': 'done',
        'connect-tcp': 'done',
        'make-frame': 'done',
        'write-secret': 'landlock',
        'move-secret': 'landlock',
        'remove-secret': 'landlock',
    },
    'resolver': {
        'be-non-blocking': 'done',
        'connect-tcp': 'done',
        'connect-unix': 'done',
        'name-parent': 'ENOTSOCK',  # the peer of nscd and the like; what it is told it cannot use
        'run-filter': 'ENOTSOCK',
        'send-udp': 'done',
        'read-hosts': 'done',
        'read-frame': 'landlock',
        'read-passwords': 'landlock',
        'read-secret': 'landlock',
        'run-data': 'done',  # as dlopen does
    },
    'signer': {
        'be-non-blocking': 'done',
        'connect-unix': 'done',
    },
}
ATTEMPTS = (
    'aim-signals', 'ask-ring', 'be-non-blocking', 'be-signalled', 'be-traceable', 'become-root',
    'catch-refusal', 'change-mode', 'choose-signal', 'connect-multipath', 'connect-tcp',
    'connect-unix', 'link-frame', 'make-folder', 'make-frame', 'move-secret', 'name-parent',
    'read-frame', 'read-hosts', 'read-parent', 'read-passwords', 'read-secret', 'remove-secret',
    'run-data', 'run-filter', 'send-udp', 'signal-parent', 'sniff', 'start-process',
    'start-program', 'trace-parent', 'write-secret')


def landlock_version():
    """landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)"""
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


class Confinement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-confine-')
        self.addCleanup(shutil.rmtree, self.folder)
        os.mkdir(self.path('inbox'), 0o700)
        for name in ('secret', 'inbox/frame'):
            with open(self.path(name), 'w', encoding='ascii') as f:
                f.write('x')

    def path(self, name):
        return os.path.join(self.folder, name)

    def attempt(self, role, name):
        done = subprocess.run([DRIVE, role, name], cwd=self.folder, capture_output=True, text=True,
                              timeout=20, check=False)
        if done.returncode == -signal.SIGSYS:
            self.assertEqual(name, 'start-process')  # fork(3) of glibc 2.41 blocks signals first
            return 'refused'
        if done.returncode == REFUSED:
            self.assertRegex(done.stderr, f'^fleet-collector: error: {role}: ended, because it '
                                          r'made system call \d+\n$')
            return 'refused'
        self.assertEqual((done.returncode, done.stderr), (0, ''), (role, name, done))
        return done.stdout

    def expected(self, role, name):
        want = ALLOWED[role].get(name, 'refused')
        if want != 'landlock':
            return (want,)
        return ('EACCES', 'EXDEV') if landlock_version() > 0 else ('done',)

    def test_each_attempt(self):
        for role in ALLOWED:
            for name in ATTEMPTS:
                with self.subTest(role=role, attempt=name):
                    if os.getuid() != 0 and name == 'read-passwords':
                        continue
                    self.assertIn(self.attempt(role, name), self.expected(role, name))
                    self.assertTrue(os.path.exists(self.path('secret')) or landlock_version() < 1)

    def test_the_number_is_the_calls(self):
        done = subprocess.run([DRIVE, 'poller', 'start-program'], cwd=self.folder,
                              capture_output=True, text=True, timeout=20, check=False)
        execve = {'x86_64': 59, 'aarch64': 221}[platform.machine()]
        self.assertIn(f'system call {execve}\n', done.stderr)


if __name__ == '__main__':
    unittest.main()
