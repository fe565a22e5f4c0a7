#include "ws/frame.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "support/event_log.h"

namespace {

std::vector<std::uint8_t> bytes(std::string_view hex) {
  return from_hex(hex).value();
}

std::string show(const ws::FrameHeader& header) {
  return fmt::format("fin {} rsv {} opcode {} form {} masked {} key {} length {}", header.fin,
                     header.rsv, static_cast<unsigned>(header.opcode),
                     static_cast<unsigned>(header.length_form), header.masked, to_hex(header.key),
                     header.length);
}

/// The shortest form for a length, written without the code under test.
ws::LengthForm shortest_form(std::uint64_t length) {
  if (length < 126) return ws::LengthForm::bits7;
  return length < 65536 ? ws::LengthForm::bits16 : ws::LengthForm::bits64;
}

std::size_t expected_size(const ws::FrameHeader& header) {
  const std::size_t length_size = header.length < 126 ? 0 : header.length < 65536 ? 2 : 8;
  return 2 + length_size + (header.masked ? 4 : 0);
}

constexpr std::uint64_t kLengths[] = {
    0, 1, 125, 126, 127, 65535, 65536, (1ULL << 32) + 5, (1ULL << 63) - 1, 1ULL << 63, UINT64_MAX};

/// Frames around every edge of what is plain, and a few bytes behind them.
TEST(WsFrame, what_is_taken_as_plain_is_what_next_would_have_taken) {
  std::mt19937 random(6455);
  const auto pick = [&](auto... values) {
    const std::array all = {static_cast<std::uint64_t>(values)...};
    return all[random() % all.size()];
  };
  std::size_t taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    ws::FrameHeader header;
    header.fin = pick(1, 1, 1, 0) != 0;
    header.rsv = static_cast<std::uint8_t>(pick(0, 0, 0, 1, 2, 4));
    header.opcode = static_cast<ws::Opcode>(pick(1, 1, 2, 2, 0, 3, 8, 9, 10));
    header.masked = pick(0, 1) != 0;
    if (header.masked) header.key = {0xDE, 0xAD, 0xBE, 0xEF};
    header.length = pick(0, 1, 3, 7, 125, 126, 127, 300, 65535, 65536);
    header.length_form = static_cast<ws::LengthForm>(pick(0, 1, 2));
    std::vector<std::uint8_t> wire(ws::kMaxHeaderSize);
    wire.resize(encode_header_as_given(header, wire) + header.length + pick(0, 1, 20), 0x5A);
    wire.resize(wire.size() - pick(0, 0, 0, std::min<std::size_t>(wire.size(), 9)));
    const bool masked = pick(header.masked, !header.masked) != 0;
    const std::uint64_t max_size = pick(header.length, UINT64_MAX, header.length / 2);

    std::vector<std::uint8_t> same = wire;
    ws::FrameDecoder plain;
    ws::FrameDecoder decoder;
    ws::PlainFrame frame;
    Bytes in = wire;
    if (!plain.take_plain(in, masked, max_size, frame)) {
      ASSERT_EQ(in.size(), wire.size()) << show(header);
      ASSERT_EQ(wire, same) << show(header);
      continue;
    }
    ++taken;
    Bytes in_again = same;
    const auto piece = decoder.next(in_again);
    ASSERT_TRUE(piece && piece->first && piece->last) << show(header);
    EXPECT_TRUE(piece->header.fin && piece->header.rsv == 0) << show(header);
    EXPECT_EQ(piece->header.masked, masked);
    EXPECT_LE(piece->header.length, max_size);
    EXPECT_EQ(piece->header.length_form, shortest_form(header.length));
    EXPECT_EQ(piece->header.opcode, frame.opcode);
    EXPECT_TRUE(frame.opcode == ws::Opcode::text || frame.opcode == ws::Opcode::binary);
    EXPECT_EQ(piece->payload_offset, frame.payload_offset);
    ws::copy_masked(frame.payload, frame.mask, frame.payload.data());
    EXPECT_EQ(to_hex(piece->payload), to_hex(frame.payload));
    EXPECT_EQ(in.size(), in_again.size());
    EXPECT_EQ(plain.offset(), decoder.offset());
  }
  EXPECT_GT(taken, 200u);
}

