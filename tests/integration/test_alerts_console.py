"""fleet alerts: what the operator is shown, says and tries."""
import datetime
import errno
import json
import os
import pty
import random
import re
import shutil
import subprocess
import tempfile
import unittest

import test_alerter
from rig import smtp
from rig.fleet import BUILD, KEPT, PROGRAMS, Fleet
from rig.samples import iso
from rig.web import Answer, WebServer

EX_OK, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE = 0, 64, 65, 69
HOSTILE = '/mnt/\x1b[2J"\\\x9b31m\u202eevil\n{{x}}'


class AlertsCase(test_alerter.AlerterCase):
    def fleet_run(self, *arguments, status=EX_OK, err='', env=None):
        result = self.fleet.run('fleet', 'alerts', *arguments, env=env)
        self.assertEqual(result.status, status, result)
        self.assertIn(err, result.err)
        if not err:
            self.assertEqual(result.err, '', result)
        return result.out

    def listed(self, *arguments):
        return json.loads(self.fleet_run('list', '--json', *arguments))

    def configure_disk(self, more='', rule='<alert type="disk" limit="90%"/>', attributes=''):
        self.configure(more, f'<client name="web1" ip="192.0.2.10" username="monitor" password="x"'
                             f' {attributes}>{rule}</client>')


    def stored(self):
        """As the collector leaves it: what was sampled last is known of each client."""
        for column, where in (('newest_id', ''), ('newest_ok_id', " AND s.outcome = 'ok'")):
            self.rows(f'UPDATE client SET {column} = coalesce((SELECT max(s.id) FROM sample s'
                      f' WHERE s.client_id = client.id{where}), 0)')
        self.rows('UPDATE client SET last_good_at = (SELECT taken_at FROM sample s'
                  ' WHERE s.id = newest_ok_id)')


class Listed(AlertsCase):
    def test_what_fires_pends_is_silenced_and_acknowledged(self):
        self.configure_disk(rule='<alert type="disk" limit="90%" critical="97%"/>'
                                 '<alert type="memory" limit="90%" for="10m"/>')
        self.samples.add('web1', -2, {(test_alerter.DISK, '/var'): 0.93,
                                      (test_alerter.DISK, '/srv'): 0.98,
                                      ('memory_used_ratio', ''): 0.95})
        self.alert()
        out = self.fleet_run()
        self.assertRegex(out, r'ID +SEVERITY +WHERE +WHAT +FOR +STATE\n'
                              r'[0-9]+ +CRITICAL +web1 +disk /srv 98.0 % \(limit 97.0 %\) .* firing\n'
                              r'[0-9]+ +WARNING +web1 +disk /var 93.0 % \(limit 90.0 %\) .* firing\n')
        self.assertIn('2 firing, 0 of them held, 0 of them acknowledged, 1 pending\n', out)
        self.assertEqual([a['instance'] for a in self.listed()], ['/srv', '/var'])
        self.assertEqual([a['state'] for a in self.listed('--all')], ['firing', 'firing', 'pending'])
        pending, = self.listed('--pending')
        self.assertEqual((pending['id'], pending['alert'], pending['value']), (None, 'memory', 0.95))
        srv, var = self.listed()
        self.fleet_run('ack', str(srv['id']), '--why', 'a disk is ordered')
        self.fleet_run('silence', '--instance', '/var', '--for', '2h', '--why', 'being copied')
        self.alert()
        acked, = self.listed('--acknowledged')
        self.assertEqual((acked['id'], acked['acknowledged_why'], acked['state']),
                         (srv['id'], 'a disk is ordered', 'acknowledged'))
        held, = self.listed('--silenced')
        self.assertEqual(held['id'], var['id'])
        self.assertIn('silence 1 of', held['held'])
        self.assertEqual(self.listed('--firing'), [])
        self.assertIn('acknowledged by root: a disk is ordered' if os.getuid() == 0 else
                      'a disk is ordered', self.fleet_run('list'))
        self.assertEqual(self.rows("SELECT count(*) FROM event WHERE kind = 'resolved'"), [(0,)])

    def test_nothing_is_said_too(self):
        self.alert()
        self.assertEqual(self.fleet_run(), '0 firing, 0 of them held, 0 of them acknowledged,'
                                           ' 0 pending\n')
        self.assertEqual(self.listed(), [])
        self.fleet_run('list', '--all', '--pending', status=EX_USAGE, err='usage: ')
        self.fleet_run('--nonsense', status=EX_USAGE, err='there is no option --nonsense')
        self.fleet_run('nonsense', status=EX_USAGE, err="no command 'alerts nonsense'")

    def test_a_hostile_name_is_only_shown(self):
        self.disk(-2, 0.93, mount=HOSTILE)
        self.alert()
        alert, = self.listed()
        for out in (self.fleet_run(), self.fleet_run('history', str(alert['id'])),
                    self.fleet_run('list', '--json')):
            self.assertNotIn('\x1b', out)
            self.assertNotIn('\x9b', out)
            self.assertNotIn('\u202e', out)
        self.assertIn('evil', alert['instance'])
        why = self.fleet_run('ack', str(alert['id']), '--why', 'a\x1b[31m"b\n')
        self.assertNotIn('\x1b', why + self.fleet_run() + self.fleet_run('list', '--json'))
        self.assertIn('"b', self.listed()[0]['acknowledged_why'])

    def test_colour_is_for_terminals(self):
        self.disk(-2, 0.93)
        self.alert()
        self.assertNotIn('\x1b', self.fleet_run())
        ours, its = pty.openpty()
        process = self.fleet.start('fleet', 'alerts', stdout=its)
        os.close(its)
        shown = b''
        with open(ours, 'rb', buffering=0) as screen, process.stderr:
            try:
                while data := screen.read(4096):
                    shown += data
            except OSError as e:  # nobody writes to it any more
                self.assertEqual(e.errno, errno.EIO)
        self.assertEqual(process.wait(60), EX_OK)
        self.assertIn(b'\x1b[33m', shown)


