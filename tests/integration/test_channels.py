"""fleet-alerter and webhooks, commands and heartbeats: what arrives, what waits, and that one that
is at fault keeps nobody else waiting."""
import collections
import email.utils
import hashlib
import hmac
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from rig import smtp
from rig.fleet import KILLED, Fleet
from rig.outbox_case import SECRET, TOKEN, OutboxCase
from rig.shows import shows
from rig.web import CUT, STALL, Answer


class Webhooks(OutboxCase):
    def setUp(self):
        super().setUp()
        self.web = self.serve()
        self.prepare(self.hook())

    def hook(self, name='chat', url=None, ca=None, more='timeout="2s"'):
        return (f'<webhook name="{name}" url="{url or self.web.url("/hook")}"'
                f' ca="{ca or self.web.ca}" {more}/>')

    def test_what_arrives(self):
        self.configure(self.hook(more='secret-file="secret" token-file="token"'))
        body = '{"text":"Grün \\u007b{"}'
        message_id = self.put('webhook', 'chat', body)
        self.alert()
        self.assertEqual(self.states(), [('chat', 'sent', 1)])
        request, = self.web.requests
        self.assertEqual((request.method, request.path), ('POST', '/hook'))
        self.assertEqual(request.body, body.encode())
        self.assertEqual(request.headers['Content-Type'], 'application/json')
        self.assertEqual(request.headers['Idempotency-Key'], f'"{message_id}"')
        self.assertEqual(request.headers['Authorization'], f'Bearer {TOKEN}')
        stamp = request.headers['X-Fleet-Timestamp']
        self.assertLess(abs(int(stamp) - time.time()), 60)
        signed = hmac.new(SECRET.encode(), stamp.encode() + b'.' + request.body, hashlib.sha256)
        self.assertEqual(request.headers['X-Fleet-Signature'], 'sha256=' + signed.hexdigest())
        with open(self.fleet.path('body'), 'wb') as f:
            f.write(request.body)
        printed = subprocess.run(['sh', '-c', self.recipe()], check=True, capture_output=True,
                                 cwd=self.fleet.folder, env={**os.environ, 'timestamp': stamp})
        self.assertEqual(printed.stdout.decode(), signed.hexdigest() + '\n')

    @staticmethod
    def recipe():
        """How a receiver checks a signature, as README.md has it."""
        readme = pathlib.Path(__file__).resolve().parents[2] / 'README.md'
        recipe = re.search(r'```\n(\{ printf .*?)```', readme.read_text(encoding='utf-8'), re.S)
        return recipe[1].replace('chat.secret', 'secret')

    def test_without_secrets_there_are_none(self):
        self.put('webhook', 'chat')
        self.alert()
        request, = self.web.requests
        for name in ('Authorization', 'X-Fleet-Signature', 'X-Fleet-Timestamp', 'Cookie'):
            self.assertNotIn(name, request.headers)

    def test_a_token_goes_where_the_payload_has_a_place_for_it(self):
        self.configure(self.hook(more='form="pagerduty" token-file="token"'))
        self.put('webhook', 'chat', '{"routing_key":"{{token}}","x":"\\u007b{token}}"}')
        self.alert()
        request, = self.web.requests
        self.assertEqual(json.loads(request.body), {'routing_key': TOKEN, 'x': '{{token}}'})
        self.assertNotIn('Authorization', request.headers)
        self.assertNotIn(TOKEN, ' '.join(map(str, self.fleet.rows('SELECT * FROM notification'))))

    def test_ntfy_is_asked_at_its_root(self):
        self.configure(self.hook(url=self.web.url('/push/fleet'), more='form="ntfy"'))
        self.put('webhook', 'chat')
        self.alert()
        self.assertEqual(self.web.requests[0].path, '/push/')

    def test_one_connection_serves_many(self):
        for _ in range(250):
            self.put('webhook', 'chat')
        self.alert()
        self.assertEqual(len(self.web.requests), 250)
        self.assertEqual({row[1] for row in self.states()}, {'sent'})

    def check_fault(self, said, requests=0, tries=0):
        """All that goes there waits, is said once, and keeps standard output from nothing."""
        self.put('webhook', 'chat')
        self.put('webhook', 'chat')
        self.put('stdout', '')
        result = self.alert(69, said, out='the subject\n\nthe text\n\n')
        self.assertEqual(result.err.count('\n'), 1, result)
        self.assertIn('webhook chat: nothing can be told', result.err)
        self.assertNotIn('/hook', result.err)  # it may be a secret
        self.assertEqual(self.states(), [('chat', 'waiting', tries), ('chat', 'waiting', 0),
                                         ('', 'sent', 1)])
        self.assertEqual(self.places(), ['webhook chat'])
        self.assertEqual(len(self.web.requests), requests)
        self.assertEqual(self.alert(69).err, '')  # it is left alone for now
        self.assertEqual(len(self.web.requests), requests)

    def check_cure(self):
        self.web.answers = [Answer()]
        self.web.requests.clear()
        self.samples.make_due()
        self.alert()
        self.assertEqual({row[1] for row in self.states()}, {'sent'})
        self.assertEqual(self.places(), [])
        self.assertEqual(len(self.web.requests), 2)

    def test_another_authority(self):
        other = smtp.make_authority(self.folder, 'other')
        self.configure(self.hook(ca=other))
        self.check_fault('certificate')
        self.configure(self.hook())
        self.check_cure()

    def test_another_name(self):
        other = self.serve(names='DNS:elsewhere.example.com')
        self.configure(self.hook(url=other.url('/hook'), ca=other.ca))
        self.check_fault('certificate')
        self.assertEqual(other.requests, [])
        self.configure(self.hook())
        self.check_cure()

    def test_nobody_listens(self):
        self.configure(self.hook(url=f'https://127.0.0.1:{smtp.free_port()}/hook'))
        self.check_fault('connect')
        self.configure(self.hook())
        self.check_cure()

    def test_503(self):
        self.web.answers = [Answer(503, body=b'away\n\x1b[2J')]
        self.check_fault('the answer is 503: away \\x1b[2J', requests=1)
        self.check_cure()

    def test_401_waits_for_a_better_token(self):
        self.web.answers = [Answer(401)]
        self.check_fault('the answer is 401', requests=1)
        self.check_cure()

    def test_500_lets_others_go_first(self):
        self.web.answers = [Answer(500), Answer()]
        self.check_fault('the answer is 500', requests=1, tries=1)
        first, second = self.fleet.rows("SELECT message_id FROM notification WHERE recipient = 'chat'"
                                        ' ORDER BY id')
        self.samples.execute("UPDATE alert SET as_of = '2020-01-01T00:00:00.000Z'")
        self.alert()
        self.assertEqual(self.states()[:2], [('chat', 'waiting', 1), ('chat', 'sent', 1)])
        self.assertEqual(self.web.requests[-1].headers['Idempotency-Key'], f'"{second[0]}"')
        self.samples.make_due()
        self.alert()
        self.assertEqual(self.web.requests[-1].headers['Idempotency-Key'], f'"{first[0]}"')
        self.assertEqual(self.states()[0], ('chat', 'sent', 2))

    def test_429_is_left_alone_as_long_as_it_asks(self):
        self.web.answers = [Answer(429, {'Retry-After': '1800'})]
        self.check_fault('the answer is 429', requests=1)
        self.assertEqual(self.fleet.rows('SELECT threshold FROM alert WHERE rule = \'delivery\''),
                         [(1800000.0,)])
        self.check_cure()

    def test_429_until_a_date(self):
        at = email.utils.formatdate(time.time() + 1000, usegmt=True)
        self.web.answers = [Answer(429, {'Retry-After': at})]
        self.put('webhook', 'chat')
        self.alert(69, 'the answer is 429')
        (rest,), = self.fleet.rows("SELECT threshold FROM alert WHERE rule = 'delivery'")
        self.assertTrue(900000 < rest <= 1000000, rest)

    def test_a_day_is_more_than_anybody_is_left_alone_for(self):
        self.web.answers = [Answer(429, {'Retry-After': '86400'})]
        self.check_fault('the answer is 429', requests=1)
        self.assertEqual(self.fleet.rows('SELECT threshold FROM alert WHERE rule = \'delivery\''),
                         [(3600000.0,)])

    def test_redirects_are_not_followed(self):
        other = self.serve(tls=False)
        self.web.answers = [Answer(307, {'Location': other.url('/stolen')})]
        self.check_fault('redirects are not followed', requests=1)
        self.assertEqual(other.requests, [])
        self.check_cure()

    def test_one_that_hangs(self):
        self.web.answers = [Answer(hang=60)]
        began = time.monotonic()
        self.check_fault('timed out', requests=1, tries=1)
        self.assertLess(time.monotonic() - began, 20)

    def test_a_head_without_end(self):
        self.web.answers = [Answer(endless_head=True)]
        self.put('webhook', 'chat')
        self.alert()  # the status came
        self.assertEqual(self.states(), [('chat', 'sent', 1)])
        self.assertLess(self.web.flooded, 50 << 20)

    def test_a_body_without_end(self):
        self.web.answers = [Answer(404, body=None)]
        self.put('webhook', 'chat')
        self.alert(69, 'the answer is 404: yyyy')
        self.assertLess(self.web.flooded, 50 << 20)
        self.assertLess(len(self.last_error()), 500)

    def test_a_status_counts_whatever_becomes_of_the_body(self):
        for unfinished in (CUT, STALL):
            self.web.answers = [Answer(200, body=b'ok', unfinished=unfinished)]
            self.put('webhook', 'chat')
            self.alert()
            self.web.answers = [Answer(400, body=b'no', unfinished=unfinished)]
            self.put('webhook', 'chat')
            self.alert(69, 'the answer is 400: no')
        self.assertEqual(self.states(), [('chat', 'sent', 1), ('chat', 'failed', 1)] * 2)
        self.assertEqual(self.places(), [])

    def test_no_such_address_makes_all_wait(self):
        for status in (404, 405, 410):
            with self.subTest(status=status):
                self.web.answers = [Answer(status, body=b'no_service')]
                self.samples.execute('DELETE FROM notification')
                self.samples.execute('DELETE FROM alert')
                self.web.requests.clear()
                self.check_fault(f'the answer is {status}: no_service', requests=1)
                self.check_cure()

    def test_4xx_is_final_and_visible(self):
        for status in (400, 413, 422):
            self.web.answers = [Answer(status, body=b'no such thing')]
            self.put('webhook', 'chat')
            self.put('stdout', '')
            self.alert(69, f'the answer is {status}: no such thing',
                       out='the subject\n\nthe text\n\n')
        self.assertEqual({row[1:] for row in self.states() if row[0]}, {('failed', 1)})
        self.assertEqual(self.places(), [])
        self.assertIn('the answer is 400', self.last_error())

    def test_408_and_425_are_for_later(self):
        for status in (408, 425):
            self.web.answers = [Answer(status)]
            self.put('webhook', 'chat')
            self.alert()
        self.assertEqual(self.states(), [('chat', 'waiting', 1)] * 2)
        self.assertEqual(self.places(), [])

    def test_one_dead_webhook_keeps_no_other_waiting(self):
        self.configure(self.hook() + self.hook('dead', f'https://127.0.0.1:{smtp.free_port()}/'))
        for _ in range(150):  # more than one look at the outbox
            self.put('webhook', 'dead')
        self.put('webhook', 'chat')
        self.alert(69, 'webhook dead: nothing can be told')
        self.assertEqual(self.states()[-1], ('chat', 'sent', 1))
        self.assertEqual(self.places(), ['webhook dead'])

    def test_one_that_is_taken_out_is_printed(self):
        self.web.answers = [Answer(503)]
        self.check_fault('503', requests=1)
        self.configure('')
        self.alert(out='To: chat\nthe subject\n\nthe text\n\n' * 2)
        self.assertEqual(self.places(), [])
        self.assertEqual({row[1] for row in self.states()}, {'sent'})

    def test_a_token_that_cannot_be_one(self):
        self.fleet.write('token', 'a"b\n')
        self.configure(self.hook(more='token-file="token"'))
        self.check_fault('the token')


