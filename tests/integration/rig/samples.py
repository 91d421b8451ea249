"""Samples written straight into the database, so that a test of the alerter says what was
measured and when."""
import datetime
import sqlite3
import time

EPOCH_2020_MS = 1577836800000  # lib/attempt.h


def iso(ms):
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return at.strftime('%Y-%m-%dT%H:%M:%S.') + f'{int(ms) % 1000:03d}Z'


class Samples:
    """Over a fleet's database, whose tables are there already. Minutes are relative to the
    moment it was made: -5 is five minutes ago."""

    def __init__(self, fleet):
        self.connection = sqlite3.connect(fleet.database, timeout=10, isolation_level=None)
        self.connection.execute('PRAGMA synchronous = OFF')
        self.begin()

    def begin(self):
        self.start_ms = int(time.time() * 1000)
        self.sequence = 0
        self.cycle()

    def execute(self, sql, *arguments):
        return self.connection.execute(sql, arguments).fetchall()

    def close(self):
        self.connection.close()

    def ms(self, minute):
        return self.start_ms + int(minute * 60000)

    def attempt(self, minute):
        self.sequence += 1
        return (self.ms(minute) - EPOCH_2020_MS) << 22 | self.sequence

    def key(self, table, **columns):
        """The id of the row with these columns, made when missing."""
        where = ' AND '.join(f'{c} = ?' for c in columns)
        found = self.execute(f'SELECT id FROM {table} WHERE {where}', *columns.values())
        if found:
            return found[0][0]
        extra = {'client': {'created_at': iso(self.start_ms)}, 'metric': {'unit': '', 'help': ''},
                 'series': {'seen_at': iso(self.start_ms)}}[table]
        row = {**columns, **extra}
        self.execute(f'INSERT INTO {table} ({", ".join(row)}) VALUES ({", ".join("?" * len(row))})',
                     *row.values())
        return self.key(table, **columns)

    def cycle(self, minute=0, running=False):
        """A run of the collector over the whole fleet, finished or with ten minutes to go. The
        samples added afterwards are of it."""
        finished = None if running else iso(self.ms(minute))
        self.cycle_id = self.attempt(minute)
        self.execute('INSERT INTO cycle (id, program, version, started_at, finished_at, deadline_at,'
                     " clients, ok, failed, whole_fleet) VALUES (?, 'collector', '0', ?, ?, ?, 1, 1, 0, 1)",
                     self.cycle_id, iso(self.ms(minute)), finished,
                     iso(self.ms(minute + 10)))

    def finish_cycles(self):
        self.execute("UPDATE cycle SET finished_at = started_at WHERE program = 'collector'")

    def add(self, client, minute, readings=None, outcome='ok', error='', attempt=None, stage=''):
        """readings: {('filesystem_used_ratio', '/var'): 0.93}. Returns the attempt id."""
        client_id = self.key('client', name=client)
        attempt = attempt or self.attempt(minute)
        self.execute('INSERT INTO sample (id, client_id, cycle_id, taken_at, received_at, outcome,'
                     ' first_outcome, stage, error, duration_ms, probe_hash)'
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 10, '')", attempt, client_id,
                     self.cycle_id, iso(self.ms(minute)), iso(self.ms(minute)), outcome, outcome,
                     stage, error)
        self.readings(client_id, attempt, readings or {})
        return attempt

    def readings(self, client_id, attempt, readings):
        for (metric, instance), value in readings.items():
            series = self.key('series', client_id=client_id, instance=instance,
                              metric_id=self.key('metric', name=metric))
            self.execute('INSERT INTO reading VALUES (?, ?, ?)', attempt, series, value)

    def complete(self, client, attempt, readings):
        """The late report of an attempt that had failed."""
        self.execute("UPDATE sample SET outcome = 'ok', error = '', processed_at = NULL WHERE id = ?",
                     attempt)
        self.readings(self.key('client', name=client), attempt, readings)

    def silence(self, client='*', group='*', metric='*', instance='*', until=None, weekly=''):
        """From now on, or rather from an hour ago; until a minute. Returns its id."""
        self.execute('INSERT INTO silence (client, grp, metric, instance, starts_at, ends_at, weekly,'
                     " who, why, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'anna', 'new disks', ?)",
                     client, group, metric, instance, iso(self.ms(-600)),
                     None if until is None else iso(self.ms(until)), weekly, iso(self.ms(-600)))
        return self.execute('SELECT max(id) FROM silence')[0][0]

    def make_due(self):
        """As if the time of every next try had come."""
        self.execute("UPDATE notification SET next_try_at = created_at WHERE state = 'waiting'")
        self.execute("UPDATE alert SET as_of = '2020-01-01T00:00:00.000Z'"
                     " WHERE rule = 'delivery'")


class MariadbSamples(Samples):
    """The same in a database of a rig.mariadb.Mariadb."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.begin()

    def execute(self, sql, *arguments):
        parts = sql.split('?')
        assert len(parts) == len(arguments) + 1
        text = parts[0] + ''.join(self.literal(a) + p for a, p in zip(arguments, parts[1:]))
        rows = self.server.query("SET time_zone = '+00:00'; " + text, self.database)
        return [tuple(int(v) if v.lstrip('-').isdigit() else v for v in row) for row in rows]

    @staticmethod
    def literal(value):
        if not isinstance(value, str):
            return 'NULL' if value is None else repr(value)
        if value[10:11] == 'T' and value.endswith('Z'):  # a time
            value = value.replace('T', ' ')[:-1]
        return "'" + value.replace('\\', '\\\\').replace("'", "''") + "'"

    def close(self):
        pass
