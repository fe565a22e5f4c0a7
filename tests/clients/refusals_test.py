"""ws-cat against servers that are broken in one way each: the sentence on standard error, whole, and
the exit code. What depends on the machine's clock is masked: `after 0.0 s` is `after T s`."""

import re
import socket
import struct

import harness


def answer(*lines, body=b""):
    """A server that answers with this head and body, and ends."""
    def script(peer, _):
        head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode()
        peer.send(head + body)
        peer.end()
        peer.receive_all()
    return script


def send(data):
    """A server that sends these bytes for an answer, and ends."""
    def script(peer, _):
        peer.send(data)
        peer.end()
        peer.receive_all()
    return script


def opened(then):
    """A server that agrees and goes on with `then(peer)`."""
    def script(peer, request):
        peer.send(harness.upgrade_response(request))
        then(peer)
    return script


def reset(peer):
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.sock.close()


def send_and_end(data):
    def then(peer):
        peer.send(data)
        peer.end()
        peer.receive_all()
    return then


class Broken(harness.TestCase):
    def says(self, script, exit_code, *lines, options=(), path="/chat"):
        """The last lines on standard error; {port} stands for the port."""
        server = harness.ScriptedServer(script)
        run = harness.ws_cat(*options, server.url + path)
        server.result()
        expected = [line.replace("{port}", str(server.port)) for line in lines]
        said = re.sub(r"after \d+\.\d s", "after T s", run.err).splitlines()
        self.assertEqual(said[-len(expected):], expected, str(run))
        self.assert_exit(exit_code, run)
        return said[:-len(expected)]

    def refused(self, script, why, *hint, **more):
        return self.says(script, 22, f"ws-cat: the server refused the WebSocket: {why}", *hint,
                         **more)


class Refusals(Broken):
    def test_a_page_instead_of_a_websocket(self):
        shown = self.refused(
            answer("HTTP/1.1 200 OK", "Content-Type: text/plain", body=b"hello\n"),
            "200 OK: an ordinary HTTP answer: this is no WebSocket route, or a proxy has dropped "
            "the Upgrade field",
            "hint: check the path; a proxy must pass on Upgrade and Connection (nginx: "
            "proxy_set_header)")
        self.assertEqual(shown, ["HTTP/1.1 200 OK", "Content-Type: text/plain",
                                 "Content-Length: 6", "", "hello"])

    def test_nothing_at_this_path(self):
        self.refused(answer("HTTP/1.1 404 Not Found"),
                     '404 Not Found: there is nothing at "/chat"',
                     "hint: check the path; a slash at its end counts")

    def test_redirect_names_its_target(self):
        self.refused(answer("HTTP/1.1 301 Moved Permanently", "Location: https://h.example/ws"),
                     '301 Moved Permanently: redirected to "https://h.example/ws"',
                     "hint: try wss://h.example/ws")
        self.refused(answer("HTTP/1.1 302 Found", "Location: /login"),
                     '302 Found: redirected to "/login"',
                     "hint: try ws://127.0.0.1:{port}/login")

    def test_login_is_wanted_or_was_wrong(self):
        wants = answer("HTTP/1.1 401 Unauthorized", 'WWW-Authenticate: Basic realm="x"')
        self.refused(wants, "401 Unauthorized: the server wants a login (Basic)",
                     "hint: -u USER:PASSWORD logs in with Basic authentication")
        self.refused(wants, "401 Unauthorized: the credentials that were sent are not accepted "
                     "(Basic)", "hint: check the user name, the password or the token",
                     options=("-u", "me:wrong"))

    def test_forbidden_with_and_without_an_origin(self):
        script = answer("HTTP/1.1 403 Forbidden")
        self.refused(script, "403 Forbidden: neither an Origin nor credentials were sent",
                     "hint: try --origin http://127.0.0.1:{port}, or log in with -u or -H "
                     "'Authorization: ...'")
        self.refused(script, '403 Forbidden: perhaps because of the Origin '
                     '"http://a.example" that was sent', "hint: --origin sends another; without it none is sent",
                     options=("--origin", "http://a.example"))

    def test_another_version_of_websocket(self):
        self.refused(answer("HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 8"),
                     "426 Upgrade Required: the server wants version 8 of WebSocket, not 13",
                     "hint: this tool speaks version 13, which is RFC 6455")
        self.refused(answer("HTTP/1.1 400 Bad Request", "Sec-WebSocket-Version: 13"),
                     "400 Bad Request: the server wants version 13 of WebSocket, not 12",
                     "hint: leave Sec-WebSocket-Version to this tool",
                     options=("-H", "Sec-WebSocket-Version: 12"))

    def test_another_protocol(self):
        self.refused(answer("HTTP/1.1 426 Upgrade Required", "Upgrade: HTTP/2.0"),
                     "426 Upgrade Required: the server wants HTTP/2.0 instead of WebSocket")

    def test_rate_limit(self):
        self.refused(answer("HTTP/1.1 429 Too Many Requests", "Retry-After: 30"),
                     "429 Too Many Requests: rate limit: too many requests",
                     "hint: try again in 30 s (Retry-After)")

    def test_gateway(self):
        self.refused(answer("HTTP/1.1 502 Bad Gateway", body=b"<h1>502</h1>"),
                     "502 Bad Gateway: a gateway got no usable answer from the server behind it")
        self.refused(answer("HTTP/1.1 503 Service Unavailable", "Retry-After: 5"),
                     "503 Service Unavailable: the server, or the one behind a gateway, is down or "
                     "overloaded", "hint: try again in 5 s (Retry-After)")

    def test_tls_port_that_answers_a_plain_request(self):
        body = b"<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
        self.refused(answer("HTTP/1.1 400 Bad Request", "Server: nginx", body=body),
                     "400 Bad Request: the port speaks TLS, and the request came in plain",
                     "hint: use wss://127.0.0.1:{port}/chat")
        self.refused(send(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS "
                          b"server.\n"),
                     "400 Bad Request: the port speaks TLS, and the request came in plain",
                     "hint: use wss://127.0.0.1:{port}/chat")

    def test_sentence_comes_even_when_the_body_is_cut(self):
        self.refused(send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nhalf"),
                     '404 Not Found: there is nothing at "/chat"',
                     "hint: check the path; a slash at its end counts")

    def test_what_the_server_says_is_escaped(self):
        self.refused(answer("HTTP/1.1 503 \u009b2J", "Retry-After: \u202e"),
                     "503 \\u009b2J: the server, or the one behind a gateway, is down or overloaded",
                     "hint: try again after \\u202e (Retry-After)")