class Commands(OutboxCase):
    def command(self, script, name='horn', arguments='', more=''):
        path = self.fleet.write(name, script, mode=0o700)
        return f'<command name="{name}" run="{path} {arguments}" {more}/>'

    def told(self):
        with open(self.fleet.path('told'), encoding='utf-8') as f:
            return f.read()

    def record(self):
        """A program that writes down what it is told."""
        return ('#!/bin/sh\n{ for a; do printf "<%s>\\n" "$a"; done; env | sort; cat; } >'
                f'"{self.fleet.path("told")}"\n')

    def test_what_it_is_told(self):
        self.prepare(self.command(self.record(), arguments='-n {{client}} to={{instance}} {{subject}}'))
        hostile = '/$(touch x)`y`;|"\' \\x0a'
        self.put('command', 'horn', f'client=-rf\ninstance={hostile}\nsubject=[fleet] a b\n',
                 'first\nlast\n')
        self.alert()
        self.assertEqual(self.states(), [('horn', 'sent', 1)])
        told = self.told()
        self.assertIn(f'<-n>\n< -rf>\n<to={hostile}>\n<[fleet] a b>\n', told)
        self.assertIn(f'\nFLEET_INSTANCE={hostile}\n', told)
        self.assertIn('\nFLEET_SUBJECT=[fleet] a b\n', told)
        self.assertIn('\nLANG=C.UTF-8\n', told)
        self.assertTrue(told.endswith('\nfirst\nlast\n'), told)
        self.assertNotIn('ASAN_OPTIONS', told)
        self.assertEqual(os.listdir(self.folder).count('x'), 0)

    def check(self, script, status, state, tries, said, waits=True):
        self.prepare(self.command(f'#!/bin/sh\n{script}\n', more='timeout="1s"'))
        self.put('command', 'horn', 'subject=x\n')
        self.put('stdout', '')
        began = time.monotonic()
        self.alert(status, said, out='the subject\n\nthe text\n\n')
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(self.states(), [('horn', state, tries), ('', 'sent', 1)])
        self.assertEqual(self.places(), ['command horn'] if status and waits else [])

    def test_75_is_for_later(self):
        self.check('exit 75', 0, 'waiting', 1, '')

    def test_others_are_final_and_visible(self):
        self.check("printf 'no\\n\\033[2Jway' >&2; exit 1", 69, 'failed', 1,
                   'ended with status 1: no \\x1b[2Jway', waits=False)

    def test_one_that_hangs_is_ended_with_its_children(self):
        self.check(f"trap '' TERM; sleep 1000 & echo $! >{self.fleet.path('pid')}; sleep 1000", 69,
                   'waiting', 1, 'did not end in 1 s')
        with open(self.fleet.path('pid'), encoding='ascii') as f:
            stat = f'/proc/{f.read().strip()}/stat'
        for _ in range(100):
            try:
                with open(stat, encoding='ascii') as f:
                    if f.read().rsplit(')', 1)[1].split()[0] in 'ZX':
                        return
            except FileNotFoundError:
                return
            time.sleep(0.05)
        self.fail('a child is still there')

    def test_one_that_dies(self):
        self.check('kill -SEGV $$', 69, 'waiting', 1, 'ended by signal 11')

    def test_an_argument_that_is_too_long_is_cut(self):
        self.prepare(self.command(self.record(), arguments='{{subject}}{{instance}}{{reason}}! b'))
        long = 'ü' * 100000
        self.put('command', 'horn', f'subject=x\ninstance={long}\nreason={long}\n')
        self.alert()
        self.assertEqual(self.states(), [('horn', 'sent', 1)])
        self.assertTrue(self.told().startswith(f'<x{"ü" * 4095}!>\n<b>\n'))
        self.assertTrue(f'FLEET_REASON={"ü" * 4092}' in self.told().splitlines())

    def test_what_the_message_has_not_is_empty(self):
        self.prepare(self.command(self.record(), arguments='{{instance}} on={{client}}'))
        self.put('command', 'horn', 'client=web1\n')
        self.alert()
        self.assertEqual(self.states(), [('horn', 'sent', 1)])
        self.assertIn('<>\n<on=web1>\n', self.told())

    def test_children_that_hold_its_output(self):
        self.check('sleep 1000 & exit 0', 0, 'sent', 1, '')

    def test_a_flood(self):
        self.check('yes | head -c 10000000; exit 3', 69, 'failed', 1, 'status 3: y y y', waits=False)
        self.assertLess(len(self.last_error()), 1200)

    def test_one_that_is_missing_waits_until_it_is_there(self):
        element = self.command('#!/bin/sh\nexit 0\n')
        self.prepare(element)
        self.put('command', 'horn', 'subject=x\n')
        self.put('stdout', '')
        os.rename(self.fleet.path('horn'), self.fleet.path('away'))
        self.alert(69, 'No such file', out='the subject\n\nthe text\n\n')
        self.assertEqual(self.states()[0], ('horn', 'waiting', 0))
        os.rename(self.fleet.path('away'), self.fleet.path('horn'))
        self.samples.make_due()
        self.alert()
        self.assertEqual(self.states()[0], ('horn', 'sent', 1))
        self.assertEqual(self.places(), [])


