"""A week of a fleet, or a day ($WEEK_PLAN), on a clock that is set: what fleet-alerter tells of it,
and that it tells the same when it is killed over and over."""
import collections
import dataclasses
import os
import shutil
import sys
import tempfile
import unittest

import plan
from judge import Judge, read_tellings
from kills import QUERIES, WINDOWS, Kills
from play import Play
from rig import mariadb, smtp
from rig.shows import shows

PLAN = {'day': plan.day, 'week': plan.week}[os.environ.get('WEEK_PLAN', 'day')]()
KILLS = int(os.environ.get('WEEK_KILLS', '36'))
ON_MARIADB = os.environ.get('WEEK_STORE') == 'mariadb'
USERS = ('ops', *(f'team{i}' for i in range(plan.TEAMS)))
WHY_NOT = smtp.missing() or \
    ('mariadbd is not installed' if ON_MARIADB and not mariadb.installed() else None)


class Week(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-week-')
        os.chmod(self.folder, 0o755)  # the mail server has an account of its own
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.mariadb = None
        if ON_MARIADB:
            self.mariadb = mariadb.Mariadb(f'{self.folder}/mariadb')
            self.mariadb.start()
            self.addCleanup(self.mariadb.stop)

    def play(self, name, kills=None):
        """What was told; how often is printed."""
        server = smtp.MailServer(f'{self.folder}/mx-{name}', *USERS, login=False, tls=False)
        with server, Play(f'{self.folder}/{name}', PLAN, server, kills=kills,
                          mariadb=self.mariadb) as play:
            play.run()
            server.settle()
            print(f'{name}:', flush=True)
            tellings = read_tellings(play.store)
            mails = {user: server.mails(user) for user in USERS}
        self.assertEqual(Judge(PLAN, tellings, mails).complaints(), [])
        return tellings

    def check_judge(self, told):
        """One that finds nothing wrong with anything would say the same."""
        first = told[0]
        late = dataclasses.replace(first, done_at=first.done_at + plan.DAY)
        elsewhere = dataclasses.replace(first, client='c999')
        twice = dataclasses.replace(first, message='another')
        for wrong, check in (([], 'each_once'), ([first, first], 'each_once'), ([late], 'in_time'),
                             ([elsewhere], 'nothing_untrue'), ([first, twice], 'in_one_message')):
            self.assertNotEqual(getattr(Judge(PLAN, wrong + told[1:], {}), check)(), [], check)

    @shows('31', '35b', '36')
    def test_killed_or_not_it_tells_the_same(self):
        told = self.play('undisturbed')
        self.check_judge(told)
        news = {t.composed_at for t in told if PLAN.is_mailing(t.composed_at)}
        kills = Kills(KILLS, sorted(news), QUERIES if ON_MARIADB else WINDOWS)
        again = self.play('killed', kills)
        print('kills:', dict(kills.counts))
        self.assertEqual(collections.Counter(t.key() for t in again),
                         collections.Counter(t.key() for t in told))
        self.assertGreaterEqual(kills.counts.total(), KILLS)
        self.assertTrue(ON_MARIADB or all(kills.counts[w] >= 5 for w in WINDOWS), kills.counts)


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
