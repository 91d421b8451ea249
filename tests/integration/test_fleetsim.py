"""The simulated fleet itself: what it says is what is stored, with faults, cold and warm, in both
engines; and the ledger notices when it is not."""
import collections
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from rig import fleetsim, mariadb
from rig.fleet import Fleet
from rig.ledger import Server, Sqlite
from rig.shows import tell
from rig.sshd import enter_network

HOSTS = 120
# What comes of it, at the first cycle; afterwards all are well and give what they had kept.
FAULTS = {
    **{f'hang:{moment}': expected for moment, expected in fleetsim.HANGS.items()},
    'drop:banner': ('refused', 'handshake'),
    'drop:upload': ('probe-failed', 'upload'),
    'drop:frame': ('truncated', 'transfer'),
    'drop:header': ('probe-failed', 'run'),
    'drop:ack': ('ok', ''),
    'drop:acked': ('ok', ''),
    'end:trailer': ('truncated', 'transfer'),
    'slow:exec': ('deadline', 'exec'),
    'ignores:auth': ('too-large', 'auth'),
    'ignores:request': ('too-large', 'run'),
    'junk:kex': ('protocol', 'handshake'),
    'dark': ('timeout', 'connect'),
    'key': ('host-key-changed', 'host-key'),
    'odd': ('no-common-algorithm', 'handshake'),
    'rejects': ('auth', 'auth'),
    'lines': ('too-large', 'handshake'),
    'http': ('refused', 'handshake'),
    'motd': ('ok', ''),
    'nologin': ('no-shell', 'exec'),
    'mute': ('no-shell', 'exec'),
    'killed': ('probe-failed', 'run'),
    'machine': ('architecture', 'upload'),
    'too-big': ('too-large', 'run'),
    'path': ('truncated', 'run'),
    'stderr': ('too-large', 'run'),
    'stdout': ('too-large', 'run'),
    'unspooled': ('ok', ''),
    'retired': ('unsealed', 'open'),
    'attempt': ('stale', 'open'),
    'nonce': ('stale', 'open'),
    'no-end': ('truncated', 'open'),
    'foreign': ('stale', 'open'),
    'clock': ('ok', ''),
    'values': ('ok', ''),
    'flip': ('truncated', 'transfer'),
    'flip-sealed': ('unsealed', 'open'),
    'shorten': ('unsealed', 'open'),
    'leftovers': ('too-large', 'transfer'),
}
# Which rows of the table of faults they are (tests/faults.py).
ROWS = {
    '2': ('dark',), '5': ('lines',), '7': ('odd',), '8': ('key',), '12': ('rejects',),
    '14': ('ignores:auth', 'ignores:request'), '17': ('motd', 'nologin'), '18a': ('unspooled',),
    '19': ('drop:upload',), '21': ('machine',), '22': ('killed', 'hang:request'),
    '23': ('stdout', 'stderr'),
    '24': ('drop:frame', 'flip', 'flip-sealed', 'nonce', 'foreign', 'retired'),
    '24a': ('drop:ack', 'drop:acked'), '24b': ('attempt', 'path', 'leftovers'), '25': ('values',),
    '26': ('clock',),
}


def setUpModule():
    enter_network()


class Simulated(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='fleet-sim-'))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.fleet = Fleet(str(self.folder / 'fleet'))

    def start(self, hosts, storage='', hung=(), **more):
        """hung: those whose deadline will have to be waited for."""
        self.sim = fleetsim.FleetSim(self.folder / 'sim', **more)
        self.addCleanup(self.sim.stop)
        self.sim.start()
        self.fleet.write('known_hosts', self.sim.known_hosts(hosts))
        clients = self.sim.clients(hosts, 'timeout="90s"')
        for address in hung:
            clients = clients.replace(f'ip="{address}"', f'ip="{address}" timeout="15s"')
        self.fleet.write_config(
            storage + '<collector connect-timeout="3s" deadline="120s"/>' + clients)

    def collect(self):
        result = self.fleet.run('collector')
        self.assertEqual(result.status, 0, result)

    def outcomes(self):
        """{client: (outcome, stage) of its newest attempt}"""
        return {name: tuple(rest) for name, *rest in self.fleet.rows(
            'SELECT c.name, s.first_outcome, s.stage FROM sample s JOIN client c '
            'ON c.id = s.client_id ORDER BY s.id')}