TEST(WsFrame, masks_while_it_moves_bytes_to_a_place_before_them) {
  const ws::MaskKey key = {0xDE, 0xAD, 0xBE, 0xEF};
  for (const std::size_t distance : {0U, 1U, 2U, 4U, 6U, 8U, 31U, 64U, 100U}) {
    for (std::size_t size = 0; size < 700; size += size < 70 ? 1 : 63) {
      std::vector<std::uint8_t> buffer(distance + size);
      for (std::size_t i = 0; i < size; ++i) {
        buffer[distance + i] = static_cast<std::uint8_t>(i * 7 ^ key[i % 4]);
      }
      ws::copy_masked(Bytes(buffer).subspan(distance), ws::mask_word(key, 0), buffer.data());
      for (std::size_t i = 0; i < size; ++i) {
        ASSERT_EQ(buffer[i], static_cast<std::uint8_t>(i * 7)) << distance << " " << size;
      }
    }
  }
}

TEST(WsFrame, header_survives_encoding_and_decoding_in_one_piece_and_byte_by_byte) {
  for (const std::uint64_t length : kLengths) {
    for (unsigned first = 0; first < 256; ++first) {  // every fin, rsv and opcode
      for (const bool masked : {false, true}) {
        ws::FrameHeader header;
        header.fin = first >= 128;
        header.rsv = static_cast<std::uint8_t>(first >> 4 & 7);
        header.opcode = static_cast<ws::Opcode>(first & 15);
        header.length_form = shortest_form(length);
        header.masked = masked;
        if (masked) header.key = {0xDE, 0xAD, 0xBE, 0xEF};
        header.length = length;

        std::array<std::uint8_t, ws::kMaxHeaderSize> out;
        out.fill(0xCC);
        const std::size_t size = encode_header(header, out);
        ASSERT_EQ(size, expected_size(header)) << show(header);
        ASSERT_EQ(out[0], first) << show(header);

        for (const auto& pieces : {test::whole(size), test::byte_by_byte(size)}) {
          ws::FrameDecoder decoder;
          std::optional<ws::FramePiece> piece;
          test::feed_pieces(ConstBytes(out).first(size), pieces, [&](Bytes in) {
            ASSERT_FALSE(piece) << "before the last byte";
            piece = decoder.next(in);
            ASSERT_TRUE(in.empty());
          });
          ASSERT_TRUE(piece) << show(header);
          ASSERT_EQ(show(piece->header), show(header));
          ASSERT_TRUE(piece->first);
          ASSERT_EQ(piece->last, length == 0);
          ASSERT_TRUE(piece->payload.empty());
          ASSERT_EQ(piece->payload_offset, size);
        }
      }
    }
  }
}

TEST(WsFrame, lengths_are_written_big_endian) {
  const auto encoded = [](std::uint64_t length) {
    ws::FrameHeader header;
    header.opcode = ws::Opcode::binary;
    header.length = length;
    std::array<std::uint8_t, ws::kMaxHeaderSize> out;
    return to_hex(ConstBytes(out).first(encode_header(header, out)));
  };
  EXPECT_EQ(encoded(125), "827d");
  EXPECT_EQ(encoded(126), "827e007e");
  EXPECT_EQ(encoded(65535), "827effff");
  EXPECT_EQ(encoded(65536), "827f0000000000010000");
  EXPECT_EQ(encoded((1ULL << 32) + 5), "827f0000000100000005");
}

TEST(WsFrame, header_as_given_survives_encoding_and_decoding_in_every_form_that_holds_its_length) {
  for (const std::uint64_t length : kLengths) {
    for (const auto form :
         {ws::LengthForm::bits7, ws::LengthForm::bits16, ws::LengthForm::bits64}) {
      if (form < shortest_form(length)) continue;
      for (unsigned first = 0; first < 256; ++first) {
        ws::FrameHeader header;
        header.fin = first >= 128;
        header.rsv = static_cast<std::uint8_t>(first >> 4 & 7);
        header.opcode = static_cast<ws::Opcode>(first & 15);
        header.length_form = form;
        header.masked = first % 2 == 0;
        if (header.masked) header.key = {0xDE, 0xAD, 0xBE, 0xEF};
        header.length = length;

        std::array<std::uint8_t, ws::kMaxHeaderSize> out;
        Bytes in = Bytes(out).first(encode_header_as_given(header, out));
        const auto piece = ws::FrameDecoder().next(in);
        ASSERT_TRUE(piece) << show(header);
        ASSERT_EQ(show(piece->header), show(header));
        ASSERT_TRUE(in.empty()) << show(header);
      }
    }
  }
}

