"""A poller that was taken over: what the collector (rogue_helper.c) and the signer (rogue_asker.c)
let it get away with."""
import collections
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from rig.fleet import PROGRAMS, Fleet
from rig.sshd import keygen
from rig.web import WebServer

EX_SOFTWARE = 70
DEATHS = 17  # of pollers in a row, of a small fleet, after which there are no more

class Rogue(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix='fleet-rogue-')
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        os.chmod(self.folder, 0o755)
        self.fleet = Fleet(str(self.folder / 'work'))
        self.key = keygen(self.folder / 'id')
        self.more = ''  # attributes of the collector
        self.program = self.folder / 'fleet-collector'
        beat = os.path.join(os.path.dirname(PROGRAMS['collector']), 'fleet-heartbeat')
        for path, copy in ((PROGRAMS['collector'], self.program),
                           (beat, self.folder / 'fleet-heartbeat'),
                           (os.environ['ROGUE_HELPER'], self.folder / 'fleet-helper')):
            shutil.copy(path, copy)
            os.chmod(copy, 0o755)

    def collect(self, *clients):
        """clients: a name each, and attributes."""
        probes = os.path.join(os.environ['FLEET_BUILD'], 'remote')
        self.fleet.write_config(
            f'<collector probe-dir="{probes}" pollers="1" {self.more}/>' + ''.join(
                f'<client name="{name}" ip="127.0.0.{i}" identity="{self.key}" {more}/>'
                for i, (name, more) in enumerate(clients, 1)))
        return subprocess.run([str(self.program), '-c', self.fleet.config], check=False,
                              capture_output=True, text=True, timeout=100)

    def notes(self):
        """{what is known of them: clients, in the order of the next run}"""
        result = subprocess.run([str(self.program), '-c', self.fleet.config, '--dry-run'],
                                check=True, capture_output=True, text=True, timeout=100)
        notes = collections.defaultdict(list)
        for line in result.stdout.splitlines()[:-1]:
            name, *_, note = (line + '\t').split('\t')[:4]
            notes[note].append(name)
        return notes

    def rows(self):
        return self.fleet.rows('SELECT c.name, s.outcome, s.error FROM sample s JOIN client c '
                               'ON c.id = s.client_id ORDER BY s.id')

    def test_it_tells_one_new_key_and_only_where_none_is_recorded(self):
        public = pathlib.Path(self.key + '.pub').read_text(encoding='ascii').rsplit(' ', 1)[0]
        recorded = f'127.0.0.1 {public}\n'
        self.fleet.write('known_hosts', recorded)
        result = self.collect(('keys-recorded', 'host-key="accept-new"'),
                              ('keys-new', 'host-key="accept-new"'), ('keys-strict', ''),
                              ('honest', ''))
        self.assertEqual(result.returncode, 0, result)
        known = pathlib.Path(self.fleet.path('known_hosts')).read_text(encoding='ascii')
        self.assertEqual([line.split()[0] for line in known.splitlines()],
                         ['127.0.0.1', '127.0.0.2'])
        self.assertTrue(known.startswith(recorded))
        self.assertEqual(self.rows(), [('keys-recorded', 'internal', 'its poller died'),
                                       ('keys-new', 'internal', 'its poller died'),
                                       ('keys-strict', 'internal', 'its poller died'),
                                       ('honest', 'timeout', 'so it says')])

    def test_it_tells_nothing_of_clients_that_it_was_not_given(self):
        result = self.collect(('lies', ''), ('honest', ''))
        self.assertEqual(result.returncode, 0, result)
        self.assertRegex(result.stderr, '6 outcome lines cut, malformed or forged: dropped')
        self.assertEqual(self.rows(), [('lies', 'timeout', 'so it says'),
                                       ('honest', 'timeout', 'so it says')])
        self.assertEqual(self.fleet.rows('SELECT name FROM client ORDER BY name'),
                         [('honest',), ('lies',)])

    def test_its_frames_are_nobodys(self):
        result = self.collect(('frames', ''), ('honest', ''))
        self.assertEqual(result.returncode, 0, result)
        self.assertRegex(result.stderr, '3 reports did not open, and went to .*/bad: ')
        self.assertRegex(result.stderr, '8 bytes in .* are no reports: ')
        self.assertEqual(self.rows(), [('frames', 'timeout', 'so it says'),
                                       ('honest', 'timeout', 'so it says')])
        self.assertEqual(len(os.listdir(os.path.join(self.fleet.spool, 'bad'))), 4)
        self.assertEqual(self.fleet.spool_files(), [])
        result = self.collect(('honest', ''))
        self.assertEqual(result.returncode, 0, result)
        self.assertNotIn('report', result.stderr)

    def test_pollers_may_die_as_long_as_somebody_is_done(self):
        clients = [(f'dies{i}', '') if i % 10 else (f'honest{i}', '') for i in range(41)]
        result = self.collect(*clients)
        self.assertEqual(result.returncode, 0, result)
        self.assertEqual(result.stderr.count('a poller died'), 36)
        self.assertEqual([name for name, outcome, _ in self.rows() if outcome == 'timeout'],
                         [f'honest{i}' for i in range(0, 41, 10)])

    def test_a_run_without_pollers_is_no_good_run(self):
        web = self.enterContext(WebServer(str(self.folder), tls=False))
        self.more = f'heartbeat="{web.url("/ping")}"'
        result = self.collect(('dies', ''), ('honest', ''))
        self.assertEqual((result.returncode, len(web.requests)), (0, 1), result)
        self.assertEqual(self.notes(), {'failed last time': ['honest'],
                                        'failed last time by a fault here': ['dies']})
        for count in (1, 40):
            result = self.collect(*((f'dies{i}', '') for i in range(count)))
            self.assertEqual((result.returncode, len(web.requests)), (EX_SOFTWARE, 1), result)
            self.assertEqual(self.fleet.rows('SELECT clients, failed, whole_fleet FROM cycle '
                                             'ORDER BY id DESC LIMIT 1'), [(count, count, 0)])
        notes = self.notes()  # the first one killed before, and had no turn now
        self.assertEqual(len(notes['failed last time by a fault here']), DEATHS + 1)
        self.assertEqual(len(notes['not done last time']), 40 - DEATHS - 1)