class Whole(OutboxCase):
    """From a sample to whoever is told."""

    def setUp(self):
        super().setUp()
        self.web = self.serve()

    def watch(self, elements, mail):
        self.prepare(elements + f'<client name="web1" ip="192.0.2.10" username="monitor" password="x"'
                                f' mail="{mail}"><alert type="disk" limit="90%"/></client>')

    def hook(self, form):
        return (f'<webhook name="chat" url="{self.web.url("/hook")}" ca="{self.web.ca}"'
                f' form="{form}" token-file="token"/>')

    def disk(self, minute, value, mounts=('/var',)):
        self.samples.add('web1', minute, {('filesystem_used_ratio', m): value for m in mounts})
        self.alert()

    def bodies(self):
        return [json.loads(r.body) for r in self.web.requests]

    def test_a_life_in_json(self):
        mount = '/"\n\x1b{{token}}<!channel>'
        self.watch(self.hook('json'), 'chat')
        self.disk(-5, 0.95, (mount,))
        self.disk(-4, 0.5, (mount,))
        first, second = self.bodies()
        self.assertEqual((first['status'], second['status']), ('firing', 'resolved'))
        self.assertEqual(first['thread'], first['message_id'])
        self.assertEqual(second['thread'], first['message_id'])
        event, = first['events']
        self.assertEqual((event['client'], event['alert'], event['value'], event['limit']),
                         ('web1', 'disk', 0.95, 0.9))
        self.assertEqual(event['instance'], mount.replace('\x1b', '\\x1b'))
        self.assertEqual(event['key'], second['events'][0]['key'])
        self.assertIn('95.0 %', first['text'])
        self.assertNotIn(TOKEN, str(self.bodies()))

    def test_every_form_takes_a_flood(self):
        mounts = [f'/srv{i}' for i in range(8)]
        for form in ('json', 'slack', 'ntfy', 'alertmanager'):
            with self.subTest(form=form):
                self.web.requests.clear()
                self.watch(self.hook(form), 'chat')
                self.disk(-5, 0.95, mounts)
                body, = self.bodies()
                self.assertIn('/srv7', str(body))
                self.tearDownFleet()

    def tearDownFleet(self):
        self.samples.close()
        self.fleet = Fleet(tempfile.mkdtemp(prefix='fleet-channels-', dir=self.folder))
        self.fleet.write('token', TOKEN + '\n')

    def test_pagerduty_has_an_incident_for_each(self):
        mounts = [f'/srv{i}' for i in range(8)]
        self.watch(self.hook('pagerduty'), 'chat')
        self.disk(-5, 0.95, mounts)
        self.disk(-4, 0.5, mounts)
        bodies = self.bodies()
        keys = {action: {b['dedup_key'] for b in bodies if b['event_action'] == action}
                for action in ('trigger', 'resolve')}
        self.assertEqual(len(bodies), 16)
        self.assertEqual(len(keys['trigger']), 8)
        self.assertEqual(keys['trigger'], keys['resolve'])
        self.assertEqual({b['routing_key'] for b in bodies}, {TOKEN})

    def test_a_command_and_hostile_mounts(self):
        told = self.fleet.path('told')
        script = self.fleet.write('horn', '#!/bin/sh\n{ for a; do printf "<%s>\\n" "$a"; done; env;'
                                          f' }} >>"{told}"\n', mode=0o700)
        self.watch(f'<command name="horn" run="{script} {{{{instance}}}}"/>', 'horn')
        self.disk(-5, 0.95, ('-rf /\nFLEET_CLIENT=other $(touch x)',))
        with open(told, encoding='utf-8') as f:
            lines = f.read().splitlines()
        self.assertEqual(lines[0], '< -rf /\\x0aFLEET_CLIENT=other $(touch x)>')
        self.assertIn('FLEET_CLIENT=web1', lines)
        self.assertIn('FLEET_STATUS=firing', lines)
        self.assertEqual([line for line in lines if line.startswith('FLEET_CLIENT')],
                         ['FLEET_CLIENT=web1'])