TEST(WsFrame, header_as_given_keeps_wasteful_lengths_and_widens_those_that_are_too_short) {
  const auto encoded = [](ws::LengthForm form, std::uint64_t length) {
    ws::FrameHeader header;
    header.fin = false;
    header.rsv = 5;
    header.opcode = static_cast<ws::Opcode>(0xB);
    header.length_form = form;
    header.length = length;
    std::array<std::uint8_t, ws::kMaxHeaderSize> out;
    return to_hex(ConstBytes(out).first(encode_header_as_given(header, out)));
  };
  EXPECT_EQ(encoded(ws::LengthForm::bits7, 5), "5b05");
  EXPECT_EQ(encoded(ws::LengthForm::bits16, 5), "5b7e0005");
  EXPECT_EQ(encoded(ws::LengthForm::bits64, 5), "5b7f0000000000000005");
  EXPECT_EQ(encoded(ws::LengthForm::bits64, 1ULL << 63), "5b7f8000000000000000");
  EXPECT_EQ(encoded(ws::LengthForm::bits7, 126), "5b7e007e");
  EXPECT_EQ(encoded(ws::LengthForm::bits16, 65536), "5b7f0000000000010000");
}

TEST(WsFrame, wasteful_length_and_top_bit_are_facts_in_the_header) {
  const auto header_of = [](std::string_view hex) {
    std::vector<std::uint8_t> stream = bytes(hex);
    Bytes in(stream);
    return ws::FrameDecoder().next(in).value().header;
  };
  EXPECT_EQ(show(header_of("827e0005")),
            "fin true rsv 0 opcode 2 form 1 masked false key 00000000 length 5");
  EXPECT_EQ(show(header_of("827f0000000000000005")),
            "fin true rsv 0 opcode 2 form 2 masked false key 00000000 length 5");
  EXPECT_EQ(show(header_of("82ff8000000000000000 01020304")),
            "fin true rsv 0 opcode 2 form 2 masked true key 01020304 length 9223372036854775808");
}

struct Piece {
  std::uint64_t offset;
  std::uint64_t payload_offset;
  std::string payload;
  bool first;
  bool last;
  bool operator==(const Piece&) const = default;
};

void PrintTo(const Piece& piece, std::ostream* out) {
  *out << fmt::format("frame @{} payload @{} \"{}\"{}{}", piece.offset, piece.payload_offset,
                      piece.payload, piece.first ? " first" : "", piece.last ? " last" : "");
}

std::vector<Piece> decode(std::string_view hex, const test::Pieces& pieces) {
  std::vector<Piece> decoded;
  ws::FrameDecoder decoder;
  test::feed_pieces(bytes(hex), pieces, [&](Bytes in) {
    while (const auto piece = decoder.next(in)) {
      decoded.push_back({piece->offset, piece->payload_offset, std::string(as_text(piece->payload)),
                         piece->first, piece->last});
    }
    EXPECT_TRUE(in.empty());
  });
  return decoded;
}

TEST(WsFrame, frame_in_the_buffer_is_one_piece_with_its_offsets) {
  EXPECT_EQ(decode("8102 6869 8900 8183 01020304 607161", {12 + 3}),
            (std::vector<Piece>{
                {0, 2, "hi", true, true}, {4, 6, "", true, true}, {6, 12, "asb", true, true}}));
}

TEST(WsFrame, cut_frame_is_pieces_with_the_offset_of_the_frame_and_of_each_payload) {
  EXPECT_EQ(decode("8900 8185 01020304 69676f686e 8100", {4, 4, 3, 2, 2}),
            (std::vector<Piece>{{0, 2, "", true, true},
                                {2, 8, "", true, false},
                                {2, 8, "hel", false, false},
                                {2, 11, "lo", false, true},
                                {13, 15, "", true, true}}));
}

TEST(WsFrame, header_without_its_payload_is_a_first_piece) {
  EXPECT_EQ(decode("8105", {2}), (std::vector<Piece>{{0, 2, "", true, false}}));
}

TEST(WsFrame, peek_shows_the_first_two_bytes_of_an_unfinished_header) {
  ws::FrameDecoder decoder;
  std::vector<std::uint8_t> stream = bytes("59ff0000");
  Bytes in = Bytes(stream).first(1);
  EXPECT_FALSE(decoder.next(in));
  EXPECT_FALSE(decoder.peek()) << "after one byte";
  in = Bytes(stream).subspan(1, 1);
  EXPECT_FALSE(decoder.next(in));
  ASSERT_TRUE(decoder.peek());
  EXPECT_EQ(show(*decoder.peek()),
            "fin false rsv 5 opcode 9 form 2 masked true key 00000000 length 0");
  in = Bytes(stream).subspan(2);
  EXPECT_FALSE(decoder.next(in));
  EXPECT_TRUE(decoder.peek());
  EXPECT_EQ(decoder.offset(), 0U);
}