class Asker(unittest.TestCase):
    PATIENCE = 3000  # ms, of machines that are busy

    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix='fleet-rogue-')
        self.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        self.key = keygen(self.folder / 'id')
        self.program = self.folder / 'rogue_asker'
        shutil.copy(os.environ['ROGUE_ASKER'], self.program)
        shutil.copy(PROGRAMS['collector'].replace('fleet-collector', 'fleet-helper'), self.folder)

    def start_agent(self):
        path = str(self.folder / 'agent')
        agent = subprocess.Popen(['ssh-agent', '-D', '-a', path], stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        for _ in range(200):
            if os.path.exists(path):
                break
            time.sleep(0.05)
        subprocess.run(['ssh-add', '-q', self.key], env={'SSH_AUTH_SOCK': path}, check=True)
        return path

    def check(self, identity):
        result = subprocess.run([str(self.program), identity], check=False, capture_output=True,
                                text=True, timeout=200)
        self.assertEqual((result.returncode, result.stderr), (0, ''), result)
        said = {word: int(number) for word, number in map(str.split, result.stdout.splitlines())}
        for word in ('calm', 'flooded', 'left'):
            self.assertTrue(0 <= said[word] < self.PATIENCE, said)
        self.assertEqual(said['late'], 3000, said)

    def test_others_get_their_signatures_from_a_key(self):
        self.check(self.key)

    def test_others_get_their_signatures_from_an_agent(self):
        self.check(f'agent:{self.start_agent()}')


if __name__ == '__main__':
    unittest.main()
