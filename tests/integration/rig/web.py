"""A web server that answers as it is told to, over TLS with a certificate of its own authority.

    with WebServer(folder, names='IP:127.0.0.1') as web:
        web.url('/hook'), web.ca
        web.answers = [Answer(500), Answer(200)]     # one each; the last goes on
        web.requests                                 # what came: method, path, headers, body
"""
import http.server
import ssl
import threading
import time

from rig import smtp

CUT, STALL = object(), object()


class Answer:
    """What is said to one request. hang: for so many seconds nothing at first. body: bytes, or
    an endless flow of them when it is None; endless_head: of header lines. unfinished: the body is
    said to be longer than what comes of it, and then the connection is cut (CUT), or nothing more
    comes (STALL)."""

    def __init__(self, status=200, headers=(), body=b'', hang=0, endless_head=False, unfinished=None):
        self.status, self.headers, self.body = status, dict(headers), body
        self.hang, self.endless_head, self.unfinished = hang, endless_head, unfinished


class Request:
    def __init__(self, handler, body):
        self.method, self.path, self.headers = handler.command, handler.path, handler.headers
        self.body = body


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def handle_one(self):
        web = self.server.web
        length = int(self.headers.get('Content-Length') or 0)
        request = Request(self, self.rfile.read(length))
        answer = web.next_answer(request)
        web.over.wait(answer.hang)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        while answer.endless_head and not web.over.is_set():
            self.send_header('X-Filler', 'x' * 1000)
            self.flush_headers()
            web.flooded += 1000
        if answer.body is not None:
            missing = 50 if answer.unfinished else 0
            self.send_header('Content-Length', str(len(answer.body) + missing))
        self.end_headers()
        self.wfile.write(answer.body or b'')
        if answer.unfinished:
            self.close_connection = True
        if answer.unfinished is STALL:
            web.over.wait(60)
        while answer.body is None and not web.over.is_set():
            self.wfile.write(b'y' * 10000)
            web.flooded += 10000

    do_GET = do_POST = handle_one

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that go away are what is tested


class WebServer:
    def __init__(self, folder, names='IP:127.0.0.1,DNS:localhost', tls=True):
        self.requests, self.answers, self.flooded = [], [Answer()], 0
        self.over, self.lock = threading.Event(), threading.Lock()
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.web = self
        self.scheme, self.ca = 'http', None
        if tls:
            self.scheme = 'https'
            self.ca = smtp.make_authority(folder, 'web-ca')
            smtp.make_certificate(folder, 'web-ca', 'web', names)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f'{folder}/web.pem', f'{folder}/web.key')
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()

    def url(self, path='/', host='127.0.0.1'):
        return f'{self.scheme}://{host}:{self.port}{path}'

    def next_answer(self, request):
        with self.lock:
            self.requests.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def settle(self, count, wait=5):
        """Until so many requests came."""
        end = time.monotonic() + wait
        while len(self.requests) < count and time.monotonic() < end:
            time.sleep(0.02)
        return self.requests
