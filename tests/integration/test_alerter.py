"""fleet-alerter over SQLite, telling on standard output: how alerts begin, end, and do not."""
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from rig.fleet import Fleet
from rig.samples import Samples
from rig.shows import shows

DISK = 'filesystem_used_ratio'
CLIENT = '''<client name="{name}" ip="192.0.2.10" username="monitor" password="x">
  {rules}
</client>'''
RULE = '<alert type="disk" limit="90%"/>'


def client(name, *rules):
    return CLIENT.format(name=name, rules='\n'.join(rules))


class AlerterCase(unittest.TestCase):
    def make_storage(self):
        """What goes into config.xml, and how to write samples once the tables are there."""
        return '', Samples

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-alerter-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fleet = Fleet(self.folder)
        self.storage, make_samples = self.make_storage()
        self.configure(client('web1', RULE))
        self.alert()  # makes the tables
        self.samples = make_samples(self.fleet)
        self.addCleanup(self.samples.close)

    def rows(self, sql):
        return self.samples.execute(sql)

    def configure(self, *clients):
        self.fleet.write_config(self.storage + '\n'.join(clients))

    def alert(self, *arguments, status=0, quiet=True):
        result = self.fleet.run('alerter', *arguments)
        self.assertEqual(result.status, status, result)
        if quiet:
            self.assertEqual(result.err, '', result)
        return result

    def told(self, *arguments):
        """The subjects that one run prints."""
        out = self.alert(*arguments).out
        return [line.removeprefix('[fleet] ') for line in out.splitlines()
                if line.startswith('[fleet] ')]

    def disk(self, minute, value, name='web1', mount='/var'):
        return self.samples.add(name, minute, {(DISK, mount): value})


class Metric(AlerterCase):
    def test_fires_once_and_resolves(self):
        self.disk(-5, 0.899)
        self.assertEqual(self.told(), [])
        self.disk(-4, 0.931)
        self.assertEqual(self.told(), ['WARNING web1: disk /var 93.1 % (limit 90.0 %)'])
        self.disk(-3, 0.95)
        self.assertEqual(self.told(), [])
        self.disk(-2, 0.71)
        self.assertEqual(self.told(), ['RESOLVED web1: disk /var 71.0 % (limit 90.0 %)'])
        self.assertEqual(self.told(), [])
        self.assertEqual(self.rows("SELECT count(*) FROM alert WHERE state != 'ok'"), [(0,)])

    def test_text_can_be_acted_on(self):
        self.disk(-4, 0.931)
        out = self.alert().out
        for part in ('web1 (192.0.2.10 port 22)', f'{self.fleet.config}:3', 'at or above 90.0 %',
                     f'fleet -c {self.fleet.config} status', 'ssh -p 22 monitor@192.0.2.10',
                     'Last good: sample at'):
            self.assertIn(part, out)
        select = next(line for line in out.splitlines() if 'SELECT' in line)
        rows = self.rows(select.strip().rstrip(';'))
        self.assertEqual(len(rows), 1)

    def test_many_instances_one_pattern(self):
        self.configure(client('web1', '<alert type="disk" limit="90%" instance="/srv*"/>'))
        self.samples.add('web1', -5, {(DISK, '/'): 0.99, (DISK, '/srv'): 0.95,
                                      (DISK, '/srv/a'): 0.96, (DISK, '/srv/b'): 0.1})
        self.assertEqual(self.told(), ['WARNING web1: disk /srv 95.0 % (limit 90.0 %)',
                                       'WARNING web1: disk /srv/a 96.0 % (limit 90.0 %)'])

    def test_a_rise_in_severity_is_told_at_once(self):
        self.configure(client('web1', RULE, '<alert type="disk" limit="97%" severity="critical"/>'))
        self.disk(-5, 0.95)
        self.assertEqual(self.told(), ['WARNING web1: disk /var 95.0 % (limit 90.0 %)'])
        self.disk(-4, 0.98)
        self.assertEqual(self.told(), ['CRITICAL web1: disk /var 98.0 % (limit 97.0 %)'])

    @shows('36')
    def test_hysteresis_bounds_the_mails_of_a_flapping_value(self):
        self.configure(client(
            'web1', '<alert type="disk" limit="90%" clear="80%" clear-for="10m"/>'))
        for minute in range(-60, -20):
            self.disk(minute, 0.95 if minute % 2 else 0.85)
        self.assertEqual(len(self.told()), 1)
        for minute in range(-20, 0):
            self.disk(minute, 0.5)
        self.assertEqual(self.told(), ['RESOLVED web1: disk /var 50.0 % (limit 90.0 %)'])

    def test_failures_freeze_what_fires(self):
        self.disk(-9, 0.95)
        self.assertEqual(len(self.told()), 1)
        for minute in (-8, -7, -6, -5):
            self.samples.add('web1', minute, outcome='timeout')
        self.assertEqual(self.told(), ['CRITICAL web1: cannot be reached'])
        self.disk(-4, 0.95)
        self.assertEqual(self.told(), ['RESOLVED web1: can be reached again'])

    def test_hostile_names_stay_on_their_line(self):
        self.disk(-4, 0.95, mount="/\n[fleet] CRITICAL db1: on fire\x1b[31m'; DROP TABLE sample; --\\")
        out = self.alert().out
        self.assertNotIn('\x1b', out)
        self.assertEqual(sum(line.startswith('[fleet]') for line in out.splitlines()), 1)
        select = next(line for line in out.splitlines() if 'SELECT' in line)
        self.assertNotIn('DROP', select)


