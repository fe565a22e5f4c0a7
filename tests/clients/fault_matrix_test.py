"""ws-cat against every fault word of stream-echo: it ends within its time, with the documented exit
code and a sentence that names the cause. The rows are in tests/vectors/faults.json, which the test
with npm ws reads as well."""

import subprocess

import harness
from harness import load, main, ws_cat


class FaultMatrix(harness.TestCase):
    def test_every_word_has_a_row(self):
        listed = subprocess.run([harness.STREAM_ECHO, "--help", "faults"], check=True,
                                capture_output=True, text=True).stdout
        _, words = listed.split("\n\n")
        words = {line.split()[0].split("=")[0].split("[")[0] for line in words.splitlines()}
        tested = {row["words"].split("&")[0].split("=")[0] for row in load("faults.json")["faults"]}
        self.assertEqual(words - tested, set())
        self.assertEqual(tested - words, set())

    def test_rows(self):
        with harness.Echo() as server:
            for row in load("faults.json")["faults"]:
                with self.subTest(row["words"]):
                    run = ws_cat(*row["args"], f"{server.url}/ws?{row['words']}")
                    self.assert_exit(row["exit"], run)
                    self.assert_says(row["says"], run)
                    if row["exit"] != 0:
                        self.assertTrue(row["says"], "a failure says why")
                    if not row["says"]:
                        self.assertEqual(run.err, "", str(run))
                    if "out" in row:
                        self.assertEqual(run.out.decode().splitlines(), row["out"], str(run))


if __name__ == "__main__":
    main()
