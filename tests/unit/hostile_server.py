#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A web server on 127.0.0.1 that behaves well, badly and worse, for the tests of downloads.

usage: hostile_server.py [FOLDER]     prints its port, then serves until its standard input closes.
FOLDER's files are served under /models/. Every other path is one behaviour (see BEHAVIOURS); what it does may depend on how often it
was asked. The good file is SIZE bytes, byte i being (i * 31 + i // 251) % 256; the other file has one added to each byte.
"""
import os
import socketserver
import sys
import threading
import time

SIZE = 300000
GOOD = bytes((i * 31 + i // 251) % 256 for i in range(SIZE))
OTHER = bytes((b + 1) % 256 for b in GOOD)
counts = {}
lock = threading.Lock()
folder = sys.argv[1] if len(sys.argv) > 1 else None


class Request:
    def __init__(self, stream):
        line = stream.readline(4096).decode("latin-1").split()
        self.path = line[1] if len(line) > 1 else "/"
        self.headers = {}
        while True:
            line = stream.readline(4096).decode("latin-1").strip()
            if not line:
                break
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        with lock:
            self.count = counts[self.path] = counts.get(self.path, 0) + 1
        wanted = self.headers.get("range", "")
        self.start = int(wanted[6:].rstrip("-")) if wanted.startswith("bytes=") else 0
        self.ranged = bool(wanted)


def send(out, status, headers, body=b""):
    text = "HTTP/1.1 %s\r\n" % status + "".join("%s: %s\r\n" % h for h in headers) + "Connection: close\r\n\r\n"
    out.write(text.encode("latin-1") + body)


def send_file(out, request, data, etag='"good"', length=None, until=None, kind="application/octet-stream"):
    """Answers ranges as a good server does; sends up to the byte `until` of the file only."""
    start = request.start if request.ranged and request.headers.get("if-range", etag) == etag else 0
    if start >= len(data):
        return send(out, "416 Range Not Satisfiable", [("Content-Range", "bytes */%d" % len(data)), ("Content-Length", "0")])
    headers = [("ETag", etag), ("Content-Type", kind), ("Content-Length", str(length or len(data) - start))]
    if start:
        headers.append(("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data))))
    send(out, "206 Partial Content" if start else "200 OK", headers, data[start:until])


def send_whole(out, data, headers, until=None):
    send(out, "200 OK", headers, data[:until])


def good(out, r):
    send_file(out, r, GOOD)


def cut(out, r):
    send_file(out, r, GOOD, until=100000 if r.count == 1 else None)


def cut_no_ranges(out, r):
    send_whole(out, GOOD, [("Content-Length", str(SIZE))], 100000 if r.count == 1 else None)


def cut_changed(out, r):
    if r.count == 1:
        send_file(out, r, OTHER, etag='"old"', until=100000)
    else:
        send_file(out, r, GOOD, etag='"new"')


def cut_changed_silently(out, r):
    """The file changes and the server gives no validator: only the checksum can tell."""
    data = OTHER if r.count == 1 else GOOD
    if r.start:
        send(out, "206 Partial Content", [("Content-Range", "bytes %d-%d/%d" % (r.start, SIZE - 1, SIZE)),
                                          ("Content-Length", str(SIZE - r.start))], data[r.start:])
    else:
        send_whole(out, data, [("Content-Length", str(SIZE))], 100000 if r.count == 1 else None)


def cut_wrong_range(out, r):
    if r.count == 2:
        send(out, "206 Partial Content", [("Content-Range", "bytes 0-%d/%d" % (SIZE - 1, SIZE)), ("Content-Length", str(SIZE))], GOOD)
    else:
        cut(out, r)


def cut_always(out, r):
    """1000 bytes for each request, until the file is whole."""
    send_file(out, r, GOOD, until=r.start + 20000)


def never_ends(out, r):
    """Promises bytes and closes without any, again and again."""
    send_whole(out, b"", [("Content-Length", str(SIZE))])


def long_length(out, r):
    send_file(out, r, GOOD, length=SIZE + 1000 if not r.start else None)


def short_length(out, r):
    send_whole(out, GOOD, [("Content-Length", "1000")])


def no_length(out, r):
    send_whole(out, GOOD, [])


def chunks(data, size=7777):
    return b"".join(b"%x\r\n" % len(data[i:i + size]) + data[i:i + size] + b"\r\n" for i in range(0, len(data), size))


def chunked(out, r):
    send(out, "200 OK", [("Transfer-Encoding", "chunked")], chunks(GOOD) + b"0\r\n\r\n")


def chunked_cut(out, r):
    send(out, "200 OK", [("Transfer-Encoding", "chunked")], chunks(GOOD)[:100000] if r.count == 1 else chunks(GOOD) + b"0\r\n\r\n")


def wrong(out, r):
    send_file(out, r, OTHER)


def redirect(where):
    return lambda out, r: send(out, "302 Found", [("Location", where), ("Content-Length", "0")])


def busy(out, r):
    if r.count <= 2:
        send(out, "503 Service Unavailable", [("Content-Length", "4")], b"busy")
    else:
        good(out, r)


def stall(out, r):
    send_whole(out, GOOD, [("Content-Length", str(SIZE))], 1000)
    out.flush()
    time.sleep(20)


def stall_once(out, r):
    send_file(out, r, GOOD, until=100000 if r.count == 1 else None)
    out.flush()
    if r.count == 1:
        time.sleep(20)


def trickle(out, r):
    send(out, "200 OK", [("Content-Length", str(SIZE))])
    for i in range(100):
        out.write(GOOD[1000 * i:1000 * (i + 1)])
        out.flush()
        time.sleep(0.02)


def endless(out, r):
    send(out, "200 OK", [("Transfer-Encoding", "chunked")])
    while True:
        out.write(chunks(GOOD))


PAGE = b"<!DOCTYPE html><html><body>please log in</body></html>"
BEHAVIOURS = {
    "good": good, "cut": cut, "cut-no-ranges": cut_no_ranges, "cut-changed": cut_changed, "cut-changed-silently": cut_changed_silently,
    "cut-wrong-range": cut_wrong_range, "cut-always": cut_always, "never-ends": never_ends, "long-length": long_length,
    "short-length": short_length, "no-length": no_length, "chunked": chunked, "chunked-cut": chunked_cut, "wrong": wrong,
    "redirect": redirect("/good"), "loop": redirect("/loop"), "to-file": redirect("file:///etc/hostname"),
    "500": lambda out, r: send(out, "500 Internal Server Error", [("Content-Length", "4")], b"oops"),
    "403": lambda out, r: send(out, "403 Forbidden", [("Content-Length", "2")], b"no"),
    "busy": busy, "stall": stall, "stall-once": stall_once, "trickle": trickle, "endless": endless,
    "page": lambda out, r: send(out, "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(PAGE)))], PAGE),
    "hidden-page": lambda out, r: send(out, "200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(PAGE)))], PAGE),
    "huge": lambda out, r: send(out, "200 OK", [("Content-Length", str(1 << 50))], GOOD),
    "empty": lambda out, r: send(out, "200 OK", [("Content-Length", "0")]),
    "not-http": lambda out, r: out.write(b"SSH-2.0-hello\r\n"),
    "hang-up": lambda out, r: None,
}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            request = Request(self.rfile)
            behaviour = BEHAVIOURS.get(request.path.lstrip("/").split("?")[0])
            name = os.path.basename(request.path)
            if behaviour:
                behaviour(self.wfile, request)
            elif folder and request.path == "/models/" + name and os.path.isfile(os.path.join(folder, name)):
                with open(os.path.join(folder, name), "rb") as file:
                    send_file(self.wfile, request, file.read())
            else:
                send(self.wfile, "404 Not Found", [("Content-Length", "9")], b"not found")
        except OSError:
            pass  # the client went away


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)
