#!/usr/bin/python3
"""sse-tail --id-file: the last event ID from one run to the next."""

import pathlib
import tempfile

from harness import TestCase, main
from sse_harness import NO_CONTENT, SseServer, answer, head, sse_tail


class Ids(TestCase):
    def test_id_file_goes_on_in_the_next_run(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            with SseServer(answer("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: cut"),
                           answer("id: 3\ndata: c\n\n"), answer("id:\ndata: d\n\n"),
                           NO_CONTENT) as server:
                options = ["--no-reconnect", "--id-file", path, server.url]
                self.assertEqual(sse_tail(*options).out, b"a\nb\n")
                self.assertEqual(path.read_text(), "2\n")
                self.assertEqual(sse_tail(*options).out, b"c\n")
                self.assertEqual(path.read_text(), "3\n")
                self.assertEqual(sse_tail(*options).out, b"d\n")
                self.assertEqual(path.read_text(), "\n")
                sse_tail(*options)
                ids = [server.field("last-event-id", n) for n in range(4)]
            self.assertEqual(ids, [None, "2", "3", None])
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [path])

    def test_id_file_has_the_last_event_of_count(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            with SseServer(answer("".join(f"id: {n}\ndata: {n}\n\n" for n in range(9)))) as server:
                run = sse_tail("--count", "4", "--id-file", path, server.url)
            self.assertEqual(run.out, b"0\n1\n2\n3\n")
            self.assertEqual(path.read_text(), "3\n")

    def test_command_line_wins_over_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            path.write_text("2\n")
            with SseServer(NO_CONTENT) as server:
                sse_tail("--id-file", path, "--last-event-id", "9", server.url)
                self.assertEqual(server.field("last-event-id"), "9")
            self.assertEqual(path.read_text(), "2\n")
            with SseServer(answer("id: 9\ndata: again\n\n")) as server:
                sse_tail("--id-file", path, "--last-event-id", "9", "--no-reconnect", server.url)
            self.assertEqual(path.read_text(), "9\n")

    def test_id_that_cannot_be_sent_is_not_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            stream = f"id: 1\ndata: a\n\nid: {'x' * 5000}\ndata: b\n\n"
            with SseServer(head() + b"id: 1\ndata: a\n\n", answer(stream)) as server:
                sse_tail("--id-file", path, "--no-reconnect", server.url)
                run = sse_tail("--id-file", path, "--no-reconnect", server.url)
            self.assert_exit(0, run)
            self.assertEqual(path.read_text(), "1\n")
            self.assert_says("cannot be sent: it has more than 4096 bytes", run)

    def test_id_of_an_event_whose_command_failed_is_not_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "id")
            with SseServer(answer("".join(f"id: {n}\ndata: {n}\n\n" for n in range(9)))) as server:
                run = sse_tail("--id-file", path, "--each", "[ $SSE_ID != 5 ]", server.url)
            self.assert_exit(1, run)
            self.assertEqual(path.read_text(), "4\n")

    def test_file_that_cannot_be_written_ends_it(self):
        with tempfile.TemporaryDirectory() as folder:
            with SseServer(answer("id: 1\ndata: a\n\n")) as server:
                run = sse_tail("--id-file", f"{folder}/no/id", server.url)
                self.assertEqual(server.requests, [])
        self.assert_exit(23, run)
        self.assertEqual(run.out, b"")
        self.assert_says("no/id: No such file or directory", run)

    def test_file_of_somebody_else_is_not_taken_for_an_id(self):
        run = sse_tail("--id-file", __file__, "http://127.0.0.1:1/")
        self.assert_exit(26, run)
        self.assert_says("there is no ID in ", run)


if __name__ == "__main__":
    main()
