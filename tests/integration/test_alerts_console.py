"""fleet alerts: what the operator is shown, says and tries."""
import json
import os
import shutil
import tempfile
import unittest

from rig import smtp
from rig.fleet import Fleet
from rig.web import Answer, WebServer

EX_OK, EX_USAGE, EX_DATAERR, EX_UNAVAILABLE = 0, 64, 65, 69


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
