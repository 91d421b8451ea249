"""Servers whose packets are broken, in the clear, before the login and in the channel. Each host
fails by itself, in time and for a reason of its own; nobody else is touched."""
import pathlib
import resource
import shutil
import sys
import tempfile
import time
import unittest

from rig.fleet import Fleet
from rig.raw_ssh import FAULTS, RawSsh
from rig.shows import shows, tell
from rig.sshd import Sshd, keygen

TIMEOUT = 6
PROTOCOL = 'does not keep to the SSH protocol'
# The outcome of each, and words of the reason.
EXPECTED = {
    'length-huge': ('protocol', 'exchange encryption keys'),
    'length-zero': ('protocol', 'exchange encryption keys'),
    'padding-beyond': ('protocol', 'exchange encryption keys'),
    'version-with-nul': ('refused', 'SSH-2.0-\\x00'),
    'kexinit-cut': ('protocol', PROTOCOL),
    'kexinit-short': ('protocol', PROTOCOL),
    'kex-reply-cut': ('protocol', 'exchange encryption keys'),
    'kex-reply-short': ('protocol', 'exchange encryption keys'),
    'host-key-cut': ('protocol', 'exchange encryption keys'),
    'no-point': ('protocol', 'exchange encryption keys'),
    'signature-wrong': ('protocol', 'exchange encryption keys'),
    'mac-wrong': ('protocol', PROTOCOL),
    'service-cut': ('protocol', PROTOCOL),
    'encrypted-length-huge': ('protocol', PROTOCOL),
    'banner-huge': ('deadline', ''),
    'failure-cut': ('auth', ''),
    'failure-short': ('auth', ''),
    'disconnect-cut': ('auth', 'closed the connection'),
    'debug-cut': ('deadline', ''),
    'unknown-flood': ('too-large', 'more memory than a session may take'),
    'open-short': ('protocol', PROTOCOL),
    'open-failure-cut': ('no-shell', 'refuses to run a command'),
    'exit-signal': ('too-large', 'more memory than a session may take'),
    'exit-signal-short': ('deadline', ''),
    'exit-status-short': ('deadline', ''),
    'request-cut': ('deadline', ''),
    'data-cut': ('deadline', ''),
    'data-short': ('deadline', ''),
    'data-beyond-window': ('too-large', ''),
    'extended-cut': ('deadline', ''),
    'extended-short': ('deadline', ''),
    'window-overflow': ('deadline', ''),
    'window-short': ('deadline', ''),
    'other-channel': ('deadline', ''),
    'close-short': ('deadline', ''),
    'global-flood': ('too-large', 'more than'),
    'channel-flood': ('too-large', 'more than'),
    'hoard': ('deadline', ''),
    'hoard-report': ('deadline', ''),
    'new-keys': ('truncated', 'new keys'),
    'nothing-wrong': ('no-shell', 'without a word'),
    'nothing-wrong-slowly': ('no-shell', 'without a word'),
}


def patience(name):
    """A flood ends at a number of bytes, which take time to send on a busy machine; and who is
    slow is so even there."""
    return 4 * TIMEOUT if name.endswith(('flood', 'slowly')) else TIMEOUT


class Broken(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-raw-'))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.key = keygen(self.folder / 'id')
        self.fleet = Fleet(str(self.folder / 'fleet'))

    def client(self, name, port, user='monitor', timeout=TIMEOUT):
        return (f'<client name="{name}" ip="127.0.0.1" port="{port}" username="{user}" '
                f'identity="{self.key}" timeout="{timeout}s"/>\n')

    def sanitizers(self):
        """libssh2 forgets what it had of a key exchange that fails; its frames are only seen by
        the slow way of looking at the stack. Pollers, who may be nobody, read the file, too."""
        path = self.folder / 'suppressions'
        path.write_text('leak:libssh2.so\n', encoding='utf-8')
        path.chmod(0o644)
        self.folder.chmod(0o755)
        return {'ASAN_OPTIONS': 'detect_leaks=1:fast_unwind_on_malloc=0',
                'LSAN_OPTIONS': f'print_suppressions=0:suppressions={path}'}

    def collect(self, servers):
        with Sshd(self.folder / 'sshd', authorized=[self.key + '.pub']) as sshd:
            self.fleet.write('known_hosts', sshd.known_hosts() +
                             ''.join(s.known_hosts() for s in servers.values()))
            self.fleet.write_config(
                '<collector pollers="1"/>' +
                ''.join(self.client(name, s.port, timeout=patience(name))
                        for name, s in servers.items()) +
                ''.join(self.client(f'good{i}', sshd.port, sshd.user, 5 * TIMEOUT)
                        for i in range(8)))
            started = time.monotonic()
            result = self.fleet.run('collector', env=self.sanitizers())
            took = time.monotonic() - started
        self.assertEqual(result.status, 0, result)
        self.assertEqual(len(result.err.splitlines()), 1, result)  # the keys, once
        self.assertLess(took, 5 * TIMEOUT)

    def test_each_fails_alone(self):
        self.assertEqual(set(EXPECTED), set(FAULTS))
        servers = {name: RawSsh(name) for name in FAULTS}
        for server in servers.values():
            self.addCleanup(server.close)
        self.collect(servers)
        rows = {name: rest for name, *rest in self.fleet.rows(
            'SELECT c.name, s.outcome, s.error, s.duration_ms FROM sample s '
            'JOIN client c ON c.id = s.client_id')}
        wrong = {name: rows[name] for name, (outcome, words) in EXPECTED.items()
                 if rows[name][0] != outcome or words not in rows[name][1]}
        self.assertEqual(wrong, {})
        for row, names in (('14', ('unknown-flood', 'global-flood')), ('15', ('exit-signal',))):
            tell(row, '; '.join(f'{name}: {rows[name][0]}' for name in names))
        for i in range(8):
            outcome, _, duration = rows[f'good{i}']
            self.assertEqual(outcome, 'ok', rows)
            self.assertLess(duration, 2 * TIMEOUT * 1000)

    @shows('23a')
    def test_all_of_them_fit_into_one_memory(self):
        """Each holds what one may, all of them more than there is room for: some of them have to
        go, and nobody else."""
        room, each, crowd = 12 << 20, 900000, 12
        servers = {name: RawSsh(name) for name in
                   ('hoard', 'hoard-report', 'nothing-wrong-slowly')}
        for server in servers.values():
            self.addCleanup(server.close)
        self.fleet.write('known_hosts', ''.join(s.known_hosts() for s in servers.values()))
        self.fleet.write_config(
            '<collector pollers="1"/>' +
            ''.join(self.client(f'{name}-{i}', s.port, timeout=patience(name))
                    for name, s in servers.items() for i in range(crowd)))
        with self.fleet.start('collector', env=self.sanitizers(),
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_RSS,
                                                                    (room, room))) as process:
            _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        rows = self.fleet.rows('SELECT c.name, s.outcome, s.error FROM sample s '
                               'JOIN client c ON c.id = s.client_id')
        wrong = [row for row in rows if row[0].startswith('nothing-wrong') and
                 (row[1] != 'no-shell' or 'without a word' not in row[2])]
        self.assertEqual((len(rows), wrong), (3 * crowd, []))
        hoarders = [row[1:] for row in rows if row[0].startswith('hoard')]
        stayed = [row for row in hoarders if row[0] == 'deadline']
        gone = [row for row in hoarders if row[0] == 'too-large' and 'than any other' in row[1]]
        self.assertEqual(len(stayed) + len(gone), 2 * crowd, hoarders)
        self.assertLess(len(stayed) * each, room)
        self.assertGreater(len(stayed) * each, room // 2)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