class NotHttp(Broken):
    RULE = ("ws-cat: the server broke the protocol: RFC 9112 4: an answer starts with HTTP/1.1 SP "
            "STATUS SP REASON (http-status-line, at byte 0)")

    def test_tls_alert(self):
        alert = bytes.fromhex("15030300020246")
        self.says(send(alert), 100,
                  'the answer begins with "\\x15\\x03\\x03\\x00\\x02\\x02F", which is TLS',
                  self.RULE, "hint: if the port speaks TLS, use wss://127.0.0.1:{port}/chat")

    def test_ssh(self):
        self.says(send(b"SSH-2.0-OpenSSH_9.2\r\n"), 100,
                  'the answer begins with "SSH-2.0-OpenSSH_9.2\\r\\n", which is SSH', self.RULE,
                  "hint: check the port")

    def test_http2(self):
        settings = bytes.fromhex("000000040000000000")
        self.says(send(settings), 100,
                  'the answer begins with "\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x00\\x00", which is '
                  "HTTP/2", self.RULE, "hint: WebSocket needs a port that speaks HTTP/1.1")

    def test_something_else(self):
        self.says(send(b"220 mail ESMTP\r\n"), 100, 'the answer begins with "220 mail ESMTP\\r\\n"',
                  self.RULE, "hint: the port may belong to another protocol; a TLS port wants "
                  "wss://")


class Cuts(Broken):
    CUT = "ws-cat: connection cut without a Close frame: "
    FIN = CUT + "the server ended the connection (FIN) after T s without data, "

    def test_no_answer_at_all(self):
        self.says(send(b""), 52,
                  "ws-cat: no answer to the opening handshake: the server ended the connection "
                  "(FIN)", "hint: if the port speaks TLS, use wss://127.0.0.1:{port}/chat")
        self.says(lambda peer, _: reset(peer), 56,
                  "ws-cat: no answer to the opening handshake: the connection was reset (RST)",
                  "hint: if the port speaks TLS, use wss://127.0.0.1:{port}/chat")

    def test_half_an_answer(self):
        self.says(send(b"HTTP/1.1 101 Swi"), 56,
                  "ws-cat: the answer to the opening handshake is cut short after 16 bytes, "
                  '"HTTP/1.1 101 Swi": the server ended the connection (FIN)')

    def test_fin_between_messages(self):
        self.says(opened(send_and_end(harness.frame(harness.TEXT, b"hi"))), 56,
                  self.FIN + "between messages", options=("--eof-wait", "inf"))

    def test_fin_inside_a_frame_a_header_and_a_message(self):
        wait = ("--eof-wait", "inf")
        self.says(opened(send_and_end(harness.frame(harness.TEXT, b"hello")[:4])), 56,
                  self.FIN + "inside a text message, after 2 bytes of it, and inside a text frame "
                  "that lacks 3 bytes", options=wait)
        self.says(opened(send_and_end(b"\x82")), 56, self.FIN + "inside the header of a frame",
                  options=wait)
        self.says(opened(send_and_end(harness.frame(harness.BINARY, b"abc", fin=False))), 56,
                  self.FIN + "inside a binary message, after 3 bytes of it, between two frames",
                  options=wait)

    def test_reset(self):
        self.says(opened(reset), 56,
                  self.CUT + "the connection was reset (RST) after T s without data, between "
                  "messages", options=("--eof-wait", "inf"))


if __name__ == "__main__":
    harness.main()
