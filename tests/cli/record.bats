# --record on the command line, of both tools: the file, what stands in it, and what goes wrong.

bats_load_library bats-support
bats_load_library bats-assert

setup() {
  bats_require_minimum_version 1.5.0
  export PATH=$BIN_DIR:$PATH
  cd "$BATS_TEST_TMPDIR"
}

# The bytes of all lines of FILE, in their order.
bytes_of() { # FILE
  /usr/bin/python3 -c '
import base64, json, sys
for line in list(open(sys.argv[1]))[1:]:
    _, kind, what = json.loads(line)[:3]
    if kind != "x":
        sys.stdout.buffer.write(base64.b64decode(what, validate=True))
' "$1"
}

@test "both ends of a conversation, secrets overwritten" {
  run --separate-stderr stream-echo -s --port 0 --record server -- bash -c \
    'ws-cat --record client -u me:hunter2 -d hello --count 1 "$STREAM_ECHO_URL/ws?token=verysecret"'
  assert_success
  assert_output hello
  assert_equal "$stderr" ""
  run head -n 1 client
  assert_output --regexp '^\{"streamrec":1,"tool":"ws-cat [0-9.]+","side":"client","url":"ws://127\.0\.0\.1:[0-9]+/ws\?token=\*{10}","started":"20[0-9T:-]+Z"\}$'
  run head -n 1 server
  assert_output --regexp '^\{"streamrec":1,"tool":"stream-echo [0-9.]+","side":"server","url":"ws://127\.0\.0\.1:[0-9]+","started":"20[0-9T:-]+Z"\}$'
  for file in client server; do
    run bash -c "$(declare -f bytes_of); bytes_of $file | tr -d '\\0\\r'"
    assert_line 'GET /ws?token=********** HTTP/1.1'
    assert_line --regexp '^Authorization: \*+$'
    refute_output --partial bWU6aHVudGVyMg
    run grep -c '"x","\(open\|<eof\|>eof\)"\]$' "$file"
    assert_output 3
  done
}

@test "what is inside TLS is recorded" {
  run --separate-stderr stream-echo -s --port 0 --tls --ca-out ca.pem --record server -- bash -c \
    'ws-cat --cacert ca.pem --record client -d hello --count 1 "$STREAM_ECHO_URL/ws?token=verysecret"'
  assert_success
  assert_output hello
  for file in client server; do
    assert_regex "$(head -n 1 "$file")" '"url":"wss://127\.0\.0\.1:[0-9]+'
    run bash -c "$(declare -f bytes_of); bytes_of $file | tr -d '\\0\\r'"
    assert_line 'GET /ws?token=********** HTTP/1.1'
    assert_line 'HTTP/1.1 101 Switching Protocols'
    assert_output --partial hello
  done
}

@test "a head that dribbles in shows no secret" {
  run stream-echo -s --port 0 --record server -- bash -c '
    exec 5<>"/dev/tcp/127.0.0.1/$STREAM_ECHO_PORT"
    printf "GET /?api_key=verysecret HTTP/1.1\r\nCookie: a=hunter2\r\nHost: localhost\r\n\r\n" |
      while IFS= read -r -d "" -n 1 byte; do printf %s "$byte"; done >&5
    head -n 1 <&5'
  assert_success
  run bytes_of server
  assert_output --partial 'GET /?api_key=********** HTTP/1.1'
  assert_output --partial 'Cookie: *********'
  refute_output --partial hunter2
}

@test "secrets stay with --record-secrets" {
  run stream-echo -s --port 0 --record server --record-secrets -- bash -c \
    'ws-cat --record client --record-secrets -b a=hunter2 -d x --count 1 "$STREAM_ECHO_URL"'
  assert_success
  for file in client server; do
    run bash -c "$(declare -f bytes_of); bytes_of $file | tr -d '\\0\\r'"
    assert_line 'Cookie: a=hunter2'
  done
}

@test "the file is overwritten, and a new one is the owner's alone" {
  echo old >old
  run stream-echo -s --port 0 -- bash -c \
    'ws-cat --record old -d x --count 1 "$STREAM_ECHO_URL"; ws-cat --record new -d x --count 1 "$STREAM_ECHO_URL"'
  assert_success
  run grep -c '^{"streamrec":1,' old
  assert_output 1
  refute [ "$(head -n 1 old)" = old ]
  assert_equal "$(stat -c %a new)" 600
}

@test "a connection that is never made leaves the header line" {
  run ws-cat -s --record client ws://127.0.0.1:1
  assert_failure 7
  run wc -l <client
  assert_output 1
}

@test "a refused upgrade is recorded with its answer" {
  run stream-echo -s --port 0 --record server -- bash -c \
    'ws-cat -s --record client "$STREAM_ECHO_URL/nowhere"'
  assert_failure 22
  run bytes_of client
  assert_line --partial 'HTTP/1.1 404 Not Found'
}

@test "standard output is no file for a recording" {
  run ws-cat --record - ws://127.0.0.1:1
  assert_failure 2
  assert_line "ws-cat: option --record: needs a file, not standard output"
  run stream-echo --record -
  assert_failure 2
  assert_line "stream-echo: option --record: needs a file, not standard output"
}

@test "a file that cannot be written is said before anything else happens" {
  run ws-cat --record nowhere/file ws://127.0.0.1:1
  assert_failure 23
  assert_output "ws-cat: cannot open nowhere/file: No such file or directory"
  run stream-echo --port 0 --record nowhere/file
  assert_failure 23
  assert_output "stream-echo: cannot open nowhere/file: No such file or directory"
  run ws-cat --record /dev/full ws://127.0.0.1:1
  assert_failure 23
  assert_output "ws-cat: cannot write /dev/full: No space left on device"
}

@test "kill leaves whole lines" {
  mkfifo in out
  stream-echo -s --port 0 -- \
    bash -c 'echo $$ >pid; exec ws-cat --record client "$STREAM_ECHO_URL"' \
    <in >out 3>&- &
  local server=$!
  exec 5>in 6<out
  echo one >&5
  read -r -u 6 -t 20 line
  assert_equal "$line" one
  kill -KILL "$(cat pid)"
  code=0
  wait "$server" || code=$?
  assert_equal "$code" 137 # that of the command
  exec 5>&- 6<&-
  run bytes_of client
  assert_output --partial one
  assert_equal "$(tail -c 2 client)" ']'
}

@test "a signal ends the wait for somebody to read a FIFO" {
  mkfifo pipe
  for command in "stream-echo --unix socket" "ws-cat ws://127.0.0.1:1"; do
    $command --record pipe </dev/null >/dev/null 2>&1 3>&- &
    tool=$!
    # The server listens before it records; a client has nothing to show.
    if [[ $command == stream-echo* ]]; then until [[ -S socket ]]; do :; done; fi
    kill "$tool"
    code=0
    wait "$tool" || code=$?
    assert_equal "$code" 143
  done
}
