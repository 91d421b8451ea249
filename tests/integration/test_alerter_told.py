"""What people are told, when, and in which form: fleet-alerter with a real mail server."""
import html.parser
import re
import shlex
import sys
import time
import unittest

from rig import smtp
from rig.fleet import KILLED
from rig.samples import iso
from test_alerter_mail import DISK, WHY_NOT, MailCase

RULE = '<alert type="disk" limit="90%"/>'
LONG_AGO = '2020-01-01T00:00:00.000Z'
BLOCKS = '▁▂▃▄▅▆▇█'


def markup(mail):
    """The HTML part."""
    return mail.get_body(('html',)).get_content()


class Page(html.parser.HTMLParser):
    """An HTML part, taken apart: it has to be well-formed and to refer to nothing."""
    TAGS = {'html', 'head', 'meta', 'title', 'body', 'p', 'b', 'table', 'tr', 'th', 'td', 'pre'}
    VOID = {'meta'}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.rows, self.text = [], [], ''
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        assert tag in self.TAGS, tag
        assert {name for name, _ in attrs} <= {'style', 'lang', 'charset'}, attrs
        assert not any('url(' in (value or '') or ':/' in (value or '') for _, value in attrs), attrs
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data
        if {'td', 'th'} & set(self.open):
            self.rows[-1][-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)

    def handle_pi(self, data):
        raise AssertionError(data)


class ToldCase(MailCase):
    SERVER = {'login': False, 'tls': False}

    def configure(self, **how):  # pylint: disable=arguments-differ
        super().configure(security='plain', **how)

    def recipient(self, name='ops', **attributes):
        """<recipient name="…"> for the address of the same name."""
        more = ''.join(f' {key.replace("_", "-")}="{value}"' for key, value in attributes.items())
        self.add_elements(f'<recipient name="{name}" mail="{name}@example.com"{more}/>')

    def add_elements(self, text):
        """To the configuration, from the next configure() on."""
        self.storage = self.make_storage() + text

    @staticmethod
    def later(hours):
        """A moment so many hours from now."""
        return iso((time.time() + hours * 3600) * 1000)

    def body(self):
        """What stands in config.xml."""
        with open(self.fleet.config, encoding='utf-8') as f:
            return f.read().removeprefix('<config>').removesuffix('</config>\n')

    def assert_each_once(self):
        """Each (recipient, event) stands in one message."""
        rows = self.samples.execute(
            'SELECT n.recipient, m.event_id, count(DISTINCT n.message_id) FROM notification n'
            ' JOIN notification_event m ON m.notification_id = n.id GROUP BY 1, 2')
        self.assertEqual({row[2] for row in rows}, {1}, rows)
        self.assertEqual(self.samples.execute('SELECT * FROM event WHERE told_at IS NULL'), [])
        self.assertEqual(self.samples.execute('SELECT * FROM deferred'), [])
        return rows


