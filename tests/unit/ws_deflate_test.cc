#include "ws/deflate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "base/text.h"

namespace {

using Payload = std::vector<std::uint8_t>;

Payload bytes(std::string_view hex) {
  return from_hex(hex).value();
}

Payload of(ConstBytes view) {
  return {view.begin(), view.end()};
}

std::string text_of(ConstBytes view) {
  return std::string(as_text(view));
}

/// Words in a random order: it can be compressed, and refers far back.
Payload words(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Payload text;
  while (text.size() < size) {
    const std::string word = fmt::format("word{} ", random() % 700);
    text.insert(text.end(), word.begin(), word.end());
  }
  text.resize(size);
  return text;
}

Payload noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Payload data(size);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  return data;
}

/// The payload of a message in pieces of `size`, joined.
Payload compress(ws::Deflater& deflater, ConstBytes message, std::size_t size) {
  Payload compressed;
  do {
    const ConstBytes piece = take_front(message, std::min(size, message.size()));
    const ConstBytes part = deflater.compress(piece, message.empty());
    compressed.insert(compressed.end(), part.begin(), part.end());
  } while (!message.empty());
  return compressed;
}

Payload compress(ws::Deflater& deflater, ConstBytes message) {
  return of(deflater.compress(message, true));
}

struct Inflated {
  Payload data;
  bool ended = false;
  bool broken = false;
  std::size_t longest = 0;  // of the pieces
};

/// A message given in pieces of `size`, what is left of one before the next.
Inflated inflate(ws::Inflater& inflater, ConstBytes message, std::size_t size = SIZE_MAX) {
  Inflated all;
  do {
    ConstBytes in = take_front(message, std::min(size, message.size()));
    do {
      const auto piece = inflater.inflate(in, message.empty());
      EXPECT_LE(piece.used, in.size());
      EXPECT_EQ(piece.ended && !piece.broken && piece.used < in.size(), false);
      in = in.subspan(piece.used);
      all.data.insert(all.data.end(), piece.output.begin(), piece.output.end());
      all.longest = std::max(all.longest, piece.output.size());
      all.ended = piece.ended;
      all.broken = piece.broken;
    } while (!in.empty() && !all.broken);
  } while (!message.empty() && !all.broken);
  return all;
}

/// What `message` inflates to; its faults instead when it has any.
std::string show(ws::Inflater& inflater, std::string_view hex) {
  const Inflated all = inflate(inflater, bytes(hex));
  if (all.broken) return "broken";
  return all.ended ? text_of(all.data) : "not ended";
}

TEST(WsDeflate, hello_is_compressed_as_in_rfc_7692_7_2_3) {
  ws::Deflater deflater(15, true);
  EXPECT_EQ(to_hex(compress(deflater, as_bytes("Hello"))), "f248cdc9c90700");
  EXPECT_EQ(to_hex(compress(deflater, as_bytes("Hello"))), "f200110000");
}

TEST(WsDeflate, without_takeover_a_message_is_always_the_same) {
  ws::Deflater deflater(15, false);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(to_hex(compress(deflater, as_bytes("Hello"))), "f248cdc9c90700");
  }
}

TEST(WsDeflate, empty_message_is_one_byte_and_costs_no_memory) {
  ws::Deflater deflater(15, true);
  EXPECT_EQ(to_hex(compress(deflater, {})), "00");
  EXPECT_FALSE(deflater.holds_state());
}

TEST(WsDeflate, nothing_of_a_piece_is_held_back) {
  ws::Deflater deflater(15, true);
  ws::Inflater inflater(true);
  for (const std::string_view word : {"one ", "two ", "three"}) {
    const Payload part = of(deflater.compress(as_bytes(word), false));
    EXPECT_EQ(text_of(inflater.inflate(part, false).output), word);
  }
  const Payload end = of(deflater.compress({}, true));
  EXPECT_EQ(to_hex(end), "00");
  EXPECT_TRUE(inflater.inflate(end, true).ended);
}

TEST(WsDeflate, messages_survive_at_every_window_size_with_and_without_takeover) {
  for (int bits = ws::kMinDeflateBits; bits <= 15; ++bits) {
    for (const bool takeover : {true, false}) {
      SCOPED_TRACE(fmt::format("{} bits, takeover {}", bits, takeover));
      ws::Deflater deflater(bits, takeover);
      ws::Inflater inflater(takeover);
      unsigned seed = 0;
      for (const std::size_t size : {0u, 1u, 5u, 300u, 5000u, 40000u, 0u, 70000u, 200000u}) {
        for (const Payload& message : {words(size, ++seed), noise(size, ++seed)}) {
          const Payload compressed = compress(deflater, message, 1 + size / 3);
          const Inflated all = inflate(inflater, compressed, 1 + compressed.size() / 5);
          ASSERT_TRUE(all.ended && !all.broken) << size;
          ASSERT_EQ(all.data, message) << size;
        }
      }
    }
  }
}

TEST(WsDeflate, window_of_the_sender_is_no_larger_than_agreed) {
  // 600 bytes apart: out of reach of 9 bits, within that of 10.
  const Payload far = noise(600, 1);
  for (const int bits : {9, 10}) {
    ws::Deflater deflater(bits, true);
    compress(deflater, far);
    const std::size_t again = compress(deflater, far).size();
    EXPECT_EQ(again > 500, bits == 9) << again;
  }
}

