"""A fleet without clients, whose outbox is filled by hand, for tests of what becomes of messages."""
import shutil
import tempfile
import time
import unittest

from rig.fleet import Fleet
from rig.samples import Samples, iso
from rig.web import WebServer

JSON = '{"text":"one"}'
SECRET, TOKEN = 'a secret of the webhook', 'token-0123456789'


class OutboxCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-channels-')
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.fleet = Fleet(self.folder)
        self.fleet.write('secret', SECRET + '\n')
        self.fleet.write('token', TOKEN + '\n')

    def serve(self, **more):
        folder = tempfile.mkdtemp(prefix='fleet-web-')
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return self.enterContext(WebServer(folder, **more))

    def configure(self, elements, alerter=''):
        self.fleet.write_config(f'<alerter collector-stale="1d" {alerter}/>' + elements)

    def prepare(self, elements):
        """Tables, and a hand on them."""
        self.configure(elements)
        self.assertEqual(self.fleet.run('alerter').status, 0)
        self.samples = Samples(self.fleet)
        self.addCleanup(self.samples.close)

    def put(self, channel, recipient, payload=JSON, text='the text\n', subject='the subject'):
        """A notification as it is composed. Returns its Message-ID."""
        message_id = f'event-{time.monotonic_ns():x}@example.com'
        self.samples.execute(
            'INSERT INTO notification (channel, recipient, message_id, refs, subject, text, payload,'
            " state, tries, created_at, next_try_at, last_error) VALUES (?, ?, ?, '', ?, ?, ?,"
            " 'waiting', 0, ?, ?, '')", channel, recipient, message_id, subject, text, payload,
            iso(self.samples.start_ms), iso(self.samples.start_ms))
        return message_id

    def alert(self, status=0, err='', out=''):
        result = self.fleet.run('alerter')
        self.assertEqual(result.status, status, result)
        self.assertIn(err, result.err)
        if not err:
            self.assertEqual(result.err, '')
        self.assertEqual(result.out, out)
        return result

    def states(self):
        return self.fleet.rows('SELECT recipient, state, tries FROM notification ORDER BY id')

    def places(self):
        return [row[0] for row in self.fleet.rows(
            "SELECT instance FROM alert WHERE rule = 'delivery' ORDER BY instance")]

    def last_error(self):
        return self.fleet.rows('SELECT last_error FROM notification ORDER BY id')[0][0]
