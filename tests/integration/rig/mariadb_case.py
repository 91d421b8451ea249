"""What tests over a real MariaDB share: a server for all of a module, a database for each.

    class Collect(MariadbCase, unittest.TestCase):
        def test_rows(self):
            database = self.make_database()
            write_config(self.storage_in(database))
            ...
            self.rows_in(database, 'SELECT name FROM client')
"""
import itertools
import shutil
import tempfile
import unittest

from rig import mariadb

NUMBERS = itertools.count(1)


class MariadbCase:
    mariadb = None

    @classmethod
    def setUpClass(cls):
        if not mariadb.installed():
            raise unittest.SkipTest('mariadbd is not installed')
        if MariadbCase.mariadb is None:
            MariadbCase.start_server()
        super().setUpClass()

    @staticmethod
    def start_server():
        server = mariadb.Mariadb(tempfile.mkdtemp(prefix='fleet-mariadb-'))
        unittest.addModuleCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        server.start()
        unittest.addModuleCleanup(server.stop)
        MariadbCase.mariadb = server

    def make_database(self):
        """Its name."""
        name = f'fleet{next(NUMBERS)}'
        self.mariadb.query(f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        self.addCleanup(self.mariadb.query, f'DROP DATABASE {name}')
        return name

    def storage_in(self, database, path=None, more=''):
        """The element of config.xml; path: another socket that leads to the server."""
        return (f'<storage engine="mariadb" socket="{path or self.mariadb.socket}" user="root"'
                f' database="{database}" {more}/>')

    def rows_in(self, database, sql):
        return [tuple(row) for row in self.mariadb.query(sql, database)]