class Acknowledged(AlertsCase):
    def test_nobody_is_reminded(self):
        self.configure_disk(rule='<alert type="disk" limit="90%" repeat="1m"/>')
        self.disk(-9, 0.93)
        self.assertEqual(len(self.told()), 1)
        self.samples.execute('UPDATE alert SET told_at = ?', '2020-01-01T00:00:00.000Z')
        alert, = self.listed()
        self.fleet_run('ack', str(alert['id']), '--why', 'a disk is ordered',
                       env={'SUDO_USER': 'ann', 'LOGNAME': 'root'})
        self.disk(-5, 0.94)
        self.assertEqual(self.told(), [])
        self.assertEqual(self.listed()[0]['acknowledged_by'], 'ann')

    def test_what_does_not_fire_is_nobodys(self):
        self.fleet_run('ack', '7', '--why', 'x', status=EX_DATAERR, err='no alert 7 fires')
        for wrong in ('x', '0', '-1', '1x', '99999999999999999999'):
            self.fleet_run('ack', '--why', 'x', '--', wrong, status=EX_USAGE, err='is no ID')
        self.fleet_run('ack', status=EX_USAGE, err='usage: fleet [-c FILE] alerts ack ID')
        self.fleet_run('ack', '7', '--why', status=EX_USAGE, err='--why needs a value')

    def test_others_wonder_why(self):
        for command in ('ack', 'unsilence'):
            self.fleet_run(command, '7', status=EX_USAGE, err='does not say why; write --why')
            self.fleet_run(command, '7', '--why', '', status=EX_USAGE, err='does not say why')