class Cycles(Simulated):
    def test_rows_equal_the_ledger(self):
        hosts = fleetsim.hosts(HOSTS)
        faults = dict(zip(hosts, FAULTS))
        hung = [a for a, fault in faults.items() if FAULTS[fault][0] in ('deadline', 'timeout')]
        self.start(hosts, cold=True, hung=hung,
                   rules=[f'{a}={fault}' for a, fault in faults.items()])
        self.collect()
        got = self.outcomes()
        odd = hosts[list(FAULTS).index('odd')]
        if got[odd] == ('refused', 'handshake'):  # libssh may hang up before its lists are sent
            got[odd] = FAULTS['odd']
        foreign = hosts[list(FAULTS).index('foreign')]
        if got[foreign] == ('ok', ''):  # the first of all: there was none to steal, the ledger says
            got[foreign] = FAULTS['foreign']
        self.assertEqual({fault: got[a] for a, fault in faults.items()}, FAULTS)
        for row, shown in ROWS.items():
            tell(row, '; '.join(f'{fault}: {" at ".join(filter(None, got[a]))}'
                                for a, fault in faults.items() if fault in shown))
        self.assertEqual({got[a] for a in hosts if a not in faults}, {('ok', '')})
        self.sim.rules([])
        self.collect()
        self.assertEqual(set(self.outcomes().values()), {('ok', '')})

        self.assertRegex(self.sim.stop(), r'^accepted \d+ .* ms a connection$')
        ledger = self.sim.ledger()
        self.assertEqual(ledger.check(Sqlite(self.fleet.database)), [])
        self.assertGreaterEqual(len(ledger.acked), 2 * HOSTS - len(FAULTS))
        self.assertEqual(set(ledger.acked), set(ledger.reports))
        self.assertEqual({a for a, _ in ledger.faults}, set(faults) - {
            a for a, fault in faults.items() if fault == 'dark'})
        readings = self.fleet.rows('SELECT count(*) FROM latest WHERE client = ?', hosts[-1])
        self.assertTrue(55 <= readings[0][0] <= 65, readings)

    def test_rows_equal_the_ledger_in_mariadb(self):
        if not mariadb.installed():
            self.skipTest('mariadbd is not installed')
        hosts = fleetsim.hosts(HOSTS // 2)
        with mariadb.Mariadb(self.folder / 'mariadb') as server:
            server.query('CREATE DATABASE fleet CHARACTER SET utf8mb4')
            self.start(hosts, f'<storage engine="mariadb" socket="{server.socket}" user="root" '
                       'database="fleet"/>', rules=['127.0.0.0/8@10%=drop:random'])
            self.collect()
            self.sim.rules([])
            self.collect()
            self.sim.stop()
            ledger = self.sim.ledger()
            self.assertEqual(ledger.check(Server(server, 'fleet')), [])
            self.assertTrue(2 <= sum(ledger.faults.values()) <= 25, ledger.faults)
            self.assertEqual(set(ledger.acked), set(ledger.reports))

    def test_password(self):
        hosts = fleetsim.hosts(3)
        self.start(hosts, password='secret', forced=True)
        self.collect()
        self.assertEqual(collections.Counter(self.outcomes().values()), {('ok', ''): 3})


class Asked(Simulated):
    def test_every_host_gets_its_own_asks(self):
        """Long requests, of which no two are alike, while the probe is uploaded and afterwards;
        what a group asks for is shared."""
        hosts = fleetsim.hosts(HOSTS // 2)
        self.start(hosts, cold=True)
        config = pathlib.Path(self.fleet.config).read_text(encoding='utf-8')
        for address in hosts:
            config = config.replace(f'<client ip="{address}" />',
                                    f'<client ip="{address}"><process name="of {address}"/></client>')
        config = config.replace('<client', '<process name="nginx"/><client', 1)
        files = ''.join(f'<file path="/{"x" * 200}/{i}"/>' for i in range(30))
        self.fleet.write('config.xml', config.replace('<group', files + '<group', 1))
        for _ in range(2):
            self.collect()
        self.assertEqual(set(self.outcomes().values()), {('ok', '')})
        running = set(self.fleet.rows("SELECT client, instance, value FROM latest"
                                      " WHERE metric = 'process_running'"))
        self.assertEqual(running, {row for a in hosts for row in
                                   ((a, 'nginx', 5), (a, f'of {a}', len(a) + 3))})


class Rules(Simulated):
    def foretell(self, *rules, seed=1, count=1000):
        return fleetsim.FleetSim(self.folder / 'sim', rules=rules, seed=seed).foretell(count)

    def test_the_first_that_fits_decides(self):
        told = self.foretell('127.1.0.2=ok', '127.1.0.0/30=hang:auth', '127.1.0.0/29=key', count=8)
        self.assertEqual(list(told.values()), ['hang:auth', 'ok:', 'hang:auth'] +
                         ['key:accept'] * 4 + ['ok:'])

    def test_shares_follow_from_the_seed(self):
        one, again, other = (self.foretell('127.0.0.0/8@20%=hang:random', seed=seed)
                             for seed in (1, 1, 2))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        hit = [fault for fault in one.values() if fault != 'ok:']
        self.assertTrue(150 <= len(hit) <= 250, len(hit))
        self.assertEqual(len(set(hit)), 15)  # moments; the upload is not among them

    def test_what_is_no_rule(self):
        for rule in ('', '127.0.0.1', '127.0.0.1=nothing', '127.0.0.1=hang', 'x=key',
                     '127.0.0.1=hang:never', '127.0.0.1/33=key', '127.0.0.1@0%=key', '1.2.3.4@9=key',
                     '127.0.0.1=key:auth', '127.0.0.1@5%=dark', '127.0.0.1=ok:auth'):
            with self.subTest(rule=rule), self.assertRaises(subprocess.CalledProcessError):
                sim = fleetsim.FleetSim(self.folder / 'sim')
                sim.options += ['-f', rule]
                sim.foretell(1)


class Mistakes(Simulated):
    """What the ledger is there for."""

    def setUp(self):
        super().setUp()
        hosts = fleetsim.hosts(6)
        self.start(hosts)
        self.collect()
        self.collect()
        self.sim.stop()
        self.assertEqual(self.complaints(), [])

    def complaints(self):
        return self.sim.ledger().check(Sqlite(self.fleet.database))

    def damage(self, sql):
        with sqlite3.connect(self.fleet.database) as connection:
            connection.execute(sql)
        connection.close()

    def test_each_is_noticed(self):
        one = '(SELECT max(id) FROM sample)'
        for sql, words in (
                (f'UPDATE reading SET value = value * 1.001 WHERE sample_id = {one}', 'and was'),
                ('DELETE FROM reading WHERE series_id = (SELECT e.id FROM series e JOIN metric m '
                 "ON m.id = e.metric_id WHERE m.name = 'load1' LIMIT 1)", "lacks ['load1']"),
                (f'UPDATE sample SET client_id = client_id % 6 + 1 WHERE id = {one}', 'who said'),
                (f"UPDATE sample SET digest = x'00' WHERE id = {one}", 'nobody said'),
                (f'DELETE FROM sample WHERE id = {one}', 'has no row'),
                ('UPDATE sample SET digest = (SELECT min(digest) FROM sample)', 'stored twice')):
            with self.subTest(sql=sql):
                self.damage(sql)
                self.assertIn(words, '\n'.join(self.complaints()))


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
