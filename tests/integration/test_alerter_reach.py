"""Who cannot be reached because of whom, through the real fleet-alerter: parents, jump hosts, and
the collector's own isolation."""
import os
import sqlite3
import threading
import time
import unittest

from rig.shows import shows
from test_alerter import DISK, AlerterCase, client


def machine(name, **attributes):
    more = ''.join(f' {k}="{v}"' for k, v in attributes.items())
    return (f'<client name="{name}" ip="192.0.2.10" username="monitor" password="x"{more}>'
            '<alert type="disk" limit="90%"/></client>')


class ReachCase(AlerterCase):
    def setUp(self):
        super().setUp()
        self.last_event = 0
        self.minute = -9  # a cycle has ten minutes
        self.samples.execute('DELETE FROM cycle')

    def events(self):
        """(kind, client or instance, held) of those made since the last time, after a run."""
        self.alert()
        rows = self.rows(
            "SELECT e.id, e.kind, coalesce(c.name, e.instance), e.held FROM event e"
            f" LEFT JOIN client c ON c.id = e.client_id WHERE e.id > {self.last_event} ORDER BY e.id")
        self.last_event = rows[-1][0] if rows else self.last_event
        return [tuple(row[1:]) for row in rows]

    def told(self):
        return [(kind, name) for kind, name, held in self.events() if not held]

    def cycle(self, failed=(), good=(), used=0.1, running=False, stage='', error=''):
        """One run of the collector, a minute after the last one."""
        self.minute += 1
        self.samples.cycle(self.minute, running=running)
        for name in failed:
            self.samples.add(name, self.minute, outcome='timeout', stage=stage, error=error)
        for name in good:
            self.samples.add(name, self.minute, {(DISK, '/'): used})

    def texts(self):
        return self.rows(f'SELECT text FROM event WHERE id = {self.last_event}')[0][0]


class Parents(ReachCase):
    RACK = ['a', 'b', 'c']
    OTHERS = ['x', 'y', 'z', 'u', 'v']

    def setUp(self):
        super().setUp()
        self.configure('<parent name="sw1"/>', *[machine(n, parent='sw1') for n in self.RACK],
                       *map(machine, self.OTHERS))
        self.cycle(good=self.RACK + self.OTHERS)
        self.assertEqual(self.events(), [])

    def fail_rack(self):
        for _ in range(2):
            self.cycle(failed=self.RACK, good=self.OTHERS)

    def test_a_dead_switch_is_one_alert(self):
        self.fail_rack()
        under = 'sw1 cannot be reached'
        self.assertEqual(self.events(), [('firing', 'sw1', '')] + [
            ('firing', name, under) for name in self.RACK])
        self.assertEqual(self.rows("SELECT text FROM open_alerts WHERE client = ''"),
                         [('3 clients behind it cannot be reached: a, b, c',)])
        self.cycle(failed=self.RACK, good=self.OTHERS)
        self.assertEqual(self.events(), [])
        self.cycle(good=self.RACK + self.OTHERS)
        self.assertEqual(sorted(self.events()), [
            ('resolved', 'a', under), ('resolved', 'b', under), ('resolved', 'c', under),
            ('resolved', 'sw1', '')])

    def test_away_and_back_between_two_runs_is_told(self):
        self.fail_rack()
        self.cycle(failed=['x'], good=self.RACK + ['y', 'z', 'u', 'v'])
        self.cycle(failed=['x'], good=self.RACK + ['y', 'z', 'u', 'v'])
        self.cycle(good=self.RACK + self.OTHERS)
        self.assertEqual(self.told(), [('firing', 'sw1'), ('resolved', 'sw1'), ('firing', 'x'),
                                       ('resolved', 'x')])
        self.assertEqual(self.events(), [])

    def test_who_stays_away_is_told_then(self):
        self.fail_rack()
        self.assertEqual(self.told(), [('firing', 'sw1')])
        self.cycle(good=['b', 'c'] + self.OTHERS, running=True)  # a was not tried yet
        self.assertEqual(self.told(), [('resolved', 'sw1')])
        self.samples.add('a', self.minute, outcome='timeout')
        self.assertEqual(self.told(), [])
        self.samples.finish_cycles()
        self.assertEqual(self.told(), [('firing', 'a')])
        self.assertIn('held until now: sw1 cannot be reached', self.texts())
        self.cycle(good=['a'])
        self.assertEqual(self.told(), [('resolved', 'a')])

    def test_a_switch_that_dies_in_the_middle_of_a_cycle(self):
        self.cycle(failed=['a'], good=['b', 'c'] + self.OTHERS)
        self.fail_rack()
        self.assertEqual(self.told(), [('firing', 'sw1')])

    def test_one_client_of_a_switch(self):
        for _ in range(2):
            self.cycle(failed=['a'], good=['b', 'c'] + self.OTHERS)
        self.assertEqual(self.told(), [('firing', 'a')])
        self.fail_rack()
        self.assertEqual(self.told(), [('firing', 'sw1')])
        self.cycle(good=self.RACK + self.OTHERS)
        self.assertEqual(sorted(self.told()), [('resolved', 'a'), ('resolved', 'sw1')])

    def test_a_client_that_others_are_behind(self):
        self.configure(machine('hv'), *[machine(f'g{i}', parent='hv') for i in range(3)],
                       *map(machine, self.OTHERS))
        guests = [f'g{i}' for i in range(3)]
        self.cycle(good=['hv', *guests, *self.OTHERS])
        self.alert()
        self.events()
        self.cycle(failed=guests, good=['hv', *self.OTHERS])
        self.cycle(failed=['hv', *guests], good=self.OTHERS)
        self.assertEqual(self.told(), [])
        self.cycle(failed=['hv', *guests], good=self.OTHERS)
        self.assertEqual(self.told(), [('firing', 'hv')])
        self.assertIn('3 clients behind it cannot be reached: g0, g1, g2', self.rows(
            "SELECT text FROM event WHERE held = '' ORDER BY id DESC LIMIT 1")[0][0])

    def test_a_rack_in_maintenance(self):
        self.configure('<parent name="sw1"/><group name="rack" parent="sw1">',
                       *map(machine, self.RACK), '</group>', *map(machine, self.OTHERS))
        number = self.samples.silence(group='rack')
        self.fail_rack()
        self.assertEqual({held for _, _, held in self.events()},
                         {f'silence {number} of anna: new disks', 'sw1 cannot be reached'})
        self.samples.execute('UPDATE silence SET lifted_at = starts_at')
        self.assertEqual(self.told(), [('firing', 'sw1')])

    def test_what_is_in_maintenance_makes_no_isolation(self):
        self.samples.silence(client='[abcxy]')
        down = self.RACK + ['x', 'y']
        for _ in range(2):
            self.cycle(failed=down, good=['z', 'u', 'v'])
        self.assertEqual(self.told(), [])
        for _ in range(2):
            self.cycle(failed=down + ['z'], good=['u', 'v'])
        self.assertEqual(self.told(), [('firing', 'z')])

    @shows('35a')
    def test_a_parent_that_is_gone(self):
        self.fail_rack()
        self.assertEqual(self.told(), [('firing', 'sw1')])
        self.configure(*map(machine, self.RACK + self.OTHERS))
        self.assertEqual(sorted(self.told()), [('closed', 'sw1')] + [
            ('firing', name) for name in self.RACK])


