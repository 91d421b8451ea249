"""fleet-alerter and a mail server that does one thing wrong at one step: what becomes of the row,
what is said, and that nothing is taken for sent that was not."""
import shutil
import tempfile
import time
import unittest

from rig.fleet import Fleet
from rig.samples import Samples
from rig.scripted_smtp import CLOSE, HANG, ScriptedServer
from rig.shows import shows

DISK = 'filesystem_used_ratio'
# what comes of it: exit status, state, tries, what is said
WAITS = (69, 'waiting', 0, 'everything waits')  # for the whole channel
DOUBTED = (69, 'waiting', 1, 'everything waits')  # and another mail goes first
LATER = (0, 'waiting', 1, '')
FINAL = (69, 'failed', 1, 'will not be told')


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-steps-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fleet = Fleet(self.folder)

    def configure(self, server, to='ops@example.com', sender='fleet@example.com'):
        self.fleet.write_config(
            f'<mail host="127.0.0.1" port="{server.port}" security="plain" from="{sender}"'
            ' list-id="example.com" timeout="2s"/><alerter collector-stale="1d"/>'
            f'<client name="web1" ip="192.0.2.10" username="monitor" password="x" mail="{to}">'
            '<alert type="disk" limit="90%"/></client>')

    def alert(self):
        """With one disk that is full."""
        self.assertEqual(self.fleet.run('alerter').status, 0)
        samples = Samples(self.fleet)
        samples.add('web1', -5, {(DISK, '/var'): 0.95})
        samples.close()
        return self.fleet.run('alerter')

    def row(self):
        row, = self.fleet.rows('SELECT state, tries, last_error FROM notification')
        return row


class Steps(Case):
    def check(self, script, expected):
        with ScriptedServer(script) as server:
            self.configure(server)
            result = self.alert()
        status, state, tries, said = expected
        self.assertEqual(result.status, status, result)
        self.assertIn(said, result.err)
        if not said:
            self.assertEqual(result.err, '')
        self.assertEqual(self.row()[:2], (state, tries), result)

    def check_all(self, rows):
        for script, expected in rows:
            with self.subTest(script=script):
                self.check(script, expected)
                self.setUp()

    @shows('32')
    def test_4xx_at_every_step(self):
        self.check_all((({step: '451 try again'}, expected) for step, expected in (
            ('greeting', WAITS), ('ehlo', WAITS), ('mail', WAITS), ('rcpt', LATER),
            ('data', LATER), ('dot', LATER))))

    @shows('32', '32a')
    def test_5xx_at_every_step(self):
        self.check_all((({step: '554 never'}, expected) for step, expected in (
            ('greeting', WAITS), ('mail', WAITS), ('rcpt', FINAL), ('data', FINAL),
            ('dot', FINAL))))

    @shows('32')
    def test_hangs_up_at_every_step(self):
        self.check_all((({step: CLOSE}, expected) for step, expected in (
            ('greeting', WAITS), ('ehlo', WAITS), ('mail', LATER), ('rcpt', LATER),
            ('data', LATER), ('dot', LATER))))

    @shows('32')
    def test_hangs_at_every_step(self):
        self.check_all((({step: HANG}, expected) for step, expected in (
            ('greeting', WAITS), ('mail', DOUBTED), ('rcpt', DOUBTED), ('data', DOUBTED),
            ('dot', DOUBTED))))

    def test_goodbye_is_not_waited_for(self):
        began = time.monotonic()
        self.check({'quit': HANG}, (0, 'sent', 1, ''))
        self.assertLess(time.monotonic() - began, 15)

    def test_a_server_that_talks_for_ever(self):
        self.check({'rcpt': '250-on and on\r\n' * 10000 + '250 on'}, LATER)

    def test_too_large_is_the_mails_fault(self):
        self.check({'mail': '552 too large'}, FINAL)

    def test_a_login_that_is_missing_is_nobodys(self):
        self.check({'rcpt': '530 log in first'}, WAITS)


class Foreign(Case):
    def send(self, extensions, to, **more):
        with ScriptedServer(extensions=extensions) as server:
            self.configure(server, to, **more)
            return self.alert(), server

    def test_a_domain_goes_in_ascii(self):
        result, server = self.send((), 'ops@bücher.example')
        self.assertEqual((result.status, result.err), (0, ''))
        self.assertIn('RCPT TO:<ops@xn--bcher-kva.example>', server.lines)
        self.assertNotIn('SMTPUTF8', ' '.join(server.lines))
        self.assertIn(b'\r\nTo: <ops@xn--bcher-kva.example>\r\n', server.mails[0])
        self.assertTrue(server.mails[0].isascii())

    def test_the_senders_domain_too(self):
        result, server = self.send((), 'ops@example.com', sender='fleet@bücher.example')
        self.assertEqual((result.status, result.err), (0, ''))
        self.assertIn('MAIL FROM:<fleet@xn--bcher-kva.example>', ' '.join(server.lines))
        self.assertTrue(server.mails[0].isascii())

    def test_a_local_part_needs_smtputf8(self):
        result, server = self.send(('SMTPUTF8', '8BITMIME'), 'jürgen@bücher.example')
        self.assertEqual((result.status, result.err), (0, ''))
        said = [line for line in server.lines if line.startswith('MAIL')]
        self.assertIn('SMTPUTF8', said[0])
        self.assertIn('RCPT TO:<jürgen@xn--bcher-kva.example>', server.lines)
        self.assertIn('To: <jürgen@xn--bcher-kva.example>'.encode(), server.mails[0])

    def test_without_it_nothing_is_sent_and_it_is_said(self):
        result, server = self.send(('8BITMIME',), 'jürgen@example.com')
        self.assertEqual(result.status, 69)
        self.assertIn('SMTPUTF8', result.err)
        self.assertEqual(server.mails, [])
        state, tries, error = self.row()
        self.assertEqual((state, tries), ('failed', 1))
        self.assertIn('RFC 6531', error)

    def test_a_sender_that_is_foreign_makes_all_wait(self):
        result, server = self.send((), 'ops@example.com', sender='jürgen@example.com')
        self.assertEqual(result.status, 69)
        self.assertIn('SMTPUTF8', result.err)
        self.assertEqual((self.row()[:2], server.mails), (('waiting', 0), []))


if __name__ == '__main__':
    unittest.main()