class Words(ToldCase):
    def test_over_before_anybody_heard(self):
        """An alerter that was away: one mail says what was, as long as it was."""
        for minute in range(-90, -50, 5):
            self.disk(minute, 0.95 if -80 <= minute < -60 else 0.5)
        self.alert()
        mail, = self.mails()
        self.assertRegex(mail['subject'], r'^\[fleet\] RESOLVED web1: disk /var was above the limit of '
                                          r'90.0 %, [-0-9]+ [:0-9]+ to [-0-9]+ [:0-9]+, over now$')
        self.assertRegex(smtp.text(mail), r'\nTold late: \d+ (h|min) \d+ (min|s) after it was seen\n')
        self.assertEqual(len(self.assert_each_once()), 2)

    def test_again_and_again_is_one_mail(self):
        for minute in range(-90, 0, 10):
            self.disk(minute, 0.99 if minute == -70 else 0.95 if minute % 20 else 0.5)
        self.alert()
        mail, = self.mails()
        self.assertRegex(mail['subject'], r'disk /var.*, \d times')
        self.assertGreater(len(self.assert_each_once()), 4)
        self.assertIn('\nWorst:     99.0 %\n', smtp.text(mail))

    def test_what_was_told_goes_on_in_its_thread(self):
        self.disk(-50, 0.95)
        self.alert()
        for minute, value in ((-40, 0.5), (-30, 0.95), (-20, 0.5)):
            self.disk(minute, value)
        self.alert()
        first, second = self.mails(count=2)
        self.assertEqual(second['references'], first['message-id'])
        self.assertRegex(second['subject'], r'RESOLVED web1: disk /var 50.0 %.*, 2 times since')
        self.assert_each_once()

    def test_the_last_day_is_drawn(self):
        for minute in range(-24 * 60 + 5, 0, 60):
            self.disk(minute, 0.5)
        self.disk(-1, 0.95)
        self.alert()
        mail, = self.mails()
        line, = re.findall('^Last day:  (.*)$', smtp.text(mail), re.M)
        self.assertRegex(line, f'^[{BLOCKS} ]+  50.0 % to 95.0 %$')
        self.assertIn('█', line)
        self.assertGreater(line.count('▁'), 20)
        self.assertIn(line.strip(), Page(markup(mail)).text)

    def test_html_of_hostile_names(self):
        name = '/<img src="http://example.com/x">&\r\n\x1b[2J\u200f\u202e'
        self.disk(-5, 0.95, mount=name)
        self.alert()
        mail, = self.mails()
        self.assertEqual(mail.get_content_type(), 'multipart/alternative')
        page = Page(markup(mail))
        shown = ('/<img src="http://example.com/x">&\\x0d\\x0a\\x1b[2J'
                 '\\xe2\\x80\\x8f\\xe2\\x80\\xae')
        for text in (page.text, smtp.text(mail), mail['subject']):
            self.assertIn(f'disk {shown} 95.0 % (limit 90.0 %)', text)
        facts = {row[0]: row[1] for row in page.rows}
        self.assertIn('web1 (192.0.2.10 port 22)', facts['Where'])
        self.assertIn('config.xml:', facts['Rule'])

    def test_html_of_a_digest_is_a_table(self):
        names = [f'/srv/{i}' for i in range(8)] + ['/<b>&amp;']
        self.samples.add('web1', -5, {(DISK, name): 0.95 for name in names})
        self.alert()
        mail, = self.mails()
        rows = Page(markup(mail)).rows
        self.assertEqual(rows[0], ['State', 'Where', 'What', 'Since'])
        self.assertEqual({tuple(row[:3]) for row in rows[1:]},
                         {('WARNING', 'web1', f'disk {name} 95.0 % (limit 90.0 %)')
                          for name in names})
        self.assert_each_once()


class Quiet(ToldCase):
    """Those who sleep are told no warning."""

    def local(self, hours):
        """A time of day, so many hours from now."""
        return time.strftime('%H:%M', time.localtime(time.time() + hours * 3600))

    def sleep(self):
        self.recipient(quiet=f'{self.local(-2)}-{self.local(2)}')
        self.configure(mail='ops', rules=RULE + '<alert type="disk" limit="99%" severity="critical"/>')

    def wake(self):
        self.samples.execute('UPDATE deferred SET due_at = ?', LONG_AGO)
        self.recipient(quiet=f'{self.local(-4)}-{self.local(-2)}')
        self.configure(mail='ops', rules=RULE)

    def test_warnings_wait(self):
        self.sleep()
        self.disk(-9, 0.95)
        self.disk(-9, 0.95, mount='/srv')
        self.alert()
        self.disk(-8, 0.5)
        self.alert()
        self.mails(count=0)
        self.assertIn('\n3 messages wait for the end of quiet hours',
                      self.fleet.run('fleet', 'status').out)
        for hours, count in ((1.9, 0), (2.1, 3)):
            self.assertEqual(self.samples.execute('SELECT count(*) FROM deferred WHERE due_at < ?',
                                                  self.later(hours)), [(count,)])
        self.wake()
        self.alert()
        subjects = sorted(mail['subject'] for mail in self.mails(count=2))
        self.assertRegex(subjects[0], 'RESOLVED web1: disk /var was above .*, over now')
        self.assertIn('WARNING web1: disk /srv 95.0 %', subjects[1])
        self.assertEqual(len(self.assert_each_once()), 3)
        self.alert()
        self.mails(count=2)

    def test_nobody_else_is_told_before(self):
        rule = '<alert type="disk" limit="90%" escalate="second@example.com" escalate-after="30m"/>'
        self.recipient(quiet=f'{self.local(-2)}-{self.local(2)}')
        self.configure(mail='ops', rules=rule)
        self.disk(-9, 0.95)
        self.alert()
        self.samples.execute('UPDATE event SET told_at = ?', LONG_AGO)
        self.alert()
        self.assertEqual(self.mails('second', 0), [])
        self.samples.execute('UPDATE deferred SET due_at = ?', LONG_AGO)
        self.recipient(quiet=f'{self.local(-4)}-{self.local(-2)}')
        self.configure(mail='ops', rules=rule)
        self.alert()
        self.alert()
        self.mails(count=1)
        self.assertEqual(self.mails('second', 0), [])
        self.samples.execute('UPDATE notification SET created_at = ?', LONG_AGO)
        self.alert()
        self.mails('second', 1)

    def test_criticals_do_not(self):
        self.sleep()
        self.disk(-9, 0.995)
        self.alert()
        mail, = self.mails()
        self.assertIn('CRITICAL web1: disk /var', mail['subject'])
        self.assertEqual(self.samples.execute('SELECT count(*) FROM deferred'), [(1,)])


    def test_what_becomes_critical_goes_with_all_that_waits(self):
        self.sleep()
        self.configure(mail='ops', rules='<alert type="disk" limit="90%" critical="97%"/>')
        self.disk(-9, 0.95)
        self.alert()
        self.mails(count=0)
        self.disk(-8, 0.98)
        self.alert()
        mail, = self.mails()
        self.assertEqual(mail['subject'], '[fleet] CRITICAL web1: disk /var 98.0 % (limit 97.0 %)')
        self.assertRegex(smtp.text(mail), r'\nRule: +\S+, WARNING, at or above 90.0 %; '
                                          r'CRITICAL, at or above 97.0 %\n')
        self.assertEqual(len(self.assert_each_once()), 2)


    def killed_at(self, moments):
        """One more event of the night; the run of the morning dies then. Whether it came to die."""
        self.sleep()
        self.disk(-500 + len(moments), 0.95 if len(moments) % 2 else 0.5)
        self.alert()
        self.wake()
        process = self.fleet.start('alerter', kill_at=moments)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, KILLED), err)
        return process.returncode == KILLED

    def test_killed_in_the_morning(self):
        """Whenever that is, each event stands in one message, and none is left waiting."""
        moments = ['main<fdatasync']
        while self.killed_at(moments):
            self.samples.make_due()
            self.alert()
            self.assertEqual(len(self.assert_each_once()), len(moments))
            moments.append(moments[0])
        self.assertGreater(len(moments), 5)
        self.server.settle()
        ids = {mail['message-id'] for mail in self.server.mails('ops', len(moments))}
        self.assertEqual(len(ids), len(moments))


