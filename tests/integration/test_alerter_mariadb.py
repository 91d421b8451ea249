"""What test_alerter.py says of alerts holds on MariaDB too."""
import os
import shutil
import tempfile
import unittest

import test_alerter
from rig import mariadb
from rig.samples import MariadbSamples


SERVER = None
FOLDER = tempfile.mkdtemp(prefix='fleet-mariadb-')


def setUpModule():
    global SERVER
    if not mariadb.installed():
        raise unittest.SkipTest('there is no mariadbd')
    SERVER = mariadb.Mariadb(FOLDER)
    SERVER.start()


def tearDownModule():
    SERVER.stop()
    shutil.rmtree(FOLDER, ignore_errors=True)


class OnMariadb:
    def make_storage(self):
        name = 'fleet_' + self._testMethodName[:50]
        SERVER.query(f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        self.addCleanup(SERVER.query, f'DROP DATABASE {name}')
        return (f'<storage engine="mariadb" socket="{os.path.join(FOLDER, "socket")}"'
                f' user="root" database="{name}"/>', lambda fleet: MariadbSamples(SERVER, name))


class Metric(OnMariadb, test_alerter.Metric):
    pass


class Closed(OnMariadb, test_alerter.Closed):
    pass


class Late(OnMariadb, test_alerter.Late):
    pass


class Reach(OnMariadb, test_alerter.Reach):
    pass


if __name__ == '__main__':
    unittest.main()
