"""What the configuration asks of clients, from config.xml to rows and mails: processes, files,
certificates, and metrics of files that somebody wrote there."""
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from rig import smtp
from test_collect import EX_CONFIG, CollectTest

WHY_NOT = smtp.missing()
DAY = 86400


class AsksTest(CollectTest):
    def setUp(self):
        super().setUp()
        self.there = pathlib.Path(self.fleet.path('there'))  # the client's side
        self.there.mkdir()
        self.metrics = self.there / 'metrics'
        self.metrics.mkdir()

    def asks(self, *elements, before=''):
        """One client with these elements in it."""
        self.configure(self.client('one').replace('/>', '>' + ''.join(elements) + '</client>'),
                       before=before)

    def start(self, name, count=1):
        """Sleeping programs of a name of their own."""
        program = self.there / name
        if not program.exists():
            shutil.copy(shutil.which('sleep'), program)
        found = [subprocess.Popen([program, '1000']) for _ in range(count)]
        for process in found:
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        return found

    def readings(self, metric):
        """By instance, of the last sample."""
        return dict(self.fleet.rows('SELECT instance, value FROM latest WHERE metric = ?', metric))


class Requests(AsksTest):
    """From the configuration to the probe."""

    def files(self, count):
        """So many, with paths of 100 bytes and a blank, which takes three on its way."""
        return ''.join(f'<file path="/{i:03d} {"x" * 95}"/>' for i in range(count))

    def test_the_longest_request_arrives(self):
        """On its way to a probe that is not there yet, the shell reads it first."""
        self.asks(self.files(63), '<filesystems exclude="*"/>')
        check = self.fleet.run('fleet', 'check').out
        self.assertRegex(check, r'asked for +more than the usual: 1 of 1 client, by 70\d\d bytes')
        for _ in range(2):
            self.collect()
        self.assertEqual(self.samples(), [('one', 'ok')] * 2)
        self.assertNotEqual(self.readings('load1'), {})
        self.assertEqual(self.readings('filesystem_size_bytes'), {})

    def test_too_long_a_request_is_a_mistake(self):
        self.asks(self.files(66))
        for program in (('collector',), ('alerter',), ('fleet', 'check')):
            result = self.fleet.run(*program)
            self.assertEqual(result.status, EX_CONFIG, result)
            self.assertIn(f'{self.fleet.config}:2: client "one" is asked for more than the '
                          '7168 bytes that one request holds; leave some', result.err)
        self.assertEqual(os.listdir(self.fleet.folder).count('encrypted_stats'), 0)

    def test_what_is_added_up_arrives(self):
        """The group's, and the client's own; of a network of clients each has its own."""
        self.configure(
            '<filesystems exclude="*"/><group name="g">',
            self.client('one'),
            self.client('two', '127.0.0.2').replace(
                '/>', '><filesystems include="*" network="no"/></client>'), '</group>')
        self.collect()
        found = self.fleet.rows("SELECT DISTINCT client FROM latest WHERE metric ="
                                " 'filesystem_size_bytes'")
        self.assertEqual(found, [('two',)])