class People(ToldCase):
    """What somebody did about an alert."""

    def test_escalated_to_the_next(self):
        self.configure(rules='<alert type="disk" limit="90%" escalate="second@example.com"'
                             ' escalate-after="30m"/>')
        self.disk(-9, 0.95)
        self.alert()
        self.samples.execute('UPDATE notification SET created_at = ?', LONG_AGO)
        self.alert()
        first, again = self.mails(count=2)
        other, = self.mails('second')
        subject = '[fleet] ESCALATED WARNING web1: disk /var 95.0 % (limit 90.0 %), nobody acknowledged it'
        self.assertEqual((again['subject'], other['subject']), (subject, subject))
        self.assertEqual(again['references'], first['message-id'])
        self.assertIsNone(other['references'])
        self.disk(-8, 0.5)
        self.alert()
        self.assertEqual(self.mails('second', 2)[1]['references'], other['message-id'])
        self.assertEqual(self.mails(count=3)[2]['references'], first['message-id'])
        self.assert_each_once()

    def commands(self, mail):
        """Those of ours in a mail."""
        return re.findall(f'^  fleet -c {self.fleet.config} .*$', smtp.text(mail), re.M)

    def test_who_acknowledged_stands_in_what_follows(self):
        self.configure(rules='<alert type="disk" limit="90%" critical="97%"/>')
        self.disk(-9, 0.975)
        self.alert()
        for line in self.commands(*self.mails()):
            result = self.fleet.run('fleet', *shlex.split(line)[3:])  # what stands there works
            self.assertEqual(result.status, 0, result)
        self.disk(-8, 0.5)
        self.alert()
        mail = self.mails(count=2)[1]
        self.assertRegex(smtp.text(mail), r'\nStatus: +acknowledged by .*, .* UTC: '
                         'what is done about it\n')
        self.assertIn(': what is done about it', Page(markup(mail)).text)
        self.assertEqual(len(self.commands(mail)), 2)

    def test_what_was_silenced_says_so_when_it_is_told(self):
        self.samples.execute(
            "INSERT INTO silence (client, grp, metric, instance, starts_at, ends_at, weekly, who, why,"
            " created_at) VALUES ('web1', '*', '*', '*', ?, NULL, '', 'bob', 'new kernel', ?)", LONG_AGO,
            LONG_AGO)
        self.disk(-9, 0.95)
        self.alert()
        self.mails(count=0)
        self.samples.execute('UPDATE silence SET lifted_at = ?', LONG_AGO)
        self.alert()
        mail, = self.mails()
        self.assertEqual(mail['subject'], '[fleet] WARNING web1: disk /var 95.0 % (limit 90.0 %)')
        self.assertIn('silence 1', smtp.text(mail))
        self.disk(-8, 0.5)
        self.alert()
        self.assertEqual(self.mails(count=2)[1]['references'], mail['message-id'])

    def rows(self, sql):
        return self.fleet.rows(sql)

    def test_a_silence_of_many_words_is_written_once(self):
        self.samples.silence()
        self.disk(-5, 0.95)
        for why in ('a' + 'é' * 300, '\x01' * 300):
            self.samples.execute('UPDATE silence SET who = ?, why = ?', why[:200], why)
            self.alert()
            turn, = self.rows('SELECT turn FROM lease')[0]
            self.alert()  # the lease is taken and dropped, and that is all
            after, = self.rows('SELECT turn FROM lease')[0]
            self.assertEqual(int(after), int(turn) + 2)
            held, = self.rows('SELECT held FROM open_alerts')[0]
            self.assertEqual(held.endswith('é'), 'é' in why)

    def test_who_is_renamed_meanwhile_loses_nothing(self):
        """What was for a name that stands for nothing any more is printed, which cron mails."""
        self.recipient()
        self.configure(mail='ops')
        self.disk(-9, 0.95)
        self.alert()
        self.mails()
        self.configure(mail='other@example.com')
        self.fleet.write_config(self.body().replace('name="ops"', 'name="oncall"'))
        self.disk(-8, 0.5)
        result = self.fleet.run('alerter')
        self.assertEqual(result.status, 0, result)
        self.assertIn('RESOLVED web1: disk /var', result.out)
        self.mails()
        self.assertEqual(self.samples.execute("SELECT * FROM notification WHERE state <> 'sent'"), [])

    def test_a_switch_is_one_mail(self):
        clients = [f'web{i}' for i in range(8)]
        self.add_elements('<parent name="sw1"/>')
        self.configure(clients=clients)
        self.fleet.write_config(self.body().replace('name="web0"', 'name="web0" parent="sw1"')
                                .replace('name="web1"', 'name="web1" parent="sw1"'))
        for minute in (-9, -8, -7):
            for name in clients:
                if name in ('web0', 'web1'):
                    self.samples.add(name, minute, outcome='timeout', error='no answer in time')
                else:
                    self.disk(minute, 0.5, name)
        self.alert()
        mail, = self.mails()
        self.assertEqual(mail['subject'], '[fleet] CRITICAL sw1: cannot be reached')
        self.assertRegex(smtp.text(mail), r'^What: .*web0.*web1')


