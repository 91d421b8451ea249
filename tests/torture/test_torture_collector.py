"""The collector over ten hosts while one call fails, and the run after it: no crash, no leak, no
sample lost or doubled."""
import contextlib
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import unittest

from ten_hosts import COUNT, DOWN, TenHosts
from torture import PLACES, Place, Sweep, check

WAITS = re.compile(r'.*\.(sealed|outcomes|cycle)|tmp-.*')  # collector/spool/spool.h
SAMPLES = ('SELECT s.id, s.cycle_id, c.name, s.outcome, s.error, hex(s.digest),'
           ' (SELECT count(*) FROM reading r WHERE r.sample_id = s.id)'
           ' FROM sample s JOIN client c ON c.id = s.client_id ORDER BY s.id')
LEAST_READINGS = 20


class Sample:
    def __init__(self, row):
        self.id, self.cycle, self.client, self.outcome, self.error, self.digest, self.readings = row

    def __repr__(self):
        return f'{self.id:x} {self.client} {self.outcome} {self.error!r} {self.readings} readings'


class Attempt:
    """One run with a fault, one without, and what is to be seen afterwards."""

    def __call__(self, place):
        place.restore()
        place.hosts.reset()
        before = {s.id for s in self.samples(place)}
        bad = place.run('collector', faults=True)
        between = self.samples(place)
        good = place.run('collector')
        check((good.status, good.err) == (0, ''), 'the next run is not silent:', good, '\nafter', bad)
        samples = [s for s in self.samples(place) if s.id not in before]
        try:
            self.judge(place, bad, between, samples)
        except Exception as e:
            e.args = (f'{e}\nafter {bad}\nrows: {samples}',)
            raise

    @staticmethod
    def samples(place):
        try:
            return [Sample(row) for row in place.fleet.rows(SAMPLES)]
        except sqlite3.Error as e:
            check(False, 'the database is broken:', e)

    def judge(self, place, bad, between, samples):
        cycles = sorted({s.cycle for s in samples})
        check(0 not in cycles and len(cycles) <= 2, 'cycles:', cycles)
        self.judge_last([s for s in samples if s.cycle == cycles[-1]])
        self.judge_first(bad, [s for s in samples if s.cycle != cycles[-1]])
        spool = pathlib.Path(place.fleet.spool)
        left = [p for p in spool.rglob('*') if WAITS.fullmatch(p.name) and p.parent.name != 'bad']
        check(not left, 'left in the spool:', left)
        refused = {p.name for p in (spool / 'bad').iterdir()}
        check(all(name in bad.err for name in refused), 'in bad/, and not said:', refused)
        self.judge_ledger(place, samples, {int(name[:16], 16) for name in refused})
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

    def judge_ledger(self, place, samples, refused):
        """What was sealed is stored, and nothing else is; `refused` are attempts whose files lie
        in bad/ for a person to look at, since the disk did not give them back."""
        rows = {s.id: (s.client, bytes.fromhex(s.digest)) for s in samples if s.outcome == 'ok'}
        ledger = place.hosts.ledger()
        is_read = place.site and place.site.function == 'read'
        check(is_read or not refused, 'in bad/:', refused)
        for attempt in (set(ledger) | set(rows)) - refused:
            check(ledger.get(attempt) == rows.get(attempt),
                  f'{attempt:x}: sealed {ledger.get(attempt)}, stored {rows.get(attempt)}')
        for s in samples:
            check(s.outcome != 'ok' or s.readings >= LEAST_READINGS, 'few readings:', s)


class Collector(unittest.TestCase):
    def test_every_site(self):
        folder = tempfile.mkdtemp(prefix='fleet-torture-')
        self.addCleanup(shutil.rmtree, folder, True)
        with contextlib.ExitStack() as stack:
            places = [self.make_place(stack, folder, n) for n in range(PLACES)]
            self.assertEqual(Sweep('collector', places, Attempt()).run(), [])

    def make_place(self, stack, folder, number):
        """Two runs before: there are keys, tables, counters, and probes on the clients."""
        place = Place(folder, number)
        place.hosts = stack.enter_context(TenHosts(place.folder / 'hosts', number))
        place.hosts.configure(place.start)
        for _ in range(2):
            self.assertEqual(place.start.run('collector').status, 0)
        place.hosts.configure(place.start)  # nothing accepted yet
        return place


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
