# TLS on the command line: stream-echo with curl, openssl and ws-cat as its clients, and what goes
# wrong, where ws-cat has to end with the exit code that curl gives on the same server.

bats_load_library bats-support
bats_load_library bats-assert

# Self-signed certificates, for as short a time as there is: make_certificate NAME OPTIONS...
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.pem" "${@:2}" 2>/dev/null
}

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  make_certificate here -addext subjectAltName=DNS:localhost,IP:127.0.0.1
  make_certificate elsewhere -addext subjectAltName=DNS:elsewhere.example
  make_certificate client
  make_certificate stranger
  openssl pkey -in client.key -aes256 -passout pass:tea:pot -out locked.key
  cat client.pem locked.key >locked.pem
  # Over as soon as it begins.
  openssl req -new -key here.key -subj /CN=here -out here.csr
  openssl x509 -req -in here.csr -signkey here.key -days 0 -out expired.pem 2>/dev/null \
    -extfile <(echo subjectAltName=IP:127.0.0.1)
}

setup() {
  bats_require_minimum_version 1.5.0
  export PATH=$BIN_DIR:$PATH
  unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
  cp "$BATS_FILE_TMPDIR"/*.pem "$BATS_FILE_TMPDIR"/*.key "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR"
}

# A server's life around COMMAND, which finds its URLs as $W and $H, and the server's log in `log`.
with_server() { # OPTIONS... -- COMMAND
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  # shellcheck disable=SC2016  # the variables are for the inner shell
  stream-echo --port 0 -v "${options[@]}" -- bash -c \
    'exec 2>&1; W=$STREAM_ECHO_URL H=$STREAM_ECHO_HTTP_URL; eval "$1"' - "$2" 2>log
}

# Both tools, with the same OPTIONS, against a server with the options before --. The output is that
# of ws-cat, the status what both end with.
both_at() { # OPTIONS... -- OPTIONS...
  local server=() ours=0 curls=0
  while [[ $1 != -- ]]; do
    server+=("$1")
    shift
  done
  shift
  with_server "${server[@]}" -- "ws-cat -d x --count 1 ${*@Q} \$W" || ours=$?
  with_server "${server[@]}" -- "curl -s ${*@Q} \$H >/dev/null" || curls=$?
  if [[ $ours -ne $curls ]]; then
    echo "ws-cat ends with $ours, curl with $curls"
    return 255
  fi
  return "$ours"
}

# --- stream-echo

@test "--tls says wss and https in its first line" {
  mkfifo ready
  stream-echo --port 0 --tls -s >ready 3>&- &
  server=$!
  read -r line <ready
  kill "$server"
  wait "$server"
  assert_regex "$line" '^listening wss://127\.0\.0\.1:[0-9]+ https://127\.0\.0\.1:[0-9]+$'
}

@test "whoever trusts the CA of --ca-out gets through by each of the server's names" {
  run with_server --ca-out ca.pem --allow-host tea.example -- '
    port=${W##*:}
    for host in 127.0.0.1 localhost "[::1]" tea.example; do
      curl -sS --cacert "$STREAM_ECHO_CA" --resolve "tea.example:$port:127.0.0.1" "https://$host:$port"
      ws-cat --cacert "$STREAM_ECHO_CA" --resolve "tea.example:$port:127.0.0.1" -d "$host" --count 1 \
        "wss://$host:$port"
    done'
  assert_success
  page="stream-echo: connect a WebSocket to /ws, an EventSource to /sse"
  assert_output "$page
127.0.0.1
$page
localhost
$page
[::1]
$page
tea.example"
  run cat log
  assert_line --regexp '#2 127\.0\.0\.1:[0-9]+: opened wss://127\.0\.0\.1:[0-9]+/$'
  assert_line --regexp '#8 127\.0\.0\.1:[0-9]+: opened wss://tea\.example:[0-9]+/$'
}

@test "the CA file is complete, says what it is, and signs no other CA" {
  run with_server --ca-out ca.pem -- 'cd / && openssl x509 -in "$STREAM_ECHO_CA" -noout -subject \
    -ext basicConstraints && openssl verify -CAfile "$STREAM_ECHO_CA" "$STREAM_ECHO_CA"'
  assert_success
  assert_line "subject=CN = stream-echo test CA"
  assert_line --partial "CA:TRUE, pathlen:0"
  assert_equal "$(stat -c %a ca.pem)" 644
}

@test "openssl s_client verifies the handshake, and agrees on http/1.1" {
  # shellcheck disable=SC2016
  run with_server --ca-out ca.pem -- 'openssl s_client -connect "${H#https://}" -CAfile ca.pem \
    -verify_return_error -verify_ip 127.0.0.1 -alpn h2,http/1.1 </dev/null'
  assert_success
  assert_line "ALPN protocol: http/1.1"
  assert_line --partial "Verify return code: 0 (ok)"
  assert_line --partial "TLSv1.3, Cipher is"
}

@test "TLS 1.2 will do, 1.1 will not" {
  run both_at --tls -- -k
  assert_success
  run with_server --tls -- 'curl -sk --tls-max 1.2 $H >/dev/null'
  assert_success
  run with_server --tls -- 'curl -sk --tlsv1.0 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 $H'
  assert_failure 35
  run cat log
  assert_line --partial "no request: the client speaks only versions before TLS 1.2"
}

@test "a certificate and key in two files, or in one" {
  run both_at --cert here.pem --key here.key -- --cacert here.pem
  assert_success
  assert_output x
  cat here.pem here.key >one.pem
  run both_at --cert one.pem -- --cacert here.pem
  assert_success
  assert_output x
}

@test "TLS on a unix socket" {
  stream-echo --unix socket --ca-out ca.pem -s -- bash -c '
    echo "$STREAM_ECHO_URL"
    curl -sS --cacert ca.pem --unix-socket socket "$STREAM_ECHO_HTTP_URL"
    ws-cat --cacert ca.pem --unix-socket socket -d x --count 1 "$STREAM_ECHO_URL"' >out
  assert_equal "$(cat out)" "wss://localhost
stream-echo: connect a WebSocket to /ws, an EventSource to /sse
x"
}

@test "an origin is the server's own if it is https" {
  run with_server --tls --allow-origin same -- '
    ws-cat -k -d own --count 1 --origin "$H" "$W"
    ws-cat -k -s -d foreign --origin "http${H#https}" "$W"'
  assert_failure 22
  assert_output own
}

@test "plain HTTP is named in the log and gets no answer" {
  run with_server --tls -- 'curl -sS "http${H#https}"'
  assert_failure 52
  run cat log
  assert_line --regexp '^stream-echo: #1 127\.0\.0\.1:[0-9]+: no request: plain HTTP on a TLS port$'
}

@test "a client that does not know the CA is named in the log" {
  run with_server --tls -- 'curl -s $H'
  assert_failure 60
  run cat log
  assert_line --partial \
    'no request: the client does not accept our certificate: alert "unknown CA"'
}

@test "beyond --max-connections the answer is 503 over TLS, too" {
  run with_server --tls --max-connections 1 -- '
    exec 5<>"/dev/tcp/127.0.0.1/${W##*:}"
    curl -sk -o /dev/null -w "%{http_code}" $H'
  assert_output 503
}

@test "--client-ca lets in who has a certificate of that CA, and tells the others apart" {
  run both_at --client-ca client.pem -- -k -E client.pem --key client.key
  assert_success
  assert_output x
  run both_at --client-ca client.pem -- -k
  assert_failure 56
  assert_output "ws-cat: no answer to the opening handshake: the server wants a client certificate
hint: --cert FILE sends one"
  run cat log
  assert_line --partial "no request: the client sent no certificate"
  run both_at --client-ca client.pem -- -k -E stranger.pem --key stranger.key
  assert_failure 56
  assert_output --partial "the server does not accept our certificate: unknown ca"
  run cat log
  assert_line --partial "no request: the client's certificate does not verify: self-signed certificate"
}

@test "a message of 1 MiB comes back through TLS" {
  head -c 1048576 /dev/zero | tr '\0' x >big
  run with_server --tls -- 'ws-cat -k --data-binary @big --count 1 --to raw "$W" | cmp - big'
  assert_success
  assert_output ""
}

@test "SIGTERM closes a connection inside TLS with 1001, and the client sees no cut" {
  mkfifo ready hold
  stream-echo --port 0 --tls -s --to jsonl >ready 3>&- &
  server=$!
  exec {lines}<ready
  read -r -u "$lines" _ url _
  ws-cat -k "$url" 0<>hold 2>client 3>&- &
  client=$!
  read -r -u "$lines" open
  kill -TERM "$server"
  wait "$server"
  wait "$client"
  assert_regex "$open" "\"url\":\"$url/\""
  assert_equal "$(cat client)" 'ws-cat: closed by server: 1001 "the server is stopping"'
}

@test "files that stream-echo cannot use are told before it listens" {
  fails() { # EXIT MESSAGE OPTIONS...
    run --separate-stderr stream-echo --port 0 "${@:3}"
    assert_failure "$1"
    assert_output ""
    assert_equal "${stderr_lines[0]}" "stream-echo: $2"
  }
  fails 58 "cannot read nope.pem: No such file or directory" --cert nope.pem
  fails 58 "no certificate in here.key" --cert here.key
  fails 58 "no private key in here.pem" --cert here.pem
  fails 58 "the private key in client.key does not belong to the certificate in here.pem" \
    --cert here.pem --key client.key
  fails 58 "the private key in locked.key is encrypted" --cert client.pem --key locked.key
  fails 77 "cannot read nope.pem: No such file or directory" --client-ca nope.pem
  fails 77 "no CA certificate in here.key" --client-ca here.key
  fails 23 "cannot write no/ca.pem: No such file or directory" --ca-out no/ca.pem
  fails 2 "option --key: there is no --cert for it" --key here.key
  fails 2 "option --ca-out: cannot be combined with --cert" --ca-out x --cert here.pem
}

@test "stream-echo takes its files from pipes, which can be read once" {
  run with_server --cert <(cat here.pem) --key <(cat here.key) -- \
    'ws-cat --cacert here.pem -d x --count 1 "$W"'
  assert_success
  assert_output x
  run with_server --tls --client-ca <(cat client.pem) -- \
    'ws-cat -k -E client.pem --key client.key -d x --count 1 "$W"'
  assert_success
  assert_output x
}

@test "stream-echo asks for no password, not even one of a certificate" {
  printf '%s\n' '-----BEGIN CERTIFICATE-----' 'Proc-Type: 4,ENCRYPTED' \
    'DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF' '' AAAA \
    '-----END CERTIFICATE-----' >locked-certificate.pem
  run stream-echo --port 0 --cert locked-certificate.pem --key here.key
  assert_failure 58
  assert_line --partial "cannot use the certificate in locked-certificate.pem"
  refute_output --partial "pass phrase"
}

# --- ws-cat

@test "an expired certificate" {
  run both_at --cert expired.pem --key here.key -- --cacert expired.pem
  assert_failure 60
  assert_output "ws-cat: the server's certificate does not verify: certificate has expired
hint: --insecure does not check"
}

@test "a certificate for another host" {
  run both_at --cert elsewhere.pem --key elsewhere.key -- --cacert elsewhere.pem
  assert_failure 60
  assert_line --index 0 "ws-cat: the server's certificate is not for 127.0.0.1"
  assert_line --index 1 --partial "hint: --resolve NAME:PORT:ADDRESS "
  assert_equal "${#lines[@]}" 2
}

@test "an unknown CA, and a certificate that is its own" {
  run both_at --tls --
  assert_failure 60
  assert_output "ws-cat: the server's certificate does not verify: unable to get local issuer certificate
hint: --cacert FILE trusts another authority, --insecure does not check"
  run both_at --cert here.pem --key here.key --
  assert_failure 60
  assert_line --index 0 "ws-cat: the server's certificate does not verify: self-signed certificate"
}

@test "a CA file that is none" {
  run both_at --tls -- --cacert nope.pem
  assert_failure 77
  assert_output "ws-cat: cannot read nope.pem: No such file or directory"
  run both_at --tls -- --cacert here.key
  assert_failure 77
  assert_line --index 0 "ws-cat: no CA certificate in here.key"
  run both_at --tls -- --cacert ""
  assert_failure 77
  assert_output "ws-cat: option --cacert: a file is wanted"
  run both_at --tls -- -k --cacert ""
  assert_success
}

@test "--capath, and the variables of curl" {
  mkdir folder
  cp here.pem folder/
  openssl rehash folder
  run both_at --cert here.pem --key here.key -- --capath folder
  assert_success
  SSL_CERT_DIR=$PWD/folder run both_at --cert here.pem --key here.key --
  assert_success
  SSL_CERT_FILE=$PWD/here.pem run both_at --cert here.pem --key here.key --
  assert_success
  CURL_CA_BUNDLE=$PWD/here.pem run both_at --cert here.pem --key here.key --
  assert_success
  CURL_CA_BUNDLE=$PWD/here.pem SSL_CERT_FILE=$PWD/client.pem run both_at --cert here.pem --key here.key --
  assert_success
  CURL_CA_BUNDLE=$PWD/client.pem run both_at --cert here.pem --key here.key -- --cacert here.pem
  assert_success
}

@test "a folder of authorities that is not there" {
  run ws-cat --capath nope wss://127.0.0.1:1
  assert_failure 77
  assert_output "ws-cat: cannot read nope: No such file or directory"
  run ws-cat --capath here.pem wss://127.0.0.1:1
  assert_failure 77
  assert_output "ws-cat: cannot read here.pem: Not a directory"
  run both_at --tls -- -k --capath nope
  assert_success
}

@test "a client certificate or a key that cannot be used" {
  run ws-cat -k --key client.key wss://127.0.0.1:1
  assert_failure 2
  assert_output "ws-cat: option --key: there is no --cert for it"
  run both_at --tls -- -k -E nope.pem
  assert_failure 58
  assert_output "ws-cat: cannot read nope.pem: No such file or directory"
  run both_at --tls -- -k -E client.key
  assert_failure 58
  assert_line --index 0 "ws-cat: no certificate in client.key"
  run both_at --tls -- -k -E client.pem
  assert_failure 58
  assert_output "ws-cat: no private key in client.pem
hint: --key FILE says where it is"
  run both_at --tls -- -k -E client.pem --key nope.key
  assert_failure 58
  assert_output "ws-cat: cannot read nope.key: No such file or directory"
  run both_at --tls -- -k -E client.pem --key stranger.key
  assert_failure 58
  assert_output \
    "ws-cat: the private key in stranger.key does not belong to the certificate in client.pem"
  run both_at --tls -- -k -E locked.pem:wrong
  assert_failure 58
  assert_output "ws-cat: the password does not open the private key in locked.pem"
}

@test "the password of a key: behind the certificate, or in --pass" {
  run both_at --client-ca client.pem -- -k -E locked.pem:tea:pot
  assert_success
  run both_at --client-ca client.pem -- -k -E locked.pem --pass tea:pot
  assert_success
  mv locked.pem 'lo:cked.pem'
  run both_at --client-ca client.pem -- -k -E 'lo\:cked.pem:tea:pot'
  assert_success
}

@test "no password is asked for, least of all on standard input" {
  run with_server --tls -- 'echo tea:pot | ws-cat -k -E locked.pem "$W"'
  assert_failure 58
  assert_output "ws-cat: the private key in locked.pem is encrypted
hint: --pass PASSWORD opens it"
}

@test "a server that answers TLS with plain HTTP" {
  printf 'HTTP/1.1 400 Bad Request\r\n\r\n' >answer
  coproc PLAIN { exec socat -d -d -T 5 TCP-LISTEN:0,bind=127.0.0.1,fork SYSTEM:'head -c 5 >/dev/null; cat answer' 2>&1 3>&-; }
  read -r line <&"${PLAIN[0]}"
  while [[ ! $line =~ listening\ on\ .*:([0-9]+)$ ]]; do read -r line <&"${PLAIN[0]}"; done
  port=${BASH_REMATCH[1]}
  run -35 ws-cat -k "wss://127.0.0.1:$port"
  assert_output "ws-cat: the server does not speak TLS on this port
hint: use ws://"
  run -35 curl -sk "https://127.0.0.1:$port"
  kill "$PLAIN_PID"
}

@test "a file that is a pipe is not opened again to say what is wrong with it" {
  mkfifo pipe
  for options in "-E pipe" "-E client.pem --key pipe"; do
    echo "no certificate" >pipe 3>&- &
    run with_server --tls -- "timeout 20 ws-cat -k $options \$W"
    assert_failure 58
    assert_line --index 0 --regexp '^ws-cat: .*pipe'
  done
}

@test "a server that hangs up on TLS" {
  run -35 with_server -s -- 'ws-cat -k "wss${W#ws}"'
  assert_output "ws-cat: the server ended the connection in the TLS handshake
hint: if it does not speak TLS on this port, use ws://"
  run -35 with_server -s -- 'curl -sk "https${H#http}"'
}

@test "a connection that is cut without close_notify" {
  coproc CUT { exec /usr/bin/python3 "$BATS_TEST_DIRNAME/../support/answer.py" --cut here 3>&-; }
  read -r port <&"${CUT[0]}"
  run -56 ws-cat --cacert here.pem "wss://127.0.0.1:$port" --eof-wait inf
  assert_output --regexp \
    '^ws-cat: connection cut without a Close frame: TLS connection cut without close_notify after [0-9.]+ s without data, between messages$'
}