class Closed(AlerterCase):
    def setUp(self):
        super().setUp()
        self.samples.add('web1', -9, {(DISK, '/'): 0.1, (DISK, '/mnt'): 0.95})
        self.assertEqual(len(self.told()), 1)

    def closed_once(self, reason):
        subjects = self.told()
        self.assertEqual(len(subjects), 1, subjects)
        self.assertTrue(subjects[0].startswith('CLOSED web1: disk /mnt: '), subjects)
        self.assertIn(reason, subjects[0])
        self.assertEqual(self.told(), [])
        self.assertEqual(self.rows("SELECT kind FROM event ORDER BY id"),
                         [('firing',), ('closed',)])

    @shows('35a')
    def test_filesystem_unmounted(self):
        for minute in (-8, -7):
            self.samples.add('web1', minute, {(DISK, '/'): 0.1})
        self.assertEqual(self.told(), [])
        for minute in (-6, -5, -4, -3):
            self.samples.add('web1', minute, {(DISK, '/'): 0.1})
        self.closed_once('not reported')

    @shows('35a')
    def test_rule_removed(self):
        self.configure(client('web1', '<alert type="memory" limit="90%"/>'))
        self.closed_once('rule is no longer in the configuration')

    @shows('35a')
    def test_client_removed(self):
        self.configure(client('db1', RULE))
        self.closed_once('client is no longer in the configuration')

    def test_limit_changed_is_no_other_alert(self):
        self.configure(client('web1', '<alert type="disk" limit="97%"/>'))
        self.samples.add('web1', -8, {(DISK, '/mnt'): 0.95})
        self.assertEqual(self.told(), ['RESOLVED web1: disk /mnt 95.0 % (limit 97.0 %)'])


class Late(AlerterCase):
    def test_late_breaches_move_nothing_and_are_told_once(self):
        self.disk(-1, 0.5)
        self.assertEqual(self.told(), [])
        for minute in range(-180, -60):
            self.disk(minute, 0.95 if minute < -170 else 0.5)
        subjects = self.told()
        self.assertEqual(len(subjects), 1, subjects)
        self.assertRegex(subjects[0], r'^LATE web1: disk /var was above the limit of 90.0 %, '
                                      r'\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d$')
        self.assertEqual(self.told(), [])
        self.disk(0, 0.5)
        self.assertEqual(self.told(), [])

    def test_late_and_good_does_not_resolve(self):
        self.disk(-1, 0.95)
        self.assertEqual(len(self.told()), 1)
        for minute in range(-180, -60, 10):
            self.disk(minute, 0.5)
        self.assertEqual(self.told(), [])
        self.assertEqual(self.rows("SELECT count(*) FROM open_alerts"), [(1,)])

    def test_a_completed_sample_counts_by_its_own_time(self):
        self.disk(-9, 0.5)
        failed = self.samples.add('web1', -8, outcome='truncated')
        self.assertEqual(self.told(), [])
        self.samples.complete('web1', failed, {(DISK, '/var'): 0.95})
        self.assertEqual(self.told(), ['WARNING web1: disk /var 95.0 % (limit 90.0 %)'])
        self.disk(-7, 0.5)
        self.assertEqual(len(self.told()), 1)
        other = self.samples.add('web1', -7.5, outcome='truncated')
        self.samples.complete('web1', other, {(DISK, '/var'): 0.5})
        self.assertEqual(self.told(), [])