class Silenced(AlertsCase):
    def test_nobody_is_told_until_it_is_lifted(self):
        out = self.fleet_run('silence', '--client', 'web*', '--metric', 'disk', '--for', '2h',
                             '--why', 'moving house')
        self.assertRegex(out, r'silence 1: client web\*, metric disk, until 20..-..-.. ..:..:.. UTC\n')
        self.disk(-2, 0.93)
        self.assertEqual(self.told(), [])
        self.assertRegex(self.fleet_run(), r'held: silence 1 of .*: moving house')
        self.assertRegex(self.fleet_run('silences'), r'1 +client web\*, metric disk +until .*moving house')
        silence, = json.loads(self.fleet_run('silences', '--json'))
        self.assertEqual((silence['client'], silence['metric'], silence['instance']),
                         ('web*', 'disk', '*'))
        self.fleet_run('unsilence', '1', '--why', 'done')
        self.assertIn('held until now', self.alert().out)
        self.assertEqual(self.rows('SELECT lifted_why FROM silence'), [('done',)])
        self.fleet_run('unsilence', '1', '--why', 'done', status=EX_DATAERR,
                       err='no silence 1 to end')
        self.assertEqual(self.fleet_run('silences'), 'no silence is in force or to come\n')

    def test_what_it_covers_now_is_counted(self):
        self.disk(-2, 0.93)
        self.alert()
        self.assertIn('it covers 1 alert that fires now',
                      self.fleet_run('silence', '--client', 'web1', '--for', '1h', '--why', 'x'))

    def test_one_that_matches_nothing_is_warned_of(self):
        self.configure_disk(attributes='jump="gate"', more='<jump name="gate" ip="192.0.2.1"'
                                                           ' username="x" password="x"/>')
        self.disk(-2, 0.5, mount='/var')
        self.stored()
        often = ['--for', '1h', '--why', 'x']
        for found in (['--client', 'web1'], ['--metric', 'disk'], ['--instance', '/v*'],
                      ['--metric', 'filesystem_used_ratio'], ['--metric', 'client-unreachable'],
                      ['--client', 'gate', '--metric', 'jump-unreachable'],
                      ['--metric', 'collector-stale']):
            self.fleet_run('silence', *found, *often)
        for lost in (['--client', 'wbe1'], ['--metric', 'cpu'], ['--instance', '/home'],
                     ['--group', 'web'], ['--client', 'gate', '--metric', 'disk']):
            self.fleet_run('silence', *lost, *often, err='matches nothing')

    def test_what_makes_no_sense_is_refused(self):
        some = ['--client', 'web1', '--why', 'x']
        for arguments, why in (
                (['--for', '2h', '--why', 'x'], 'does not say what'),
                (['--client', 'web1', '--for', '2h'], 'does not say why'),
                (some, 'does not say how long'),
                (some + ['--for', '2 hours'], 'no span of time'),
                (some + ['--until', '2020-01-01'], 'end before it begins'),
                (some + ['--from', '2020-01-01', '--until', '2020-01-02'], 'over already'),
                (some + ['--from', '5h', '--until', '2h'], 'end before it begins'),
                (some + ['--until', 'tomorrow'], 'is no time'),
                (some + ['--for', '1h', '--until', '2h'], 'write one'),
                (some + ['--weekly', 'sun 25:00-26:00'], 'no time of a week')):
            self.fleet_run('silence', *arguments, status=EX_USAGE, err=why)
        self.assertEqual(self.rows('SELECT count(*) FROM silence'), [(0,)])

    def test_once_a_week(self):
        self.fleet_run('silence', '--client', 'web1', '--weekly', 'daily 00:00-24:00', '--why', 'x')
        self.disk(-2, 0.93)
        self.assertEqual(self.told(), [])
        self.assertIn('daily 00:00-24:00, until it is lifted', self.fleet_run('silences'))