class Rate(ToldCase):
    def full(self, minute, which):
        """A sample with nine filesystems, some of them full."""
        self.samples.add('web1', minute, {(DISK, f'/srv/{i}'): 0.95 if i in which else 0.5
                                          for i in range(9)})

    def test_so_many_an_hour_then_a_digest(self):
        self.recipient(per_hour=3)
        self.configure(mail='ops')
        for i in range(9):
            self.full(-20 + i, range(i + 1))
            self.alert()
        mails = self.mails(count=3)
        self.assertIn('This makes 3 messages within an hour', smtp.text(mails[2]))
        self.assertEqual(self.samples.execute('SELECT count(*) FROM deferred'), [(6,)])
        self.samples.execute('UPDATE notification SET created_at = ?', self.later(-1.01))
        self.samples.execute('UPDATE deferred SET due_at = ?', LONG_AGO)
        self.alert()
        digest = self.mails(count=4)[3]
        self.assertEqual(digest['subject'], '[fleet] 6 alerts: 6 warning')
        self.assertEqual(len(self.assert_each_once()), 9)
        self.full(-1, set(range(9)) - {7})
        self.alert()
        answer = self.mails(count=5)[4]
        self.assertEqual(answer['references'], digest['message-id'])

    def test_nobody_else_waits(self):
        self.recipient(per_hour=1)
        self.configure(mail='ops second@example.com')
        for i in range(3):
            self.full(-20 + i, range(i + 1))
            self.alert()
        self.mails('ops', count=1)
        self.mails('second', count=3)


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
