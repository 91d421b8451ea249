"""Two collectors, each with its folder and its config.xml, on one database: whatever their
clocks say, no two attempts get the same id, and each knows its own again."""
import pathlib
import shutil
import sys
import unittest

from rig.fleet import Fleet
from rig.mariadb_case import MariadbCase
from test_collect import EX_UNAVAILABLE, CollectTest

AHEAD = 7200000 << 22  # two hours, in an id


def number_in(attempt):
    return attempt >> 14 & 255


class Collectors(CollectTest):
    def setUp(self):
        super().setUp()
        self.first = self.fleet
        self.database = self.home = self.make_home()
        self.second = self.make('second')
        for fleet, client in (self.first, 'one'), (self.second, 'two'):
            self.give(fleet, self.client(client))

    def make(self, name):
        fleet = Fleet(f'{self.first.folder}-{name}')
        fleet.write('known_hosts', self.sshd.known_hosts())
        return fleet

    def make_home(self):
        return self.fleet.database

    def storage(self):
        return f'<storage path="{self.database}"/>'

    def query(self, sql):
        return self.first.rows(sql)

    def give(self, fleet, *clients):
        fleet.write_config(self.storage() + ''.join(clients))

    def run_all(self, *fleets):
        """At the same time; what they said of their new keys is left out."""
        started = [fleet.start('collector') for fleet in fleets]
        for process in started:
            out, err = process.communicate(timeout=60)
            err = [line for line in err.splitlines() if 'on first use' not in line]
            self.assertEqual((process.returncode, out, err), (0, '', []))

    def stand_still(self, *fleets):
        """The clock of each went back, and all stand at the same last id."""
        ids = [int(self.words(fleet)[2], 16) for fleet in fleets]
        for fleet in fleets:
            words = self.words(fleet)
            words[2] = f'{(max(ids) + AHEAD) >> 22 << 22:016x}'
            pathlib.Path(fleet.spool, 'state').write_text(' '.join(words), encoding='ascii')

    def words(self, fleet):
        return pathlib.Path(fleet.spool, 'state').read_text(encoding='ascii').split(' ')

    def ids(self):
        """Of all attempts, by client: what is stored is all there ever were."""
        rows = self.query('SELECT c.name, s.id, s.outcome FROM sample s JOIN client c '
                          'ON c.id = s.client_id ORDER BY s.id')
        self.assertEqual({row[2] for row in rows}, {'ok'})
        return {name: [int(row[1]) for row in rows if row[0] == name] for name, _, _ in rows}

    def numbers(self):
        return {name: {number_in(i) for i in ids} for name, ids in self.ids().items()}

    def test_ids_are_apart_though_clocks_stand(self):
        self.run_all(self.first, self.second)
        for _ in range(3):
            self.stand_still(self.first, self.second)
            self.run_all(self.first, self.second)
        ids = self.ids()
        self.assertEqual({name: len(of) for name, of in ids.items()}, {'one': 4, 'two': 4})
        self.assertEqual([[i >> 22 for i in of][1:] for of in ids.values()],
                         [[i >> 22 for i in ids['one']][1:]] * 2)  # the test means something
        numbers = self.numbers()
        self.assertEqual(sorted(n for of in numbers.values() for n in of), [1, 2])
        rows = self.query('SELECT number, place FROM collector ORDER BY number')
        self.assertEqual({str(row[1]).split(':', 1)[1] for row in rows},
                         {self.first.spool, self.second.spool})

    def test_a_copied_folder_is_another_collector(self):
        self.run_all(self.first)
        copy = self.make('copy')
        shutil.rmtree(copy.folder)
        shutil.copytree(self.first.folder, copy.folder, symlinks=True)
        self.give(copy, self.client('three'))
        self.stand_still(self.first, copy)
        self.run_all(self.first, copy)
        self.assertEqual(self.numbers(), {'one': {1}, 'three': {2}})
        self.assertEqual({n: len(of) for n, of in self.ids().items()}, {'one': 2, 'three': 1})

    def test_nothing_is_polled_without_a_number(self):
        where = self.database
        self.database = self.unreachable()
        self.give(self.second, self.client('two'))
        for _ in range(2):
            result = self.second.run('collector')
            self.assertEqual(result.status, EX_UNAVAILABLE, result)
            self.assertIn('nothing is polled before', result.err)
        self.assertEqual(self.second.spool_files(), [])
        self.assertEqual(self.spooled_on_client(), [])
        self.database = where
        self.give(self.second, self.client('two'))
        self.run_all(self.second)
        self.assertEqual(self.numbers(), {'two': {1}})

    def unreachable(self):
        return f'{self.first.folder}/nowhere/fleet.db'

    def test_another_database_is_asked_for_another_number(self):
        """Both had the number 1, each in its own; then the second comes to the first's."""
        where, self.database = self.database, self.elsewhere()
        self.give(self.second, self.client('two'))
        self.run_all(self.first, self.second)
        self.assertEqual([self.words(f)[4] for f in (self.first, self.second)], ['1', '1'])
        self.database = where
        self.give(self.second, self.client('two'))
        self.run_all(self.second)
        self.assertEqual(self.numbers(), {'one': {1}, 'two': {2}})

    def elsewhere(self):
        return self.second.database


class OnMariadb(MariadbCase, Collectors):
    def make_home(self):
        return self.make_database()

    def storage(self):
        return self.storage_in(self.database)

    def query(self, sql):
        return self.rows_in(self.home, sql)

    def unreachable(self):
        return 'nowhere'

    def elsewhere(self):
        return self.make_database()


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