class History(AlertsCase):
    def test_one_life_and_who_was_told(self):
        self.configure_disk(attributes='mail="ops@example.com"')
        for minute, value in ((-9, 0.93), (-8, 0.5), (-7, 0.94)):
            self.disk(minute, value)
            told = self.alert().out
        alert, = self.listed()
        self.assertIn(f'alerts ack {alert["id"]} ', told)  # as mails have it
        out = self.fleet_run('history', str(alert['id']))
        self.assertEqual(len([line for line in out.splitlines() if 'disk /var' in line]), 1)
        self.assertIn('94.0 %', out)
        self.assertRegex(out, r'    standard output: sent 20..-..-.. ..:..:.. UTC, <event-')
        out = self.fleet_run('history', 'web1')
        self.assertRegex(out, r'(?s)WARNING web1: disk /var 93.*RESOLVED web1.*WARNING web1.*94.0')
        for which in (['disk'], ['filesystem_used_ratio'], ['disk', '/var'], [alert['rule']]):
            self.assertEqual(self.fleet_run('history', 'web1', *which), out)
        for none in (['memory'], ['disk', '/srv']):
            self.fleet_run('history', 'web1', *none, status=EX_DATAERR, err='nothing is known')
        self.fleet_run('history', '999', status=EX_DATAERR, err='nothing is known')

    def test_what_nobody_was_told_says_why(self):
        self.fleet_run('silence', '--client', 'web1', '--for', '1h', '--why', 'moving house')
        self.disk(-2, 0.93)
        self.alert()
        self.assertRegex(self.fleet_run('history', 'web1'), 'nobody was told: silence 1 of .*moving')


class Explained(AlertsCase):
    RULES = ('<alert type="memory" limit="95%" unless="disk"/>'
             '<alert type="disk" limit="97%" severity="critical" mail="night@example.com"/>')
    GROUP = '<group name="web"><alert type="disk" limit="90%" clear="88%" for="10m"/>'

    def explain(self, *arguments):
        self.stored()
        return self.fleet_run('explain', *arguments)

    def test_the_rules_their_places_the_values_and_why(self):
        self.configure('<alert type="inodes" limit="90%"/><defaults/>' + self.GROUP,
                       test_alerter.client('web1', self.RULES), '</group>')
        for minute, value in ((-5, 0.89), (-4, 0.91), (-3, 0.92)):
            self.samples.add('web1', minute, {(test_alerter.DISK, '/var'): value,
                                              (test_alerter.DISK, HOSTILE): 0.98,
                                              ('memory_used_ratio', ''): 0.5})
        self.alert()
        out = self.explain('web1', 'disk')
        self.assertTrue(out.startswith('web1: filesystem_used_ratio, space in use'), out)
        self.assertRegex(out, r'  disk/warning/\*: at or above 90.0 %, WARNING, over below 88.0 %, for 10m\n'
                              r'      /.*/config.xml:2, inherited from group web\n'
                              r'      tells standard output\n')
        self.assertRegex(out, r'  disk/critical/\*: at or above 97.0 %, CRITICAL\n'
                              r"      /.*/config.xml:[34], the client's own\n"
                              r'      tells night@example.com\n')
        self.assertRegex(out, r'full-within: full within .*\n      defaults.xml:[0-9]+,'
                              r' inherited from <defaults/>')
        self.assertRegex(out, r'\ndisk /var\n  ..:..:.. 89.0 %, ..:..:.. 91.0 %, ..:..:.. 92.0 % \(UTC\)\n')
        self.assertRegex(out, r'pending: 92.0 % is at or above 90.0 %, so since .*; fires at .*\(for 10m\)')
        self.assertIn('does not fire: 92.0 % is not at or above 97.0 %', out)
        self.assertIn('fires since', out)
        for hostile in '\x1b\x9b\u202e':
            self.assertNotIn(hostile, out)
        self.assertRegex(self.explain('web1', 'inodes'), 'inherited from <config>')
        self.assertRegex(self.explain('web1', 'memory_used_ratio'),
                         r'(?s)unless disk.*nobody would be told: disk fires')

    def test_silences_acknowledgements_and_silence_of_the_client(self):
        self.configure_disk(rule='<alert type="disk" limit="90%"/><alert type="sample-age" limit="1h"/>')
        self.disk(-9, 0.5)
        self.disk(-9, 0.93, 'web1', '/srv')
        self.alert()
        self.fleet_run('silence', '--instance', '/srv', '--for', '1h', '--why', 'moving house')
        self.samples.add('web1', -3, outcome='timeout', error='no answer')
        self.samples.add('web1', -2, outcome='timeout', error='no answer')
        self.alert()
        out = self.explain('web1', 'disk')
        self.assertRegex(out, r'(?s)disk /srv\n.*frozen: the client cannot be reached, no good sample'
                              r' since .*nobody is told: silence 1 of .*: moving house')
        self.assertIn('sample-age/warning/*: no good sample for', self.explain('web1', 'sample-age'))
        self.assertRegex(self.explain('web1', 'client-unreachable'),
                         r'fires: .*no answer; 2 failures in a row since .*\n *told last at')
        self.assertIn('no other host key', self.explain('web1', 'host-key-changed'))

    def test_a_group_that_counts(self):
        rule = '<group name="web"><alert type="disk" limit="90%" count="2"/>'
        self.configure(rule, test_alerter.client('web1'), test_alerter.client('web2'), '</group>')
        self.disk(-3, 0.93)
        self.alert()
        self.assertRegex(self.explain('web1', 'disk'),
                         r'(?s)tells nobody: group web does, when it is so on 2 of 2 clients\n.*'
                         r'nobody is told: counted in web\n.*'
                         r'/count of the group\n      does not fire: .*not at or above 2')
        self.disk(-2, 0.94, 'web2')
        self.alert()
        self.assertRegex(self.explain('web1', 'disk'), r'of the group\n      fires since .*: 2 is at or above 2')

    def test_what_is_not_there_is_said(self):
        self.assertIn('no <alert> looks at it', self.explain('web1', 'cpu'))
        self.fleet_run('explain', 'web9', 'disk', status=EX_DATAERR, err="no client 'web9'")
        self.fleet_run('explain', 'web1', 'dissk', status=EX_DATAERR, err='did you mean disk')
        self.fleet_run('explain', 'web1', status=EX_USAGE, err='usage: ')