class Killed(OutboxCase):
    """kill -9 before each commit, each word to the webhook, and each end of the command."""

    def told(self):
        """{(who, headline): Message-IDs}, of all that came."""
        told = collections.defaultdict(set)
        for request in self.web.requests:
            body = json.loads(request.body)
            told['chat', body['events'][0]['headline']].add(
                request.headers['Idempotency-Key'].strip('"'))
        with open(self.fleet.path('told'), encoding='utf-8') as f:
            for line in f.read().splitlines():
                message_id, headline = line.split(' ', 1)
                told['horn', headline].add(message_id)
        return told

    def kill(self, moments, mount):
        """One run that dies then, and one that does not. Whether it came to die."""
        self.samples.add('web1', self.minute, {('filesystem_used_ratio', mount): 0.95})
        self.minute += 1
        process = self.fleet.start('alerter', kill_at=moments)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, KILLED), err)
        self.samples.make_due()
        self.alert()
        return process.returncode == KILLED

    @shows('31')
    def test_everybody_is_told_under_one_id(self):
        self.web = self.serve(tls=False)
        script = self.fleet.write('horn', '#!/bin/sh\necho "$FLEET_MESSAGE_ID $FLEET_HEADLINE"'
                                          f' >>"{self.fleet.path("told")}"\n', mode=0o700)
        self.prepare(f'<webhook name="chat" url="{self.web.url("/hook")}"/>'
                     f'<command name="horn" run="{script}"/>'
                     '<client name="web1" ip="192.0.2.10" username="monitor" password="x"'
                     ' mail="chat, horn"><alert type="disk" limit="90%" instance="/full*"/></client>')
        self.minute, kills, mounts = -1000, collections.Counter(), []
        for call in ('fdatasync', 'sendto', 'wait4'):
            killed = True
            while killed:
                mounts.append(f'/full{len(mounts)}')
                killed = self.kill([f'main<{call}'] * (kills[call] + 1), mounts[-1])
                kills[call] += killed
        print('kills:', dict(kills))
        self.assertGreaterEqual(min(kills.values()), 1)
        told = self.told()
        self.assertEqual({len(ids) for ids in told.values()}, {1})
        self.assertEqual({key for key in told if key[1].startswith('WARNING')},
                         {(who, f'WARNING web1: disk {mount} 95.0 % (limit 90.0 %)')
                          for who in ('chat', 'horn') for mount in mounts})
        self.assertEqual({row[1] for row in self.states()}, {'sent'})


