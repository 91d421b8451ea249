"""As test_alerter_kill.py, on MariaDB; and cut off from the server at each COMMIT, before it is
done and before the answer has come."""
import os
import sys
import unittest

import test_alerter_kill
from rig.mariadb_case import MariadbCase
from rig.proxy import Proxy
from rig.samples import MariadbSamples
from test_alerter_kill import KILLS, WHY_NOT


class KillOnMariadb(MariadbCase, test_alerter_kill.Kill):
    STRIDE = 4  # each query is said to a server, too

    def make_storage(self):
        self.database = self.make_database()
        return self.reach(self.mariadb.socket)

    def reach(self, path):
        return self.storage_in(self.database, path, 'timeout="5s"')

    def make_samples(self):
        return MariadbSamples(self.mariadb, self.database)

    def cut(self, **how):
        """One run through a proxy, and one without. Whether the first came to that COMMIT, and
        how it ended."""
        path = self.fleet.path('proxy')
        self.storage = self.reach(path)
        self.configure_two()
        with Proxy(path, self.mariadb.socket, **how) as proxy:
            result = self.fleet.run('alerter')
        os.unlink(path)
        self.storage = self.reach(self.mariadb.socket)
        self.configure_two()
        self.alert()
        return proxy.has_cut, result.status

    def cut_each(self, *, during, gone):
        """How runs ended that were cut off at their first COMMIT, at their second, …"""
        ends, has_cut = [], True
        while has_cut:
            self.breach()
            has_cut, status = self.cut(nth=len(ends) + 1, during=during, gone=gone)
            ends.append(status)
        self.assertEqual(ends.pop(), 0)  # it was not cut
        return ends

    def test_lost_at_every_commit(self):
        """A breach a run, which that run or the next one tells. The server is back at once, or
        for the next run only; the last COMMIT of all gives up the lease, which nobody misses. By
        what was left to it, a run may have one more than another."""
        for during in (False, True):
            turns = [self.cut_each(during=during, gone=turn % 2 == 0) for turn in range(KILLS)]
            usual = min(len(ends) for ends in turns)
            self.assertGreater(usual, 8)
            for turn, ends in enumerate(turns):
                self.assertEqual(ends[:usual - 1],
                                 [os.EX_UNAVAILABLE * (turn % 2 == 0)] * (usual - 1))
            print(f'cut off {("before", "during")[during]} each of {usual} commits, '
                  f'{KILLS} times each')
        self.check(self.expected)
        self.assert_nothing_waits()


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
