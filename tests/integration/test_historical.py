"""The historical config.xml, only its address changed: a real sshd on port 22 of a network
namespace, an account with a password, and what an administrator is told on the way."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

from rig.fleet import Fleet
from rig.sshd import Sshd, enter_network

CONFIG = '''\
<config>
  <client ip="127.0.0.1" port="22" username="monitor" password="{password}" mail="ops@example.com">
    <alert type="memory" limit="85%"/>
    <alert type="cpu" limit="90"/>
  </client>
</config>
'''
PASSWORD = 'historical & “secret”'
EX_CONFIG = 78


def little_memory(path):
    """This machine's /proc/meminfo with a tenth of its memory available."""
    with open('/proc/meminfo', encoding='ascii') as f:
        text = f.read()
    total = int(re.search(r'MemTotal: +(\d+)', text)[1])
    with open(path, 'w', encoding='ascii') as f:
        f.write(re.sub(r'(MemAvailable: +)\d+', rf'\g<1>{total // 10}', text))
    os.chmod(path, 0o644)
    return path


@unittest.skipIf(os.getuid() != 0, 'an account with a password needs root')
class Historical(unittest.TestCase):
    def setUp(self):
        try:
            enter_network()
        except OSError as e:
            self.skipTest(f'no network namespace can be made here: {e}')
        temporary = tempfile.TemporaryDirectory(prefix='fleet-historical-')
        self.addCleanup(temporary.cleanup)
        os.chmod(temporary.name, 0o755)  # the client's account goes through it
        self.fleet = Fleet(os.path.join(temporary.name, 'work'))
        meminfo = little_memory(os.path.join(temporary.name, 'meminfo'))
        self.sshd = Sshd(os.path.join(temporary.name, 'sshd'), port=22, password=PASSWORD,
                         prepare=f'mount --bind {shlex.quote(meminfo)} /proc/meminfo')
        self.sshd.start()
        self.addCleanup(self.sshd.stop)
        self.fleet.write('config.xml', CONFIG.format(password=PASSWORD.replace('&', '&amp;')),
                         mode=0o644)

    def do(self, said, command):
        """Runs the command that was printed, as an administrator copies it."""
        found = re.search(command, said.err)
        self.assertIsNotNone(found, said)
        words = shlex.split(found[0])
        if words[0] == 'fleet':
            self.assertEqual(words[1:3], ['-c', self.fleet.config])
            result = self.fleet.run('fleet', *words[3:])
            self.assertEqual(result.status, 0, result)
        else:
            subprocess.run(words, check=True)

    def outcomes(self):
        return self.fleet.rows('SELECT c.name, s.outcome FROM sample s '
                               'JOIN client c ON c.id = s.client_id ORDER BY s.id')

    def test_from_refusals_to_an_alert(self):
        refused = self.fleet.run('collector')
        self.assertEqual(refused.status, EX_CONFIG, refused)
        self.assertIn('config.xml:2: ', refused.err)
        self.assertFalse(os.path.exists(self.fleet.spool))
        self.do(refused, r'chmod 600 \S+')

        unknown = self.fleet.run('collector')
        self.assertEqual(self.outcomes(), [('127.0.0.1', 'host-key-unknown')], unknown)
        self.do(unknown, r'fleet -c \S+ trust --all')
        self.assertEqual(self.sshd.log().count('password'), 0)  # none was sent to a stranger

        stored = self.fleet.run('collector')
        self.assertEqual((stored.status, stored.out, stored.err), (0, '', ''))
        self.assertEqual(self.outcomes()[1:], [('127.0.0.1', 'ok')])
        self.assertIn('Accepted password for monitor', self.sshd.log_with('Accepted password'))

        told = self.fleet.run('alerter')
        self.assertEqual(told.status, 0, told)
        self.assertIn('WARNING 127.0.0.1: memory 90.0 % (limit 85.0 %)', told.out)
        for result in (refused, unknown, told):
            self.assertNotIn(PASSWORD, result.out + result.err)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