class Heartbeats(OutboxCase):
    def setUp(self):
        super().setUp()
        self.web = self.serve(tls=False)

    def beat(self, **more):
        self.prepare('')
        self.configure(more.get('elements', ''), f'heartbeat="{self.web.url("/ping")}"')

    def test_after_a_good_run(self):
        self.beat()
        self.alert()
        request, = self.web.requests
        self.assertEqual((request.method, request.path, request.body), ('GET', '/ping', b''))

    def test_not_when_somebody_cannot_be_told(self):
        self.beat(elements='<webhook name="chat" url="https://127.0.0.1:1/"/>')
        self.put('webhook', 'chat')
        self.alert(69, 'nothing can be told')
        self.assertEqual(self.web.requests, [])

    def test_not_in_a_dry_run(self):
        self.beat()
        self.assertEqual(self.fleet.run('alerter', '--dry-run').status, 0)
        self.assertEqual(self.web.requests, [])

    def test_a_failure_is_a_warning(self):
        self.beat()
        self.web.answers = [Answer(404, body=b'who?')]
        result = self.alert(0, 'warning: heartbeat: the answer is 404 who?')
        self.assertNotIn('/ping', result.err)

    def test_one_that_hangs(self):
        self.beat()
        self.web.answers = [Answer(hang=60)]
        began = time.monotonic()
        self.alert(0, 'warning: heartbeat: ')
        self.assertLess(time.monotonic() - began, 20)

    def test_the_collectors(self):
        self.fleet.write_config(f'<collector heartbeat="{self.web.url("/ping")}"/>')
        self.assertEqual(self.fleet.run('fleet', 'init').status, 0)
        result = self.fleet.run('collector')
        self.assertEqual((result.status, result.err), (0, ''), result)
        self.assertEqual([r.path for r in self.web.requests], ['/ping'])


if __name__ == '__main__':
    unittest.main()
