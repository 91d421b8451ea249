"""D-Bus in as few lines as it takes to play systemd on a real bus, or a bus that lies."""
import os
import socket
import struct
import subprocess
import threading

from rig.servers import DIES_WITH_US, find

CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
'''
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = range(1, 9)
TYPES = {PATH: b'o', REPLY_SERIAL: b'u', SIGNATURE: b'g'}


class Writer:
    def __init__(self, order='<'):
        self.data, self.order = b'', order

    def align(self, to):
        self.data += bytes(-len(self.data) % to)

    def u32(self, value):
        self.align(4)
        self.data += struct.pack(self.order + 'I', value)

    def value(self, kind, value):
        if kind == b'u':
            self.u32(value)
        elif kind == b'g':
            self.data += bytes([len(value)]) + value.encode() + b'\0'
        else:
            self.u32(len(value))
            self.data += value.encode() + b'\0'

    def variant(self, kind, value):
        self.value(b'g', kind.decode())
        self.value(kind, value)
        return self


def message(kind, serial, fields, body=b'', order='<'):
    head = Writer(order)
    for code, value in fields:
        head.align(8)
        head.data += bytes([code])
        head.variant(TYPES.get(code, b's'), value)
    start = (b'l' if order == '<' else b'B') + bytes([kind, 0, 1])
    start += struct.pack(order + 'III', len(body), serial, len(head.data))
    head.align(8)
    return start + head.data + body


def variant(value, order='<'):
    return Writer(order).variant(b's' if isinstance(value, str) else b'u', value).data


def units(names, order='<'):
    """What ListUnitsFiltered answers of units with these names."""
    w = Writer(order)
    w.u32(0)
    w.align(8)
    start = len(w.data)
    for name in names:
        w.align(8)
        for word in name, 'A service', 'loaded', 'failed', 'failed', '':
            w.value(b's', word)
        w.value(b'o', '/org/freedesktop/systemd1/unit/x')
        w.u32(0)
        w.value(b's', '')
        w.value(b'o', '/')
    return struct.pack(order + 'I', len(w.data) - start) + w.data[4:]


def parse(data):
    """(length, type, serial, {field: value}, body) of the message that data begins with."""
    order = '<' if data[:1] == b'l' else '>'
    body, serial, fields = struct.unpack_from(order + 'III', data, 4)
    found, at, end = {}, 16, 16 + fields
    while at < end:
        at += -at % 8
        code, kind = data[at], data[at + 2:at + 3]
        at += 4
        if kind == b'g':
            found[code] = data[at + 1:at + 1 + data[at]].decode()
            at += data[at] + 2
            continue
        at += -at % 4
        number = struct.unpack_from(order + 'I', data, at)[0]
        at += 4
        if kind == b'u':
            found[code] = number
        else:
            found[code] = data[at:at + number].decode()
            at += number + 1
    start = end + -end % 8
    return start + body, data[1], serial, found, data[start:start + body]


def words(signature, body):
    """The strings of "ss", or of the array "as"."""
    at, found = 4 if signature == 'as' else 0, []
    while at < len(body):
        at += -at % 4
        length = struct.unpack_from('<I', body, at)[0]
        found.append(body[at + 4:at + 4 + length].decode())
        at += length + 5
    return found


class Daemon:
    """A private system bus of the real dbus-daemon."""

    def __init__(self, folder, path):
        config = os.path.join(folder, 'bus.conf')
        with open(config, 'w', encoding='utf-8') as f:
            f.write(CONFIG.format(path=path))
        program, env = find('dbus-daemon')
        self.process = subprocess.Popen(
            DIES_WITH_US + [program, '--config-file=' + config, '--nofork', '--nopidfile',
                            '--nosyslog', '--print-address'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True)
        if not self.process.stdout.readline().startswith('unix:'):
            raise RuntimeError('dbus-daemon does not start')

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Party:
    """Somebody with a socket of his own, in a thread."""

    def stop(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.socket.close()


class Systemd(Party):
    """Owns systemd's name on a bus and answers what it is asked; None: never."""

    def __init__(self, path, properties, failed=()):
        self.properties, self.failed = properties, failed
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        user = str(os.getuid()).encode().hex().encode()
        self.socket.sendall(b'\0AUTH EXTERNAL ' + user + b'\r\n')
        assert self.socket.recv(100).startswith(b'OK ')
        self.socket.sendall(b'BEGIN\r\n')
        self.data, self.serial, self.asked = b'', 0, []
        bus = [(PATH, '/org/freedesktop/DBus'), (DESTINATION, 'org.freedesktop.DBus'),
               (INTERFACE, 'org.freedesktop.DBus')]
        self.send(CALL, bus + [(MEMBER, 'Hello')])
        name = Writer()
        name.value(b's', 'org.freedesktop.systemd1')
        name.u32(0)
        self.send(CALL, bus + [(MEMBER, 'RequestName'), (SIGNATURE, 'su')], name.data)
        while self.next()[3].get(REPLY_SERIAL) != 2:
            pass
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def send(self, kind, fields, body=b''):
        self.serial += 1
        self.socket.sendall(message(kind, self.serial, fields, body))

    def next(self):
        while True:
            if len(self.data) >= 16:
                length = parse(self.data + bytes(1 << 16))[0]
                if len(self.data) >= length:
                    found = parse(self.data)
                    self.data = self.data[length:]
                    return found
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.data += more

    def answer(self, serial, fields):
        to = [(DESTINATION, fields[SENDER]), (REPLY_SERIAL, serial)]
        member, *arguments = self.asked[-1]
        if member == 'Get':
            self.send(RETURN, to + [(SIGNATURE, 'v')], variant(self.properties[arguments[1]]))
        else:
            self.send(RETURN, to + [(SIGNATURE, 'a(ssssssouso)')], units(self.failed))

    def run(self):
        try:
            while True:
                _, kind, serial, fields, body = self.next()
                if kind == CALL and fields.get(INTERFACE) != 'org.freedesktop.DBus':
                    self.asked.append((fields[MEMBER], *words(fields[SIGNATURE], body)))
                    if self.properties is not None:
                        self.answer(serial, fields)
        except (EOFError, OSError):
            pass


class Liar(Party):
    """A bus that takes one connection and does with it what it is told to."""

    def __init__(self, path, behave):
        self.behave = behave
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(1)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            far, _ = self.socket.accept()
            with far:
                self.behave(far)
        except OSError:
            pass
