"""python3-websockets as the client of stream-echo and as the server for ws-cat, and TLS."""

import asyncio
import http
import shutil
import tempfile

import websockets
from websockets.extensions import permessage_deflate

import harness
from harness import ScriptedServer, close_frame, main, upgrade_response, ws_cat


def noise(size):
    """Bytes that repeat only after a long time."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def within_limit(coroutine):
    async def limited():
        return await asyncio.wait_for(coroutine, harness.TIME_LIMIT)

    return asyncio.run(limited())


class AsClient(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Echo("--subprotocol", "echo.v1", "--subprotocol", "chat.v1")

    @classmethod
    def tearDownClass(cls):
        if code := cls.server.stop():
            raise AssertionError(f"stream-echo ended with {code}")

    def talk(self, conversation, **options):
        options = {"compression": None, **options}

        async def run():
            async with websockets.connect(self.server.url + "/ws", **options) as peer:
                return await conversation(peer)

        return within_limit(run())

    def test_text_comes_back_as_text(self):
        async def conversation(peer):
            await peer.send("tea ☕")
            self.assertEqual(await peer.recv(), "tea ☕")

        self.talk(conversation)

    def test_binary_comes_back_as_binary_of_any_size(self):
        async def conversation(peer):
            for size in (0, 1, 125, 126, 127, 65535, 65536, 1 << 20):
                sent = noise(size)
                await peer.send(sent)
                self.assertEqual(await peer.recv(), sent)

        self.talk(conversation, max_size=None)

    def test_fragments_come_back_as_one_message(self):
        async def conversation(peer):
            await peer.send(["tea", "-", "pot"])
            self.assertEqual(await peer.recv(), "tea-pot")

        self.talk(conversation)

    def test_ping_is_answered(self):
        async def conversation(peer):
            pong = await peer.ping(b"now")
            await pong

        self.talk(conversation)

    def test_close_codes_come_back(self):
        async def conversation(peer):
            await peer.close(code, "reason")
            self.assertEqual(peer.close_code, code)

        for code in (1000, 1001, 1011, 3000, 4999):
            with self.subTest(code):
                self.talk(conversation)

    def test_first_offered_subprotocol_is_chosen(self):
        async def conversation(peer):
            return peer.subprotocol

        chosen = self.talk(conversation, subprotocols=["zzz", "chat.v1", "echo.v1"])
        self.assertEqual(chosen, "chat.v1")
        self.assertIsNone(self.talk(conversation, subprotocols=["zzz"]))
        self.assertIsNone(self.talk(conversation))

    def test_compressed_messages_come_back_with_every_agreement(self):
        async def conversation(peer):
            self.assertEqual(len(peer.extensions), 1)
            for sent in ("", "tea", "tea ☕ " * 5000, noise(300_000), "tea ☕ " * 5000):
                await peer.send(sent)
                self.assertEqual(await peer.recv(), sent)
            await peer.send(["fragments ", "of ", "tea"])
            self.assertEqual(await peer.recv(), "fragments of tea")

        for server_fresh, client_fresh, server_bits, client_bits in (
                (False, False, None, None), (False, False, None, True), (True, True, None, None),
                (False, False, 9, 9), (True, False, 15, 12)):
            with self.subTest(f"{server_fresh} {client_fresh} {server_bits} {client_bits}"):
                offer = permessage_deflate.ClientPerMessageDeflateFactory(
                    server_no_context_takeover=server_fresh,
                    client_no_context_takeover=client_fresh,
                    server_max_window_bits=server_bits, client_max_window_bits=client_bits)
                self.talk(conversation, extensions=[offer], max_size=None)

    def test_window_of_8_bits_is_declined(self):
        async def conversation(peer):
            self.assertEqual(peer.extensions, [])

        offer = permessage_deflate.ClientPerMessageDeflateFactory(server_max_window_bits=8)
        self.talk(conversation, extensions=[offer])

    def test_origin_elsewhere_is_refused(self):
        async def conversation(_):
            pass

        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            self.talk(conversation, origin="https://attacker.example")
        self.assertEqual(caught.exception.status_code, 403)
        self.talk(conversation, origin="http://localhost:3000")


class AsServer(harness.TestCase):
    def serve(self, handler, run, **options):
        """What `run(url)` returns, called while `handler` serves."""
        options = {"compression": None, **options}

        async def session():
            async with websockets.serve(handler, "127.0.0.1", 0, **options) as server:
                port = server.sockets[0].getsockname()[1]
                scheme = "wss" if "ssl" in options else "ws"
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(None, run, f"{scheme}://127.0.0.1:{port}")

        return within_limit(session())

    async def echo(self, peer):
        async for message in peer:
            await peer.send(message)

    def test_a_line_is_sent_and_its_echo_printed(self):
        run = self.serve(self.echo, lambda url: ws_cat(url, input=b"hi\n"))
        self.assert_exit(0, run)
        self.assertEqual((run.out, run.err), (b"hi\n", ""), str(run))

    def test_binary_of_any_size_is_sent_and_received(self):
        def run(url):
            for size in (1, 125, 126, 65535, 65536, 1 << 20):
                sent = noise(size)
                one = ws_cat("--data-binary", "@-", "--to", "raw", "--count", 1, url, input=sent)
                self.assert_exit(0, one)
                self.assertEqual(one.out, sent)

        self.serve(self.echo, run, max_size=None)

    def test_fragments_are_printed_as_one_line(self):
        async def handler(peer):
            await peer.send(["tea", "-", "pot"])
            await peer.send([b"\x00", b"\xff"])

        run = self.serve(handler, lambda url: ws_cat("--to", "hex", "--eof-wait", "inf", url))
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"7465612d706f74\n00ff\n")

    def test_ping_is_answered(self):
        async def handler(peer):
            await (await peer.ping("now"))

        run = self.serve(handler, lambda url: ws_cat("--eof-wait", "inf", "--show-control", url))
        self.assert_exit(0, run)
        self.assert_says('ping "now"', run)

    def test_close_codes_give_exit_codes(self):
        for code, exit_code in ((1000, 0), (1001, 0), (1011, 101), (1012, 101), (4000, 101)):
            async def handler(peer):
                await peer.close(code, "because")
                self.assertEqual(peer.close_code, code)

            with self.subTest(code):
                run = self.serve(handler, lambda url: ws_cat("--eof-wait", "inf", url))
                self.assert_exit(exit_code, run)
                self.assertEqual(run.err, f'ws-cat: closed by server: {code} "because"\n')

    def test_subprotocol_is_agreed(self):
        async def handler(peer):
            await peer.send(str(peer.subprotocol))

        run = self.serve(handler, lambda url: ws_cat("--subprotocol", "a", "--subprotocol", "b",
                                                     "--eof-wait", "inf", url),
                         subprotocols=["b"])
        self.assert_exit(0, run)
        self.assertEqual(run.out, b"b\n")

    def test_compressed_messages_go_both_ways_with_every_agreement(self):
        async def handler(peer):
            self.assertEqual(len(peer.extensions), 1)
            await self.echo(peer)

        lines = b"".join(b"%d %s\n" % (number, b"tea " * number) for number in range(0, 3000, 500))
        for server_fresh, client_fresh, server_bits, client_bits in (
                (False, False, None, None), (True, True, None, None), (False, False, 9, 9),
                (False, True, 12, 8)):
            factory = permessage_deflate.ServerPerMessageDeflateFactory(
                server_no_context_takeover=server_fresh, client_no_context_takeover=client_fresh,
                server_max_window_bits=server_bits, client_max_window_bits=client_bits)
            for options in ([], ["--deflate"], ["--deflate", "--fragment", "1000"]):
                with self.subTest(f"{options} {factory.__dict__}"):
                    run = self.serve(handler, lambda url: ws_cat("--count", 6, *options, url,
                                                                 input=lines),
                                     extensions=[factory])
                    self.assert_exit(0, run)
                    self.assertEqual(run.out, lines)

    def test_compression_is_not_asked_for_with_no_deflate(self):
        async def handler(peer):
            self.assertEqual(peer.extensions, [])
            await self.echo(peer)

        for options in (["--no-deflate"], ["--to", "wire"], ["-H", "Sec-WebSocket-Extensions:"]):
            run = self.serve(handler, lambda url: ws_cat("--count", 1, *options, url,
                                                         input=b"a" * 5000),
                             compression="deflate")
            self.assert_exit(0, run)
            self.assertIn(b"a" * 5000, run.out)

    def test_refusal_is_told(self):
        async def refuse(path, headers):
            return (http.HTTPStatus.SERVICE_UNAVAILABLE, [("Retry-After", "7")],
                    b"come back later\n")

        run = self.serve(self.echo, ws_cat, process_request=refuse)
        self.assert_exit(22, run)
        self.assert_says("Retry-After: 7", run)
        self.assert_says("come back later\n", run)
        self.assert_says("503 Service Unavailable", run)


class Tls(AsServer):
    """A server with a certificate for teapot.example and 127.0.0.1 that nobody has signed."""

    # The tests of the base class stay there.
    for name in [name for name in vars(AsServer) if name.startswith("test_")]:
        locals()[name] = None
    del name

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp()
        cls.certificate, key = harness.certificate_for(cls.directory,
                                                       "DNS:teapot.example,IP:127.0.0.1")
        cls.context = harness.server_context(cls.certificate, key)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.directory)

    def run_client(self, *options, scheme="wss", host="127.0.0.1", input=b"hi\n"):
        def run(url):
            port = url.rsplit(":", 1)[1]
            filled = [str(option).replace("PORT", port) for option in options]
            return ws_cat(*filled, "--count", 1, f"{scheme}://{host}:{port}", input=input)

        return self.serve(self.echo, run, ssl=self.context, max_size=None)

    def assert_echoed(self, run):
        self.assert_exit(0, run)
        self.assertEqual((run.out, run.err), (b"hi\n", ""), str(run))

    def assert_one_sentence(self, run):
        """One line that says what happened, and at most a hint."""
        lines = run.err.splitlines()
        self.assertTrue(lines and lines[0].startswith("ws-cat: "), str(run))
        self.assertLessEqual(len([line for line in lines if line.startswith("ws-cat: ")]), 1,
                             str(run))

    def test_unknown_certificate_is_refused(self):
        run = self.run_client()
        self.assert_exit(60, run)
        self.assertEqual(run.out, b"")
        self.assert_one_sentence(run)
        self.assertIn("certificate", run.err, str(run))

    def test_insecure_takes_any_certificate(self):
        self.assert_echoed(self.run_client("-k"))

    def test_cacert_trusts_the_certificate(self):
        self.assert_echoed(self.run_client("--cacert", self.certificate))

    def test_a_certificate_for_another_name_is_refused(self):
        run = self.run_client("--cacert", self.certificate, "--resolve",
                              "kettle.example:PORT:127.0.0.1", host="kettle.example")
        self.assert_exit(60, run)
        self.assert_one_sentence(run)

    def test_resolve_keeps_the_name_of_the_certificate(self):
        run = self.run_client("--cacert", self.certificate, "--resolve",
                              "teapot.example:PORT:127.0.0.1", host="teapot.example")
        self.assert_echoed(run)

    def test_missing_cacert_is_told(self):
        run = self.run_client("--cacert", "/nonexistent.pem")
        self.assert_exit(77, run)
        self.assert_one_sentence(run)

    def test_a_large_message_arrives_whole(self):
        sent = noise(8 << 20)
        run = self.run_client("-k", "--data-binary", "@-", "--to", "raw", input=sent)
        self.assert_exit(0, run)
        self.assertTrue(run.out == sent)

    def test_plain_client_at_a_tls_port_gets_a_sentence(self):
        run = self.run_client(scheme="ws")
        self.assertNotEqual(run.exit, 0, str(run))
        self.assert_one_sentence(run)
        self.assert_says("wss://", run)

    def test_tls_client_at_a_plain_port_gets_a_sentence(self):
        with harness.Echo() as server:
            run = ws_cat("-k", server.url.replace("ws:", "wss:"), input=b"hi\n")
        self.assertEqual(run.exit, 35, str(run))
        self.assert_one_sentence(run)


class Nobody(harness.TestCase):
    """What is said when there is no server, or one that says little."""

    def test_closed_port_gives_7(self):
        server = ScriptedServer(lambda peer, request: None)
        with harness.connect(server.port):
            pass
        server.result()  # and its listening socket is closed
        run = ws_cat(server.url)
        self.assert_exit(7, run)
        self.assert_says("Connection refused\nhint: is the server running?\n", run)

    def test_end_before_the_answer_gives_52(self):
        server = ScriptedServer(lambda peer, request: None)
        run = ws_cat(server.url)
        server.result()
        self.assert_exit(52, run)

    def test_end_inside_the_answer_gives_56(self):
        server = ScriptedServer(lambda peer, request: peer.send(b"HTTP/1.1 101 Switch"))
        run = ws_cat(server.url)
        server.result()
        self.assert_exit(56, run)

    def test_silent_server_gives_28_after_connect_timeout(self):
        server = ScriptedServer(lambda peer, request: peer.receive_all())
        run = ws_cat("--connect-timeout", "0.2", server.url)
        server.result()
        self.assert_exit(28, run)
        self.assertEqual(len(run.err.splitlines()), 1, str(run))

    def test_silent_connection_gives_28_after_max_time(self):
        def script(peer, request):
            peer.send(upgrade_response(request))
            return peer.receive_all()

        server = ScriptedServer(script)
        run = ws_cat("--max-time", "0.5", "--eof-wait", "inf", server.url)
        self.assert_exit(28, run)
        self.assertEqual(len(run.err.splitlines()), 1, str(run))
        self.assertEqual(harness.events_of(server.result(), masked=True)[0][:2], ("close", 1001))

    def test_eof_wait_0_closes_at_once(self):
        def script(peer, request):
            peer.send(upgrade_response(request))
            data = peer.receive_until_close(masked=True)
            peer.send(close_frame(1000))
            peer.end()
            return data + peer.receive_all()

        server = ScriptedServer(script)
        run = ws_cat("--eof-wait", "0", server.url)
        self.assert_exit(0, run)
        self.assertEqual(harness.events_of(server.result(), masked=True), [("close", 1000, "")])


if __name__ == "__main__":
    main()
