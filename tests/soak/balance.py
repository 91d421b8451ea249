"""What must hold when all is over."""
import collections
import fcntl
import pathlib
import re
import sqlite3
import time

from rig import smtp
from rig.ledger import Sqlite

COMPARED = 10         # clients whose every reading is compared; of all others the digest tells
YOUNG_S = 3600        # a temporary file is removed by the next writer then: lib/file.c
BAD_FILES = 256       # collector/spool/spool.h
READINGS_LEAST = 35   # of a report, a first one without rates
BYTES_A_READING = 32  # of the database in all
CACHE_KIB = 32768     # of its pages, at most: lib/storage/sqlite.c
WITH_DATABASE = ('alerter', 'collector')
# Of a run that lost a helper.
INTERNAL = re.compile(
    r'its poller died$|the login could not be signed$|.*: the signer process is gone$')


class Balance:
    def __init__(self, soak):
        self.soak, self.wrong = soak, []
        self.rows, self.one = soak.fleet.rows, soak.one

    def say(self, title, text):
        print(f'  {title + ":":12} {text}', flush=True)

    def expect(self, is_so, complaint):
        if not is_so:
            self.wrong.append(complaint)

    def close(self):
        """True when it holds."""
        print('closing balance', flush=True)
        for check in (self.programs, self.reports, self.cycles, self.outcomes, self.readings,
                      self.spool, self.alerts, self.mails, self.growth, self.database):
            check()
        print('the balance holds' if not self.wrong else
              f'THE BALANCE DOES NOT HOLD; see {self.soak.folder}')
        for complaint in self.wrong[:50]:
            print('  ' + complaint)
        if len(self.wrong) > 50:
            print(f'  … and {len(self.wrong) - 50} more')
        return not self.wrong

    def programs(self):
        cron = self.soak.cron
        self.say('runs', ', '.join(f'{key} {n:,}' for key, n in sorted(cron.counts.items())))
        self.say('kill -9', ', '.join(f'{role} {n}' for role, n in sorted(cron.kills.items())))
        self.wrong += [f'{n} × {text}' for text, n in cron.wrong.most_common()]

    def reports(self):
        """`unspooled`: the host had no room for it, so that it is gone when the run is killed."""
        sim, hosts = self.soak.sim, self.soak.hosts
        ledger = sim.ledger(numbers_of=hosts[:COMPARED])
        database = Sqlite(self.soak.fleet.database)
        self.wrong += ledger.check(database)
        lost = collections.Counter(report.host for report in ledger.without_row(database))
        for host, count in lost.items():
            self.expect(count <= ledger.faults[host, 'unspooled:request'],
                        f'{host}: {count} of its reports have no row')
        self.say('hosts said', f'{len(ledger.reports):,} reports, {len(ledger.acked):,} '
                 f'acknowledged; {len(ledger.lies):,} lies, {sum(ledger.faults.values()):,} faults')
        self.say('stored', f'{len(ledger.reports) - sum(lost.values()):,} of them, each once; '
                 f'{sum(lost.values())} were nowhere kept')

    def cycles(self):
        """One row a client in each cycle that came to its end, at most one in the others."""
        clients = len(self.soak.hosts)
        cycles = self.rows('''SELECT y.id, y.finished_at IS NOT NULL, y.clients, y.ok + y.failed,
            count(s.id), count(DISTINCT s.client_id) FROM cycle y LEFT JOIN sample s
            ON s.cycle_id = y.id WHERE y.program = 'collector' GROUP BY y.id''')
        for cycle, is_finished, planned, counted, rows, different in cycles:
            whole = (planned, counted, rows, different) == (clients,) * 4
            self.expect(whole if is_finished else rows == different,
                        f'cycle {cycle:x}: {planned} clients, {counted} counted, {rows} rows '
                        f'of {different} clients{"" if is_finished else ", not finished"}')
        finished = sum(cycle[1] for cycle in cycles)
        late = self.one('SELECT count(*) FROM sample WHERE cycle_id = 0')
        self.expect(not self.one('SELECT count(*) FROM sample WHERE cycle_id <> 0 AND cycle_id '
                                 'NOT IN (SELECT id FROM cycle)'), 'rows of no known cycle')
        self.say('cycles', f'{finished:,} finished, each with {clients} rows; '
                 f'{len(cycles) - finished} were killed; {late:,} rows came of leftovers alone')

    def outcomes(self):
        counts = self.rows('SELECT first_outcome, count(*) FROM sample GROUP BY 1 ORDER BY 2 DESC')
        self.say('outcomes', ', '.join(f'{outcome} {n:,}' for outcome, n in counts))
        for text, n in self.rows("SELECT error, count(*) FROM sample WHERE outcome = 'internal' "
                                 'GROUP BY 1'):
            self.expect(INTERNAL.match(text), f'{n} × internal: {text}')
        self.wrong += [f'{name}: {outcome} at the end' for name, outcome in self.soak.unwell()]

    def readings(self):
        ok = self.one("SELECT count(*) FROM sample WHERE outcome = 'ok'")
        groups, theirs, least, most, self.count = self.rows('''SELECT count(*), count(s.id), min(n),
            max(n), sum(n) FROM (SELECT sample_id, count(*) AS n FROM reading GROUP BY sample_id) r
            LEFT JOIN sample s ON s.id = r.sample_id AND s.outcome = 'ok' ''')[0]
        self.expect(groups == theirs == ok, f'{ok} rows are ok, {groups} have readings')
        self.expect(least >= READINGS_LEAST, f'a report has {least} readings only')
        self.say('readings', f'{self.count:,}, {least} to {most} a row')

    def spool(self):
        folder, fleet = pathlib.Path(self.soak.fleet.spool), self.soak.fleet
        bad = list((folder / 'bad').iterdir())
        for path in folder.iterdir():
            is_young = '.tmp-' in path.name and time.time() - path.stat().st_mtime < YOUNG_S
            self.expect(path.name in ('lock', 'state', 'hosts', 'bad') or is_young,
                        f'left in the spool: {path.name}')
        self.expect(len(bad) <= BAD_FILES, f'{len(bad)} files in bad/')
        for path in (folder / 'lock', pathlib.Path(fleet.path('alerter.lock'))):
            with open(path, 'rb') as f:
                try:
                    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    self.wrong.append(f'{path} is still locked')
            self.expect(path.stat().st_size == 0, f'{path} counts refused runs')
        self.expect(not self.rows('SELECT 1 FROM lease WHERE until_at IS NOT NULL'),
                    'the lease is held')
        self.say('spool', f'{len(bad)} files in bad/, nothing else')

    def alerts(self):
        for what in ('sample WHERE processed_at IS NULL', 'event WHERE told_at IS NULL',
                     "notification WHERE state <> 'sent'"):
            n = self.one(f'SELECT count(*) FROM {what}')
            self.expect(not n, f'{n} × {what}')
        above = sorted(self.soak.above_limit())
        fires = [name for name, in self.rows('SELECT client FROM open_alerts ORDER BY 1')]
        self.expect(above == fires, f'alerts are open for {fires}, and above the limit are {above}')
        twice = self.rows('''SELECT n.recipient, e.event_id, count(DISTINCT n.message_id)
            FROM notification n JOIN notification_event e ON e.notification_id = n.id
            GROUP BY 1, 2 HAVING count(DISTINCT n.message_id) > 1 OR count(*) > 1''')
        self.wrong += [f'{who} was told event {event} in {n} mails' for who, event, n in twice]
        untold = self.one('''SELECT count(*) FROM event
            WHERE id NOT IN (SELECT event_id FROM notification_event)''')
        self.expect(not untold, f'{untold} events were told to nobody')
        self.say('alerts', f"{self.one('SELECT count(*) FROM event'):,} events in "
                 f"{self.one('SELECT count(*) FROM notification'):,} notifications, "
                 f'{len(fires)} open')

    def mails(self):
        if not self.soak.mail:
            self.say('mails', 'none: ' + smtp.missing())
            return
        came = collections.Counter((f'{user}@example.com', mail['message-id'].strip('<>'))
                                   for user in self.soak.mail.users
                                   for mail in self.soak.mail.mails(user))
        sent = set(self.rows('SELECT recipient, message_id FROM notification'))
        twice = sum(came.values()) - len(came)
        self.expect(set(came) == sent, f'{len(sent - set(came))} mails never came, '
                    f'{len(set(came) - sent)} are not known')
        self.expect(twice <= self.soak.cron.kills['alerter'],
                    f'{twice} mails came again, with {self.soak.cron.kills["alerter"]} kills')
        self.say('mails', f'{len(came):,} came, {twice} of them again, under the same Message-ID')

    def growth(self):
        """Of nine runs in ten, in the first ten minutes and the last, or thirds of less. SQLite's
        cache fills with the database, at its own pace: that alone is no growth."""
        soak, window = self.soak, min(600, self.soak.seconds / 3)
        for what, series, slack, cache in (('KiB', soak.cron.peaks, 1024, CACHE_KIB * 5 // 4),
                                           ('fds', soak.cron.descriptors, 4, 0)):
            told = []
            for role, values in sorted(series.items()):
                first = sorted(n for at, n in values if at - soak.began < window)
                last = sorted(n for at, n in values
                              if 0 <= soak.began + soak.seconds - at < window)
                if not first or not last:
                    continue
                a, b = (some[len(some) * 9 // 10] for some in (first, last))
                full = first[len(first) // 10] + cache if role in WITH_DATABASE else 0
                self.expect(b <= max(1.1 * a + slack, full), f'{role}: from {a} to {b} {what}')
                told.append(f'{role} {a} → {b} (most {max(n for _, n in values)})')
            self.say(f'peak {what}', ', '.join(told))
        now = soak.open_at_hosts()
        self.expect(now <= soak.opened_before,
                    f'the hosts have {now} descriptors open, and had {soak.opened_before} at first')

    def database(self):
        connection = sqlite3.connect(self.soak.fleet.database)
        said = connection.execute('PRAGMA quick_check').fetchall()
        connection.close()
        self.expect(said == [('ok',)], f'quick_check: {said[:3]}')
        size = self.soak.size()
        self.expect(size < 20e6 + self.count * BYTES_A_READING, f'{size} bytes in the database')
        self.say('database', f'{size / 1e6:.0f} MB, {size / self.count:.1f} bytes a reading; '
                 'retention keeps 14 days')
