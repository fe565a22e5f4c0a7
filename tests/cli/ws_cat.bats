# ws-cat on the command line: output, standard error, exit code. The other end is stream-echo.

bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  export PATH=$BIN_DIR:$PATH
  # A fifo for the ready line: reading it waits for the server, without sleeping.
  mkfifo "$BATS_FILE_TMPDIR/ready"
  stream-echo --port 0 -s --subprotocol chat.v1 >"$BATS_FILE_TMPDIR/ready" 3>&- &
  echo $! >"$BATS_FILE_TMPDIR/pid"
  read -r _ url _ <"$BATS_FILE_TMPDIR/ready"
  export URL=$url
}

teardown_file() {
  kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
  bats_require_minimum_version 1.5.0
}

# An answer of fixed bytes to one connection, after its request; sets ANSWER_URL.
answer_with() { # FILE
  coproc ANSWER { exec /usr/bin/python3 "$BATS_TEST_DIRNAME/../support/answer.py" "$1" 3>&-; }
  read -r port <&"${ANSWER[0]}"
  ANSWER_URL=ws://127.0.0.1:$port
}

@test "one line in, its echo out, exit 0" {
  run --separate-stderr bash -c 'echo hi | ws-cat --eof-wait 0 $URL'
  assert_success
  assert_output "hi"
  assert_equal "$stderr" ""
}

@test "what is said stands behind the messages that came before it" {
  # A message and a Close in one write.
  run bash -c "ws-cat -d x '$URL/raw?hex=81026869880203f3' 2>&1"
  assert_failure 101
  assert_output $'hi\nws-cat: closed by server: 1011 (internal error)'
}

@test "replies that come after the end of input are printed" {
  run --separate-stderr bash -c 'echo hi | ws-cat $URL'
  assert_success
  assert_output "hi"
}

@test "each line goes out and its reply is printed while the input stays open" {
  for format in lines raw; do
    coproc CAT { exec ws-cat --from "$format" --to "$format" --eof-wait 0 "$URL" 3>&-; }
    pid=$CAT_PID
    for line in one two three; do
      echo "$line" >&"${CAT[1]}"
      read -r -t 20 reply <&"${CAT[0]}"
      assert_equal "$reply" "$line"
    done
    eval "exec ${CAT[1]}>&-"
    wait "$pid"
  done
}

@test "blocks of many messages come back whole and in order" {
  seq 300000 >"$BATS_TEST_TMPDIR/lines"
  ws-cat --count 300000 "$URL" <"$BATS_TEST_TMPDIR/lines" | cmp - "$BATS_TEST_TMPDIR/lines"
  head -c 5000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
  cat "$BATS_TEST_TMPDIR/bytes" | ws-cat --from raw --to raw "$URL" | cmp - "$BATS_TEST_TMPDIR/bytes"
}

@test "a last line without its end is sent" {
  run --separate-stderr bash -c 'printf "a\nb" | ws-cat --count 2 $URL'
  assert_success
  assert_output $'a\nb'
}

@test "one shot with /dev/null as input" {
  run --separate-stderr ws-cat -d hi --count 1 "$URL" </dev/null
  assert_success
  assert_output "hi"
}

@test "one shot with closed standard input" {
  run --separate-stderr bash -c 'ws-cat -d hi --count 1 $URL <&-'
  assert_success
  assert_output "hi"
  run --separate-stderr bash -c 'ws-cat --eof-wait 0 $URL <&-'
  assert_success
}

@test "a file as input" {
  printf 'one\ntwo\n' >"$BATS_TEST_TMPDIR/in"
  run --separate-stderr ws-cat --count 2 "$URL" <"$BATS_TEST_TMPDIR/in"
  assert_success
  assert_output $'one\ntwo'
}

@test "a line longer than any buffer arrives whole" {
  head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/long"
  run bash -c 'ws-cat --count 1 $URL <"$1" | tr -d "\n" | cmp - "$1"' - "$BATS_TEST_TMPDIR/long"
  assert_success
}

@test "messages from the command line keep their order and types" {
  run --separate-stderr bash -c \
    'ws-cat -d one --data-binary two --json "{}" --count 3 --to jsonl $URL | grep "\"kind\":\"message\""'
  assert_success
  assert_line --index 0 --partial '"type":"text","data":"one","size":3}'
  assert_line --index 1 --partial '"type":"binary","data":"two","size":3}'
  assert_line --index 2 --partial '"type":"text","data":"{}","size":2}'
}

