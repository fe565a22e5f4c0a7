# fish completion for stream-echo, made by `stream-echo --generate=fish`

complete -c stream-echo -f

# After -- stands a command line of its own.
function __stream_echo_command
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words); or return
    set -l command (string escape -- $words[(math $dashes + 1)..]) (commandline -ct)
    complete -C (string join -- ' ' $command)
end

complete -c stream-echo -n 'contains -- -- (commandline -opc)' -a '(__stream_echo_command)'

complete -c stream-echo -l port -x -d 'Listen on port N (8080)'
complete -c stream-echo -l port-file -r -F -d 'Write the port\'s number to FILE'
complete -c stream-echo -l unix -r -F -d 'Listen on a unix socket instead of TCP'
complete -c stream-echo -l host -x -d 'Listen on this address instead of loopback'
complete -c stream-echo -l max-connections -x -d 'Answer 503 beyond N connections (16384)'
complete -c stream-echo -l threads -x -d 'Serve in N threads, for load tests (1)'
complete -c stream-echo -l allow-host -x -d 'Accept requests for this Host name too'
complete -c stream-echo -l allow-origin -x -d 'Accept web pages of this origin: URL, same or *'
complete -c stream-echo -l any-path -d 'Open a WebSocket at every path'
complete -c stream-echo -l tls -d 'Speak TLS: wss and https instead of ws and http'
complete -c stream-echo -l cert -r -F -d 'Use the certificate in FILE (PEM)'
complete -c stream-echo -l key -r -F -d 'Use the private key in FILE (PEM)'
complete -c stream-echo -l client-ca -r -F -d 'Demand a client certificate of a CA in FILE (PEM)'
complete -c stream-echo -l ca-out -r -F -d 'Write the CA to trust to FILE (PEM)'
complete -c stream-echo -l subprotocol -x -d 'Speak this subprotocol if a client offers it'
complete -c stream-echo -l no-deflate -d 'Agree to no compression'
complete -c stream-echo -l ping-interval -x -d 'Ping each client so often, 0 never (20)'
complete -c stream-echo -l ping-timeout -x -d 'Wait so long for the answer to a ping (20)'
complete -c stream-echo -l max-message -x -d 'Close with 1009 on a larger message (64M)'
complete -c stream-echo -l stdin -x -d 'Publish each line of standard input to NAME'
complete -c stream-echo -l max-age -x -d 'End each event stream after this time'
complete -c stream-echo -l fault -x -d 'Misbehave: close=1011&after=2, no-pong ...'
complete -c stream-echo -l fault-script -r -F -d 'Do what the JSON lines in FILE say, when they say'
complete -c stream-echo -l seed -x -d 'Throw the same dice in each run'
complete -c stream-echo -l allow-faults -d 'Let URLs ask for faults from other machines too'
complete -c stream-echo -l one-connection -d 'Take one connection and end with it'
complete -c stream-echo -s m -l max-time -x -d 'End after this time, whatever happens'
complete -c stream-echo -l check-client -d 'Exit with 100 when a client broke the protocol'
complete -c stream-echo -s v -l verbose -d 'Log messages, events and control frames too'
complete -c stream-echo -s s -l silent -d 'Log nothing'
complete -c stream-echo -l to -x -a 'jsonl' -d 'Print each event as a line of JSON'
complete -c stream-echo -l record -r -F -d 'Record all bytes of the connection in FILE'
complete -c stream-echo -l record-secrets -d 'Keep passwords and tokens in the recording'
complete -c stream-echo -s h -l help -x -a 'all category listening access tls websocket faults testing output general' -d 'Show help, or that for a category or an option'
complete -c stream-echo -s V -l version -d 'Show the version'
