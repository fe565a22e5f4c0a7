# fish completion for ws-cat, made by `ws-cat --generate=fish`

complete -c ws-cat -f

# A file after a leading @.
function __ws_cat_at_file
    set -l name (string match -r -g -- '^(?:-.*=)?@(.*)' (commandline -ct)); or return
    string replace -r '^' '@' -- (__fish_complete_path "$name")
end

complete -c ws-cat -s d -l data -x -a '(__ws_cat_at_file)' -d 'Send TEXT (or @FILE) as one text message'
complete -c ws-cat -l data-raw -x -d 'Send TEXT as it is, also when it begins with @'
complete -c ws-cat -l json -x -a '(__ws_cat_at_file)' -d 'Send TEXT (or @FILE) with its line ends'
complete -c ws-cat -l data-binary -x -a '(__ws_cat_at_file)' -d 'Send DATA (or @FILE) as one binary message'
complete -c ws-cat -l binary -d 'Send input lines as binary messages'
complete -c ws-cat -l from -x -a 'lines nul jsonl hex base64 len32 raw wire' -d 'Read input as lines, nul, jsonl, hex, wire ...'
complete -c ws-cat -l to -x -a 'lines nul jsonl hex base64 len32 raw wire' -d 'Write messages as lines, jsonl, hex, wire ...'
complete -c ws-cat -l eof-wait -x -d 'Wait for replies after the end of input (1)'
complete -c ws-cat -l count -x -d 'Close after N received messages'
complete -c ws-cat -l max-message -x -d 'Refuse larger messages (64M)'
complete -c ws-cat -s H -l header -x -a '(__ws_cat_at_file)' -d 'Send this header line (or those of @FILE)'
complete -c ws-cat -s A -l user-agent -x -d 'Send NAME as User-Agent'
complete -c ws-cat -s b -l cookie -x -d 'Send cookies, NAME=VALUE; NAME2=VALUE2'
complete -c ws-cat -s u -l user -x -d 'Log in with Basic authentication'
complete -c ws-cat -l origin -x -d 'Send URL as Origin, as a browser would'
complete -c ws-cat -l deflate -d 'Compress all messages, offer PARAMETERS'
complete -c ws-cat -l no-deflate -d 'Do not offer compression'
complete -c ws-cat -l subprotocol -x -d 'Offer a subprotocol; repeat in order of preference'
complete -c ws-cat -l resolve -x -d 'Use ADDRESS for HOST:PORT'
complete -c ws-cat -l unix-socket -r -F -d 'Connect through this unix socket'
complete -c ws-cat -l connect-timeout -x -d 'Give up when not connected after this time'
complete -c ws-cat -s m -l max-time -x -d 'End after this time, whatever happens'
complete -c ws-cat -s k -l insecure -d 'Do not check the server\'s certificate'
complete -c ws-cat -l cacert -r -F -d 'Trust the CA certificates in FILE (PEM)'
complete -c ws-cat -l capath -x -a '(__fish_complete_directories)' -d 'Trust the CA certificates in FOLDER'
complete -c ws-cat -s E -l cert -r -F -d 'Show the server this certificate (PEM)'
complete -c ws-cat -l key -r -F -d 'Use the private key in FILE (PEM)'
complete -c ws-cat -l pass -x -d 'Open the private key with PASSWORD'
complete -c ws-cat -l close -x -d 'Close with this code and reason (1000)'
complete -c ws-cat -l fail-on-close -x -d 'Exit with 101 when the server closes so'
complete -c ws-cat -l ok-close -x -d 'Exit with 0 when the server closes so'
complete -c ws-cat -l ping-interval -x -d 'Send a ping this often (0: never)'
complete -c ws-cat -l ping-timeout -x -d 'Give up when a ping is not answered in time (20)'
complete -c ws-cat -l fragment -x -d 'Send messages in fragments of at most N bytes'
complete -c ws-cat -l dribble -d 'Send slowly, in small pieces (1B/10ms)'
complete -c ws-cat -l show-control -d 'Show pings and pongs as well'
complete -c ws-cat -l stats -d 'Print counts and round-trip times at the end'
complete -c ws-cat -s v -l verbose -d 'Show heads and how the connection goes'
complete -c ws-cat -s s -l silent -d 'Print nothing on standard error'
complete -c ws-cat -l color -x -a 'auto always never' -d 'Use colour: auto, always or never'
complete -c ws-cat -l record -r -F -d 'Record all bytes of the connection in FILE'
complete -c ws-cat -l record-secrets -d 'Keep passwords and tokens in the recording'
complete -c ws-cat -s h -l help -x -a 'all category messages handshake connection tls close output general' -d 'Show help, or that for a category or an option'
complete -c ws-cat -s V -l version -d 'Show the version'
