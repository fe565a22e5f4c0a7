// The option table of ws-cat: one row an option. Everything that names or explains an option is
// made from it; what it does is decided in options.cc.
#pragma once

#include <array>

#include "cli/request_options.h"
#include "cli/shared_options.h"

namespace ws_cat {

inline constexpr std::string_view kMessagesGroup = "Messages";
inline constexpr std::string_view kHandshakeGroup = "Handshake";
inline constexpr std::string_view kCloseGroup = "Close";
inline constexpr std::string_view kOddGroup = "Odd traffic";

inline constexpr std::array kMessageOptions = {
    cli::Option{.name = "data",
                .letter = 'd',
                .takes = cli::Takes::many,
                .arg = "TEXT",
                .group = kMessagesGroup,
                .help = "Send TEXT (or @FILE) as one text message",
                .doc =
                    "May be repeated; the messages are sent in order. @FILE sends the content of "
                    "FILE without line ends, @- that of standard input. With any message on the "
                    "command line standard input is not read, unless it is a terminal.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "data-raw",
                .takes = cli::Takes::many,
                .arg = "TEXT",
                .group = kMessagesGroup,
                .help = "Send TEXT as it is, also when it begins with @",
                .doc = "Like *data*, without the meaning of @."},
    cli::Option{.name = "json",
                .takes = cli::Takes::many,
                .arg = "TEXT",
                .group = kMessagesGroup,
                .help = "Send TEXT (or @FILE) with its line ends",
                .doc = "Like *data*, but the content of a file keeps its line ends.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "data-binary",
                .takes = cli::Takes::many,
                .arg = "DATA",
                .group = kMessagesGroup,
                .help = "Send DATA (or @FILE) as one binary message",
                .doc = "Bytes are sent as they are; otherwise like *data*.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "binary",
                .group = kMessagesGroup,
                .help = "Send input lines as binary messages",
                .doc = "For input of the formats lines and nul, see *from*."},
    cli::Option{.name = "from",
                .takes = cli::Takes::one,
                .arg = "FORMAT",
                .group = kMessagesGroup,
                .help = "Read input as lines, nul, jsonl, hex, wire ...",
                .doc =
                    "How standard input is cut into messages. lines (default) and nul: a text "
                    "message each, without the line end or NUL; no limit on its length. hex and "
                    "base64: a binary message a line. len32: 4 bytes of length, big endian, then "
                    "the message; the top bit of the length marks a binary one. raw: each read of "
                    "at most 64 KiB is one binary message. jsonl: a JSON object a line, as "
                    "*to* jsonl writes them; message, ping, pong and close are sent, lines with "
                    "\"dir\":\">\" and other kinds are skipped.\n"
                    "Two kinds of line send what no message can be. frame: fin, rsv, opcode, mask "
                    "(4 bytes in hex; without it the frame is not masked) and length, which may "
                    "lie, or header (hex), which wins over all of them; then data or base64. raw: "
                    "data or base64 as it is.\n"
                    "wire: bytes as they go on the wire, frames valid or not, never changed. This "
                    "side still answers pings, but never inside a frame of the input. A Close in "
                    "the input is the only one; without one, a Close is sent after *eof-wait*, "
                    "unless the input ended inside a frame: then the connection just ends.",
                .words = "lines nul jsonl hex base64 len32 raw wire"},
    cli::Option{.name = "to",
                .takes = cli::Takes::one,
                .arg = "FORMAT",
                .group = kMessagesGroup,
                .help = "Write messages as lines, jsonl, hex, wire ...",
                .doc = "The formats of *from*; wire is every received frame, header and all, as it "
                       "came. lines (default) and nul end each message with LF or NUL; raw puts "
                       "nothing between them. jsonl and len32 keep types and boundaries.",
                .words = "lines nul jsonl hex base64 len32 raw wire"},
    cli::Option{.name = "eof-wait",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kMessagesGroup,
                .help = "Wait for replies after the end of input (1)",
                .doc = "After the end of input the connection is closed when no message came for "
                       "this long. 0 closes at once, inf waits for the server to close."},
    cli::Option{.name = "count",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kMessagesGroup,
                .help = "Close after N received messages",
                .doc = "The exit code is 0 then, however many more the server sends."},
    cli::Option{.name = "max-message",
                .takes = cli::Takes::one,
                .arg = "SIZE",
                .group = kMessagesGroup,
                .help = "Refuse larger messages (64M)",
                .doc = "SIZE is bytes, or with k, M or G. A larger message closes the connection "
                       "with 1009 and gives exit code 103."},
};

inline constexpr auto kRequestOptions = cli::request_options(kHandshakeGroup);

inline constexpr std::array kHandshakeOptions = {
    cli::Option{.name = "origin",
                .takes = cli::Takes::one,
                .arg = "URL",
                .group = kHandshakeGroup,
                .help = "Send URL as Origin, as a browser would",
                .doc = "Without it no Origin is sent."},
    cli::Option{.name = "deflate",
                .takes = cli::Takes::attached,
                .arg = "PARAMETERS",
                .group = kHandshakeGroup,
                .help = "Compress all messages, offer PARAMETERS",
                .doc = "By default permessage-deflate (RFC 7692) is offered as browsers do, with "
                       "client_max_window_bits, and text messages of 1 KiB and more are compressed "
                       "when the server agrees. With this option everything is. PARAMETERS are "
                       "offered instead, divided by ; as in the header field: "
                       "server_no_context_takeover, client_no_context_takeover, "
                       "server_max_window_bits=8..15, client_max_window_bits[=8..15]. Nothing is "
                       "compressed in a window of 8 bits. *fragment* cuts before it is compressed, "
                       "and turns compression off unless this option is there. What was gained is "
                       "shown by *stats*."},
    cli::Option{.name = "no-deflate",
                .group = kHandshakeGroup,
                .help = "Do not offer compression",
                .doc = "The last of this and *deflate* counts. *from* wire and *to* wire do not "
                       "offer it either, unless *deflate* is there, and neither does *header* "
                       "Sec-WebSocket-Extensions: without a value."},
    cli::Option{
        .name = "subprotocol",
        .takes = cli::Takes::many,
        .arg = "NAME",
        .group = kHandshakeGroup,
        .help = "Offer a subprotocol; repeat in order of preference",
        .doc = "The answer must be one of those offered, or none. Better than a *header*: this "
               "way it is checked."},
};

inline constexpr std::array kCloseOptions = {
    cli::Option{.name = "close",
                .takes = cli::Takes::one,
                .arg = "CODE[:REASON]",
                .group = kCloseGroup,
                .help = "Close with this code and reason (1000)",
                .doc = "Used when this side closes: after the end of input, after *count*. 1005 "
                       "sends a Close without a code."},
    cli::Option{.name = "fail-on-close",
                .takes = cli::Takes::many,
                .arg = "CODES",
                .group = kCloseGroup,
                .help = "Exit with 101 when the server closes so",
                .doc = "CODES are numbers and ranges, 1000,4000-4999. By default every code but "
                       "1000, 1001 and 1005 is a failure."},
    cli::Option{.name = "ok-close",
                .takes = cli::Takes::many,
                .arg = "CODES",
                .group = kCloseGroup,
                .help = "Exit with 0 when the server closes so",
                .doc = "Wins over *fail-on-close*."},
    cli::Option{.name = "ping-interval",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kCloseGroup,
                .help = "Send a ping this often (0: never)",
                .doc = "Round-trip times are shown by *stats*."},
    cli::Option{.name = "ping-timeout",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kCloseGroup,
                .help = "Give up when a ping is not answered in time (20)",
                .doc = "Exit code 28. See *ping-interval*."},
};

inline constexpr std::array kOddOptions = {
    cli::Option{
        .name = "fragment",
        .takes = cli::Takes::one,
        .arg = "N",
        .group = kOddGroup,
        .help = "Send messages in fragments of at most N bytes",
        .doc = "N counts the payload of a frame. A text may be cut inside a character, which is "
               "allowed. Frames of *from* jsonl or wire stay as they are."},
    cli::Option{.name = "dribble",
                .takes = cli::Takes::attached,
                .arg = "SIZE/TIME",
                .group = kOddGroup,
                .help = "Send slowly, in small pieces (1B/10ms)",
                .doc = "Everything that is sent, the opening handshake included, leaves in writes "
                       "of at most SIZE bytes with TIME between. A server has to put the pieces "
                       "together again. See *fragment* for pieces that are frames."},
};

inline constexpr std::array kOutputOptions = {
    cli::Option{.name = "show-control",
                .group = cli::kOutputGroup,
                .help = "Show pings and pongs as well",
                .doc = "On standard error; with *to* jsonl as lines of their own."},
    cli::Option{.name = "stats",
                .group = cli::kOutputGroup,
                .help = "Print counts and round-trip times at the end",
                .doc =
                    "On standard error. Where compression is agreed on, also what the compressed "
                    "messages were before and after; see *deflate*."},
};

}  // namespace ws_cat
