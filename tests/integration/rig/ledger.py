"""What the simulated fleet said, held against what was stored.

    Ledger(folder).check(Sqlite(fleet.database))       a list of what does not agree
    ledger.py FOLDER DATABASE                          the same; DATABASE is an SQLite file, or
                                                       mariadb:SOCKET:NAME

Every ok row with a report is a report that was said, by that client and for that attempt; none
of another digest, none twice; every acknowledged report has its row; nothing that was a lie has
one; and the readings are the numbers that were said.
"""
import collections
import glob
import math
import os
import sqlite3
import sys

if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Counters become rates only beside an earlier report; all others must be there.
RATES = '_per_second'

SAMPLES = '''SELECT c.name, s.id, s.outcome, {hex}(s.digest) FROM sample s
JOIN client c ON c.id = s.client_id'''
READINGS = '''SELECT r.sample_id, m.name, e.instance, r.value FROM {reading}
JOIN series e ON e.id = r.series_id JOIN metric m ON m.id = e.metric_id
WHERE m.name IN ({names})'''
READINGS_OF = '''client c JOIN sample s ON s.client_id = c.id AND c.name IN ({clients})
JOIN reading r ON r.sample_id = s.id'''


def listed(names):
    return ', '.join(f"'{name}'" for name in names)


def readings_of(names, clients):
    """The statement; clients: None for all."""
    reading = 'reading r' if clients is None else READINGS_OF.format(clients=listed(clients))
    return READINGS.format(reading=reading, names=listed(names))


class Report(collections.namedtuple('Report', 'host attempt words')):
    @property
    def values(self):
        return dict(word.split('=') for word in self.words.split())


class Sqlite:
    def __init__(self, path):
        self.connection = sqlite3.connect(f'file:{path}?mode=ro', uri=True, timeout=30)

    def samples(self):
        return self.connection.execute(SAMPLES.format(hex='hex'))

    def readings(self, names, clients=None):
        return self.connection.execute(readings_of(names, clients))


class Server:
    """A rig.mariadb.Mariadb."""

    def __init__(self, server, database):
        self.server, self.database = server, database

    def samples(self):
        for name, attempt, outcome, digest in self.server.query(
                SAMPLES.format(hex='hex'), self.database):
            yield name, int(attempt), outcome, '' if digest == 'NULL' else digest

    def readings(self, names, clients=None):
        for sample, metric, instance, value in self.server.query(
                readings_of(names, clients), self.database):
            yield int(sample), metric, instance, float(value)


class Ledger:
    """numbers_of: hosts whose readings are compared; None: all, which takes a while, and a lot of
    memory, where there are millions."""

    def __init__(self, folder, numbers_of=None):
        self.numbers_of = numbers_of
        self.reports = {}               # digest: Report
        self.lies = set()               # digests
        self.acked = collections.Counter()  # digests
        self.faults = collections.Counter()  # (host, 'name:moment')
        for path in sorted(glob.glob(os.path.join(folder, 'ledger.*'))):
            self._read(path)

    def _read(self, path):
        with open(path, encoding='utf-8') as f:
            for line in f:
                if line.endswith('\n'):  # the last one of a process that was killed may not
                    self._take(*line[:-1].split(' ', 4))

    def _take(self, kind, host, first, digest='', numbers=''):
        host = sys.intern(host)
        if kind == 'fault':
            self.faults[host, sys.intern(first)] += 1
            return
        attempt = int(first, 16)
        if kind == 'report':
            is_kept = self.numbers_of is None or host in self.numbers_of
            self.reports[digest] = Report(host, attempt, numbers if is_kept else '')
        elif kind == 'lie':
            self.lies.add(digest)
        elif kind == 'ack':
            self.acked[digest] += 1

    def check(self, database, name=lambda host: host):
        """name: of the client that is called at an address. Returns complaints."""
        stored, wrong = self._stored(database)
        wrong += self._check_rows(stored, name)
        wrong += [f'{self.reports[d].host}: acknowledged, and has no row: attempt '
                  f'{self.reports[d].attempt:x}' for d in self.acked if d not in stored]
        wrong += [f'acknowledged {n} times: {d}' for d, n in self.acked.items() if n > 1]
        return wrong + self._check_values(stored, database, name)

    def without_row(self, database):
        """Reports that were said and are not stored."""
        stored, _ = self._stored(database)
        return [report for digest, report in self.reports.items() if digest not in stored]

    @staticmethod
    def _stored(database):
        stored, wrong = {}, []
        for client, attempt, outcome, digest in database.samples():
            digest = (digest or '').lower()
            if (outcome == 'ok') != bool(digest):
                wrong.append(f'{client}: {outcome} with digest "{digest}"')
            if not digest:
                continue
            if digest in stored:
                wrong.append(f'{client}: stored twice: {digest}')
            stored[digest] = (client, attempt)
        return stored, wrong

    def _check_rows(self, stored, name):
        wrong = []
        for digest, (client, attempt) in stored.items():
            said = self.reports.get(digest)
            if digest in self.lies:
                wrong.append(f'{client}: a lie is stored: {digest}')
            elif said is None:
                wrong.append(f'{client}: nobody said {digest}')
            elif (name(said.host), said.attempt) != (client, attempt):
                wrong.append(f'{client}, attempt {attempt:x}: it was {said.host} who said '
                             f'{digest}, for attempt {said.attempt:x}')
        return wrong

    def _check_values(self, stored, database, name):
        """Only of rows whose digest is known; the others are told of already."""
        clients = None if self.numbers_of is None else [name(host) for host in self.numbers_of]
        expected = {attempt: self.reports[digest].values
                    for digest, (_, attempt) in stored.items()
                    if digest in self.reports and self.reports[digest].words}
        names = {key.partition(':')[0] for values in expected.values() for key in values}
        left = {attempt: {k for k in values if RATES not in k} for attempt, values in expected.items()}
        wrong = []
        for attempt, metric, instance, value in \
                database.readings(sorted(names), clients) if names else ():
            key = f'{metric}:{instance}' if instance else metric
            said = expected.get(attempt, {}).get(key)
            if said is not None and not math.isclose(value, float(said), rel_tol=1e-9):
                wrong.append(f'attempt {attempt:x}: {key} is {value}, and was {said}')
            left.get(attempt, set()).discard(key)
        return wrong + [f'attempt {attempt:x}: lacks {sorted(keys)}'
                        for attempt, keys in left.items() if keys]


def main(folder, database):
    if database.startswith('mariadb:'):
        from rig.mariadb import Mariadb  # pylint: disable=import-outside-toplevel
        _, path, name = database.split(':')
        server = Mariadb(os.path.dirname(path))
        server.socket = path
        opened = Server(server, name)
    else:
        opened = Sqlite(database)
    ledger = Ledger(folder)
    wrong = ledger.check(opened)
    print('\n'.join(wrong[:100]))
    print(f'{len(ledger.reports)} reports, {len(ledger.acked)} acknowledged, '
          f'{sum(ledger.faults.values())} faults, {len(wrong)} complaints')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
