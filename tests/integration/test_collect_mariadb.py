"""The collector into a real MariaDB: the same rows as into SQLite, and a server that goes away
before and during every COMMIT."""
import contextlib
import os
import sys
import time
import unittest

from rig.mariadb_case import MariadbCase
from rig.proxy import Proxy
from rig.shows import shows
from rig.sshd import free_port
from test_collect import EX_UNAVAILABLE, CollectTest

LOCK_WAIT = 2  # seconds; lib/storage/mariadb.c


class CollectMariadb(MariadbCase, CollectTest):
    def setUp(self):
        super().setUp()
        self.database = self.make_database()

    def store_in(self, path, *clients):
        self.configure(*clients, before=self.storage_in(self.database, path, 'timeout="5s"'))

    def query(self, sql):
        return self.rows_in(self.database, sql)

    def outcomes(self):
        return self.query('SELECT c.name, s.outcome FROM sample s JOIN client c '
                          'ON c.id = s.client_id ORDER BY s.id')

    def refused_port(self):
        port = free_port()
        self.fleet.write('known_hosts', self.sshd.known_hosts() +
                         f'[127.0.0.1]:{port} {self.sshd.public_key()}\n')
        return port

    def test_the_same_as_in_sqlite(self):
        series = ('SELECT m.name, m.unit, x.instance FROM series x JOIN metric m '
                  'ON m.id = x.metric_id ORDER BY m.name, x.instance')
        samples = 'SELECT outcome, first_outcome, stage, error FROM sample ORDER BY id'
        self.configure(self.client('one'))
        for _ in range(2):
            self.collect()
        want = self.fleet.rows(series), self.fleet.rows(samples)
        self.store_in(self.mariadb.socket, self.client('one'))
        for _ in range(2):
            self.assertEqual(self.collect().err, '')
        self.assertEqual((self.query(series), self.query(samples)), want)
        self.assertIn(('cpu_used_ratio', 'ratio', ''), want[0])
        self.assertEqual(self.query('SELECT count(*) FROM reading r JOIN series x ON x.id = '
                                    'r.series_id JOIN metric m ON m.id = x.metric_id '
                                    "WHERE m.name = 'load1'"), [('2',)])

    @shows('27')
    def test_lost_at_every_commit(self):
        clients = self.client('one'), self.client('down', port=self.refused_port())
        path = os.path.join(self.fleet.folder, 'proxy')
        self.store_in(self.mariadb.socket, *clients)
        self.collect()
        self.store_in(path, *clients)
        runs = 1
        for during in (False, True):
            for gone in (False, True):
                cuts = 0
                while self.cut(path, nth=cuts + 1, during=during, gone=gone):
                    cuts += 1
                self.assertGreaterEqual(cuts, 3)  # cycle begun, samples, cycle finished
                runs += cuts + 1
                self.assertEqual(self.outcomes(), [('one', 'ok'), ('down', 'refused')] * runs)
        self.assertEqual(self.query('SELECT count(*), sum(ok), sum(failed) FROM cycle '
                                    'WHERE finished_at IS NOT NULL'), [(str(runs),) * 3])
        self.assertEqual(self.fleet.spool_files(), [])

    @contextlib.contextmanager
    def somebody_holds_the_client(self):
        """Another session has changed its row, and so much else that a deadlock is at our cost."""
        self.store_in(self.mariadb.socket, self.client('one'))
        self.collect()
        with self.mariadb.session(self.database) as run_sql:
            run_sql('CREATE TABLE weight (a INT); START TRANSACTION; INSERT INTO weight VALUES (1)'
                    + '; INSERT INTO weight SELECT a FROM weight' * 13)
            run_sql('UPDATE client SET newest_id = newest_id')
            yield run_sql

    def wait_until_somebody_waits(self):
        deadline = time.monotonic() + 30
        while self.query("SELECT count(*) FROM information_schema.innodb_trx"
                         " WHERE trx_state = 'LOCK WAIT'") == [('0',)]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.15)  # read sooner, the view stays stale

    def deadlocks(self):
        return int(self.query('SELECT count FROM information_schema.innodb_metrics'
                              " WHERE name = 'lock_deadlocks'")[0][0])

    @shows('28')
    def test_a_deadlock_and_a_lock_are_outlasted(self):
        """The run holds the client's report and wants its row; then it wants both."""
        before = self.deadlocks()
        with self.somebody_holds_the_client() as run_sql:
            run = self.fleet.start('collector')
            self.wait_until_somebody_waits()
            run_sql('UPDATE report SET counters = counters')
            time.sleep(LOCK_WAIT + 0.5)
            run_sql('COMMIT')
            self.assertEqual(run.communicate(timeout=60), ('', ''))
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.deadlocks(), before + 1)
        self.assertEqual(self.outcomes(), [('one', 'ok')] * 2)

    @shows('28')
    def test_a_lock_for_ever_is_said_and_loses_nothing(self):
        with self.somebody_holds_the_client() as run_sql:
            begun = time.monotonic()
            said = self.collect(status=EX_UNAVAILABLE).err
            self.assertTrue(10 <= time.monotonic() - begun < 30)
            self.assertIn('Lock wait timeout', said)
            self.assertEqual(self.outcomes(), [('one', 'ok')])
            run_sql('ROLLBACK')
        self.assertEqual(self.collect().err, '')
        self.assertEqual(self.outcomes(), [('one', 'ok')] * 3)
        self.assertEqual(self.fleet.spool_files(), [])

    def cut(self, path, **how):
        """One run through a proxy; False when it came to its end before that commit. What it
        leaves is the next run's, which is cut a little later."""
        with Proxy(path, self.mariadb.socket, **how) as proxy:
            result = self.fleet.run('collector')
        os.unlink(path)
        lost = proxy.has_cut and how['gone']
        self.assertEqual(result.status, EX_UNAVAILABLE if lost else 0, (how, result))
        return proxy.has_cut


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
