"""fleet-alerter and many who are to be told: none that is slow or at fault keeps others untold, and
a run that leaves somebody untold says so."""
import time
import unittest

from rig.outbox_case import OutboxCase
from rig.scripted_smtp import HANG, ScriptedServer
from rig.web import Answer


class Turns(OutboxCase):
    def setUp(self):
        super().setUp()
        self.web = self.serve(tls=False)

    def hook(self, name, web=None, timeout='20s'):
        url = (web or self.web).url(f'/{name}')
        return f'<webhook name="{name}" url="{url}" timeout="{timeout}"/>'

    def paths(self):
        return [request.path for request in self.web.requests]

    def test_a_mail_server_that_hangs_keeps_no_other_waiting(self):
        with ScriptedServer({'dot': HANG}) as server:
            self.prepare(f'<mail host="127.0.0.1" port="{server.port}" security="plain"'
                         ' from="fleet@example.com" list-id="example.com" timeout="2s"/>'
                         + self.hook('chat'))
            for i in range(20):
                self.put('mail', f'ops{i}@example.com', '')
            self.put('webhook', 'chat')
            self.alert(69, 'mail: nothing can be told')
            self.assertEqual(server.connections, 1)
            self.assertEqual(self.paths(), ['/chat'])
            self.alert(69)  # it is left alone for now
            self.assertEqual(server.connections, 1)
        self.assertEqual(self.states()[0], ('ops0@example.com', 'waiting', 1))  # others go first

    def test_a_slow_one_keeps_no_other_waiting(self):
        self.web.answers = [Answer(hang=1)]
        self.prepare(self.hook('slow') + self.hook('chat'))
        for _ in range(10):
            self.put('webhook', 'slow')
        self.put('webhook', 'chat')
        self.alert()
        self.assertEqual({row[1] for row in self.states()}, {'sent'})
        self.assertEqual(len(self.paths()), 11)
        self.assertLess(self.paths().index('/chat'), 7)

    def test_who_was_at_fault_comes_last(self):
        self.web.answers = [Answer(503), Answer()]
        self.prepare(self.hook('dead') + self.hook('chat'))
        self.put('webhook', 'dead')
        self.alert(69, 'the answer is 503')
        self.put('webhook', 'chat')
        self.samples.make_due()
        self.alert()
        self.assertEqual(self.paths(), ['/dead', '/chat', '/dead'])

    def test_a_run_that_is_too_short_says_so(self):
        beats = self.serve(tls=False)
        slow = self.serve(tls=False)
        slow.answers = [Answer(hang=16), Answer(hang=16), Answer(hang=16), Answer()]
        self.prepare(self.hook('slow', slow))
        self.configure(self.hook('slow', slow) + self.hook('chat'),
                       f'heartbeat="{beats.url("/ping")}"')
        for _ in range(5):
            self.put('webhook', 'slow')
        self.put('webhook', 'chat')
        began = time.monotonic()
        self.alert(69, 'not everybody was told in the 45 s')
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(beats.requests, [])
        self.assertEqual(self.paths(), ['/chat'])
        self.alert()
        self.assertEqual({row[1] for row in self.states()}, {'sent'})
        self.assertEqual(len(beats.requests), 1)


if __name__ == '__main__':
    unittest.main()