class Rows(AsksTest):
    """Of what a client is asked for, and nothing else."""

    def test_readings(self):
        self.start('fleet-sleeper', 2)
        own, = self.start('a program of its own')
        pid_file = self.there / 'own.pid'
        pid_file.write_text(f'{own.pid}\n')
        backup = self.there / 'backup of all'
        backup.write_text('x' * 1000)
        os.utime(backup, (time.time() - 2 * DAY,) * 2)
        smtp.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                     '-nodes', '-days', '10', '-subj', '/CN=site', '-keyout',
                     str(self.there / 'site.key'), '-out', str(self.there / 'site.pem'))
        (self.metrics / 'cellar.prom').write_text(
            '# TYPE sensor_temperature_celsius gauge\n'
            'sensor_temperature_celsius{room="cellar",shelf="2"} 21.5\n'
            'sensor_humidity_ratio{room="cellar"} 0.4\n'
            '# TYPE sensor_pulses_total counter\nsensor_pulses_total 1200\nother_celsius 3\n')
        self.asks('<process name="fleet-sleeper"/><process name="fleet-is-not-there"/>',
                  f'<process name="own" pid-file="{pid_file}"/>', f'<file path="{backup}"/>',
                  f'<file path="{backup}.old"/>', f'<certificate path="{self.there}/site.pem"/>',
                  f'<certificate path="{pid_file}"/>', f'<textfile dir="{self.metrics}"/>',
                  '<metrics include="sensor_*" exclude="sensor_humidity_ratio load1"/>')
        self.collect()
        self.collect()
        self.assertEqual(self.readings('process_running'),
                         {'fleet-sleeper': 2, 'fleet-is-not-there': 0, 'own': 1})
        self.assertEqual(set(self.readings('process_resident_memory_bytes')),
                         {'fleet-sleeper', 'own'})
        self.assertEqual(self.readings('file_exists'), {str(backup): 1, f'{backup}.old': 0})
        self.assertEqual(self.readings('file_size_bytes'), {str(backup): 1000})
        age, = self.readings('file_age_seconds').values()
        self.assertAlmostEqual(age, 2 * DAY, delta=120)
        left = self.readings('certificate_left_seconds')
        self.assertEqual(set(left), {f'{self.there}/site.pem'})
        self.assertAlmostEqual(left[f'{self.there}/site.pem'], 10 * DAY, delta=120)
        self.assertEqual(self.readings('certificate_unreadable'),
                         {f'{self.there}/site.pem': 0, str(pid_file): 1})
        self.assertEqual(self.readings('sensor_temperature_celsius'), {'cellar/2': 21.5})
        self.assertEqual(self.readings('sensor_pulses_per_second'), {'': 0})
        for name in ('sensor_humidity_ratio', 'other_celsius', 'load1'):
            self.assertEqual(self.readings(name), {}, name)
        self.assertNotEqual(self.readings('load5'), {})


    def test_what_the_report_says_nothing_of(self):
        """All is answered, also what nobody may look at or is not there; and then more is asked for
        than the last report knows of."""
        self.asks('<process name="fleet-is-not-there"/><file path="/proc/1/fd/x"/>'
                  f'<certificate path="/none"/><textfile dir="{self.there}/none"/>'
                  '<process name="a &quot;b\\ \N{UNICORN FACE}" pid-file="/none.pid"/>')
        self.collect()
        self.assertEqual(self.readings('asks_unanswered'), {'': 0})
        self.assertNotIn('says nothing', self.fleet.run('fleet', 'show', 'one').out)
        self.asks('<process name="new"/>')
        self.assertTrue(self.fleet.run('fleet', 'show', 'one').out.endswith(
            '\nasked for, but the report says nothing of it:\n  process new\n'))
        self.asks()
        self.collect()
        self.assertEqual(self.fleet.rows(
            "SELECT count(*) FROM history WHERE metric = 'asks_unanswered'"), [(1,)])


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Mails(AsksTest):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)  # the mail server has an account of its own
        self.server = smtp.MailServer(str(self.folder / 'mx'), 'ops')
        self.server.__enter__()
        self.addCleanup(self.server.stop)
        self.fleet.write('mail.password', smtp.PASSWORD + '\n')

    def run_both(self):
        for program in ('collector', 'alerter'):
            self.assertEqual(self.fleet.run_closed(program), 0, program)
        self.server.settle()

    def test_alerts(self):
        """On a metric of somebody's file, and on how many run."""
        sleepers = self.start('fleet-sleeper', 2)
        sensor = self.metrics / 'cellar.prom'
        sensor.write_text('sensor_temperature_celsius{room="cellar"} 21.5\nqueue_length 3\n')
        self.asks('<process name="fleet-sleeper"/>', f'<textfile dir="{self.metrics}"/>',
                  '<metrics include="sensor_*"/>',
                  '<alert type="sensor_temperature_celsius" instance="cellar" limit="30"/>',
                  '<alert type="process" instance="fleet-sleeper" below="1"/>',
                  before=f'<mail host="127.0.0.1" port="{self.server.port}" ca="{self.server.ca}"'
                         f' user="{smtp.USER}" password-file="mail.password"'
                         ' from="fleet@example.com"/><alerter mail="ops@example.com"/>')
        self.run_both()
        self.run_both()
        self.assertEqual(self.server.mails('ops', 0), [])
        sensor.write_text('sensor_temperature_celsius{room="cellar"} 31.25\n')
        sleepers[0].kill()
        sleepers[0].wait()
        self.run_both()
        subjects = sorted(mail['subject'] for mail in self.server.mails('ops', 2))
        self.assertEqual(subjects, [
            '[fleet] WARNING one: process fleet-sleeper 1 (limit 1)',
            '[fleet] WARNING one: sensor_temperature_celsius cellar 31.2 °C (limit 30.0 °C)'])
        sensor.write_text('sensor_temperature_celsius{room="cellar"} 20\n')
        self.start('fleet-sleeper')
        self.run_both()
        told = [mail['subject'] for mail in self.server.mails('ops', 4)]
        self.assertEqual(sum('RESOLVED' in subject for subject in told), 2, told)
        self.assertEqual(self.fleet.rows('SELECT * FROM open_alerts'), [])
        listed = self.fleet.run('fleet', 'metrics', 'one')
        self.assertEqual(listed.status, 0, listed)
        self.assertRegex(listed.out, r'(?m)^sensor_temperature_celsius +- +custom +yes +celsius ')
        self.assertRegex(listed.out, r'(?m)^queue_length +- +custom +no +- ')
        explained = self.fleet.run('fleet', 'alerts', 'explain', 'one', 'sensor_temperature_celsius')
        self.assertEqual(explained.status, 0, explained)
        self.assertIn('at or above 30', explained.out)


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