@test "-d @FILE drops line ends, --data-binary @FILE keeps them" {
  printf 'a\nb\n' >"$BATS_TEST_TMPDIR/f"
  run --separate-stderr ws-cat -d "@$BATS_TEST_TMPDIR/f" --count 1 "$URL"
  assert_output "ab"
  run --separate-stderr bash -c 'ws-cat --data-binary "@$1" --count 1 --to raw $URL | od -An -c' \
    - "$BATS_TEST_TMPDIR/f"
  assert_output --regexp 'a +\\n +b +\\n'
}

@test "-d @- takes standard input as one message" {
  run --separate-stderr bash -c 'printf "a b" | ws-cat -d @- --count 1 $URL'
  assert_output "a b"
}

@test "hex, base64 and nul each way" {
  run --separate-stderr bash -c 'echo 00ff41 | ws-cat --from hex --to hex --count 1 $URL'
  assert_output "00ff41"
  run --separate-stderr bash -c 'echo AP9B | ws-cat --from base64 --to base64 --count 1 $URL'
  assert_output "AP9B"
  run --separate-stderr bash -c 'printf "a\nb\0c\0" | ws-cat --from nul --to nul --count 2 $URL | od -An -c'
  assert_output --regexp 'a +\\n +b +\\0 +c +\\0'
}

@test "len32 keeps boundaries and types" {
  run --separate-stderr bash -c \
    'printf "\0\0\0\2hi\200\0\0\1x" | ws-cat --from len32 --to len32 --count 2 $URL | od -An -tx1'
  assert_output " 00 00 00 02 68 69 80 00 00 01 78"
}

@test "jsonl of one session is the input of another" {
  run --separate-stderr bash -c \
    'ws-cat -d one --data-binary two --count 2 --to jsonl $URL | ws-cat --from jsonl --to jsonl --count 2 $URL | grep "\"kind\":\"message\""'
  assert_success
  assert_line --index 0 --partial '"type":"text","data":"one"'
  assert_line --index 1 --partial '"type":"binary","data":"two"'
}

@test "wire shows the frames as they came" {
  run --separate-stderr bash -c 'ws-cat --to wire -d Hello --count 1 $URL | od -An -tx1'
  assert_output " 81 05 48 65 6c 6c 6f 88 02 03 e8"
}

@test "wire sends frames as they are, written by hand" {
  run --separate-stderr bash -c \
    'printf "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" | ws-cat --from wire --count 1 $URL'
  assert_success
  assert_output "Hello"
}

@test "a frame that breaks a rule shows what the server thinks of it" {
  run --separate-stderr bash -c \
    'echo "{\"kind\":\"frame\",\"data\":\"no mask\"}" | ws-cat --from jsonl $URL'
  assert_failure 101
  assert_equal "$stderr" 'ws-cat: closed by server: 1002 "ws-mask-missing"'
}

@test "--fragment and --dribble change how it goes, not what arrives" {
  run --separate-stderr bash -c \
    'printf "one\ntwo\n" | ws-cat --fragment 2 --dribble=16/1ms --count 2 $URL'
  assert_success
  assert_output $'one\ntwo'
  run --separate-stderr ws-cat --dribble 16/1ms "$URL"
  assert_failure 2
}

@test "input that is not UTF-8 gets a line, a hint and exit 26, and what came before is answered" {
  run --separate-stderr bash -c 'printf "good\nb\351d\n" | ws-cat $URL'
  assert_failure 26
  assert_output "good"
  assert_regex "$stderr" 'line 2 is not valid UTF-8'
  assert_regex "$stderr" 'hint: --binary'
}

@test "--close gives code and reason, which the server echoes" {
  run --separate-stderr bash -c 'ws-cat -d x --close 4000:done --count 1 --to jsonl $URL | grep close'
  assert_success
  assert_output --partial '"kind":"close","code":4000,"reason":"done","by":"us"'
}

@test "nothing listening: 7" {
  run --separate-stderr ws-cat ws://127.0.0.1:1/ </dev/null
  assert_failure 7
  assert_regex "$stderr" '^ws-cat: cannot connect to '
}

@test "a name that does not exist: 6" {
  run --separate-stderr ws-cat ws://nohost.invalid/ </dev/null
  assert_failure 6
}

@test "a bad URL: 3, a bad option: 2" {
  run --separate-stderr ws-cat 'ws://h/#x'
  assert_failure 3
  run --separate-stderr ws-cat --cuont 1 "$URL"
  assert_failure 2
  assert_regex "$stderr" 'did you mean --count'
  run --separate-stderr ws-cat
  assert_failure 2
}