TEST(WsFrame, peek_is_empty_between_frames_and_inside_a_payload) {
  ws::FrameDecoder decoder;
  EXPECT_FALSE(decoder.peek());
  std::vector<std::uint8_t> stream = bytes("8102 68");
  Bytes in(stream);
  EXPECT_TRUE(decoder.next(in));
  EXPECT_FALSE(decoder.peek());
  EXPECT_FALSE(decoder.at_boundary());
  std::vector<std::uint8_t> rest = bytes("69");
  in = Bytes(rest);
  EXPECT_TRUE(decoder.next(in));
  EXPECT_FALSE(decoder.peek());
  EXPECT_TRUE(decoder.at_boundary());
  EXPECT_EQ(decoder.offset(), 4U);
}

TEST(WsFrame, masked_payload_is_unmasked_wherever_it_is_cut) {
  // "the kettle sings" with the key 37 fa 21 3d.
  std::string plain = "the kettle sings";
  std::vector<std::uint8_t> stream = bytes("8290 37fa213d");
  const std::array<std::uint8_t, 4> key = {0x37, 0xFA, 0x21, 0x3D};
  for (std::size_t i = 0; i < plain.size(); ++i) {
    stream.push_back(static_cast<std::uint8_t>(static_cast<std::uint8_t>(plain[i]) ^ key[i % 4]));
  }
  for (const auto& pieces : test::all_splits(stream.size())) {
    std::string joined;
    for (const Piece& piece : decode(to_hex(stream), pieces)) joined += piece.payload;
    ASSERT_EQ(joined, plain) << test::describe(pieces);
  }
}

TEST(WsMask, masks_like_its_byte_by_byte_twin_at_every_size_alignment_and_position) {
  std::mt19937 random(53);
  std::vector<std::uint8_t> original(8 + 257 + 8);
  for (std::uint8_t& byte : original) byte = static_cast<std::uint8_t>(random());
  const ws::MaskKey key = {0x12, 0xF4, 0x00, 0x9B};

  for (std::size_t size = 0; size <= 257; ++size) {
    for (std::size_t alignment = 0; alignment <= 8; ++alignment) {
      for (std::uint64_t position = 0; position < 8; ++position) {
        std::vector<std::uint8_t> expected = original;
        for (std::size_t i = 0; i < size; ++i) expected[alignment + i] ^= key[(position + i) % 4];
        std::vector<std::uint8_t> masked = original;
        ws::apply_mask(Bytes(masked).subspan(alignment, size), key, position);
        ASSERT_EQ(masked, expected)
            << "size " << size << " alignment " << alignment << " position " << position;
      }
    }
  }
}

TEST(WsMask, position_may_be_beyond_32_bits) {
  std::vector<std::uint8_t> byte = {0};
  ws::apply_mask(byte, {1, 2, 3, 4}, (std::uint64_t{1} << 40) + 2);
  EXPECT_EQ(byte[0], 3);
}

TEST(WsMask, masking_twice_gives_the_original) {
  std::vector<std::uint8_t> text = bytes("00ff10203040506070");
  const std::vector<std::uint8_t> original = text;
  ws::apply_mask(text, {9, 8, 7, 6}, 3);
  EXPECT_NE(text, original);
  ws::apply_mask(text, {9, 8, 7, 6}, 3);
  EXPECT_EQ(text, original);
}

TEST(WsFrame, what_is_put_back_comes_again_as_if_it_had_not_been_taken) {
  for (const std::string_view hex :
       {"8106 616263646566 8900", "8186 01020304 60606060 6464 8980 00000000"}) {
    for (std::size_t cut = 8; cut <= bytes(hex).size(); ++cut) {
      for (std::size_t size = 0; size <= 2; ++size) {
        std::vector<std::uint8_t> stream = bytes(hex);
        Bytes in = Bytes(stream).first(cut);
        ws::FrameDecoder decoder;
        const auto piece = decoder.next(in);
        ASSERT_TRUE(piece && piece->payload.size() >= size);
        std::string text(as_text(piece->payload));
        const std::string back = text.substr(text.size() - size);
        text.resize(text.size() - size);
        decoder.put_back(in, *piece, size);
        EXPECT_EQ(in.data() + in.size(), stream.data() + cut);
        in = Bytes(in.data(), stream.data() + stream.size());  // the rest has come
        while (const auto more = decoder.next(in)) {
          if (more->header.opcode == ws::Opcode::ping) {
            EXPECT_EQ(more->offset, hex[2] == '0' ? 8u : 12u);
          } else {
            EXPECT_EQ(more->offset, 0u);
            EXPECT_EQ(more->payload_offset, (hex[2] == '0' ? 2u : 6u) + text.size());
            text += as_text(more->payload);
          }
        }
        EXPECT_EQ(text, "abcdef") << hex << " cut at " << cut << ", " << back << " put back";
        EXPECT_TRUE(decoder.at_boundary());
      }
    }
  }
}

}  // namespace
