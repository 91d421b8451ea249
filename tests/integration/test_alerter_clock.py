"""fleet-alerter on a wall clock that is set, forth and back: nobody waits for it, and no alert is
told twice or never."""
import os
import sys
import time
import unittest

from rig.fleet import BUILD, PROGRAMS
from rig.shows import shows
from test_alerter_kill import Breaches
from test_alerter_mail import WHY_NOT

HOUR_MS = 3600000
# Its wall clock is set by WEEK_NOW.
PROGRAMS['alerter'] = os.path.join(BUILD, 'tests', 'torture', 'week-alerter')


class Clock(Breaches):
    def setUp(self):
        super().setUp()
        self.configure_two()
        self.now = int(time.time() * 1000)

    def alert_at(self, hours):
        """That the collector has not run for years is told on standard output."""
        result = self.fleet.run('alerter', env={'WEEK_NOW': str(self.now + hours * HOUR_MS)})
        self.assertEqual((result.status, result.err), (0, ''))

    @shows('38')
    def test_each_alert_is_told_once_whatever_the_time(self):
        for hours in (0, 2, 0, -2, 0, 24 * 3650, 0):
            self.breach()
            self.alert_at(hours)
            self.alert_at(hours)
        self.check(self.expected)
        self.assert_nothing_waits()

    @shows('38')
    def test_a_mail_of_the_far_future_does_not_wait_for_it(self):
        self.server.misbehave('defer')
        self.breach()
        self.alert_at(24 * 3650)
        self.server.behave()
        self.check(set())
        self.alert_at(0)
        self.check(self.expected)


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