class Reach(AlerterCase):
    def failed(self, minute, outcome='timeout', error=''):
        return self.samples.add('web1', minute, outcome=outcome, error=error)

    def test_unreachable_after_two(self):
        self.failed(-5)
        self.assertEqual(self.told(), [])
        self.failed(-4, 'refused')
        self.assertEqual(self.told(), ['CRITICAL web1: cannot be reached'])
        self.failed(-3)
        self.assertEqual(self.told(), [])
        self.disk(-2, 0.1)
        self.assertEqual(self.told(), ['RESOLVED web1: can be reached again'])

    def test_the_newest_run_is_known_after_the_clock_went_back(self):
        self.rows("UPDATE cycle SET id = id + (7200000 << 22) WHERE program = 'alerter'")
        for _ in range(2):
            self.alert()
        by_id = self.rows("SELECT started_at FROM cycle WHERE program = 'alerter' ORDER BY id")
        self.assertEqual(len(by_id), 3)
        self.assertEqual(by_id, sorted(by_id))

    def test_what_is_not_the_clients_fault_counts_less(self):
        for minute in (-9, -8):
            self.failed(minute, 'not-done')
            self.failed(minute + 0.5, 'internal')
        self.assertEqual(self.told(), [])
        self.failed(-7, 'not-done', 'the time was over')
        out = self.alert().out
        self.assertIn('[fleet] CRITICAL web1: cannot be reached\n', out)
        self.assertIn('has not been sampled: ', out)
        self.assertIn('the time was over', out)
        self.failed(-6, 'not-done')
        self.assertEqual(self.told(), [])
        self.disk(-5, 0.1)
        self.assertEqual(self.told(), ['RESOLVED web1: can be reached again'])

    def test_host_key_changed_at_once(self):
        self.failed(-5, 'host-key-changed', 'from SHA256:aaa to SHA256:bbb')
        out = self.alert().out
        self.assertIn('[fleet] CRITICAL web1: shows another host key\n', out)
        self.assertIn('from SHA256:aaa to SHA256:bbb', out)
        self.failed(-4, 'host-key-changed')
        self.assertEqual(self.told(), [])
        self.disk(-3, 0.1)
        self.assertEqual(self.told(), ['RESOLVED web1: shows the recorded host key again'])

    def test_most_of_the_fleet_is_one_text(self):
        self.configure(*[client(f'web{i}', RULE) for i in range(20)])
        for i in range(20):
            self.samples.add(f'web{i}', -5, outcome='timeout')
            self.samples.add(f'web{i}', -4, outcome='timeout')
        out = self.alert().out
        self.assertEqual(out.count('[fleet]'), 1)
        self.assertIn('20 of 20 clients cannot be reached: web0, ', out)
        self.assertEqual(self.rows('SELECT held, count(*) FROM event GROUP BY 1 ORDER BY 1'),
                         [('', 1), ('the collector looks isolated', 20)])

    @shows('35b')
    def test_an_uplink_that_dies_half_way_is_one_text(self):
        self.configure(*[client(f'web{i}', RULE) for i in range(20)])
        for i in range(20):
            self.samples.add(f'web{i}', -9, outcome='timeout', error=f'no route {i}')
        self.assertEqual(self.told(), [])
        self.samples.execute('DELETE FROM cycle')
        self.samples.cycle(-5, running=True)
        for i in range(20):
            self.samples.add(f'web{i}', -4, outcome='timeout', error=f'no route {i}')
            if i % 5 == 0:
                self.assertEqual(self.told(), [])
        self.samples.finish_cycles()
        out = self.alert().out
        self.assertEqual(out.count('[fleet]'), 1)
        self.assertIn('20 of 20 clients', out)
        self.assertEqual(self.rows("SELECT count(*) FROM open_alerts WHERE text LIKE '%no route%'"),
                         [(20,)])

    def test_the_wall_clock_goes_back(self):
        self.disk(-1, 0.5)
        self.assertEqual(self.told(), [])
        self.samples.add('web1', -120, {(DISK, '/var'): 0.95}, attempt=self.samples.attempt(-0.5))
        self.assertEqual(self.told(), ['WARNING web1: disk /var 95.0 % (limit 90.0 %)'])

    def test_collector_stale(self):
        self.samples.execute('DELETE FROM cycle')
        self.samples.cycle(-600)
        self.assertEqual(self.told(), ['CRITICAL the collector has not finished a run'])
        self.assertEqual(self.told(), [])
        self.samples.cycle(0)
        self.assertEqual(self.told(), ['RESOLVED the collector runs again'])


