"""What rules can say, through the real fleet-alerter: two levels, consecutive samples, flapping,
what keeps quiet what, silences, forecasts, changes, absence, age and counts."""
import unittest

from rig.shows import shows
from test_alerter import DISK, AlerterCase, client

CPU = 'cpu_used_ratio'
LONG_AGO = '2020-01-01T00:00:00.000Z'


class RulesCase(AlerterCase):
    def events(self, *columns):
        """Those made since the last time, after a run of the alerter."""
        last = getattr(self, 'last_event', 0)
        self.alert()
        rows = self.rows(f'SELECT id, kind{"".join(", " + c for c in columns)} FROM event'
                         f' WHERE id > {last} ORDER BY id')
        self.last_event = rows[-1][0] if rows else last
        return [row[1] if len(row) == 2 else row[1:] for row in rows]

    def rule(self, text):
        self.configure(client('web1', text))

    def value(self, minute, value, name='web1', metric=DISK, instance='/var'):
        self.samples.add(name, minute, {(metric, instance): value})


class Levels(RulesCase):
    def test_one_alert_with_two_limits(self):
        self.rule('<alert type="disk" limit="90%" critical="97%" critical-clear="95%" for="5m"/>')
        for minute, value in ((-60, 0.93), (-54, 0.93)):
            self.value(minute, value)
        self.assertEqual(self.events('severity'), [('firing', 'warning')])
        self.value(-53, 0.98)
        self.assertEqual(self.events('severity', 'threshold'), [('worse', 'critical', 0.97)])
        self.value(-52, 0.96)
        self.value(-51, 0.94)
        self.assertEqual(self.events(), [])
        self.assertEqual(self.rows('SELECT severity, threshold FROM open_alerts'), [('warning', 0.9)])
        self.value(-50, 0.5)
        self.assertEqual(self.events(), ['resolved'])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(3,)])

    def test_samples_in_a_row(self):
        self.rule('<alert type="disk" limit="90%" samples="3"/>')
        for minute, value in ((-9, 0.95), (-8, 0.95), (-7, 0.5), (-6, 0.95), (-5, 0.95)):
            self.value(minute, value)
            self.assertEqual(self.events(), [])
        self.value(-4, 0.95)
        self.assertEqual(self.events(), ['firing'])

    @shows('36')
    def test_a_flapping_value_is_told_once_and_when_it_calmed_down(self):
        self.configure('<alerter flap-after="3" flap-window="30m"/>',
                       client('web1', '<alert type="disk" limit="90%"/>'))
        for minute in range(-100, -50):
            self.value(minute, 0.95 if minute % 2 else 0.5)
            if minute % 7 == 0:
                self.alert()
        self.assertEqual(self.events(), ['firing', 'resolved'] * 3 + ['flapping'])
        for minute in range(-50, -20):
            self.value(minute, 0.5)
        self.assertEqual(self.events(), [])
        self.value(-20, 0.5)
        self.assertEqual(self.events(), ['resolved'])
        self.value(-19, 0.95)
        self.assertEqual(self.events(), ['firing'])