class Jumps(ReachCase):
    BEHIND = ['a', 'b', 'c']
    OTHERS = ['x', 'y', 'z', 'u', 'v']
    ERROR = 'jump host gate (192.0.2.1): connection refused'

    def setUp(self):
        super().setUp()
        self.configure('<jump name="gate" ip="192.0.2.1" username="j" password="x"/>',
                       *[machine(n, jump='gate') for n in self.BEHIND], *map(machine, self.OTHERS))
        self.cycle(good=self.BEHIND + self.OTHERS)
        self.assertEqual(self.events(), [])

    def fail(self, names, good=()):
        self.cycle(failed=names, stage='jump', error=self.ERROR)
        for name in [*self.OTHERS, *good]:
            self.samples.add(name, self.minute, {(DISK, '/'): 0.1})

    def test_a_dead_jump_host_is_one_alert(self):
        for _ in range(2):
            self.fail(self.BEHIND)
        self.assertEqual(self.events(), [('firing', 'gate', '')] + [
            ('firing', name, 'jump host gate cannot be reached') for name in self.BEHIND])
        text = self.rows("SELECT text FROM event WHERE instance = 'gate'")[0][0]
        self.assertIn(self.ERROR, text)
        self.assertIn('3 clients behind it cannot be reached: a, b, c', text)
        self.cycle(good=self.BEHIND + self.OTHERS)
        self.assertEqual(self.told(), [('resolved', 'gate')])

    def test_one_that_lets_others_through_is_well(self):
        for _ in range(3):
            self.fail(['a'], good=['b', 'c'])
        self.assertEqual(self.told(), [('firing', 'a')])

    def test_a_jump_host_that_is_watched(self):
        self.configure(machine('gate'), *[machine(n, jump='gate') for n in self.BEHIND],
                       *map(machine, self.OTHERS))
        for _ in range(2):
            self.fail(self.BEHIND)
            self.samples.add('gate', self.minute, outcome='refused', error='connection refused')
        self.assertEqual(self.told(), [('firing', 'gate')])
        self.assertEqual(self.rows("SELECT client, rule FROM open_alerts WHERE held = ''"),
                         [('gate', 'client-unreachable')])