TEST(WsDeflate, message_may_be_cut_anywhere) {
  const Payload message = words(700, 7);
  ws::Deflater deflater(15, false);
  const Payload compressed = compress(deflater, message, 100);
  for (std::size_t cut = 0; cut <= compressed.size(); ++cut) {
    ws::Inflater inflater(false);
    const auto first = inflater.inflate(ConstBytes(compressed).first(cut), false);
    ASSERT_EQ(first.used, cut);
    Payload data = of(first.output);
    const auto second = inflater.inflate(ConstBytes(compressed).subspan(cut), true);
    data.insert(data.end(), second.output.begin(), second.output.end());
    ASSERT_TRUE(second.ended && !second.broken) << "cut at " << cut;
    ASSERT_EQ(data, message) << "cut at " << cut;
  }
}

TEST(WsDeflate, released_codecs_go_on_in_the_middle_of_a_conversation) {
  ws::Deflater deflater(15, true);
  ws::Inflater inflater(true);
  for (unsigned i = 0; i < 8; ++i) {
    const Payload message = words(3000 * (i + 1), 3);
    const Payload compressed = compress(deflater, message);
    ASSERT_EQ(inflate(inflater, compressed).data, message) << i;
    if (i % 2 == 1) {
      inflater.release();
      EXPECT_FALSE(inflater.holds_state());
      inflater.release();
    }
    if (i == 4) deflater.release();
  }
}

TEST(WsDeflate, released_inflater_keeps_the_window) {
  ws::Deflater deflater(15, true);
  ws::Inflater inflater(true);
  const Payload first = noise(20000, 1);
  inflate(inflater, compress(deflater, first));
  inflater.release();
  const Payload again = compress(deflater, first);
  ASSERT_LT(again.size(), 1000u) << "it has to refer to the first one";
  EXPECT_EQ(inflate(inflater, again).data, first);
}

TEST(WsDeflate, released_inflater_without_takeover_keeps_nothing) {
  ws::Deflater deflater(15, true);
  ws::Inflater inflater(false);
  inflate(inflater, compress(deflater, words(2000, 1)));
  inflater.release();
  EXPECT_TRUE(inflate(inflater, compress(deflater, words(2000, 1))).broken);
}

TEST(WsDeflate, deflater_may_be_released_inside_a_message) {
  ws::Deflater deflater(15, true);
  Payload compressed = of(deflater.compress(as_bytes("the same, "), false));
  deflater.release();
  const ConstBytes rest = deflater.compress(as_bytes("the same"), true);
  compressed.insert(compressed.end(), rest.begin(), rest.end());
  ws::Inflater inflater(true);
  EXPECT_EQ(text_of(inflate(inflater, compressed).data), "the same, the same");
}

TEST(WsDeflate, window_that_was_to_be_dropped_is_not_there) {
  ws::Inflater takeover(true);
  EXPECT_EQ(show(takeover, "f248cdc9c90700"), "Hello");
  EXPECT_EQ(show(takeover, "f200110000"), "Hello");
  ws::Inflater fresh(false);
  EXPECT_EQ(show(fresh, "f248cdc9c90700"), "Hello");
  EXPECT_EQ(show(fresh, "f200110000"), "broken");
}

TEST(WsDeflate, final_blocks_end_nothing_and_keep_the_window) {
  ws::Inflater inflater(true);
  EXPECT_EQ(show(inflater, "f348cdc9c9070000"), "Hello") << "RFC 7692 7.2.3.4";
  EXPECT_EQ(show(inflater, "f200110000"), "Hello");
  EXPECT_EQ(show(inflater, "f348cdc9c90700"), "Hello") << "without the byte behind it";
  EXPECT_EQ(show(inflater, "f348cdc9c90700 f348cdc9c90700 00"), "HelloHello");
  EXPECT_EQ(show(inflater, "01"), "") << "the tail makes it whole";
  EXPECT_EQ(show(inflater, "f200110000"), "Hello");
}

TEST(WsDeflate, ways_to_say_nothing) {
  ws::Inflater inflater(true);
  for (const std::string_view hex : {"", "00", "0200", "0300", "000000ffff", "000000ffff00"}) {
    EXPECT_EQ(show(inflater, hex), "") << hex;
    EXPECT_EQ(show(inflater, "f248cdc9c90700"), "Hello") << "after " << hex;
  }
}

TEST(WsDeflate, what_is_no_whole_deflate_is_broken) {
  for (const std::string_view hex :
       {"07", "f248cdc9", "f248cdc9c907", "000100feff", "00010000006100", "0500", "f200110000"}) {
    ws::Inflater inflater(true);
    EXPECT_EQ(show(inflater, hex), "broken") << hex;
  }
}

TEST(WsDeflate, bomb_comes_in_pieces_of_64_kib_at_most) {
  ws::Deflater deflater(15, false);
  for (const std::size_t size : {49151u, 49152u, 49153u, 65536u, 1u << 20, 20u << 20}) {
    const Payload bomb = compress(deflater, Payload(size, 'A'));
    for (const std::size_t pieces : {std::size_t{1}, std::size_t{100}, SIZE_MAX}) {
      ws::Inflater inflater(false);
      const Inflated all = inflate(inflater, bomb, pieces);
      EXPECT_TRUE(all.ended && !all.broken) << size;
      EXPECT_EQ(all.data.size(), size);
      EXPECT_LE(all.longest, std::size_t{64} << 10) << size;
    }
  }
}

TEST(WsDeflate, totals_count_both_sides) {
  ws::Deflater deflater(15, true);
  ws::Inflater inflater(true);
  std::size_t wire = 0;
  for (const std::size_t size : {0u, 10u, 100000u}) {
    const Payload compressed = compress(deflater, words(size, 1));
    wire += compressed.size();
    inflate(inflater, compressed, 1000);
  }
  for (const ws::DeflateTotals& totals : {deflater.totals(), inflater.totals()}) {
    EXPECT_EQ(totals.plain, 100010u);
    EXPECT_EQ(totals.wire, wire);
  }
}

}  // namespace