class Held(RulesCase):
    def test_one_alert_keeps_another_quiet(self):
        self.rule('<alert type="swap" limit="50%" unless="memory"/>'
                  '<alert type="memory" limit="90%"/>')
        both = {('swap_used_ratio', ''): 0.7, ('memory_used_ratio', ''): 0.95}
        self.samples.add('web1', -9, both)
        self.assertEqual(self.events('held'), [('firing', ''), ('firing', 'memory fires')])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(1,)])
        self.samples.add('web1', -8, {**both, ('memory_used_ratio', ''): 0.1})
        self.assertEqual(self.events('held'), [('resolved', ''), ('firing', '')])
        self.samples.add('web1', -7, {('swap_used_ratio', ''): 0.1,
                                      ('memory_used_ratio', ''): 0.1})
        self.assertEqual(self.events('held'), [('resolved', '')])

    def test_what_is_quiet_and_over_is_told_nobody(self):
        self.rule('<alert type="swap" limit="50%" unless="memory"/>'
                  '<alert type="memory" limit="90%"/>')
        memory = ('memory_used_ratio', '')
        self.samples.add('web1', -9, {('swap_used_ratio', ''): 0.7, memory: 0.95})
        self.samples.add('web1', -8, {('swap_used_ratio', ''): 0.1, memory: 0.95})
        self.assertEqual(self.events('rule', 'held'), [
            ('firing', 'memory/warning/*', ''), ('firing', 'swap/warning/*', 'memory fires'),
            ('resolved', 'swap/warning/*', 'memory fires')])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(1,)])

    def test_what_is_silenced_keeps_nothing_else_quiet(self):
        """Nobody hears of it, so it explains nothing."""
        self.rule('<alert type="swap" limit="50%" unless="memory"/>'
                  '<alert type="memory" limit="90%"/>')
        number = self.samples.silence(client='web1', metric='memory')
        both = {('swap_used_ratio', ''): 0.7, ('memory_used_ratio', ''): 0.95}
        self.samples.add('web1', -9, both)
        self.assertEqual(self.events('rule', 'held'), [
            ('firing', 'memory/warning/*', f'silence {number} of anna: new disks'),
            ('firing', 'swap/warning/*', '')])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(1,)])

    def test_silenced_and_told_at_its_end(self):
        number = self.samples.silence(client='web*', metric='disk')
        self.value(-9, 0.95)
        self.assertEqual(self.events('held'),
                         [('firing', f'silence {number} of anna: new disks')])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(0,)])
        self.assertEqual(self.events(), [])
        self.samples.execute('UPDATE silence SET lifted_at = ?', LONG_AGO)
        out = self.alert().out
        self.assertIn('[fleet] WARNING web1: disk /var 95.0 %', out)
        self.assertIn(f'held until now: silence {number} of anna: new disks', out)
        self.value(-8, 0.1)
        self.assertEqual(self.events()[-1:], ['resolved'])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(2,)])

    def test_told_before_it_was_silenced(self):
        self.rule('<alert type="disk" limit="90%" repeat="1m"/>')
        self.value(-9, 0.95)
        self.assertEqual(self.events(), ['firing'])
        self.samples.silence(group='*', instance='/v*')
        self.samples.execute('UPDATE alert SET told_at = ?', LONG_AGO)
        self.value(-8, 0.95)
        self.alert()
        self.value(-7, 0.95)
        self.assertEqual(self.events(), [])
        self.value(-6, 0.1)
        self.assertEqual(self.events('held'), [('resolved', '')])

    def test_silences_that_do_not_cover_it(self):
        for pattern in ({'client': 'db*'}, {'metric': 'inodes'}, {'instance': '/'},
                        {'group': 'x'}, {'until': -20}, {'weekly': 'no such time'}):
            self.samples.silence(**pattern)
        self.value(-9, 0.95)
        self.assertEqual(self.events('held'), [('firing', '')])

    def test_what_happened_while_it_was_silenced(self):
        """Samples that waited are judged by when they were taken."""
        self.samples.silence(until=-5)
        self.value(-9, 0.95)
        self.value(-8, 0.1)
        self.assertEqual([held[:8] for _, held in self.events('held')], ['silence '] * 2)
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(0,)])


