#include "fault.h"

#include <array>

#include <fmt/format.h>

#include "cli/escape.h"

namespace stream_echo {
namespace {

using enum Word;

// clang-format off
constexpr std::array kWords = {
    WordInfo{delay, "delay", Part::opening, Takes::time, "TIME",
             "wait before answering the request"},
    WordInfo{hang, "hang", Part::opening, Takes::nothing, "",
             "never answer the request, and keep the connection"},
    WordInfo{drop, "drop", Part::opening, Takes::nothing, "",
             "end the connection (FIN) instead of answering"},
    WordInfo{status, "status", Part::opening, Takes::http_status, "N[,retry-after=S]",
             "answer with status N", 200, 599},
    WordInfo{redirect, "redirect", Part::opening, Takes::target, "N|URL",
             "answer 302, N times to this path or to a URL here", 0, 100},
    WordInfo{auth, "auth", Part::opening, Takes::user, "USER:PASSWORD",
             "ask for Basic authentication, 401 without it"},
    WordInfo{junk_head, "junk-head", Part::opening, Takes::nothing, "",
             "answer with a line that is no HTTP"},
    WordInfo{dribble, "dribble", Part::opening, Takes::slices, "SIZE/TIME",
             "send the answer in writes of SIZE, TIME apart", 1},

    WordInfo{bad_accept, "bad-accept", Part::handshake, Takes::nothing, "",
             "send a Sec-WebSocket-Accept of another key"},
    WordInfo{no_accept, "no-accept", Part::handshake, Takes::nothing, "",
             "leave Sec-WebSocket-Accept out"},
    WordInfo{wrong_protocol, "wrong-protocol", Part::handshake, Takes::nothing, "",
             "choose a subprotocol that was not offered"},
    WordInfo{unasked_extension, "unasked-extension", Part::handshake, Takes::nothing, "",
             "agree to an extension that was not offered"},
    WordInfo{takeover_cheat, "takeover-cheat", Part::handshake, Takes::nothing, "",
             "compress with a window that we agreed not to keep"},
    WordInfo{coalesce, "coalesce", Part::handshake, Takes::nothing, "",
             "send a text message in the same write as the 101"},

    WordInfo{type, "type", Part::stream_head, Takes::field_value, "TYPE",
             "say that an event stream is of this media type"},
    WordInfo{charset, "charset", Part::stream_head, Takes::field_value, "NAME",
             "say that an event stream is in this encoding"},
    WordInfo{chunked, "chunked", Part::stream_head, Takes::choice, "off",
             "send an event stream without chunks"},
    WordInfo{gzip, "gzip", Part::stream_head, Takes::maybe, "[=late]",
             "compress an event stream, or also hold it back"},
    WordInfo{bom, "bom", Part::stream_head, Takes::nothing, "",
             "begin an event stream with a byte order mark"},

    WordInfo{abort, "abort", Part::event, Takes::nothing, "",
             "end the connection (FIN) without Close or last chunk"},
    WordInfo{rst, "rst", Part::event, Takes::nothing, "",
             "reset the connection, without after= as the answer"},
    WordInfo{half_close, "half-close", Part::event, Takes::nothing, "",
             "end our direction (FIN) and go on reading"},
    WordInfo{stall, "stall", Part::event, Takes::nothing, "",
             "stop reading, and sending events"},
    WordInfo{hex, "hex", Part::event, Takes::bytes, "HEX",
             "send exactly these bytes in one write or chunk"},

    WordInfo{close, "close", Part::frame_event, Takes::close_code, "CODE[,REASON]",
             "close with any CODE, also one that may not be sent", 0, UINT16_MAX},
    WordInfo{close1byte, "close1byte", Part::frame_event, Takes::nothing, "",
             "send a Close frame with a body of one byte"},
    WordInfo{ping, "ping", Part::frame_event, Takes::time, "TIME",
             "send a ping every TIME"},
    WordInfo{oversize, "oversize", Part::frame_event, Takes::size, "SIZE",
             "send SIZE zero bytes as one binary frame", 1, UINT64_MAX >> 1},
    WordInfo{bomb, "bomb", Part::frame_event, Takes::size, "SIZE",
             "send SIZE zero bytes as one compressed message", 1, std::uint64_t{1} << 40},
    WordInfo{ignore_close, "ignore-close", Part::frame_event, Takes::nothing, "",
             "neither answer a Close frame nor end the connection"},

    WordInfo{drop_after, "drop-after", Part::stream_event, Takes::number, "N",
             "end an event stream behind N events", 1},
    WordInfo{error, "error", Part::stream_event, Takes::text, "TEXT",
             "send an error in an event, and end the stream"},
    WordInfo{comment, "comment", Part::stream_event, Takes::time, "TIME",
             "send a comment and a blank line every TIME"},
    WordInfo{long_line, "long-line", Part::stream_event, Takes::size, "SIZE",
             "send an event with a data line of SIZE bytes", 1, std::uint64_t{1} << 40},

    WordInfo{slice, "slice", Part::writing, Takes::slices, "SIZE[/TIME]",
             "send in writes of SIZE bytes, TIME apart", 1},
    WordInfo{rate, "rate", Part::writing, Takes::size, "SIZE",
             "send SIZE bytes a second", 1, std::uint64_t{1} << 40},
    WordInfo{jitter, "jitter", Part::writing, Takes::time, "TIME",
             "pause for a random time up to TIME after each write"},

    WordInfo{no_pong, "no-pong", Part::frames, Takes::nothing, "",
             "answer no ping"},
    WordInfo{pong_delay, "pong-delay", Part::frames, Takes::time, "TIME",
             "answer pings so much later"},
    WordInfo{bad_pong, "bad-pong", Part::frames, Takes::nothing, "",
             "answer pings with another payload"},
    WordInfo{fragment, "fragment", Part::frames, Takes::number, "N",
             "echo in fragments of at most N bytes", 1},
    WordInfo{interleave, "interleave", Part::frames, Takes::nothing, "",
             "send a ping between the fragments of each echo"},
    WordInfo{dup, "dup", Part::frames, Takes::nothing, "",
             "echo each message twice"},
    WordInfo{reorder, "reorder", Part::frames, Takes::nothing, "",
             "swap each two echoes"},
    WordInfo{data_after_close, "data-after-close", Part::frames, Takes::nothing, "",
             "send a text message behind our Close frame"},
    WordInfo{masked, "masked", Part::frames, Takes::nothing, "",
             "mask the frames of echoes, as only a client may"},
    WordInfo{rsv, "rsv", Part::frames, Takes::number, "1..7",
             "set reserved bits of echoes: 4 RSV1, 2 RSV2, 1 RSV3", 1, 7},
    WordInfo{opcode, "opcode", Part::frames, Takes::number, "0..15",
             "echo with this opcode", 0, 15},
    WordInfo{nonminimal, "nonminimal", Part::frames, Takes::nothing, "",
             "write the length of echoes in more bytes than needed"},
    WordInfo{len63, "len63", Part::frames, Takes::nothing, "",
             "set the top bit of a 64-bit length"},
    WordInfo{bad_utf8, "bad-utf8", Part::frames, Takes::maybe, "[=split]",
             "end text in a byte that is not UTF-8, or a cut one"},
    WordInfo{bad_deflate, "bad-deflate", Part::frames, Takes::nothing, "",
             "echo as compressed what cannot be inflated"},
    WordInfo{truncate, "truncate", Part::frames, Takes::nothing, "",
             "send half of a frame, then end the connection"},

    WordInfo{eol, "eol", Part::stream, Takes::choice, "lf|cr|crlf|mixed",
             "end the lines of an event stream in this way"},
    WordInfo{split, "split", Part::stream, Takes::slices, "SIZE[/TIME]",
             "send chunks of SIZE bytes of an event stream", 1},
    WordInfo{nul_id, "nul-id", Part::stream, Takes::nothing, "",
             "put a NUL into the id of each event"},
    WordInfo{cut, "cut", Part::stream, Takes::nothing, "",
             "end an event stream in the middle of an event"},
    WordInfo{no_final_blank, "no-final-blank", Part::stream, Takes::nothing, "",
             "leave out the blank line behind the last event"},
    WordInfo{done, "done", Part::stream, Takes::text, "TEXT|none",
             "end with this data, or nothing, not event: close"},
};
// clang-format on

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (static_cast<std::size_t>(kWords[i].word) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order(), "a row stands where its enumerator says");
static_assert(kWords.size() == static_cast<std::size_t>(done) + 1);

}  // namespace

std::span<const WordInfo> all_words() {
  return kWords;
}

const WordInfo& info(Word word) {
  return kWords[static_cast<std::size_t>(word)];
}

bool is_opening(Part part) {
  return part == Part::opening || part == Part::handshake || part == Part::stream_head;
}

bool has_meaning(Part part, Speaks speaks) {
  switch (part) {
    case Part::opening:
    case Part::event:
    case Part::writing: return true;
    case Part::handshake:
    case Part::frame_event:
    case Part::frames: return speaks != Speaks::events;
    case Part::stream_head:
    case Part::stream_event:
    case Part::stream: return speaks != Speaks::websocket;
  }
  return false;
}

std::string describe(const Fault& fault) {
  const WordInfo& row = info(fault.word);
  std::string text(row.name);
  if (row.takes == Takes::choice) text += fmt::format("={}", fault.text);
  if (row.takes == Takes::text) {
    text += fmt::format("={}", cli::escape(fault.text, cli::Escape::line));
  }
  if (row.takes == Takes::number || row.takes == Takes::size || row.takes == Takes::slices ||
      row.takes == Takes::close_code || row.takes == Takes::http_status) {
    text += fmt::format("={}", fault.number);
  }
  return text;
}

bool needs_deflate(const Fault& fault) {
  return fault.word == Word::takeover_cheat || fault.word == Word::bomb ||
         fault.word == Word::bad_deflate;
}

bool left_to_chance(const Fault& fault) {
  return fault.probability < 1 || fault.word == Word::jitter || fault.word == Word::masked;
}

std::span<const cli::WordRow> fault_words() {
  static constexpr auto kRows = [] {
    std::array<cli::WordRow, kWords.size()> rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i] = {.name = kWords[i].name, .arg = kWords[i].arg, .help = kWords[i].help};
    }
    return rows;
  }();
  return kRows;
}

}  // namespace stream_echo
