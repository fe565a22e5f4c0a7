// The option table of stream-echo: one row an option. Everything that names or explains an option
// is made from it; what it does is decided in options.cc.
#pragma once

#include <array>
#include <string_view>

#include "cli/shared_options.h"

namespace stream_echo {

inline constexpr std::string_view kDefaultPort = "8080";
inline constexpr std::string_view kDefaultPingInterval = "20";
inline constexpr std::string_view kDefaultPingTimeout = "20";
inline constexpr std::string_view kDefaultMaxMessage = "64M";
inline constexpr std::string_view kDefaultMaxConnections = "16384";

inline constexpr std::string_view kDefaultThreads = "1";
inline constexpr unsigned kMaxThreads = 64;  // of any use on the machines that there are

inline constexpr std::string_view kListeningGroup = "Listening";
inline constexpr std::string_view kAccessGroup = "Access";
inline constexpr std::string_view kTlsGroup = "TLS";
inline constexpr std::string_view kWebSocketGroup = "WebSocket";
inline constexpr std::string_view kEventsGroup = "Event streams";
inline constexpr std::string_view kFaultsGroup = "Faults";
inline constexpr std::string_view kTestingGroup = "Testing";

inline constexpr std::array kListeningOptions = {
    cli::Option{.name = "port",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kListeningGroup,
                .help = "Listen on port N (8080)",
                .doc =
                    "Port 0 lets the system choose a free one: the first line of standard output "
                    "and *port-file* name it. Without *host* or *unix* the server listens on "
                    "127.0.0.1 and, if there is IPv6, on the same port of ::1."},
    cli::Option{.name = "port-file",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kListeningGroup,
                .help = "Write the port's number to FILE",
                .doc = "The file appears complete, once connections are accepted, and stays when "
                       "the server ends.",
                .offers = cli::Offers::file},
    cli::Option{.name = "unix",
                .takes = cli::Takes::one,
                .arg = "PATH",
                .group = kListeningGroup,
                .help = "Listen on a unix socket instead of TCP",
                .doc = "A socket file on which nobody answers is replaced. Cannot be combined with "
                       "*host*, *port* and *port-file*.",
                .offers = cli::Offers::file},
    cli::Option{.name = "host",
                .takes = cli::Takes::one,
                .arg = "ADDRESS",
                .group = kListeningGroup,
                .help = "Listen on this address instead of loopback",
                .doc = "Whoever reaches the address can use the server; 0.0.0.0 and :: are all "
                       "addresses of this machine. Requests may then name ADDRESS as Host; for "
                       "others see *allow-host*."},
    cli::Option{.name = "max-connections",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kListeningGroup,
                .help = "Answer 503 beyond N connections (16384)",
                .doc = "Connections beyond the limit are told to try again in a second."},
    cli::Option{
        .name = "threads",
        .takes = cli::Takes::one,
        .arg = "N",
        .group = kListeningGroup,
        .help = "Serve in N threads, for load tests (1)",
        .doc =
            "At most 64. Each has a listening socket of its own at the same port, and the "
            "system deals the connections out to them. Everything else is as with one "
            "thread, but the lines of *to* jsonl may be a little out of the order of "
            "their times. Cannot be combined with *unix*, *one-connection*, *record* and *stdin*."},
};

inline constexpr std::array kAccessOptions = {
    cli::Option{.name = "allow-host",
                .takes = cli::Takes::many,
                .arg = "NAME",
                .group = kAccessGroup,
                .help = "Accept requests for this Host name too",
                .doc = "May be repeated. The names of the loopback interface are always accepted, "
                       "others get status 421, so that a web page cannot reach the server under a "
                       "name of its own (DNS rebinding). The port in the Host field is ignored."},
    cli::Option{.name = "allow-origin",
                .takes = cli::Takes::many,
                .arg = "ORIGIN",
                .group = kAccessGroup,
                .help = "Accept web pages of this origin: URL, same or *",
                .doc = "May be repeated, and replaces the default, which is every origin on the "
                       "loopback interface. Other pages get status 403. The word same stands for "
                       "the origin whose host and port the Host field names. Clients that send no "
                       "Origin are no browsers, and always accepted."},
    cli::Option{.name = "any-path",
                .group = kAccessGroup,
                .help = "Open a WebSocket at every path",
                .doc = "Otherwise at / and /ws, and other paths get status 404."},
};

inline constexpr std::array kTlsOptions = {
    cli::Option{.name = "tls",
                .group = kTlsGroup,
                .help = "Speak TLS: wss and https instead of ws and http",
                .doc =
                    "Without *cert* the server makes a certificate for localhost, 127.0.0.1, ::1 "
                    "and the names of *host* and *allow-host*, good for 30 days, signed by a CA "
                    "of its own, see *ca-out*. TLS 1.2 or later. The other options of this group "
                    "include this one."},
    cli::Option{.name = "cert",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Use the certificate in FILE (PEM)",
                .doc = "With those between it and its CA behind it, if there are any, and with its "
                       "key unless that has a file of its own, see *key*.",
                .offers = cli::Offers::file},
    cli::Option{.name = "key",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Use the private key in FILE (PEM)",
                .doc = "Not encrypted: nobody is there to type a password. See *cert*.",
                .offers = cli::Offers::file},
    cli::Option{.name = "client-ca",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Demand a client certificate of a CA in FILE (PEM)",
                .doc = "A client without one does not get through the TLS handshake.",
                .offers = cli::Offers::file},
    cli::Option{.name = "ca-out",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kTlsGroup,
                .help = "Write the CA to trust to FILE (PEM)",
                .doc =
                    "For --cacert of ws-cat and curl. It is the CA of the certificate made on the "
                    "spot, another one each time. The file appears complete before connections "
                    "are accepted, and stays when the server ends. A command after -- finds its "
                    "path in STREAM_ECHO_CA. Cannot be combined with *cert*.",
                .offers = cli::Offers::file},
};

inline constexpr std::array kWebSocketOptions = {
    cli::Option{.name = "subprotocol",
                .takes = cli::Takes::many,
                .arg = "NAME",
                .group = kWebSocketGroup,
                .help = "Speak this subprotocol if a client offers it",
                .doc =
                    "May be repeated. The first of the client's offers that the server speaks is "
                    "chosen; without this option none is."},
    cli::Option{.name = "no-deflate",
                .group = kWebSocketGroup,
                .help = "Agree to no compression",
                .doc = "By default permessage-deflate (RFC 7692) is agreed to when a client offers "
                       "it in a form that can be kept, and a message that came compressed is "
                       "echoed compressed."},
    cli::Option{.name = "ping-interval",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kWebSocketGroup,
                .help = "Ping each client so often, 0 never (20)",
                .doc = "A client that does not answer is closed with 1011, see *ping-timeout*."},
    cli::Option{.name = "ping-timeout",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kWebSocketGroup,
                .help = "Wait so long for the answer to a ping (20)",
                .doc = "See *ping-interval*."},
    cli::Option{.name = "max-message",
                .takes = cli::Takes::one,
                .arg = "SIZE",
                .group = kWebSocketGroup,
                .help = "Close with 1009 on a larger message (64M)",
                .doc =
                    "SIZE is bytes, or with k, M or G. Messages are echoed while they arrive, so "
                    "a large limit costs no memory."},
};

inline constexpr std::array kEventOptions = {
    cli::Option{.name = "stdin",
                .takes = cli::Takes::one,
                .arg = "NAME",
                .group = kEventsGroup,
                .help = "Publish each line of standard input to NAME",
                .doc = "Whoever has /events/NAME open gets it as an event, and the latest 1000 are "
                       "kept for who comes later. A line of more than 1 MiB is left out. The end "
                       "of standard input does not end the server. Cannot be combined with "
                       "*threads* and a command after --."},
    cli::Option{.name = "max-age",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kEventsGroup,
                .help = "End each event stream after this time",
                .doc = "Up to a tenth earlier, so that clients that came together do not leave "
                       "together. Each is told when to come back (retry:), and the end is a clean "
                       "one between two events: a client that resumes as it should misses "
                       "nothing. The answer of a language model cannot be resumed: it is cut, "
                       "without its last chunk. Without this option streams are not limited."},
};

inline constexpr std::array kFaultOptions = {
    cli::Option{.name = "fault",
                .takes = cli::Takes::many,
                .arg = "WORDS",
                .group = kFaultsGroup,
                .help = "Misbehave: close=1011&after=2, no-pong ...",
                .doc = "Words of a URL's query, divided by &, for every connection. The words are "
                       "listed under --help faults. After a word, after=N lets it begin behind N "
                       "messages, after=TIME (250ms, 2s) or after=SIZE (100B, 4kB) behind a time "
                       "or payload bytes, and prob=P lets each occasion happen with a probability "
                       "from 0 to 1; in front of all words these two hold for all. May be "
                       "repeated. A word in a URL takes the place of the same word here."},
    cli::Option{.name = "fault-script",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kFaultsGroup,
                .help = "Do what the JSON lines in FILE say, when they say",
                .doc = "Each line is one step: \"on\" is open, message (with \"n\" the nth, else "
                       "each) or time (\"at\" since the opening); then one of send_text, "
                       "send_hex, close (with reason), fault (a word of *fault*), or sleep, which "
                       "delays the steps of that occasion below it. A line {\"echo\":false} turns "
                       "the echo off.",
                .offers = cli::Offers::file},
    cli::Option{.name = "seed",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kFaultsGroup,
                .help = "Throw the same dice in each run",
                .doc = "For prob=, jitter= and the keys of masked frames. A URL may have a seed= "
                       "of its own. Without either each run is another; -v shows its seed."},
    cli::Option{.name = "allow-faults",
                .group = kFaultsGroup,
                .help = "Let URLs ask for faults from other machines too",
                .doc = "By default a URL may only ask for faults while the server listens on the "
                       "loopback interface or a unix socket; see *host*."},
};

inline constexpr std::array kTestingOptions = {
    cli::Option{.name = "one-connection",
                .group = kTestingGroup,
                .help = "Take one connection and end with it",
                .doc = "Others are refused by the system from then on; who only probes the port "
                       "has had the connection, too. With a command after -- the server still "
                       "ends when the command does."},
    cli::Option{.name = "max-time",
                .letter = 'm',
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kTestingGroup,
                .help = "End after this time, whatever happens",
                .doc = "Exit code 28. A command after -- gets SIGTERM."},
    cli::Option{.name = "check-client",
                .group = kTestingGroup,
                .help = "Exit with 100 when a client broke the protocol",
                .doc = "Any rule of stream-rules(7) that the client must keep, opening handshake "
                       "included. What was broken is shown on standard error, unless -s is "
                       "given. With a command after -- its own exit code comes first unless that "
                       "is 0."},
};

inline constexpr std::array kOutputOptions = {
    cli::Option{.name = "verbose",
                .letter = 'v',
                .group = cli::kOutputGroup,
                .help = "Log messages, events and control frames too",
                .doc =
                    "The log goes to standard error: a line for each connection that is opened, "
                    "closed or refused, with -v also one for each message, ping and pong, and for "
                    "each event that is sent. With a "
                    "command after -- nothing is logged without -v, and messages only with a "
                    "second one."},
    cli::Option{.name = "silent",
                .letter = 's',
                .group = cli::kOutputGroup,
                .help = "Log nothing",
                .doc = "What keeps the server from starting, or ends it, is still shown."},
    cli::Option{.name = "to",
                .takes = cli::Takes::one,
                .arg = "jsonl",
                .group = cli::kOutputGroup,
                .help = "Print each event as a line of JSON",
                .doc = "After the line that says where the server listens, standard output gets "
                       "one JSON object for each connection, message, ping, pong, violation, "
                       "close, and event that is sent. A reader that is slow holds the server up. "
                       "Not with a command after "
                       "--, which has standard output for itself.",
                .words = "jsonl"},
};

}  // namespace stream_echo
