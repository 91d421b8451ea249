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
        'append-frame': 'done',
        'be-non-blocking': 'done',
        'connect-tcp': 'done',
        'map-frames': 'EACCES',  # they are not open to be read
        'read-frame': 'EBADF',
        'stop-appending': 'done',
        'take-back-line': 'done',
    },
    'resolver': {
        'be-non-blocking': 'done',
        'connect-tcp': 'done',
        'connect-unix': 'done',
        'map-frames': 'EACCES',
        'name-parent': 'ENOTSOCK',  # the peer of nscd and the like; what it is told it cannot use
        'run-filter': 'ENOTSOCK',
        'send-udp': 'done',
        'read-frame': 'EBADF',
        'read-hosts': 'done',
        'read-passwords': 'landlock',
        'read-secret': 'landlock',
        'rewind-frames': 'done',  # it has none
        'run-data': 'done',  # as dlopen does
        'stop-appending': 'done',
    },
    'signer': {
        'be-non-blocking': 'done',
        'connect-unix': 'done',
        'map-frames': 'EACCES',
        'read-frame': 'EBADF',
        'stop-appending': 'done',
    },
}
ATTEMPTS = (
    'aim-signals', 'append-frame', 'ask-ring', 'be-non-blocking', 'be-signalled', 'be-traceable',
    'become-root', 'catch-refusal', 'change-frame', 'change-mode', 'choose-signal',
    'connect-multipath', 'connect-tcp', 'connect-unix', 'copy-frames', 'link-secret', 'make-file',
    'make-folder', 'map-frames', 'move-secret', 'name-parent', 'punch-frame', 'read-frame',
    'read-hosts', 'read-parent', 'read-passwords', 'read-secret', 'remove-secret', 'rename-frames',
    'rewind-frames', 'run-data', 'run-filter', 'send-udp', 'signal-parent', 'sniff',
    'start-process', 'start-program', 'stop-appending', 'sync-all', 'sync-lines', 'take-back-frame',
    'take-back-line', 'trace-parent', 'write-secret')

# What is in the folder before an attempt, when the role has appended to the first two; and what
# attempts add to which file. Nothing else ever changes.
BEFORE = {'frames': 'kept first', 'outcomes': 'kept first', 'secret': 'kept '}
ADDED = {
    ('poller', 'append-frame'): ('frames', 'headbody'),
    ('poller', 'stop-appending'): ('frames', 'other'),
    # These have no such files; they are ended by what follows the writing.
    ('resolver', 'append-frame'): ('frames', 'headbody'),
    ('resolver', 'stop-appending'): ('frames', 'other'),
    ('resolver', 'take-back-line'): ('outcomes', 'line'),
    ('signer', 'stop-appending'): ('frames', 'other'),
    ('signer', 'take-back-line'): ('outcomes', 'line'),
}


def landlock_version():
    """landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)"""
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


class Confinement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-confine-')
        self.addCleanup(shutil.rmtree, self.folder)
        self.write()

    def write(self):
        for name in BEFORE:
            with open(self.path(name), 'w', encoding='ascii') as f:
                f.write('kept ')

    def read(self):
        texts = {}
        for name in os.listdir(self.folder):
            with open(self.path(name), encoding='ascii') as f:
                texts[name] = f.read()
        return texts

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
                    self.write()
                    self.assertIn(self.attempt(role, name), self.expected(role, name))
                    after = dict(BEFORE)
                    where, text = ADDED.get((role, name), ('secret', ''))
                    after[where] += text
                    self.assertEqual(self.read(), after)

    def test_the_number_is_the_calls(self):
        done = subprocess.run([DRIVE, 'poller', 'start-program'], cwd=self.folder,
                              capture_output=True, text=True, timeout=20, check=False)
        execve = {'x86_64': 59, 'aarch64': 221}[platform.machine()]
        self.assertIn(f'system call {execve}\n', done.stderr)


if __name__ == '__main__':
    unittest.main()
