"""A client that lies: an account whose every command is answered by a function of the test.

    puppet = Puppet(folder)
    puppet.key_options           # for Sshd: the forced command
    puppet.answer = function     # of a Request; returns the bytes to say, or yields them
    puppet.stop()

The forced command is relay.py, which passes on what sshd gives it to a socket of the test's, so
a lie is told over the real SSH to the real collector, with seals that open.
"""
import ctypes
import os
import socket
import sys
import threading
import time

from rig.probe import digest, sodium

RELAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'relay.py')
BOOT = '01234567-89ab-cdef-0123-456789abcdef'
TEXT = 'node_load1 1\n'


class Request:
    """What the collector asked for, and what an honest client makes of it."""

    def __init__(self, line):
        words = line.split()
        assert words[:2] == ['fleet1', 'request'], line
        self.fields = dict(word.split('=', 1) for word in words[2:])
        self.key_id = self.fields['keyid']

    def report(self, text=TEXT, **changes):
        """The report as it stands inside its seal; the header's fields can be changed."""
        header = {'id': self.fields['id'], 'nonce': self.fields['nonce'], 'probe': '0' * 32,
                  'boot': BOOT, 'mono': time.monotonic_ns() // 1000000,
                  'wall': time.time_ns() // 1000000, **changes}
        head = '# fleet1 ' + ' '.join(f'{name}={value}' for name, value in header.items())
        text = text if isinstance(text, bytes) else text.encode()
        return head.encode() + b'\n' + text + b'# EOF\n'

    def seal(self, report, key=None):
        """key: the public key of somebody else, 64 hex digits."""
        sealed = ctypes.create_string_buffer(len(report) + 48)
        public = bytes.fromhex(key or self.fields['key'])
        assert sodium.crypto_box_seal(sealed, report, ctypes.c_ulonglong(len(report)), public) == 0
        return sealed.raw

    def sealed(self, text=TEXT, **changes):
        return self.seal(self.report(text, **changes))

    def frame(self, sealed, index=0, key_id=None):
        return (f'fleet1 file {index} {key_id or self.key_id} {len(sealed)} spooled\n'.encode() +
                sealed + f'\nfleet1 end {index} {digest(sealed)}\n'.encode())

    def say(self, *files):
        """A whole conversation with these sealed files."""
        frames = b''.join(self.frame(sealed, i) for i, sealed in enumerate(files))
        return b'\nfleet1 ready\n' + frames + f'fleet1 done {len(files)}\n'.encode()


class Puppet:
    def __init__(self, folder):
        self.path = os.path.join(folder, 'puppet')
        self.key_options = f'command="{sys.executable} -I -S {RELAY} {self.path}"'
        self.answer = lambda request: request.say(request.sealed())
        self.requests, self.acks = [], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen(64)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile('rwb') as stream:
                request = Request(stream.readline().decode())
                self.requests.append(request)
                said = self.answer(request)
                for part in [said] if isinstance(said, bytes) else said:
                    stream.write(part)
                stream.flush()
                self.acks += [line.decode().rstrip() for line in stream]
        except OSError:
            pass  # the collector hung up
