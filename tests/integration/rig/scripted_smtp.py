"""A mail server that does one thing wrong, at one step of the conversation (RFC 5321).

    with ScriptedServer({'rcpt': '450 later'}) as server:
        server.port, server.lines, server.mails

Steps: greeting, ehlo, mail, rcpt, data, dot. What is said there instead of the usual is a line, or
CLOSE (hangs up), or HANG (says nothing more).
"""
import socket
import threading

CLOSE, HANG = object(), object()
USUAL = {'greeting': '220 scripted', 'mail': '250 ok', 'rcpt': '250 ok', 'data': '354 go on',
         'dot': '250 taken', 'quit': '221 bye', 'rset': '250 ok'}


class HungUp(Exception):
    pass


class ScriptedServer:
    def __init__(self, script=(), extensions=('8BITMIME',)):
        self.script, self.extensions = dict(script), list(extensions)
        self.lines, self.mails, self.connections = [], [], 0
        self.over = threading.Event()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, client.makefile('rb') as lines:
            try:
                self.say(client, 'greeting')
                while line := lines.readline():
                    self.lines.append(line.rstrip(b'\r\n').decode())
                    self.answer(client, lines, self.lines[-1].split(' ')[0].lower())
            except (HungUp, OSError):
                pass

    def answer(self, client, lines, verb):
        if verb == 'ehlo' and verb not in self.script:
            names = ['scripted', *self.extensions]
            client.sendall(b''.join(f'250{"-" if i < len(names) - 1 else " "}{n}\r\n'.encode()
                                    for i, n in enumerate(names)))
            return
        self.say(client, verb)
        if verb == 'data' and 'data' not in self.script:
            mail = b''
            while (line := lines.readline()) not in (b'.\r\n', b''):
                mail += line
            if line:
                self.mails.append(mail)
                self.say(client, 'dot')
        if verb == 'quit':
            raise HungUp

    def say(self, client, step):
        what = self.script.get(step, USUAL.get(step, '500 what'))
        if what is HANG:
            self.over.wait(60)
        if what is HANG or what is CLOSE:
            raise HungUp
        client.sendall(what.encode() + b'\r\n')
