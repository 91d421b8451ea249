"""kill -9 of the collector: in every window between a report's arrival and its committed row,
and at any moment. Whatever was killed, the next runs converge."""
import os
import random
import sys
import time
import unittest

from rig.fleet import KILLED
from rig.shows import shows
from test_collect import CollectTest

SYNCED = 'poller>fdatasync'
STORED = [SYNCED, 'main>fdatasync', 'main<unlinkat']  # it goes on to remove the files
# When the processes of a run die.
WINDOWS = {
    'received': ['poller<writev'],
    'written': ['poller>writev'],
    'synced': [SYNCED],
    'acknowledged': [SYNCED, 'poller>sendto'],
    'inserted': [SYNCED, 'main<pwrite64'],
    'committed': STORED,
    'told': STORED + ['main>unlinkat'],
    'removing': STORED + 3 * ['main>unlinkat'],
    'removed': STORED + 4 * ['main>unlinkat'],
}
STORING = ('inserted', 'committed', 'told', 'removing', 'removed')  # these come after the polling
# Where its report lies then: on the client, in the spool, in the database.
LEFT = {
    'received': (True, False, False),
    'written': (True, True, False),
    'synced': (True, True, False),
    'acknowledged': (False, True, False),
    'inserted': (False, True, False),
    'committed': (False, True, True),
    'told': (False, True, True),       # its cycle's line is gone
    'removing': (False, True, True),   # and what was said of its hosts
    'removed': (False, False, True),
}


class Kill(CollectTest):
    kills = 5     # in each window
    anywhere = 5  # at any moment

    def last_attempt(self):
        """The id that the last run gave to its only client."""
        with open(os.path.join(self.fleet.spool, 'state'), encoding='ascii') as f:
            return int(f.read().split()[2], 16)

    def what_is_left(self):
        """Of the last attempt: on the client, in the spool, in the database."""
        attempt = self.last_attempt()
        return (any(f'{attempt:016x}' in path for path in self.spooled_on_client()),
                attempt in [frame.attempt for frame in self.fleet.frames()],
                self.fleet.rows('SELECT count(*) FROM sample WHERE id = ?', attempt) == [(1,)])

    def kill_at(self, window):
        process = self.fleet.start('collector', kill_at=WINDOWS[window])
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, KILLED, f'{window}: not reached')
        deadline = time.monotonic() + 5
        while self.what_is_left() != LEFT[window] and time.monotonic() < deadline:
            time.sleep(0.02)  # the client hears of it later
        self.assertEqual(self.what_is_left(), LEFT[window], window)
        return self.last_attempt()

    def assert_nothing_is_left(self):
        self.assertEqual(self.fleet.spool_files(), [])
        self.assertEqual(self.spooled_on_client(), [])
        self.assertEqual(os.listdir(os.path.join(self.fleet.spool, 'bad')), [])

    @shows('31')
    def test_in_every_window(self):
        self.configure(self.client('one'))
        self.make_keys()
        want = []
        for window in WINDOWS:
            for number in range(self.kills):
                want.append(self.kill_at(window))
                # Several deaths in a row are one more case.
                if window in STORING or (number == self.kills - 1 and window != 'received'):
                    self.assertEqual(self.collect().err, '', window)
                    want.append(self.last_attempt())
        self.assertEqual([(i, 'ok') for i in want], self.samples('s.id, s.outcome'))
        self.assertEqual([row[1] for row in self.readings('load1')], want)
        # Only a run that came to the end of its polling has one, whoever stores it.
        died = len([w for w in WINDOWS if w not in STORING]) * self.kills
        self.assertEqual(self.fleet.rows(
            "SELECT count(*) FROM cycle WHERE program = 'collector' AND finished_at IS NULL"),
            [(died,)])
        self.assertEqual(self.fleet.rows(
            "SELECT DISTINCT ok, failed FROM cycle WHERE program = 'collector' AND clients = 1 "
            'AND finished_at IS NOT NULL'), [(1, 0)])
        self.assert_nothing_is_left()
        print(f'{self.kills} kills in each of {len(WINDOWS)} windows, {len(want)} runs: '
              f'{len(want)} samples, none lost, none doubled')

    @shows('31')
    def test_at_any_moment(self):
        """Only the collector itself: its processes have to notice. What a host did not come to
        has no row; what was sealed has one."""
        self.configure(self.client('one'), self.client('two', '127.0.0.2'))
        self.make_keys()
        for _ in range(self.anywhere):
            process = self.fleet.start('collector')
            time.sleep(random.uniform(0, 0.4))
            process.kill()
            process.communicate(timeout=60)
        time.sleep(1)  # its last processes
        for _ in range(2):
            self.collect()
        last = self.samples()[-4:]  # slow hosts are the first of the next run
        self.assertEqual(sorted(last[:2]) + sorted(last[2:]), [('one', 'ok'), ('two', 'ok')] * 2)
        self.assertEqual(len(self.readings('load1')),
                         len([row for row in self.samples() if row[1] == 'ok']))
        self.assert_nothing_is_left()


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
