// The option table of sse-tail: one row an option. Everything that names or explains an option is
// made from it; what it does is decided in options.cc.
#pragma once

#include <array>

#include "cli/request_options.h"
#include "cli/shared_options.h"

namespace sse_tail {

inline constexpr std::string_view kRequestGroup = "Request";
inline constexpr std::string_view kEventsGroup = "Events";
inline constexpr std::string_view kModelGroup = "Models";
inline constexpr std::string_view kReconnectGroup = "Reconnecting";
inline constexpr std::string_view kEndGroup = "End";
inline constexpr std::string_view kTimingGroup = "Timing";

inline constexpr auto kFieldOptions = cli::request_options(kRequestGroup);

inline constexpr std::array kRequestOptions = {
    cli::Option{.name = "request",
                .letter = 'X',
                .takes = cli::Takes::one,
                .arg = "METHOD",
                .group = kRequestGroup,
                .help = "Use METHOD instead of GET, or of POST with a body",
                .doc = "See *data*. Only a GET is repeated when the stream ends."},
    cli::Option{.name = "data",
                .letter = 'd',
                .takes = cli::Takes::many,
                .arg = "DATA",
                .group = kRequestGroup,
                .help = "POST with DATA (or @FILE) as the body",
                .doc = "Several are joined with &. @FILE is the content of FILE without line ends, "
                       "@- that of standard input. The Content-Type is that of a form, unless "
                       "*header* says another. A POST is not repeated, see *retry-post*.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "data-raw",
                .takes = cli::Takes::many,
                .arg = "DATA",
                .group = kRequestGroup,
                .help = "POST with DATA as it is, also when it begins with @",
                .doc = "Like *data*, without the meaning of @."},
    cli::Option{.name = "data-binary",
                .takes = cli::Takes::many,
                .arg = "DATA",
                .group = kRequestGroup,
                .help = "POST with DATA (or @FILE), line ends and all",
                .doc = "Like *data*, but the content of a file stays as it is.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "json",
                .takes = cli::Takes::many,
                .arg = "DATA",
                .group = kRequestGroup,
                .help = "POST with DATA (or @FILE) as a JSON body",
                .doc = "Like *data-binary* with Content-Type: application/json; several are joined "
                       "without anything between. Accept does not become that type: without "
                       "*llm* it is text/event-stream, unless *header* says another.",
                .offers = cli::Offers::at_file},
    cli::Option{.name = "http1.1",
                .group = kRequestGroup,
                .help = "Speak HTTP/1.1",
                .doc = "By default https:// offers HTTP/2 and HTTP/1.1, and http:// is HTTP/1.1."},
    cli::Option{.name = "http2",
                .group = kRequestGroup,
                .help = "Speak HTTP/2",
                .doc = "With http:// the server is asked to change to it, and may not; with "
                       "https:// this is the default. The last of this and *http1.1* counts."},
    cli::Option{.name = "no-buffer",
                .letter = 'N',
                .help = "Do nothing: output is never held back",
                .doc = "Accepted because commands for curl have it."},
    cli::Option{.name = "globoff",
                .letter = 'g',
                .help = "Do nothing: a URL is always one",
                .doc = "Accepted because commands for curl have it."},
};

inline constexpr std::array kEventOptions = {
    cli::Option{.name = "to",
                .takes = cli::Takes::one,
                .arg = "FORMAT",
                .group = kEventsGroup,
                .help = "Write events as pretty, data, raw, jsonl or text",
                .doc =
                    "pretty, the default on a terminal: an event a line, with its time, type and "
                    "id. data, the default elsewhere: the data of each event, and a line end. "
                    "raw: the body as it comes, comments and all. jsonl: a JSON object a line. "
                    "text, the default with *llm* and *pointer*: the text in the events alone, "
                    "without line ends of ours.",
                .words = "pretty data raw jsonl text"},
    cli::Option{.name = "full",
                .group = kEventsGroup,
                .help = "Do not shorten lines to the width of the terminal",
                .doc = "With *to* pretty data that is too wide is left out in the middle."},
    cli::Option{.name = "event",
                .takes = cli::Takes::many,
                .arg = "TYPE",
                .group = kEventsGroup,
                .help = "Show only events of this type",
                .doc = "May be repeated. Events without a type have the type message. The others "
                       "still count for the last event ID and for *until-data* and *until-event*. "
                       "With *to* raw all is shown."},
    cli::Option{.name = "comments",
                .group = kEventsGroup,
                .help = "Show comments, too",
                .doc = "Lines that begin with a colon, with which servers keep a connection alive. "
                       "With *to* data they are written with their colon."},
    cli::Option{.name = "each",
                .takes = cli::Takes::one,
                .arg = "COMMAND",
                .group = kEventsGroup,
                .help = "Run COMMAND with sh for each event",
                .doc =
                    "Its standard input is the data of the event and a line end; SSE_EVENT is the "
                    "type, SSE_ID the last event ID (each is empty if it has more than 64 KiB), "
                    "SSE_COUNT the number of the event, from 1, and SSE_URL the URL. One runs at a "
                    "time, and the stream waits for it, as Ctrl-C does. When it "
                    "fails, sse-tail ends with its exit code, and the event counts as not seen: "
                    "*id-file* keeps the ID before it. Events are printed only if *to* is given."},
    cli::Option{.name = "max-event",
                .takes = cli::Takes::one,
                .arg = "SIZE",
                .group = kEventsGroup,
                .help = "Refuse larger events (64M)",
                .doc = "SIZE is bytes, or with k, M or G; it limits a single line, too. A larger "
                       "event ends the stream and gives exit code 103."},
    cli::Option{.name = "any-type",
                .group = kEventsGroup,
                .help = "Read the body whatever its media type",
                .doc = "By default only text/event-stream is read, as in a browser, and with *llm* "
                       "and *pointer* JSON; anything else gives exit code 22. With these two a "
                       "body that begins with a bracket is JSON, whatever it is called."},
};

inline constexpr std::array kModelOptions = {
    cli::Option{.name = "llm",
                .takes = cli::Takes::one,
                .arg = "PRESET",
                .group = kModelGroup,
                .help = "Write the text of a model's answer as it comes",
                .doc =
                    "PRESET says whose streams these are; auto finds that out from the events. "
                    "Errors in the stream, and an end without the end mark, give exit code 104; "
                    "after the end mark, or a cut, nothing is asked for again. Lines of JSON are "
                    "read as well as event streams, and an answer that is one JSON value.",
                .words = "auto openai responses anthropic ollama gemini interactions mcp a2a ag-ui "
                         "vercel"},
    cli::Option{.name = "pointer",
                .takes = cli::Takes::many,
                .arg = "POINTER",
                .group = kModelGroup,
                .help = "Write what a JSON Pointer finds in each event",
                .doc = "POINTER is as in RFC 6901, /choices/0/text for instance; may be repeated. "
                       "What is no text is written as it stands in the JSON. With *llm* it takes "
                       "the place of the text that the preset finds."},
};

inline constexpr std::array kReconnectOptions = {
    cli::Option{.name = "last-event-id",
                .takes = cli::Takes::one,
                .arg = "ID",
                .group = kReconnectGroup,
                .help = "Begin after the event with this ID",
                .doc =
                    "Sent as Last-Event-ID; an ID in the stream takes its place. A Last-Event-ID "
                    "given with *header* means the same, if this is not given."},
    cli::Option{.name = "id-file",
                .takes = cli::Takes::one,
                .arg = "FILE",
                .group = kReconnectGroup,
                .help = "Keep the last event ID in FILE across runs",
                .doc = "Read at the start, and used unless *last-event-id* is given; replaced as a "
                       "whole each time an event with another ID has been written out. An ID that "
                       "cannot be sent, as *last-event-id* would, is not kept. What is no regular "
                       "file is only written to. If it cannot be written, nothing is requested.",
                .offers = cli::Offers::file},
    cli::Option{.name = "no-reconnect",
                .group = kReconnectGroup,
                .help = "Stop when the stream ends",
                .doc = "A clean end gives exit code 0, a cut one the code of the failure."},
    cli::Option{.name = "retry",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kReconnectGroup,
                .help = "After a failure try N times more at most",
                .doc = "By default a first connection is tried once; when there has been a stream, "
                       "there is no limit. The exit code is that of the last failure."},
    cli::Option{.name = "retry-delay",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kReconnectGroup,
                .help = "Wait this long before connecting again (3)",
                .doc = "Until the stream says another time with retry:. After failures it grows up "
                       "to half a minute, with some chance in it, and never below what the server "
                       "asks for with Retry-After. From the third connection within a second on "
                       "it is 100 ms at least, unless less is given here."},
    cli::Option{.name = "retry-post",
                .group = kReconnectGroup,
                .help = "Send a request other than GET again, too",
                .doc = "By default only a GET is sent again: another POST may cost money."},
    cli::Option{.name = "strict",
                .group = kReconnectGroup,
                .help = "Connect again exactly when a browser would",
                .doc = "Any status but 200 is a failure for good: 204, which otherwise means a "
                       "clean end, and 429, 502, 503 and 504, after which another attempt is "
                       "made otherwise. An unreachable server is always tried again."},
};

inline constexpr std::array kEndOptions = {
    cli::Option{.name = "count",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kEndGroup,
                .help = "End after N events",
                .doc = "Those that *event* leaves out do not count."},
    cli::Option{.name = "until-data",
                .takes = cli::Takes::many,
                .arg = "TEXT",
                .group = kEndGroup,
                .help = "End when TEXT is all the data of an event",
                .doc = "An end mark such as [DONE]: with *to* data it is not written. May be "
                       "repeated."},
    cli::Option{.name = "until-event",
                .takes = cli::Takes::many,
                .arg = "TYPE",
                .group = kEndGroup,
                .help = "End after an event of this type",
                .doc = "It is written like any other. May be repeated."},
    cli::Option{.name = "idle-timeout",
                .takes = cli::Takes::one,
                .arg = "SECONDS",
                .group = kEndGroup,
                .help = "End when nothing comes for this long",
                .doc = "Anything counts, comments too, and so does waiting for the answer. Exit "
                       "code 28."},
};

inline constexpr std::array kTimingOptions = {
    cli::Option{.name = "timing",
                .group = kTimingGroup,
                .help = "Tell how well the stream streams",
                .doc = "On standard error at the end: how long connection, answer and first "
                       "content took, and how evenly the rest came. With *to* jsonl also as a "
                       "line of the kind timing. With *repeat* a line for each run, and "
                       "percentiles over the runs that did not fail; one that broke a limit of "
                       "*fail-if* is among them."},
    cli::Option{.name = "stall",
                .takes = cli::Takes::one,
                .arg = "TIME",
                .group = kTimingGroup,
                .help = "Call a gap longer than TIME a stall (1)",
                .doc = "For *timing*, and the numbers of that name in *fail-if* and *write-out*."},
    cli::Option{.name = "fail-if",
                .takes = cli::Takes::many,
                .arg = "LIMIT",
                .group = kTimingGroup,
                .help = "Fail if a number of --timing is like this",
                .doc = "LIMIT is NAME, one of > >= < <=, and a value: 'ttft>800ms', 'stalls>0', "
                       "'chars_per_s<50'. Values are times where the number is one. At the end of "
                       "the run exit code 102 and a line on standard error; a number that is not "
                       "known, because no content came say, is a failure, too. The exit code of "
                       "another failure wins; that a reader of standard output goes away is none. "
                       "May be repeated. See *timing*."},
    cli::Option{.name = "repeat",
                .takes = cli::Takes::one,
                .arg = "N",
                .group = kTimingGroup,
                .help = "Run N times, one after the other",
                .doc = "Each run has a connection of its own and begins alike; *count*, "
                       "*max-time*, *fail-if* and *retry* are for each run. A clean end of the "
                       "stream is the end of the run, as with *no-reconnect*. With *to* text a "
                       "line end follows each run's text that has none. A run that fails does "
                       "not keep the next from beginning; the exit code is that of the first that "
                       "failed. Ctrl-C ends them all, and so does a run whose *max-time* is over "
                       "before standard output has taken everything. *id-file* cannot be given at "
                       "the same time."},
    cli::Option{.name = "write-out",
                .letter = 'w',
                .takes = cli::Takes::one,
                .arg = "FORMAT",
                .group = kTimingGroup,
                .help = "Print FORMAT with its variables at the end",
                .doc = "On standard output, after each run: as in curl, %{NAME} is a variable, "
                       "%{json} all of them, %header{NAME} a field of the answer, %{stderr} and "
                       "%{stdout} say where the rest goes, after %{onerror} comes what is for "
                       "failures, %% is a percent sign, \\n, \\r and \\t are line end, carriage "
                       "return and tab. @FILE is the "
                       "content of FILE without line ends, @- that of standard input. *max-time* "
                       "does not limit how long that takes.",
                .offers = cli::Offers::at_file},
};

inline constexpr std::array kOutputOptions = {
    cli::Option{.name = "stats",
                .group = cli::kOutputGroup,
                .help = "Print counts at the end",
                .doc = "Events, bytes and connections, on standard error."},
};

}  // namespace sse_tail
