"""The collector over ten hosts while one call fails, and the run after it: no crash, no leak, no
sample lost or doubled."""
import contextlib
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from rig import mariadb
from ten_hosts import COUNT, DOWN, TenHosts
from torture import PLACES, SMALL_SAMPLE, Place, Sweep, check, does

WAITS = re.compile(r'.*\.(frames|sealed|outcomes|cycle)|tmp-.*')  # collector/spool/spool.h
SAMPLES = ('SELECT s.id, s.cycle_id, c.name, s.outcome, s.error, hex(s.digest),'
           ' (SELECT count(*) FROM reading r WHERE r.sample_id = s.id)'
           ' FROM sample s JOIN client c ON c.id = s.client_id ORDER BY s.id')
LEAST_READINGS = 20


class Sample:
    def __init__(self, row):
        self.id, self.cycle, self.readings = (int(row[i]) for i in (0, 1, 6))
        self.client, self.outcome, self.error, self.digest = row[2:6]

    def __repr__(self):
        return f'{self.id:x} {self.client} {self.outcome} {self.error!r} {self.readings} readings'


class Attempt:
    """One run with a fault, one without, and what is to be seen afterwards."""

    def prepare(self, place):
        place.restore()

    def __call__(self, place):
        self.prepare(place)
        place.hosts.reset()
        before = {s.id for s in self.samples(place)}
        bad = place.run('collector', faults=True)
        good = place.run('collector')
        check((good.status, good.err) == (0, ''), 'the next run is not silent:', good, '\nafter', bad)
        samples = [s for s in self.samples(place) if s.id not in before]
        try:
            self.judge(place, bad, samples)
        except Exception as e:
            e.args = (f'{e}\nafter {bad}\nrows: {samples}',)
            raise

    def rows(self, place):
        return place.fleet.rows(SAMPLES)

    def samples(self, place):
        return [Sample(row) for row in self.rows(place)]

    def judge(self, place, bad, samples):
        cycles = sorted({s.cycle for s in samples})
        check(0 not in cycles and len(cycles) <= 2, 'cycles:', cycles)
        self.judge_last([s for s in samples if s.cycle == cycles[-1]])
        self.judge_first(bad, [s for s in samples if s.cycle != cycles[-1]])
        spool = pathlib.Path(place.fleet.spool)
        left = [p for p in spool.rglob('*') if WAITS.fullmatch(p.name) and p.parent.name != 'bad']
        check(not left, 'left in the spool:', left)
        refused = {p.name for p in (spool / 'bad').iterdir()}
        check(not refused, 'in bad/:', refused)
        self.judge_ledger(place, samples)
        check(not place.hosts.undelivered(), 'left on the clients')

    def judge_last(self, samples):
        """An ordinary run."""
        self.judge_once(samples)
        check(len(samples) == COUNT, 'the next run has', len(samples), 'rows')
        for s in samples:
            check(s.outcome == ('refused' if s.client == f'host{DOWN}' else 'ok'), s)

    def judge_first(self, bad, samples):
        """Each host has a row with its reason, or it was said why there is none."""
        self.judge_once(samples)
        check(len(samples) == COUNT or bad.err, 'rows are missing, and nothing was said')
        check(bad.status == 0 or bad.err, 'nothing was said')
        for s in samples:
            check(s.outcome == 'ok' or s.error, 'no reason:', s)

    @staticmethod
    def judge_once(samples):
        clients = [s.client for s in samples]
        check(len(clients) == len(set(clients)), 'a client has two rows')

    def judge_ledger(self, place, samples):
        """What was sealed is stored, and nothing else is."""
        rows = {s.id: (s.client, bytes.fromhex(s.digest)) for s in samples if s.outcome == 'ok'}
        ledger = place.hosts.ledger()
        for attempt in set(ledger) | set(rows):
            check(ledger.get(attempt) == rows.get(attempt),
                  f'{attempt:x}: sealed {ledger.get(attempt)}, stored {rows.get(attempt)}')
        for s in samples:
            check(s.outcome != 'ok' or s.readings >= LEAST_READINGS, 'few readings:', s)


class OnMariadb(Attempt):
    """Each time in a new database, with two runs before."""

    def __init__(self, server):
        self.server = server

    def database(self, place):
        return f'torture_{place.hosts.place}'

    def rows(self, place):
        return self.server.query(SAMPLES, self.database(place))

    def prepare(self, place):
        super().prepare(place)
        name = self.database(place)
        shutil.rmtree(place.fleet.spool)
        self.server.query(f'DROP DATABASE IF EXISTS {name}; '
                          f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        start(place.fleet, place.hosts, f'<storage engine="mariadb" database="{name}"'
                                        f' user="root" socket="{self.server.socket}"/>')


def start(fleet, hosts, storage=''):
    """Two runs: there are keys, tables, counters, and probes on the clients."""
    hosts.configure(fleet, storage)
    for _ in range(2):
        result = fleet.run('collector')
        check(result.status == 0, 'the beginning goes wrong:', result)
    hosts.configure(fleet, storage)  # nothing accepted yet


class Collector(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-torture-')
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.places = [self.make_place(number) for number in range(PLACES)]

    def make_place(self, number):
        place = Place(self.folder, number)
        place.hosts = self.stack.enter_context(TenHosts(place.folder / 'hosts', number))
        start(place.start, place.hosts)
        return place

    def test_every_site(self):
        self.assertEqual(Sweep('collector', self.places, Attempt()).run(), [])

    @does(SMALL_SAMPLE)
    @unittest.skipUnless(mariadb.installed(), 'there is no mariadbd')
    def test_every_site_on_mariadb(self):
        """Those that SQLite does not have."""
        server = self.stack.enter_context(mariadb.Mariadb(f'{self.folder}/mariadb'))
        sweep = Sweep('collector', self.places, OnMariadb(server),
                      lambda site: 'mariadb' in site.name, SMALL_SAMPLE)
        self.assertEqual(sweep.run(), [])


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