class History(RulesCase):
    def test_full_within(self):
        self.rule('<alert type="disk" full-within="4h" within="4h"/>')
        for minute in range(-300, 0, 5):
            self.value(minute, 0.2 + (minute + 300) / 300 * 0.6, instance='/grows')
            self.value(minute + 1, 0.9, instance='/stays')
        events = self.events('instance', 'value')
        self.assertEqual([e[:2] for e in events], [('firing', '/grows')])
        self.assertLessEqual(events[0][2], 4 * 3600)
        self.assertGreater(events[0][2], 3 * 3600)
        for minute in range(0, 60, 5):  # somebody cleans up
            self.value(minute, 0.1, instance='/grows')
        for minute in range(60, 400, 5):
            self.value(minute, 0.1, instance='/grows')
        self.assertEqual(self.events('instance'), [('resolved', '/grows')])

    def test_too_few_points_say_nothing(self):
        self.rule('<alert type="disk" full-within="24h" within="6h"/>')
        for minute in range(-30, 0, 5):
            self.value(minute, 0.9 + minute / 1000)
        self.assertEqual(self.events(), [])

    def test_change(self):
        self.rule('<alert type="readonly" change="1" within="1h"/>')
        for minute in range(-180, 0, 5):
            self.samples.add('web1', minute, {
                ('filesystem_readonly', '/'): 1.0 if minute > -90 else 0.0,
                ('filesystem_readonly', '/cdrom'): 1.0})
        self.assertEqual(self.events('instance'), [('firing', '/'), ('resolved', '/')])

    def test_a_change_that_is_undone_while_its_past_is_not_known(self):
        self.rule('<alert type="readonly" change="1" within="1h"/>')
        for minute in (-180, -175, -170, -120):
            self.samples.add('web1', minute,
                             {('filesystem_readonly', '/'): 1.0 if minute > -170 else 0.0})
        self.assertEqual(self.events(), ['firing'])
        self.samples.add('web1', -20, {('filesystem_readonly', '/'): 1.0})
        self.assertEqual(self.events(), [])
        self.samples.add('web1', -10, {('filesystem_readonly', '/'): 0.0})
        self.assertEqual(self.events(), ['resolved'])

    def test_a_fall(self):
        self.rule('<alert type="processes" change="-50" within="1h"/>')
        for minute in range(-180, 0, 5):
            self.samples.add('web1', minute, {('processes_pids', ''): 40.0 if minute > -30 else 120.0})
        self.assertEqual(self.events('value'), [('firing', -80.0)])

    def test_absent(self):
        self.rule('<alert type="disk" instance="/backup*" absent="30m"/>')
        self.value(-90, 0.1, instance='/backup/1')
        for minute in range(-80, -50, 10):
            self.value(minute, 0.1, instance='/')
        self.assertEqual(self.events('value'), [('firing', 1800)])
        for minute in range(-50, -20, 10):  # no sample says nothing
            self.samples.add('web1', minute, outcome='timeout')
        self.assertEqual(self.events('rule'), [('firing', 'client-unreachable')])
        self.value(-10, 0.1, instance='/backup/2')
        self.assertEqual(sorted(self.events()), ['resolved', 'resolved'])

    def test_sample_age(self):
        self.configure('<alerter collector-stale="2h"/>',
                       client('web1', '<alert type="sample-age" limit="30m"/>'))
        self.value(-60, 0.1)
        self.assertEqual(self.events(), ['firing'])
        self.value(-1, 0.1)
        self.assertEqual(self.events(), ['resolved'])

    def test_count(self):
        group = ('<group name="web" mail=""><alert type="cpu" limit="90%" count="3"/>'
                 + ''.join(client(f'web{i}') for i in range(5)) + '</group>')
        self.configure(group)
        for i in range(2):
            self.value(-9 + i, 0.95, f'web{i}', CPU, '')
        self.assertEqual(set(self.events('held')), {('firing', 'counted in web')})
        self.value(-5, 0.95, 'web3', CPU, '')
        self.assertEqual(self.events('instance', 'round(value * 100)', 'text', 'held'), [
            ('firing', '', 95, '', 'counted in web'),
            ('firing', 'web', 300, 'web0, web1, web3', '')])
        self.assertEqual(self.rows('SELECT count(*) FROM notification'), [(1,)])
        self.value(-4, 0.1, 'web0', CPU, '')
        self.assertEqual(self.events('instance', 'held'), [
            ('resolved', '', 'counted in web'), ('resolved', 'web', '')])
        self.configure(client('web1'))
        self.alert()
        self.assertEqual(self.rows("SELECT count(*) FROM alert WHERE rule LIKE 'cpu%'"), [(0,)])


class Escalation(RulesCase):
    MAIL = '<mail host="127.0.0.1" port="9" from="f@example.com" security="plain"/>'

    def setUp(self):
        super().setUp()
        self.configure('<alerter mail="fleet@example.com"/>', self.MAIL, client(
            'web1', '<alert type="disk" limit="90%" mail="ops@example.com"'
                    ' escalate="boss@example.com" escalate-after="30m"/>'))
        self.value(-9, 0.95)
        self.alert(status=69, quiet=False)

    def alert(self, *arguments, status=None, quiet=False):
        """The mail server is not there, which does not matter here."""
        return self.fleet.run('alerter', *arguments)

    def make_old(self):
        self.samples.execute('UPDATE notification SET created_at = ?', LONG_AGO)

    def test_nobody_acknowledged(self):
        self.assertEqual(self.events(), ['firing'])
        self.make_old()
        self.assertEqual(self.events('recipients'),
                         [('escalated', 'ops@example.com\nboss@example.com')])
        self.assertEqual(self.events(), [])
        self.value(-8, 0.1)
        self.assertEqual(self.events('recipients'),
                         [('resolved', 'ops@example.com\nboss@example.com')])

    def test_somebody_did(self):
        self.assertEqual(self.events(), ['firing'])
        self.make_old()
        self.samples.execute(
            'INSERT INTO acknowledgement SELECT id, severity, told_at, ?, ? FROM event', 'anna', 'mine')
        self.assertEqual(self.events(), [])


if __name__ == '__main__':
    unittest.main()