class Outbox(AlertsCase):
    """What is not delivered is shown, and complained of by the collector too."""

    def status(self):
        return self.fleet.run('fleet', 'status').out

    def collect(self):
        return self.fleet.run('collector').err

    def test_what_waits_and_what_failed(self):
        self.configure('<mail host="127.0.0.1" port="1" from="f@example.com" security="plain"/>',
                       '<client name="web1" ip="127.0.0.1" port="1" username="x" identity="agent:/none"'
                       ' mail="ops@example.com"><alert type="disk" limit="90%"/></client>')
        self.assertEqual(self.fleet.run('fleet', 'init').status, EX_OK)
        self.assertNotIn('to be sent', self.status())
        self.disk(-2, 0.93)
        self.assertEqual(self.fleet.run('alerter').status, EX_UNAVAILABLE)
        self.assertIn('mail: 1 notification to be sent, the oldest for 0 min, 0 failed for good\n',
                      self.status())
        self.assertRegex(self.fleet_run(), r'CRITICAL +- +nothing is delivered by mail ')
        self.assertRegex(self.fleet_run('history', 'web1'),
                         r'    ops@example.com by mail: waits to be sent, <event-.*>: .*connect')
        self.assertNotIn('not told', self.collect())
        self.rows("UPDATE notification SET created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 hours')")
        self.assertIn('people are not told of alerts: 1 notification to be sent, the oldest for 12',
                      self.collect())
        self.assertNotIn('not told', self.collect())  # once an hour
        self.rows("UPDATE notification SET state = 'failed', last_error = '550 unknown',"
                  " done_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
        self.assertIn('mail: 0 notifications to be sent, 1 failed for good\n', self.status())
        self.assertRegex(self.fleet_run('history', 'web1'), r'by mail: failed for good .*: 550 unknown')


class Replayed(AlertsCase):
    def setUp(self):
        kept = PROGRAMS['alerter']
        self.addCleanup(PROGRAMS.__setitem__, 'alerter', kept)
        PROGRAMS['alerter'] = os.path.join(BUILD, 'tests', 'torture', 'week-alerter')
        super().setUp()

    def replay(self, *arguments):
        """(minutes ago, recipient, subject) of what would have been sent, and the last line."""
        *lines, last = self.fleet_run('replay', *arguments).splitlines()
        now = datetime.datetime.now(datetime.timezone.utc)
        sent = []
        for line in lines:
            at, recipient, subject = line.split('  ', 2)
            then = datetime.datetime.strptime(at, '%Y-%m-%d %H:%M:%S %Z')
            sent.append((round((now - then.replace(tzinfo=datetime.timezone.utc)).total_seconds() / 60),
                         recipient, subject.removeprefix('[fleet] ')))
        return sent, last

    def day(self, values, name='web1'):
        """A value a minute, from so long ago on."""
        for i, value in enumerate(values):
            self.disk(i - len(values), value, name)

    def test_what_would_have_been_sent_and_when(self):
        self.configure_disk(rule='<alert type="disk" limit="90%" for="5m" clear-for="2m"/>')
        self.day([0.5] * 10 + [0.93] * 10 + [0.7] * 10)
        everything = self.dump()
        sent, last = self.replay('--since', '2h')
        self.assertEqual([s[1:] for s in sent],
                         [('standard output', 'WARNING web1: disk /var 93.0 % (limit 90.0 %)'),
                          ('standard output', 'RESOLVED web1: disk /var 70.0 % (limit 90.0 %)')])
        for (minutes_ago, *_), expected in zip(sent, (14, 7)):
            self.assertIn(minutes_ago, range(expected, expected + 3))
        self.assertRegex(last, r'^2 messages of 30 samples, .*; nothing was sent$')
        self.assertEqual(self.dump(), everything)
        self.alert()  # what was judged is replayed as well
        for until, count in ((['--until', 'now'], 2), (['--until', '10m'], 1)):
            again, _ = self.replay('--since', '2h', *until)
            self.assertEqual([s[1:] for s in again], [s[1:] for s in sent[:count]])
        self.assertEqual(self.replay('--since', '5m')[0], [])

    def dump(self):
        return list(self.samples.connection.iterdump())

    def test_it_is_what_the_alerter_told(self):
        """Minute by minute, on a clock that is set (tests/week/clock.c)."""
        chance, values, start = random.Random(11), {}, self.samples.start_ms - 91 * 60000
        quiet = '-'.join(iso(start + minute * 60000)[11:16] for minute in (10, 60))
        self.configure(
            '<alerter mail="ops@example.com" per-hour="6" flap-after="3"/>'
            '<mail host="127.0.0.1" port="1" from="f@example.com" security="plain"/>'
            f'<recipient name="night" mail="night@example.com" quiet="{quiet}"/>'
            '<group name="web" mail="ops@example.com, night">',
            *(test_alerter.client(f'web{i}', '<alert type="disk" limit="90%" critical="97%" for="2m"'
                                             ' repeat="20m"/><alert type="memory" change="20%" within="10m"/>'
                                             '<alert type="swap" limit="50%" unless="disk"/>')
              for i in range(1, 5)), '</group>')
        for minute in range(90):
            self.samples.cycle(minute - 90.6)
            for i in range(1, 5):
                if chance.random() < 0.25 or i not in values:
                    values[i] = {(metric, instance): chance.choice((0.3, 0.7, 0.93, 0.98))
                                 for metric, instance in ((test_alerter.DISK, '/'), (test_alerter.DISK, '/srv'),
                                                          ('memory_used_ratio', ''), ('swap_used_ratio', ''))}
                lost = i == 4 and minute in range(20, 40) or chance.random() < 0.05
                self.samples.add(f'web{i}', minute - 90.5, {} if lost else values[i],
                                 'timeout' if lost else 'ok')
            self.fleet.run('alerter', env={'WEEK_NOW': str(start + (minute + 1) * 60000), 'TZ': 'UTC'})
        told = [(at[:19].replace('T', ' ') + ' UTC', to, subject) for at, to, subject in self.rows(
            'SELECT created_at, recipient, subject FROM notification ORDER BY id')]
        out = self.fleet_run('replay', '--since', iso(start), '--until', iso(start + 90 * 60000),
                             env={'TZ': 'UTC'})
        self.assertEqual([tuple(line.split('  ', 2)) for line in out.splitlines()[:-1]], told)
        self.assertGreater(len(told), 15)

    def test_another_configuration_and_its_recipients(self):
        self.day([0.5] * 5 + [0.7] * 5)
        self.assertEqual(self.replay('--since', '1h')[0], [])
        other = self.fleet.write('new.xml', '<config><mail host="127.0.0.1" from="f@example.com"'
                                 ' security="plain"/><client name="web1" ip="192.0.2.10"'
                                 ' username="monitor" password="x" mail="ops@example.com,'
                                 ' night@example.com"><alert type="disk" limit="60%"/></client></config>')
        sent, _ = self.replay('--since', '1h', '--config', other)
        self.assertEqual([s[1:] for s in sent],
                         [(who, 'WARNING web1: disk /var 70.0 % (limit 60.0 %)')
                          for who in ('night@example.com', 'ops@example.com')])
        self.fleet_run('replay', '--since', '1h', '--config', self.fleet.path('none.xml'),
                       status=78, err='none.xml')

    def test_the_rate_is_minded_and_nothing_is_dropped(self):
        self.configure(*(test_alerter.client(f'web{i}', '<alert type="disk" limit="90%"/>')
                         for i in range(1, 7)),
                       '<alerter mail="ops@example.com" per-hour="2"/>'
                       '<mail host="127.0.0.1" from="f@example.com" security="plain"/>')
        for i in range(1, 7):
            self.disk(i - 90, 0.93, f'web{i}')
        sent, _ = self.replay('--since', '2h')
        self.assertEqual([subject.partition(':')[0] for _, _, subject in sent],
                         ['WARNING web1', 'WARNING web2', '4 alerts'])
        self.assertEqual(sent[0][0] - sent[2][0], 60 + 2)

    def test_silences_count_as_they_did(self):
        self.disk(-30, 0.93)
        self.fleet_run('silence', '--client', 'web1', '--from', '2020-01-01', '--until', '1h',
                       '--why', 'x')
        self.assertEqual(self.replay('--since', '1h')[0], [])

    def test_what_makes_no_sense_is_refused(self):
        for arguments, why in ((['--since', 'then'], 'is no time'), ([], 'usage: '),
                               (['--since', '1h', '--until', '2h'], 'not before'),
                               (['--since', '2030-01-01'], 'not before')):
            self.fleet_run('replay', *arguments, status=EX_USAGE, err=why)


class Readme(AlertsCase):
    """Its commands do what it says, as they stand there."""

    def commands(self):
        """Those of the chapter; what has a date has one as far from today as it was then."""
        path = os.path.join(os.path.dirname(__file__), '..', '..', 'README.md')
        with open(path, encoding='utf-8') as f:
            chapter = f.read().partition('## Alerts day by day')[2].partition('\n## ')[0]
        today = datetime.date.today()
        for line in chapter.splitlines():
            if line.startswith('fleet alerts'):
                yield re.sub(r'2026-11-(2.)', lambda m: str(
                    today + datetime.timedelta(days=int(m[1]) - 22)), line)

    def test_every_command_as_it_is_written(self):
        with WebServer(self.folder, tls=False) as web:
            self.configure(
                f'<webhook name="chat" url="{web.url("/")}"/><group name="databases">'
                '<client name="db1" ip="192.0.2.12" username="x" password="x">'
                '<alert type="disk" limit="99%"/></client></group>',
                test_alerter.client('web1', '<alert type="disk" limit="90%"/>'),
                test_alerter.client('web2', '<alert type="disk" limit="90%"/>'))
            self.fleet.write('new.xml', '<config>' + test_alerter.client('web1') + '</config>')
            self.rows("INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 40")
            for name, mount in (('web2', '/srv'), ('web1', '/srv')):
                self.disk(-2, 0.98, name, mount)
            self.alert()
            self.stored()
            os.symlink(PROGRAMS['fleet'], self.fleet.path('fleet'))
            commands = list(self.commands())
            self.assertGreater(len(commands), 15)
            for command in commands:
                env = {k: os.environ[k] for k in KEPT if k in os.environ}
                done = subprocess.run(['/bin/sh', '-c', command], cwd=self.folder, check=False,
                                      env={**env, 'PATH': self.folder}, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ''), (command, done.stdout))
        self.assertEqual(len(web.requests), 1)