@test "a refusal shows status, headers and body and exits with 22" {
  run --separate-stderr ws-cat "$URL/nope" </dev/null
  assert_failure 22
  assert_output ""
  assert_regex "$stderr" 'HTTP/1.1 404 Not Found'
  assert_regex "$stderr" 'Content-Type: text/plain'
  assert_regex "$stderr" 'nothing at "/nope"'
  assert_regex "$stderr" 'ws-cat: the server refused the WebSocket: 404 Not Found'
}

@test "a refusal with a chunked body shows the content alone" {
  printf 'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntoken\r\n5\r\n dead\r\n0\r\n\r\n' \
    >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 22
  assert_regex "$stderr" $'\ntoken dead\n'
}

@test "a wrong accept key: the rule with its section, 100" {
  printf 'HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n' \
    >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 100
  assert_regex "$stderr" 'RFC 6455 4.1 \(4\).*ws-accept'
}

@test "an answer that is another protocol: named, 100" {
  printf 'SSH-2.0-OpenSSH_9.2\r\n' >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 100
  assert_regex "$stderr" 'the answer begins with "SSH-2.0-OpenSSH_9.2.r.n", which is SSH'
  refute_regex "$stderr" 'cut short'
}

@test "no answer at all: 52; half an answer: 56" {
  : >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 52
  printf 'HTTP/1.1 101 Swi' >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 56
}

@test "answer heads beyond 16 KiB, interim ones included: 103" {
  { for _ in 1 2 3; do printf 'HTTP/1.1 100 Continue\r\nX: %06000d\r\n\r\n' 0; done; } \
    >"$BATS_TEST_TMPDIR/answer"
  answer_with "$BATS_TEST_TMPDIR/answer"
  run --separate-stderr ws-cat "$ANSWER_URL" </dev/null
  assert_failure 103
}

@test "a message over --max-message: 103" {
  run --separate-stderr ws-cat -d 12345 --max-message 4 "$URL"
  assert_failure 103
  assert_regex "$stderr" 'RFC 6455 10.4'
}

@test "--max-time ends with 28, --connect-timeout too" {
  run --separate-stderr ws-cat -m 0.1 --eof-wait inf "$URL" </dev/null
  assert_failure 28
  # Accepts and says nothing: a listener whose queue the kernel fills for us.
  coproc SILENT { exec /usr/bin/python3 -c \
    'import socket,sys; s=socket.create_server(("127.0.0.1",0)); print(s.getsockname()[1],flush=True); sys.stdin.read()' 3>&-; }
  read -r port <&"${SILENT[0]}"
  run --separate-stderr ws-cat --connect-timeout 0.1 "ws://127.0.0.1:$port/" </dev/null
  assert_failure 28
}

@test "--max-time ends it even when nobody takes the output; 0 means no limit" {
  head -c 3000000 /dev/zero >"$BATS_TEST_TMPDIR/in"
  mkfifo "$BATS_TEST_TMPDIR/out"
  exec 5<>"$BATS_TEST_TMPDIR/out"
  run --separate-stderr bash -c \
    'ws-cat -m 0.3 --from raw --to raw --eof-wait inf $URL <"$1/in" >"$1/out"' - "$BATS_TEST_TMPDIR"
  exec 5>&-
  assert_failure 28
  run --separate-stderr ws-cat -m 0 -d hi --count 1 "$URL"
  assert_success
}

@test "our own close is a success, whatever its code" {
  run --separate-stderr bash -c \
    'echo "{\"kind\":\"close\",\"code\":4001,\"reason\":\"bye\"}" | ws-cat --from jsonl --to jsonl $URL'
  assert_success
  assert_line --partial '"kind":"close","code":4001,"reason":"bye","by":"us"'
}

@test "a subprotocol is offered and the chosen one is shown" {
  run --separate-stderr bash -c \
    'ws-cat --subprotocol none --subprotocol chat.v1 --to jsonl --eof-wait 0 $URL </dev/null | head -1'
  assert_output --partial '"kind":"open","status":101,"protocol":"chat.v1"'
}

