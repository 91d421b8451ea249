"""fleet-alerter with a real mail server: what arrives, what waits, and what is said when."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from rig import smtp
from rig.fleet import Fleet
from rig.samples import Samples
from rig.shows import shows

DISK = 'filesystem_used_ratio'
WHY_NOT = smtp.missing()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class MailCase(unittest.TestCase):
    USERS = ('ops', 'second', 'third')
    SERVER = {}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix='fleet-mx-')
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.server = smtp.MailServer(folder, *cls.USERS, **cls.SERVER)
        cls.addClassCleanup(cls.server.stop)
        cls.server.__enter__()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-alerter-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.server.empty)
        self.addCleanup(self.server.behave)
        self.fleet = Fleet(self.folder)
        self.fleet.write('mail.password', smtp.PASSWORD + '\n')
        self.storage = self.make_storage()
        self.configure()
        self.alert()
        self.samples = self.make_samples()
        self.addCleanup(self.samples.close)

    def make_storage(self):
        """The element; none for the default."""
        return ''

    def make_samples(self):
        return Samples(self.fleet)

    def configure(self, mail='ops@example.com', port=None, clients=('web1',), more='', rules=None,
                  security='starttls'):
        port = port or (self.server.tls_port if security == 'smtps' else self.server.port)
        login = f'user="{smtp.USER}" password-file="mail.password" ca="{self.server.ca}"'
        self.fleet.write_config(  # tests may take longer than collectors, and send more
            self.storage + '<alerter collector-stale="1d" per-hour="1000"/>'
            f'<mail host="127.0.0.1" port="{port}" from="fleet@example.com" list-id="example.com"'
            f' timeout="10s" security="{security}" {login if security != "plain" else ""} {more}/>' +
            ''.join(f'<client name="{c}" ip="192.0.2.10" username="monitor" password="x"'
                    f' mail="{mail}">' + (rules or '<alert type="disk" limit="90%"/>') + '</client>'
                    for c in clients))

    def alert(self, status=0, err=''):
        result = self.fleet.run('alerter')
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.out, '')
        self.assertIn(err, result.err)
        if not err:
            self.assertEqual(result.err, '')
        return result

    def disk(self, minute, value, name='web1', mount='/var'):
        return self.samples.add(name, minute, {(DISK, mount): value})

    def outbox(self, columns='recipient, state, tries'):
        return self.fleet.rows(f'SELECT {columns} FROM notification ORDER BY recipient, id')

    def mails(self, user='ops', count=1):
        self.server.settle()
        mails = self.server.mails(user, count)
        self.assertEqual(len(mails), count, [m['subject'] for m in mails])
        return mails


class Delivery(MailCase):
    def test_firing_and_recovery_in_one_thread(self):
        self.disk(-5, 0.931)
        self.alert()
        self.disk(-4, 0.71)
        self.alert()
        first, second = self.mails(count=2)
        self.assertEqual(first['subject'], '[fleet] WARNING web1: disk /var 93.1 % (limit 90.0 %)')
        self.assertEqual(second['subject'], '[fleet] RESOLVED web1: disk /var 71.0 % (limit 90.0 %)')
        self.assertIsNone(first['references'])
        self.assertEqual(second['references'], first['message-id'])
        self.assertEqual(second['in-reply-to'], first['message-id'])
        self.assertEqual(first['to'], 'ops@example.com')
        self.assertIn('fleet@example.com', first['from'])
        self.assertEqual(first['auto-submitted'], 'auto-generated')
        self.assertIn('example.com>', first['list-id'])
        self.assertIsNotNone(first['date'].datetime)
        self.assertIn('with esmtpsa', first['received'].replace('\n\t', ' '))
        self.assertIn('Where:     web1 (192.0.2.10 port 22)', smtp.text(first))

    def test_check_sends_one_mail_to_the_first_recipient(self):
        self.assertEqual(self.fleet.run('fleet', 'keygen').status, 0)
        result = self.fleet.run('fleet', 'check', '--mail')
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.out, r'ok +mail +127.0.0.1 took a test mail to ops@example.com')
        mail, = self.mails()
        self.assertIn('TEST', mail['subject'])
        self.assertIn('Nothing is wrong', smtp.text(mail))

    def test_check_says_why_a_mail_is_refused(self):
        self.assertEqual(self.fleet.run('fleet', 'keygen').status, 0)
        for fault, words in (('sender', 'sender refused'), ('content', 'looks like spam'),
                             ('login', '535')):
            self.server.behave()
            self.server.misbehave(fault)
            result = self.fleet.run('fleet', 'check', '--mail')
            self.assertEqual(result.status, 69, result)
            self.assertRegex(result.out, rf'FAIL +mail +127.0.0.1 to ops@example.com: .*{words}')
        self.mails(count=0)

    def test_smtps(self):
        self.configure(security='smtps')
        self.disk(-5, 0.95)
        self.alert()
        self.mails()

    def test_hostile_and_foreign_names(self):
        self.disk(-5, 0.95, mount='/\r\nBcc: third@example.com\r\n\r\n.\r\n')
        self.disk(-4, 0.95, mount='/méd\u202eia')
        self.alert()
        subjects = {m['subject'] for m in self.mails(count=2)}
        self.assertEqual(subjects, {
            '[fleet] WARNING web1: disk /\\x0d\\x0aBcc: third@example.com\\x0d\\x0a\\x0d\\x0a.\\x0d\\x0a'
            ' 95.0 % (limit 90.0 %)',
            '[fleet] WARNING web1: disk /méd\\xe2\\x80\\xaeia 95.0 % (limit 90.0 %)'})
        self.assertEqual(self.server.mails('third'), [])

    def test_more_than_five_are_one_digest_that_later_mails_answer(self):
        clients = [f'web{i}' for i in range(12)]
        self.configure(clients=clients)
        for name in clients:
            self.disk(-5, 0.95, name)
        self.alert()
        digest, = self.mails()
        self.assertEqual(digest['subject'], '[fleet] 12 alerts: 12 warning')
        for name in clients:
            self.assertIn(f'WARNING {name}: disk /var 95.0 %', smtp.text(digest))
        self.disk(-4, 0.5, 'web7')
        self.alert()
        answer = self.mails(count=2)[1]
        self.assertEqual(answer['subject'], '[fleet] RESOLVED web7: disk /var 50.0 % (limit 90.0 %)')
        self.assertEqual(answer['references'], digest['message-id'])

    @shows('35')
    def test_ten_thousand_alerts_are_one_digest(self):
        self.configure(rules='<alert type="disk" limit="90%"/>')
        self.samples.connection.execute('BEGIN')
        self.samples.add('web1', -5, {(DISK, f'/data/{i:05}'): 0.95 for i in range(10000)})
        self.samples.connection.execute('COMMIT')
        self.alert()
        digest, = self.mails()
        self.assertEqual(digest['subject'], '[fleet] 10000 alerts: 10000 warning')
        lines = {line for line in smtp.text(digest).splitlines() if line.startswith('WARNING')}
        self.assertEqual(len(lines), 10000)

    def test_recoveries_go_to_whom_the_problem_went(self):
        self.disk(-5, 0.95)
        self.alert()
        self.configure(mail='second@example.com')
        self.disk(-4, 0.5)
        self.alert()
        self.mails(count=2)
        self.mails('second', count=0)

    @shows('33')
    def test_one_of_three_recipients_bad(self):
        self.configure(mail='ops@example.com nobody@example.com second@example.com')
        self.disk(-5, 0.95)
        self.alert(69, err='no such user')
        self.mails('ops')
        self.mails('second')
        self.assertEqual(self.outbox(), [('nobody@example.com', 'failed', 1),
                                         ('ops@example.com', 'sent', 1),
                                         ('second@example.com', 'sent', 1)])
        self.samples.make_due()
        self.alert()
        self.mails('ops')


class Trouble(MailCase):
    @shows('32')
    def test_greylisted_then_delivered_once(self):
        self.server.misbehave('defer')
        self.disk(-5, 0.95)
        self.alert()
        self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 1)])
        self.server.behave()
        self.alert()
        self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 1)])  # not due yet
        self.samples.make_due()
        self.alert()
        self.alert()
        self.mails()

    def test_greylisting_of_one_keeps_nobody_else_waiting(self):
        self.server.misbehave('defer')
        self.samples.add('web1', -5, {(DISK, f'/srv{i}'): 0.95 for i in range(5)})
        self.alert()
        self.assertEqual([row[1:] for row in self.outbox()], [('waiting', 1)] * 5)

    @shows('32')
    def test_content_refused_is_final_and_visible(self):
        self.server.misbehave('content')
        self.disk(-5, 0.95)
        self.alert(69, err='looks like spam')
        self.assertEqual(self.outbox(), [('ops@example.com', 'failed', 1)])
        self.assertIn('looks like spam', self.outbox('last_error')[0][0])

    def test_an_end_waits_until_its_problem_was_told(self):
        self.server.misbehave('defer')
        self.disk(-5, 0.95)
        self.alert()
        self.server.behave()
        self.disk(-4, 0.5)
        self.disk(-4, 0.95, mount='/srv')
        self.alert()
        other, = self.mails()
        self.assertIn('disk /srv', other['subject'])
        self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 1),
                                         ('ops@example.com', 'waiting', 0),
                                         ('ops@example.com', 'sent', 1)])
        self.samples.make_due()
        self.alert()
        _, problem, end = self.mails(count=3)
        self.assertIn('WARNING web1: disk /var', problem['subject'])
        self.assertIn('RESOLVED web1: disk /var', end['subject'])
        self.assertEqual(end['references'], problem['message-id'])

    def test_nobody_hears_the_end_of_what_was_refused(self):
        self.configure(mail='ops@example.com nobody@example.com')
        self.disk(-5, 0.95)
        self.alert(69, err='no such user')
        self.disk(-4, 0.5)
        self.alert()
        self.mails(count=2)
        self.assertEqual(self.outbox(), [('nobody@example.com', 'failed', 1),
                                         ('nobody@example.com', 'failed', 0),
                                         ('ops@example.com', 'sent', 1),
                                         ('ops@example.com', 'sent', 1)])
        self.assertIn('could not be told', self.outbox('last_error')[1][0])

    def all_weekend(self, fault, said):
        """Everything waits while the channel is at fault, and comes through on Monday."""
        self.configure(mail='ops@example.com second@example.com', clients=('web1', 'web2'))
        self.server.misbehave(fault)
        self.disk(-50, 0.95)
        self.alert(69, said)
        self.alert(69)  # the channel rests: nothing is tried, nothing said
        for round_ in range(8):
            self.samples.make_due()
            self.disk(-40 + round_, 0.95, 'web2', f'/srv{round_ % 2}')
            self.assertEqual(self.alert(69, said).err.count('\n'), 1)
        self.assertEqual({row[1:] for row in self.outbox()}, {('waiting', 0)})
        self.server.behave()
        self.samples.make_due()
        self.alert()
        self.assertEqual({row[1:] for row in self.outbox()}, {('sent', 1)})
        for user in ('ops', 'second'):
            self.mails(user, 3)
        self.assertEqual(self.fleet.rows("SELECT * FROM alert WHERE rule = 'delivery'"), [])

    @shows('32a')
    def test_login_refused_all_weekend(self):
        self.all_weekend('login', '535')

    @shows('32a')
    def test_greeting_refused_all_weekend(self):
        self.all_weekend('greeting', '554')

    def test_sender_refused_all_weekend(self):
        self.all_weekend('sender', 'sender refused')

    @shows('34')
    def test_starttls_stripped(self):
        with smtp.Meddler(self.server.port, strip=True) as meddler:
            self.configure(port=meddler.port)
            self.disk(-5, 0.95)
            self.alert(69, 'STARTTLS')
            self.assertNotIn(b'MAIL', meddler.seen)
            self.assertNotIn(b'AUTH', meddler.seen)
        self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 0)])
        self.mails(count=0)

    def test_certificate_of_another_authority(self):
        other = smtp.make_authority(self.folder, 'other')
        text = pathlib.Path(self.fleet.config).read_text(encoding='utf-8')
        self.fleet.write('config.xml', text.replace(self.server.ca, other))
        self.disk(-5, 0.95)
        self.alert(69, 'certificate')
        self.mails(count=0)

    def test_certificate_of_another_name(self):
        text = pathlib.Path(self.fleet.config).read_text(encoding='utf-8')
        self.fleet.write('config.xml', text.replace('host="127.0.0.1"', 'host="127.0.0.2"'))
        self.disk(-5, 0.95)
        self.alert(69, 'nothing can be told')
        self.mails(count=0)

    def test_no_server(self):
        self.configure(port=smtp.free_port())
        self.disk(-5, 0.95)
        self.alert(69, 'everything waits')
        self.configure()
        self.samples.make_due()
        self.alert()
        self.mails()

    def test_given_up_after_five_days(self):
        self.server.misbehave('defer')
        self.disk(-5, 0.95)
        self.alert()
        self.samples.execute("UPDATE notification SET created_at = '2020-01-01T00:00:00.000Z'")
        self.samples.make_due()
        self.alert(err='wait to be sent')  # the clock may have jumped
        self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 2)])
        self.samples.execute('UPDATE notification SET tries = 50')
        self.samples.make_due()
        self.alert(69, err='will not be told')
        self.assertEqual(self.outbox(), [('ops@example.com', 'failed', 51)])

    def test_a_backlog_is_said(self):
        self.server.misbehave('defer')
        self.disk(-5, 0.95)
        self.alert()
        self.samples.execute("UPDATE notification SET created_at = strftime("
                             "'%Y-%m-%dT%H:%M:%fZ', 'now', '-2 hours')")
        self.samples.make_due()
        self.alert(err='1 notifications wait to be sent')

    def test_mail_taken_out_of_the_configuration(self):
        self.server.misbehave('defer')
        self.disk(-5, 0.95)
        self.alert()
        self.samples.make_due()
        self.fleet.write_config('<client name="web1" ip="192.0.2.10" username="monitor" password="x">'
                                '<alert type="disk" limit="90%"/></client>')
        out = self.fleet.run('alerter').out
        self.assertIn('To: ops@example.com\n[fleet] WARNING web1: disk /var', out)
        self.assertEqual(self.outbox(), [('ops@example.com', 'sent', 2)])


class Plain(MailCase):
    SERVER = {'login': False, 'tls': False}

    @shows('32')
    def test_lost_after_the_final_dot_comes_again_under_its_id(self):
        with smtp.Meddler(self.server.port, cuts=1) as meddler:
            self.configure(port=meddler.port, security='plain')
            self.disk(-5, 0.95)
            self.alert()
            self.assertEqual(self.outbox(), [('ops@example.com', 'waiting', 1)])
            self.samples.make_due()
            self.alert()
        self.assertEqual(self.outbox(), [('ops@example.com', 'sent', 2)])
        first, second = self.mails(count=2)
        self.assertEqual(first['message-id'], second['message-id'])
        self.assertEqual(smtp.text(first), smtp.text(second))

    def test_a_server_that_hangs_up_is_left_alone(self):
        with smtp.Meddler(self.server.port, cuts=100) as meddler:
            self.configure(port=meddler.port, security='plain')
            self.samples.add('web1', -5, {(DISK, f'/srv{i}'): 0.95 for i in range(5)})
            self.alert(69, 'lost 3 connections in a row')
            self.assertEqual(sorted(row[2] for row in self.outbox()), [0, 0, 1, 1, 1])

    def test_tls_is_never_given_up(self):
        self.configure()
        self.disk(-5, 0.95)
        self.alert(69, 'STARTTLS')
        self.mails(count=0)


if __name__ == '__main__':
    if WHY_NOT:
        print(WHY_NOT)
        sys.exit(77)  # meson: skipped
    unittest.main()