class Program(AlerterCase):
    def test_dry_run_changes_nothing(self):
        self.disk(-5, 0.95)
        before = self.dump()
        out = self.alert('--dry-run').out
        self.assertIn('would tell standard output: [fleet] WARNING web1: disk /var', out)
        self.assertEqual(self.dump(), before)
        self.assertEqual(len(self.told()), 1)

    def dump(self):
        return [self.rows(f'SELECT * FROM {t} ORDER BY 1') for t in
                ('sample', 'alert', 'event', 'notification', 'cycle', 'lease')]

    def test_closed_descriptors_lose_nothing(self):
        self.disk(-5, 0.95)
        self.assertNotEqual(self.fleet.run_closed('alerter'), 0)
        self.assertEqual(self.rows('SELECT state FROM notification'), [('waiting',)])
        self.assertEqual(len(self.told()), 1)
        self.assertEqual(self.fleet.run_closed('alerter'), 0)

    def test_full_disk_behind_standard_output(self):
        self.disk(-5, 0.95)
        with open('/dev/full', 'w', encoding='ascii') as full:
            status = subprocess.run(self.fleet.command('alerter'), stdout=full, env={}, check=False,
                                    stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL).returncode
        self.assertNotEqual(status, 0)
        self.assertEqual(len(self.told()), 1)

    @shows('37')
    def test_another_at_work(self):
        with open(self.fleet.path('alerter.lock'), encoding='utf-8') as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for _ in range(2):
                self.assertEqual(self.alert(status=75).out, '')
            said = self.alert(status=75, quiet=False).err
            self.assertIn('3 runs in a row met another alerter', said)
            self.alert(status=75)
        self.alert()
        with open(self.fleet.path('alerter.lock'), encoding='utf-8') as held:
            self.assertEqual(held.read(), '')
        self.samples.execute(
            "UPDATE lease SET holder = 'elsewhere', until_at = '2999-01-01T00:00:00.000Z'")
        self.alert(status=75)
        self.samples.execute("UPDATE lease SET until_at = '2000-01-01T00:00:00.000Z'")
        self.alert()

    def test_who_reads_the_configuration_stops_nobody(self):
        self.assertEqual(os.stat(self.fleet.path('alerter.lock')).st_mode & 0o777, 0o600)
        with open(self.fleet.config, encoding='utf-8') as held:
            fcntl.flock(held, fcntl.LOCK_SH)
            self.alert()

    def test_without_a_file_the_lease_is_enough(self):
        os.unlink(self.fleet.path('alerter.lock'))
        os.mkdir(self.fleet.path('alerter.lock'))
        self.disk(-5, 0.95)
        self.assertEqual(len(self.told()), 1)
        self.samples.execute(
            "UPDATE lease SET holder = 'elsewhere', until_at = '2999-01-01T00:00:00.000Z'")
        self.alert(status=75)

    def test_sigterm_ends_cleanly_and_loses_nothing(self):
        self.configure(*[client(f'web{i}', RULE) for i in range(300)])
        for i in range(300):
            for minute in (-30, -20, -10):
                self.disk(minute, 0.95, f'web{i}')
        cycles = "SELECT count(*) FROM cycle WHERE program = 'alerter'"
        before = self.samples.execute(cycles)
        process = self.fleet.start('alerter')
        while self.samples.execute(cycles) == before:
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (0, ''))
        self.alert()
        events = self.rows("SELECT client_id, count(*) FROM event GROUP BY 1")
        self.assertEqual([n for _, n in events], [1] * 300)
        self.assertEqual(self.rows(
            'SELECT count(*) FROM sample WHERE processed_at IS NULL'), [(0,)])

    def test_options(self):
        self.assertIn('usage: fleet-alerter', self.alert('--help').out)
        self.assertRegex(self.alert('--version').out, r'^fleet-alerter \d')
        self.alert('--nonsense', status=64, quiet=False)
        self.alert('left over', status=64, quiet=False)
        os.chmod(self.fleet.config, 0o644)
        self.assertIn('chmod 600', self.alert(status=78, quiet=False).err)


if __name__ == '__main__':
    unittest.main()