@test "-v shows what is sent and what comes, -H replaces, adds and removes" {
  run --separate-stderr ws-cat -v --eof-wait 0 -H 'User-Agent:' -H 'X-A: 1' -H 'X-A: 2' -A gone \
    -H 'sec-websocket-extensions: x-pasted' \
    -b 'a=b' -u me:secret --origin http://localhost "$URL" </dev/null
  assert_success
  assert_regex "$stderr" $'\n> X-A: 1\n> X-A: 2\n'
  assert_regex "$stderr" $'\n> Cookie: a=b\n'
  assert_regex "$stderr" $'\n> Authorization: Basic bWU6c2VjcmV0\n'
  assert_regex "$stderr" $'\n> Origin: http://localhost\n'
  assert_regex "$stderr" $'\n< HTTP/1.1 101 Switching Protocols\n'
  refute_regex "$stderr" 'User-Agent'
  refute_regex "$stderr" 'x-pasted'  # an offer that could not be kept is not made
}

@test "compression is offered as browsers do, unless it is not wanted" {
  offer() {  # OPTIONS...
    run --separate-stderr ws-cat -v -d hi --count 1 "$@" "$URL" </dev/null
    assert_success
  }
  offer
  assert_regex "$stderr" $'\n> Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n'
  assert_regex "$stderr" $'\n< Sec-WebSocket-Extensions: permessage-deflate\n'
  offer --deflate='server_max_window_bits=10; client_no_context_takeover'
  assert_regex "$stderr" \
    $'\n> Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_max_window_bits=10\n'
  offer --to wire --deflate
  assert_regex "$stderr" 'Extensions'
  for options in --no-deflate '--deflate --no-deflate' '--to wire' '-H Sec-WebSocket-Extensions:'; do
    offer $options
    refute_regex "$stderr" 'Extensions'
  done
  run --separate-stderr bash -c 'printf "" | ws-cat -v --from wire --eof-wait 0 $URL'
  assert_success
  refute_regex "$stderr" 'Extensions'
}

@test "long texts are compressed, with --deflate everything" {
  local long=$BATS_TEST_TMPDIR/long
  printf 'x%.0s' {1..1024} >"$long"
  sent() {  # OPTIONS...
    run --separate-stderr ws-cat --count 1 --stats --to hex "$@" "$URL" </dev/null
    assert_success
    assert_regex "$stderr" 'compressed: '
  }
  sent -d "@$long"
  assert_regex "$stderr" 'sent 1024 to [0-9]+ bytes \([12] %\); received 1024 to [0-9]+ bytes'
  sent -d short
  assert_regex "$stderr" 'compressed: sent nothing; received nothing'
  sent --data-binary "@$long"
  assert_regex "$stderr" 'sent nothing'
  sent --fragment 500 -d "@$long"
  assert_regex "$stderr" 'sent nothing'
  sent --deflate -d short
  assert_regex "$stderr" 'sent 5 to 7 bytes \(140 %\)'
  sent --deflate --data-binary "@$long"
  assert_regex "$stderr" 'sent 1024 to'
  sent --deflate=client_max_window_bits=8 -d "@$long"
  assert_regex "$stderr" 'sent nothing'
}

@test "--deflate with parameters that are none is a usage error" {
  for parameters in foo server_max_window_bits client_max_window_bits=7 \
    client_no_context_takeover=1 'client_max_window_bits; client_max_window_bits' 'a b'; do
    run --separate-stderr ws-cat --deflate="$parameters" "$URL" </dev/null
    assert_failure 2
    assert_regex "${stderr_lines[0]}" '^ws-cat: option --deflate: '
  done
  assert_regex "$stderr" $'\nhint: server_no_context_takeover'
}

@test "jsonl tells which extensions are agreed on" {
  run --separate-stderr ws-cat --to jsonl -d hi --count 1 "$URL" </dev/null
  assert_line --index 0 --partial '"status":101,"extensions":"permessage-deflate","url":'
  run --separate-stderr ws-cat --no-deflate --to jsonl -d hi --count 1 "$URL" </dev/null
  refute_line --partial extensions
}

@test "a message that inflates beyond --max-message gives 103" {
  run --separate-stderr ws-cat --max-message 1M --eof-wait inf "$URL/ws?bomb=1G" </dev/null
  assert_failure 103
  assert_regex "$stderr" 'ws-message-size'
}

@test "--color always colours messages in a pipe too, never and auto do not" {
  run --separate-stderr ws-cat --color always "$URL/nope" </dev/null
  assert_regex "$stderr" $'\033\\[.*ws-cat:'
  run --separate-stderr ws-cat --color never "$URL/nope" </dev/null
  refute_regex "$stderr" $'\033'
  run --separate-stderr ws-cat "$URL/nope" </dev/null
  refute_regex "$stderr" $'\033'
}