class Isolated(ReachCase):
    ALL = [f'web{i}' for i in range(10)]

    def setUp(self):
        super().setUp()
        self.configure(*map(machine, self.ALL))
        self.cycle(good=self.ALL)
        self.assertEqual(self.events(), [])

    @shows('35b')
    def test_an_uplink_that_dies_half_way_and_comes_back(self):
        self.cycle(failed=self.ALL[:4], good=self.ALL[4:])
        self.assertEqual(self.events(), [])
        self.cycle(failed=self.ALL, running=True)
        self.assertEqual(self.events(), [])
        self.samples.finish_cycles()
        self.assertEqual(self.told(), [('firing', '')])
        self.cycle(failed=self.ALL)
        self.assertEqual(self.told(), [])
        self.cycle(good=self.ALL[:6], running=True)
        self.assertEqual(self.told(), [('resolved', '')])
        for name in self.ALL[6:9]:
            self.samples.add(name, self.minute, {(DISK, '/'): 0.1})
        self.samples.add(self.ALL[9], self.minute, outcome='timeout')
        self.assertEqual(self.told(), [])
        self.samples.finish_cycles()
        self.assertEqual(self.told(), [('firing', 'web9')])

    def test_less_than_half_is_told_one_by_one(self):
        for _ in range(2):
            self.cycle(failed=self.ALL[:4], good=self.ALL[4:])
        self.assertEqual(sorted(self.told()), [('firing', name) for name in self.ALL[:4]])
        for _ in range(2):  # half of those that were there
            self.cycle(failed=self.ALL[:7], good=self.ALL[7:])
        self.assertEqual(self.told(), [('firing', '')])
        self.cycle(failed=self.ALL[:4], good=self.ALL[4:])
        self.assertEqual(self.told(), [('resolved', '')])

    def test_who_hears_of_it(self):
        self.configure('<alerter mail="fleet@example.com"/>',
                       *[machine(name, mail=f'{name[-1]}@example.com') for name in self.ALL[:3]],
                       *map(machine, self.ALL[3:]))
        for _ in range(2):
            self.cycle(failed=self.ALL)
        self.assertEqual(self.told(), [('firing', '')])
        self.assertEqual(
            self.rows("SELECT recipients FROM open_alerts WHERE rule = 'collector-isolated'"),
            [('0@example.com\n1@example.com\n2@example.com\nfleet@example.com',)])


class Crowd(ReachCase):
    """Something happens to all of them at once."""
    NAMES = [f'host{i}' for i in range(3000)]
    PARTS = 6  # of 500 and something

    def write_until(self, done):
        """The longest that another writer has to wait, in ms."""
        connection = sqlite3.connect(self.fleet.database, timeout=30, isolation_level=None)
        while not done.wait(0.005):
            start = time.monotonic()
            connection.execute('BEGIN IMMEDIATE')
            self.longest_ms = max(self.longest_ms, (time.monotonic() - start) * 1000)
            connection.execute('COMMIT')
        connection.close()

    def cycles(self, *cycles):
        self.samples.execute('BEGIN')
        for cycle in cycles:
            self.cycle(**cycle)
        self.samples.execute('COMMIT')

    def alert_beside_a_writer(self, **how):
        """How many transactions a run had."""
        turn, = self.rows('SELECT turn FROM lease')[0]
        self.longest_ms, done = 0, threading.Event()
        writer = threading.Thread(target=self.write_until, args=(done,))
        writer.start()
        self.alert(**how)
        done.set()
        writer.join()
        print(f'a writer waited for {self.longest_ms:.0f} ms at most')
        return self.rows('SELECT turn FROM lease')[0][0] - turn

    def test_all_are_lost(self):
        self.configure(*map(machine, self.NAMES))
        self.cycles({'good': self.NAMES})
        self.alert()
        self.cycles(*[{'failed': self.NAMES}] * 2)
        turns = self.alert_beside_a_writer()
        held = self.rows("SELECT count(*) FROM alert WHERE state = 'firing' AND held <> ''")
        self.assertEqual(held, [(len(self.NAMES),)])
        # one for each batch of samples, to take and drop the lease, to compose; and the parts
        batches = 2 * len(self.NAMES) // 2000
        self.assertGreaterEqual(turns, batches + self.PARTS + 2)

    def test_all_fire_and_have_owners(self):
        self.configure(
            '<mail host="127.0.0.1" port="1" from="fleet@example.com" security="plain"/>',
            *(machine(name, mail=f'ops@example.com, {name}@example.com') for name in self.NAMES))
        self.cycles({'good': self.NAMES})
        self.alert()
        self.cycles({'good': self.NAMES, 'used': 0.95})
        turns = self.alert_beside_a_writer(status=os.EX_UNAVAILABLE, quiet=False)
        self.assertEqual(self.rows(
            'SELECT n.recipient = "ops@example.com", count(DISTINCT n.id), count(*),'
            ' count(DISTINCT m.event_id) FROM notification n'
            ' JOIN notification_event m ON m.notification_id = n.id GROUP BY 1 ORDER BY 1'),
            [(0, 3000, 3000, 3000), (1, 1, 3000, 3000)])
        # what fires, and its mails
        self.assertGreaterEqual(turns, 2 * self.PARTS + 2)


if __name__ == '__main__':
    unittest.main()
