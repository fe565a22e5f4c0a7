# stream-echo on the command line: start, output, answers over HTTP, policy, end, exit code. The other
# end is curl, ws-cat or a bare socket.

bats_load_library bats-support
bats_load_library bats-assert

setup() {
  bats_require_minimum_version 1.5.0
  export PATH=$BIN_DIR:$PATH
  cd "$BATS_TEST_TMPDIR"
}

# The last line of defence against a server that outlives a failed test.
teardown() {
  if [[ -n ${SERVER-} ]]; then kill "$SERVER" 2>/dev/null || true; fi
}

# Starts a server in the background: SERVER, READY (its first line), URL, HTTP. The fifo makes
# reading the ready line wait for it.
serve() { # OPTIONS...
  mkfifo ready
  stream-echo "$@" >ready 2>log 3>&- &
  SERVER=$!
  exec {OUT}<ready
  read -r -u "$OUT" READY
  read -r _ URL HTTP <<<"$READY"
}

# Ends it in the orderly way; sets CODE and REST, what else it printed.
stop() {
  kill -TERM "$SERVER"
  REST=$(cat <&"$OUT")
  CODE=0
  wait "$SERVER" || CODE=$?
  SERVER=
}

# The status that curl gets at PATH of a server with OPTIONS: status PATH CURL_OPTIONS... -- OPTIONS...
status() {
  local path=$1 curl=()
  shift
  while [[ $1 != -- ]]; do
    curl+=("$1")
    shift
  done
  shift
  TARGET=$path stream-echo --port 0 "$@" -- bash -c \
    'curl -s -o /dev/null -w "%{http_code}" "$@" "$STREAM_ECHO_HTTP_URL$TARGET"' curl "${curl[@]}"
}