class Test(unittest.TestCase):
    """fleet alerts test: through the real channels."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-alerts-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fleet = Fleet(os.path.join(self.folder, 'work'))

    def tell(self, name, status=EX_OK):
        result = self.fleet.run('fleet', 'alerts', 'test', name)
        self.assertEqual(result.status, status, result)
        return result

    @unittest.skipIf(smtp.missing(), smtp.missing())
    def test_a_mail_arrives_and_says_that_it_is_a_test(self):
        folder = tempfile.mkdtemp(prefix='fleet-mx-')
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.fleet.write('mail.password', smtp.PASSWORD + '\n')
        with smtp.MailServer(folder, 'ops', 'night') as server:
            self.fleet.write_config(
                f'<mail host="127.0.0.1" port="{server.port}" from="fleet@example.com"'
                f' list-id="example.com" user="{smtp.USER}" password-file="mail.password"'
                f' ca="{server.ca}"/><recipient name="watch" mail="night@example.com"/>')
            self.assertIn('ops@example.com was told by mail', self.tell('ops@example.com').out)
            self.tell('watch')
            for user in ('ops', 'night'):
                mail, = server.mails(user, 1)
                self.assertEqual(mail['subject'], '[fleet] TEST: this is only a test')
                self.assertIn('somebody ran `fleet alerts test`', smtp.text(mail))
            server.misbehave('content')
            refused = self.tell('ops@example.com', EX_UNAVAILABLE)
            self.assertIn('ops@example.com was not told by mail: ', refused.err)
        gone = self.tell('ops@example.com', EX_UNAVAILABLE)
        self.assertIn('not told by mail', gone.err)

    def test_a_webhook_is_called(self):
        with WebServer(self.folder) as web:
            self.fleet.write_config(f'<webhook name="chat" url="{web.url("/hook")}" ca="{web.ca}"/>')
            self.assertIn('chat was told by webhook', self.tell('chat').out)
            body = json.loads(web.requests[0].body)
            self.assertIn('TEST', body['subject'])
            self.assertIn('Nothing is wrong', body['text'])
            web.answers = [Answer(404)]
            self.assertIn('404', self.tell('chat', EX_UNAVAILABLE).err)

    def test_a_command_is_run(self):
        horn = self.fleet.write('horn', '#!/bin/sh\ncat > "$1"; exit "$2"\n', mode=0o700)
        heard = self.fleet.path('heard')
        self.fleet.write_config(f'<command name="horn" run="{horn} {heard} 0"/>'
                                f'<command name="mute" run="{horn} {heard} 9"/>')
        self.tell('horn')
        with open(heard, encoding='utf-8') as f:
            self.assertIn('Nothing is wrong', f.read())
        self.assertIn('mute was not told by command', self.tell('mute', EX_UNAVAILABLE).err)

    def test_without_mail_an_address_is_told_on_standard_output(self):
        self.fleet.write_config('')
        self.assertIn('TEST: this is only a test', self.tell('ops@example.com').out)

    def test_who_is_nobody_is_refused(self):
        self.fleet.write_config('')
        self.assertIn("'no body'", self.tell('no body', EX_DATAERR).err)


if __name__ == '__main__':
    unittest.main()
