"""Two alerters at the same time over one database, as on two machines: one works, the other gives
way, and nobody hears twice or never."""
import os
import pathlib
import signal
import sys
import time
import unittest

from rig.fleet import BUILD, PROGRAMS, Fleet
from rig.mariadb_case import MariadbCase
from rig.samples import MariadbSamples
from rig.shows import shows
from test_alerter_kill import Breaches
from test_alerter_mail import WHY_NOT

ROUNDS = int(os.environ.get('FLEET_ROUNDS', '8'))
LEASE_MS = 5 * 60000  # alerter/lease.h
COMMIT = ['main<pwrite64', 'main>fdatasync']  # moments of kill_at.c
# Its wall clock is set by WEEK_NOW.
PROGRAMS['alerter'] = os.path.join(BUILD, 'tests', 'torture', 'week-alerter')


class OnSqlite(Breaches):
    def setUp(self):
        super().setUp()
        self.configure_two()
        text = pathlib.Path(self.fleet.config).read_text(encoding='utf-8')
        self.other = Fleet(os.path.join(self.folder, 'other'))
        self.other.write('config.xml', text)

    def make_storage(self):
        return f'<storage path="{self.fleet.database}" timeout="1s"/>'

    def each_in_one_message(self):
        """By the rows; check() says so of the mails."""
        self.assertEqual(self.samples.execute(
            'SELECT n.recipient, e.event_id, count(*) FROM notification_event e'
            ' JOIN notification n ON n.id = e.notification_id'
            ' GROUP BY 1, 2 HAVING count(*) > 1'), [])

    def one_at_a_time(self):
        """No run began before the one before it had ended."""
        runs = self.samples.execute("SELECT started_at, finished_at FROM cycle"
                                    " WHERE program = 'alerter' ORDER BY started_at, id")
        self.assertGreater(len(runs), ROUNDS)
        self.assertEqual([b for a, b in zip(runs, runs[1:]) if b[0] < a[1]], [])

    @shows('37')
    def test_at_the_same_time(self):
        gave_way = 0
        for _ in range(ROUNDS):
            self.breach()
            both = [fleet.start('alerter') for fleet in (self.fleet, self.other)]
            said = [process.communicate(timeout=60) for process in both]
            ends = sorted(process.returncode for process in both)
            self.assertIn(ends, ([0, 0], [0, os.EX_TEMPFAIL]), said)
            self.assertEqual([err for _, err in said], ['', ''])
            gave_way += ends[1] == os.EX_TEMPFAIL
        print(f'{gave_way} of {ROUNDS} pairs met')
        self.assertGreater(gave_way, 0)
        self.alert()
        self.check(self.expected)
        self.each_in_one_message()
        self.one_at_a_time()
        self.assert_nothing_waits()

    def start_at(self, now, fleet, *moments):
        return fleet.start('alerter', env={'WEEK_NOW': str(now)}, kill_at=moments)

    def moments(self, i):
        """While it reads samples, or what they moved, or talks to the mail server; at other times
        nobody else can write."""
        reads = ['main>pread64'] * (i + 1)
        return (COMMIT * 2 + reads, COMMIT * 3 + reads, ['main>sendto'] * (i + 1))[i % 3]

    def fall_asleep(self, now, moments):
        """A run that stops then: kill_at's process, and its own if it came to that."""
        process = self.start_at(now, self.fleet, '--stop', *moments)
        children = pathlib.Path(f'/proc/{process.pid}/task/{process.pid}/children')
        while process.poll() is None:
            for pid in children.read_text('ascii').split():
                if 'T (stopped)' in pathlib.Path(f'/proc/{pid}/status').read_text('utf-8'):
                    return process, int(pid)
            time.sleep(0.001)
        return process, None

    @shows('31')
    def test_one_sleeps_until_its_lease_is_over(self):
        """Stopped at any moment; the other takes over and does its work; then it goes on."""
        now = int(time.time() * 1000)
        lost = 0
        for i in range(ROUNDS):
            self.breach()
            sleeper, pid = self.fall_asleep(now, self.moments(i))
            now += LEASE_MS + 1
            other = self.start_at(now, self.other)
            err = other.communicate(timeout=60)[1]
            if pid:
                os.kill(pid, signal.SIGCONT)
            said = sleeper.communicate(timeout=60)[1]
            # Where one slept in the middle of a transaction, the other had to give up.
            self.assertIn(other.returncode, (0, os.EX_UNAVAILABLE), err)
            self.assertIn(sleeper.returncode, (0, os.EX_UNAVAILABLE, os.EX_TEMPFAIL), said)
            self.assertIn(0, (sleeper.returncode, other.returncode), (said, err))
            lost += 'another alerter has taken over' in said
        print(f'{lost} of {ROUNDS} found that another had taken over')
        self.assertGreater(lost, 0)
        self.start_at(now + LEASE_MS + 1, self.other).communicate(timeout=60)
        self.check(self.expected)
        self.each_in_one_message()
        self.assert_nothing_waits()


class OnMariadb(MariadbCase, OnSqlite):
    def make_storage(self):
        self.database = self.make_database()
        return self.storage_in(self.database, more='timeout="1s"')

    def make_samples(self):
        return MariadbSamples(self.mariadb, self.database)

    def moments(self, i):
        """Each query is said to a server, too."""
        return ['main<sendto'] * (20 + i * 40 // ROUNDS)


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