upgrade=(--http1.1 -m 5 -H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Sec-WebSocket-Version: 13'
  -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')

@test "the first line says where the server listens" {
  serve --port 0
  assert_regex "$READY" '^listening ws://127\.0\.0\.1:[0-9]+ http://127\.0\.0\.1:[0-9]+$'
  stop
  assert_equal "$CODE" 0
  assert_equal "$REST" ""
}

@test "IPv6 loopback has the same port" {
  [[ -e /proc/net/if_inet6 ]] || skip "no IPv6"
  serve --port 0 -s
  run curl -s "http://[::1]:${HTTP##*:}/"
  assert_success
  assert_output "stream-echo: connect a WebSocket to /ws, an EventSource to /sse"
}

@test "a port that is taken is an error" {
  serve --port 0 -s
  run --separate-stderr stream-echo --port "${URL##*:}"
  assert_failure 7
  assert_output ""
  assert_equal "$stderr" \
    "stream-echo: cannot listen on 127.0.0.1:${URL##*:}: Address already in use
hint: another program has this port; port 0 is one that is free"
}

@test "the port file holds the port" {
  serve --port 0 -s --port-file port
  assert_equal "$(cat port)" "${URL##*:}"
}

@test "a unix socket instead of TCP, gone afterwards" {
  serve --unix socket -s
  assert_equal "$READY" "listening unix:socket"
  run curl -s --unix-socket socket http://localhost/
  assert_output "stream-echo: connect a WebSocket to /ws, an EventSource to /sse"
  stop
  assert_equal "$CODE" 0
  [[ ! -e socket ]]
}

@test "another address comes with a warning and is accepted as Host" {
  serve --port 0 --host 0.0.0.0
  run curl -s -o /dev/null -w '%{http_code}' "$HTTP/"
  assert_output 200
  run cat log
  assert_line --index 0 "stream-echo: warning: $URL can be reached from other machines"
}

@test "a command finds the server in its environment" {
  run --separate-stderr stream-echo --port 0 -- bash -c \
    'echo hi | ws-cat "$STREAM_ECHO_URL/ws"; echo "$STREAM_ECHO_PORT ${STREAM_ECHO_HTTP_URL##*:}"'
  assert_success
  assert_line --index 0 hi
  assert_regex "${lines[1]}" '^([0-9]+) \1$'
  assert_equal "$stderr" ""
}

@test "the exit code is the command's" {
  run stream-echo --port 0 -- bash -c 'exit 7'
  assert_failure 7
  run stream-echo --port 0 -- bash -c 'kill -KILL $$'
  assert_failure 137
}

@test "a command that cannot be started is 127" {
  run -127 stream-echo --port 0 -s -- ./no-such-command
  assert_output "stream-echo: cannot run ./no-such-command: no such file or directory"
}

@test "standard input is the command's" {
  run bash -c 'echo through | stream-echo --port 0 -- cat'
  assert_success
  assert_output through
}

@test "SIGTERM is passed on to the command" {
  mkfifo ready hold
  stream-echo --port 0 -- bash -c 'trap "exit 5" TERM; echo up; read -r' 0<>hold >ready 3>&- &
  SERVER=$!
  read -r _ <ready
  kill -TERM "$SERVER"
  CODE=0
  wait "$SERVER" || CODE=$?
  SERVER=
  assert_equal "$CODE" 5
}

@test "text, an empty message and a subprotocol come back" {
  run stream-echo --port 0 --subprotocol b --subprotocol a -- bash -c \
    'ws-cat -d "" -d "grüße" --count 2 --to jsonl --subprotocol a --subprotocol b "$STREAM_ECHO_URL"'
  assert_success
  assert_output --partial '"type":"text","data":"","size":0'
  assert_output --partial '"type":"text","data":"grüße","size":7'
}

@test "the peer's close code is echoed and logged" {
  serve --port 0
  run ws-cat -d x --count 1 --close '4001:bye' "$URL"
  stop
  run cat log
  assert_line --partial 'closed by peer: 4001 "bye"'
}

@test "-s logs nothing, -v logs messages" {
  run stream-echo --port 0 -s -v -- bash -c 'ws-cat -d x --count 1 "$STREAM_ECHO_URL"'
  assert_output x
  run stream-echo --port 0 -v -v -- bash -c 'ws-cat -d x --count 1 "$STREAM_ECHO_URL"'
  assert_line --partial "text message, 1 bytes"
}

@test "--to jsonl prints one object an event" {
  serve --port 0 -s --to jsonl
  run ws-cat -d hi --count 1 "$URL/ws"
  stop
  run sed -E 's/^\{"t":[0-9]+,/{"t":0,/' <<<"$REST"
  assert_line --index 0 "{\"t\":0,\"conn\":1,\"kind\":\"open\",\"status\":101,\"extensions\":\"permessage-deflate\",\"url\":\"$URL/ws\"}"
  assert_line --index 1 \
    '{"t":0,"conn":1,"dir":"<","kind":"message","type":"text","data":"hi","size":2}'
  assert_line --index 2 '{"t":0,"conn":1,"dir":"<","kind":"close","code":1000,"by":"peer"}'
  assert_equal "${#lines[@]}" 3
}

@test "a reader of standard output that goes away does not stop the server" {
  serve --port 0 -s --to jsonl
  exec {OUT}<&-
  run ws-cat -d a -d b --count 2 "$URL"
  assert_output $'a\nb'
  run ws-cat -d c --count 1 "$URL"
  assert_output c
}

@test "SIGTERM closes open connections with 1001 and exits 0" {
  serve --port 0 -s --to jsonl
  mkfifo hold
  ws-cat "$URL" 0<>hold 2>client 3>&- &
  client=$!
  read -r -u "$OUT" open
  stop
  wait "$client"
  assert_equal "$CODE" 0
  assert_regex "$REST" '"dir":">","kind":"close","code":1001,.*"by":"us"'
  assert_equal "$(cat client)" 'ws-cat: closed by server: 1001 "the server is stopping"'
}

@test "a second signal leaves at once" {
  serve --port 0 -s --to jsonl
  exec 5<>"/dev/tcp/127.0.0.1/${URL##*:}"
  printf '%s\r\n' 'GET / HTTP/1.1' 'Host: localhost' 'Upgrade: websocket' 'Connection: Upgrade' \
    'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '' >&5
  read -r -u "$OUT" open
  kill -INT "$SERVER"
  # The Close says that the first signal has been dealt with.
  while read -r -u 5 line && [[ $line != $'\r' ]]; do :; done
  head -c 2 <&5 >/dev/null
  kill -INT "$SERVER"
  CODE=0
  wait "$SERVER" || CODE=$?
  SERVER=
  assert_equal "$CODE" 130
}

@test "plain HTTP: a line at /, 426 at /ws, 404 elsewhere" {
  assert_equal "$(status / -- -s)" 200
  assert_equal "$(status /ws -I -- -s)" 405
  assert_equal "$(status /ws -- -s)" 426
  assert_equal "$(status /nope -- -s)" 404
  assert_equal "$(status /nope -- -s --any-path)" 426
  assert_equal "$(status / -X DELETE -- -s)" 405
  assert_equal "$(status / -X get -- -s)" 501
}

@test "426 and 405 carry the fields they must, and every answer its CORS fields" {
  serve --port 0 -s
  run curl -si "$HTTP/ws"
  assert_line $'Upgrade: websocket\r'
  assert_line $'Connection: Upgrade, close\r'
  assert_line $'Access-Control-Allow-Origin: *\r'
  assert_line $'Vary: Origin\r'
  assert_line --partial "the Upgrade field contains websocket (ws-upgrade, at byte"
  run curl -si -X POST "$HTTP/ws"
  assert_line $'Allow: GET\r'
  run curl -si "${upgrade[@]}" -H 'Sec-WebSocket-Version: 8' "$HTTP/ws"
  assert_line $'HTTP/1.1 400 Bad Request\r'
  run curl -si -H 'Origin: http://localhost:3000' "$HTTP/"
  assert_line $'Access-Control-Allow-Origin: http://localhost:3000\r'
  run curl -si -H 'Origin: http://evil.example' "$HTTP/"
  refute_output --partial Access-Control-Allow-Origin
}

@test "a foreign Host gets 421 unless it is allowed" {
  assert_equal "$(status / -H 'Host: evil.example' -- -s)" 421
  assert_equal "$(status / -H 'Host: localhost.evil.example' -- -s)" 421
  assert_equal "$(status / -H 'Host: dev.example:99' -- -s --allow-host dev.example)" 200
  assert_equal "$(status / -H 'Host: app.localhost:99' -- -s)" 200
  assert_equal "$(status / -H 'Host: a b' -- -s)" 400
}

@test "a foreign Origin gets 403 unless it is allowed" {
  serve --port 0 -s
  for origin in http://evil.example null http://localhost.evil.example http://evil.example:80; do
    run curl -s -o /dev/null -w '%{http_code}' "${upgrade[@]}" -H "Origin: $origin" "$HTTP/ws"
    assert_output 403
  done
  stop
  rm ready
  serve --port 0 -s --allow-origin https://Good.example
  run ws-cat -d hi --count 1 --origin https://good.example:443 "$URL"
  assert_output hi
  run curl -s -o /dev/null -w '%{http_code}' "${upgrade[@]}" -H "Origin: $HTTP" "$HTTP/ws"
  assert_output 403
  stop
  rm ready
  serve --port 0 -s --allow-origin same
  run ws-cat -d hi --count 1 --origin "$HTTP" "$URL"
  assert_output hi
}

@test "beyond --max-connections the answer is 503" {
  serve --port 0 -s --max-connections 1
  exec 5<>"/dev/tcp/127.0.0.1/${URL##*:}"
  run curl -si "$HTTP/"
  assert_line --index 0 $'HTTP/1.1 503 Service Unavailable\r'
  assert_line $'Retry-After: 1\r'
}

@test "TLS on the plain port is named in the log and gets no answer" {
  serve --port 0
  run -35 curl -sk "https://127.0.0.1:${URL##*:}/"
  stop
  run cat log
  assert_output --partial "TLS on a plain port"
}

@test "a message over --max-message is 1009" {
  run stream-echo --port 0 -s --max-message 4 -- bash -c 'ws-cat -d 12345 "$STREAM_ECHO_URL"'
  assert_output --partial 1009
}

@test "bad options are usage errors" {
  for option in --port=65536 --port= --to=xml --allow-origin=evil --ping-timeout=0 --max-message=x \
    --max-connections=0 --threads=0 --threads=65 --threads=two --subprotocol='a b' --allow-host='a b' --host= --unix=; do
    run stream-echo "$option"
    assert_failure 2
    assert_line --index 0 --partial "stream-echo: option ${option%%=*}: "
  done
  run stream-echo --unix a --port 1
  assert_failure 2
  run stream-echo operand
  assert_failure 2
  run stream-echo --
  assert_failure 2
}

# --- Threads

@test "--threads 4 serves fifty clients and exits as the command does" {
  run --separate-stderr stream-echo --port 0 --threads 4 -v -- bash -c '
    for i in {1..50}; do echo "$i" | ws-cat "$STREAM_ECHO_URL" & done | sort -n | uniq | wc -l
    ls "/proc/$PPID/task" | wc -l
    exit 7'
  assert_failure 7
  assert_output $'50\n4'
  # The log has each connection once, under a number of its own.
  run bash -c "grep -o '#[0-9]* .*: closed' <<<'$stderr' | cut -d' ' -f1 | sort -u | wc -l"
  assert_output 50
}

@test "--threads: a port that is taken is an error, and all threads stop on SIGTERM" {
  serve --port 0 --threads 4 --port-file port
  assert_equal "${URL##*:}" "$(<port)"
  run stream-echo --port "$(<port)" --threads 4
  assert_failure 7
  assert_line --index 0 --partial "Address already in use"
  local client in reply
  mkfifo reply
  ws-cat -d hi --eof-wait inf "$URL" >reply &
  client=$!
  exec {in}<reply
  read -r -u "$in" reply
  assert_equal "$reply" hi
  stop
  assert_equal "$CODE" 0
  wait "$client"
}

@test "--threads does not go with what is about one connection or one file" {
  for other in '--unix socket' --one-connection '--record file'; do
    # shellcheck disable=SC2086  # an option and its value
    run stream-echo --threads 2 $other
    assert_failure 2
    assert_line --index 0 "stream-echo: option --threads: cannot be combined with ${other%% *}"
    assert_line --index 1 --partial "hint: "
  done
}

# --- Faults

@test "faults are listed, and a wrong one is told with its neighbour" {
  run stream-echo --help faults
  assert_success
  assert_line "  abort                     end the connection (FIN) without Close or last chunk"
  run --separate-stderr stream-echo --fault no-pongs
  assert_failure 2
  assert_equal "$stderr" $'stream-echo: option --fault: fault "no-pongs": is unknown\nhint: did you mean no-pong?'
}

@test "the log tells with -v when a fault begins" {
  run --separate-stderr stream-echo --port 0 -vv -- bash -c \
    'printf "a\nb\n" | ws-cat -s "$STREAM_ECHO_URL/ws?close=4000&after=2"'
  assert_failure 101
  assert_output $'a\nb'
  assert_regex "$stderr" 'stream-echo: #1 127\.0\.0\.1:[0-9]+: fault close=4000'
}

@test "a fault script that is wrong is named with its line" {
  printf '{"echo":false}\n{"on":"never"}\n' >script
  run --separate-stderr stream-echo --fault-script script
  assert_failure 2
  assert_equal "$stderr" 'stream-echo: script: line 2: "on" has to be open, message or time'
  run --separate-stderr stream-echo --fault-script no-such-script
  assert_failure 26
  assert_equal "$stderr" 'stream-echo: cannot open no-such-script: No such file or directory'
}

@test "a fault script drives a conversation" {
  cat >script <<'END'
{"echo":false}
{"on":"open","send_text":"who is there?"}
{"on":"message","n":1,"send_text":"come in"}
{"on":"message","n":1,"close":4000,"reason":"that was all"}
END
  run --separate-stderr stream-echo --port 0 --fault-script script -- \
    bash -c 'ws-cat -d me "$STREAM_ECHO_URL"'
  assert_failure 101
  assert_output $'who is there?\ncome in'
  assert_equal "$stderr" 'ws-cat: closed by server: 4000 "that was all"'
}

# --- A fixture

@test "--one-connection ends with its connection" {
  serve --port 0 -s --one-connection
  run ws-cat -d hi --count 1 "$URL"
  assert_output hi
  CODE=0
  wait "$SERVER" || CODE=$?
  SERVER=
  assert_equal "$CODE" 0
  run ws-cat -s -d hi "$URL"
  assert_failure 7
}

@test "--max-time ends a server that nobody talks to with 28" {
  run --separate-stderr stream-echo --port 0 --max-time 50ms
  assert_failure 28
  assert_equal "$stderr" "stream-echo: time is up (--max-time)"
}

@test "what a client broke comes before the time that is up" {
  run --separate-stderr stream-echo --port 0 --check-client -s --max-time 0.5 -- bash -c \
    'curl -s -o /dev/null "$STREAM_ECHO_HTTP_URL/ws"; exec tail -f /dev/null'
  assert_failure 100
}

@test "a slip in the words of a URL is told in the log" {
  serve --port 0
  run ws-cat -d hi --count 1 "$URL/ws?clsoe=1011&token=x"
  assert_success
  run cat log
  assert_line --regexp '^stream-echo: #1 127\.0\.0\.1:[0-9]+: "clsoe" is no fault; close is one$'
}

@test "an output file that cannot be written is 23" {
  run --separate-stderr stream-echo --port 0 --port-file no/such/folder
  assert_failure 23
  assert_equal "$stderr" "stream-echo: cannot write no/such/folder: No such file or directory"
}

@test "--max-time ends the command as well" {
  run --separate-stderr stream-echo --port 0 --max-time 50ms -- bash -c 'exec tail -f /dev/null'
  assert_failure 28
}

@test "--check-client tells a client that keeps the rules from one that does not" {
  run stream-echo --port 0 --check-client -- bash -c 'echo hi | ws-cat --count 1 "$STREAM_ECHO_URL"'
  assert_success
  run --separate-stderr stream-echo --port 0 --check-client -v -- \
    bash -c 'curl -s -o /dev/null "$STREAM_ECHO_HTTP_URL/ws"'
  assert_failure 100
  assert_regex "$stderr" 'refused 426: RFC 6455 4\.1 \(2\)'
  # Without -v too: a failure says why.
  run --separate-stderr stream-echo --port 0 --check-client -- \
    bash -c 'printf "\201\005hello" | ws-cat -s --from wire "$STREAM_ECHO_URL"; exit 0'
  assert_failure 100
  assert_regex "$stderr" '^stream-echo: #1 127\.0\.0\.1:[0-9]+: violation: RFC 6455 5\.1: [^'$'\n'']*$'
  run stream-echo --port 0 --check-client -s -- bash -c 'curl -s "$STREAM_ECHO_HTTP_URL/ws"; exit 3'
  assert_failure 3
  # A message that is too large for the server breaks no rule.
  run stream-echo --port 0 --check-client -s --max-message 4 -- \
    bash -c 'ws-cat -s -d hello "$STREAM_ECHO_URL"; exit 0'
  assert_success
}

@test "--check-client and --one-connection judge a client from elsewhere" {
  serve --port 0 -s --check-client --one-connection
  printf 'GET /ws HTTP/1.1\nHost: localhost\n\n' | socat -t5 - "TCP:127.0.0.1:${URL##*:}" >/dev/null
  CODE=0
  wait "$SERVER" || CODE=$?
  SERVER=
  assert_equal "$CODE" 100
}

@test "compression is agreed to when it is offered, unless --no-deflate" {
  agreed() {  # OPTIONS...
    run --separate-stderr stream-echo --port 0 "$@" -- \
      bash -c 'ws-cat --deflate -d hi --count 1 --to jsonl "$STREAM_ECHO_URL" | head -1'
    assert_success
  }
  agreed
  assert_output --partial '"extensions":"permessage-deflate"'
  agreed --no-deflate
  refute_output --partial 'extensions'
}

@test "the log tells which extensions are agreed on" {
  serve --port 0 --to jsonl -v
  ws-cat -d hi --count 1 "$URL"
  stop
  assert_regex "$REST" '"kind":"open","status":101,"extensions":"permessage-deflate"'
  assert_regex "$(<log)" 'opened ws://127\.0\.0\.1:[0-9]+/, permessage-deflate'
}