@test "a refusal that says why is left to speak" {
  run --separate-stderr ws-cat -d hi "$URL/ws?close=abc" </dev/null
  assert_failure 22
  assert_equal "${stderr_lines[-1]}" \
    "ws-cat: the server refused the WebSocket: 400 Bad Request: its answer says why"
}

@test "--stats counts one as one" {
  run --separate-stderr ws-cat -d hi --count 1 --stats "$URL" </dev/null
  assert_success
  assert_regex "$stderr" '^sent 1 message, 2 bytes; received 1 message, 2 bytes; 0\.[0-9]{3} s'$'\ncompressed: sent nothing; received nothing$'
}

@test "-s says nothing, the exit code still does" {
  run --separate-stderr ws-cat -s "$URL/nope" </dev/null
  assert_failure 22
  assert_equal "$stderr" ""
}

@test "a unix socket that is not there is named" {
  run --separate-stderr ws-cat -d hi --unix-socket "$BATS_TEST_TMPDIR/none" ws://localhost/
  assert_failure 7
  assert_equal "$stderr" "ws-cat: cannot connect to $BATS_TEST_TMPDIR/none: No such file or directory"
}

@test "--resolve and a unix socket" {
  port=${URL##*:}
  run --separate-stderr ws-cat -d hi --count 1 --resolve "echo.localhost:$port:127.0.0.1" \
    "ws://echo.localhost:$port/"
  assert_success
  assert_output "hi"
  run --separate-stderr stream-echo -s --unix "$BATS_TEST_TMPDIR/s" -- \
    ws-cat -d hi --count 1 --unix-socket "$BATS_TEST_TMPDIR/s" ws://localhost/
  assert_success
  assert_output "hi"
}

@test "pings are answered and measured" {
  run --separate-stderr bash -c \
    'printf "%s\n" "{\"kind\":\"ping\",\"data\":\"p1\"}" | ws-cat --from jsonl --show-control --stats $URL'
  assert_success
  assert_regex "$stderr" '< pong "p1" [0-9.]+ ms'
  assert_regex "$stderr" 'round trip min/avg/max .* 1 ping$'
}

@test "a missing pong ends with 28" {
  # Answers the handshake, then nothing.
  coproc MUTE { exec /usr/bin/python3 "$BATS_TEST_DIRNAME/../support/answer.py" --accept 3>&-; }
  read -r port <&"${MUTE[0]}"
  run --separate-stderr ws-cat --ping-interval 0.05 --ping-timeout 0.1 --eof-wait inf \
    "ws://127.0.0.1:$port/" </dev/null
  assert_failure 28
  assert_regex "$stderr" 'no pong'
}

@test "what a server sends is escaped on a terminal and raw in a pipe" {
  export TEXT=$'\033]0;pwn\007'
  run bash -c 'ws-cat -d "$TEXT" --count 1 $URL | od -An -c'
  assert_output --partial '033   ]   0   ;   p   w   n  \a'
  run script -qec 'ws-cat -d "$TEXT" --count 1 $URL' /dev/null </dev/null
  assert_output --partial '\x1b]0;pwn\x07'
}

@test "standard output that goes away ends quietly with 0" {
  run --separate-stderr bash -c \
    'set -o pipefail; (while echo x; do :; done) 2>/dev/null | ws-cat $URL | head -1; echo "${PIPESTATUS[1]}"'
  assert_line --index 0 "x"
  assert_line --index 1 "0"
  assert_equal "$stderr" ""
}

@test "standard output that is full is an error with 23" {
  run --separate-stderr bash -c 'ws-cat -d x --count 1 $URL >/dev/full'
  assert_failure 23
}

@test "interrupt closes cleanly and exits with 130" {
  mkfifo "$BATS_TEST_TMPDIR/in"
  ws-cat --to jsonl "$URL" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out" 3>&- &
  pid=$!
  exec 4>"$BATS_TEST_TMPDIR/in"
  echo x >&4
  # The echo in the output shows that the session is open.
  until grep -q message "$BATS_TEST_TMPDIR/out"; do kill -0 "$pid"; done
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  exec 4>&-
  assert_equal "$status" 130
  run grep close "$BATS_TEST_TMPDIR/out"
  assert_output --partial '"code":1000,"by":"us"'
}

@test "--help fits 80 columns, --version names the tool" {
  run ws-cat --help
  assert_success
  for line in "${lines[@]}"; do assert [ "${#line}" -le 80 ]; done
  run ws-cat --version
  assert_output --regexp '^ws-cat [0-9.]+ \(streamutils\)$'
}
