# sse-tail on the command line: output, standard error, exit code. The other end is stream-echo.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  export PATH=$BIN_DIR:$PATH
  # A fifo for the ready line: reading it waits for the server, without sleeping.
  mkfifo "$BATS_FILE_TMPDIR/ready"
  stream-echo --port 0 -s >"$BATS_FILE_TMPDIR/ready" 3>&- &
  echo $! >"$BATS_FILE_TMPDIR/pid"
  read -r _ _ url <"$BATS_FILE_TMPDIR/ready"
  export URL=$url
}

teardown_file() {
  kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
  bats_require_minimum_version 1.5.0
}

@test "data of each event, reconnection told on standard error, 204 ends with 0" {
  run --separate-stderr sse-tail "$URL/sse?count=3&interval=1ms&retry=5"
  assert_success
  assert_equal "${#lines[@]}" 4
  assert_line --index 2 --partial '"message 3"'
  assert_equal "${stderr_lines[0]}" \
    'sse-tail: the server ended the stream; connecting again in 5 ms, after the event with ID "3"'
}

@test "URL without a scheme is http" {
  run --separate-stderr sse-tail --count 1 "${URL#http://}/sse?data=x"
  assert_success
  assert_line --partial '"x"'
}

@test "works with standard input closed, and with standard error closed" {
  run bash -c 'sse-tail --count 1 "$URL/sse?data=x" <&- 2>&-'
  assert_success
  assert_output --partial '"x"'
}

@test "a lost standard output is exit code 23" {
  run --separate-stderr bash -c 'sse-tail --count 1 "$URL/sse?data=x" >/dev/full'
  assert_failure 23
  assert_equal "$stderr" "sse-tail: cannot write to standard output: No space left on device"
}

@test "wrong usage is exit code 2, a wrong URL 3" {
  run sse-tail
  assert_failure 2
  run sse-tail --no-such-option "$URL"
  assert_failure 2
  run sse-tail --to lines "$URL"
  assert_failure 2
  run sse-tail ftp://h/
  assert_failure 3
  run sse-tail ws://h/
  assert_failure 3
  assert_output --partial "hint: ws-cat speaks WebSocket"
}

@test "a name that nobody knows is exit code 6" {
  run sse-tail http://name.invalid/
  assert_failure 6
}

@test "an unreachable unix socket is exit code 7" {
  run sse-tail --unix-socket "$BATS_TEST_TMPDIR/none" http://h/
  assert_failure 7
}

@test "a unix socket is connected to" {
  run --separate-stderr stream-echo -s --unix "$BATS_TEST_TMPDIR/sock" -- \
    sse-tail --unix-socket "$BATS_TEST_TMPDIR/sock" --count 1 'http://localhost/sse?data=x'
  assert_success
  assert_line --partial '"x"'
}

@test "a file that -d names and nobody has is exit code 26" {
  run sse-tail -d @/nonexistent "$URL"
  assert_failure 26
}

@test "an answer that is no event stream is exit code 22, with its body" {
  run --separate-stderr sse-tail "$URL/nothing"
  assert_failure 22
  assert_output ""
  assert_equal "${stderr_lines[0]}" "HTTP/1.1 404 Not Found"
}

@test "headers from options and files reach the server" {
  printf 'X-A: 1\r\nX-B: 2\n' >"$BATS_TEST_TMPDIR/headers"
  run --separate-stderr sse-tail -v --count 1 -H @"$BATS_TEST_TMPDIR/headers" -H 'Accept:' -A me \
    "$URL/sse"
  assert_success
  for line in "> X-A: 1" "> X-B: 2" "> User-Agent: me"; do
    [[ $stderr == *"$line"* ]]
  done
  [[ $stderr != *"> Accept:"* ]]
}

@test "TLS with a certificate of one's own, over HTTP/1.1 and whatever --http2 finds" {
  cd "$BATS_TEST_TMPDIR"
  for version in --http1.1 --http2; do
    run --separate-stderr stream-echo -s --port 0 --ca-out ca.pem -- sh -c \
      "sse-tail $version --cacert ca.pem --count 1 \"\$STREAM_ECHO_HTTP_URL/sse?data=x\""
    assert_success
    assert_line --partial '"x"'
  done
  run stream-echo -s --port 0 --tls -- sh -c 'sse-tail "$STREAM_ECHO_HTTP_URL/sse"'
  assert_failure 60
}

@test "a published event arrives" {
  exec {events}< <(exec sse-tail --count 2 "$URL/events/bats?last-event-id=" 3>&-)
  # Until somebody is there.
  until curl -s -d one "$URL/publish/bats" | grep -q '"subscribers":1'; do :; done
  curl -s -d two "$URL/publish/bats"
  read -r -t 20 -u "$events" first
  assert_regex "$first" '^(one|two)$'
}

@test "help and version" {
  run sse-tail --version
  assert_output --regexp '^sse-tail [0-9.]+ \(streamutils\)$'
  run sse-tail --help reconnecting
  assert_success
  assert_line --partial "--id-file FILE"
}
