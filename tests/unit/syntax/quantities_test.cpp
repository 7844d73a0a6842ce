// SPDX-License-Identifier: Apache-2.0
//
// Numbers with units: exact, never guessed, refused with the word that was probably meant.
#include "syntax/quantities.h"

#include <gtest/gtest.h>

#include <limits>

namespace levelgate::syntax::quantities_test {
namespace {

using std::chrono::milliseconds;

TEST(Rate, EveryUnitAndFractions) {
  EXPECT_EQ(parse_rate("1 bit/s"), 1u);
  EXPECT_EQ(parse_rate("64 kbit/s"), 64'000u);
  EXPECT_EQ(parse_rate("500 Mbit/s"), 500'000'000u);
  EXPECT_EQ(parse_rate("500Mbit/s"), 500'000'000u);
  EXPECT_EQ(parse_rate("2.5 Gbit/s"), 2'500'000'000u);
  EXPECT_EQ(parse_rate("0.000000001 Gbit/s"), 1u);
  EXPECT_EQ(parse_rate("1 Tbit/s"), 1'000'000'000'000u);
  EXPECT_EQ(parse_rate(".5 kbit/s"), 500u);
  EXPECT_EQ(parse_rate("5. kbit/s"), 5'000u);
}

TEST(Duration, EveryUnitAndFractions) {
  EXPECT_EQ(parse_duration("1ns"), Nanos(1));
  EXPECT_EQ(parse_duration("1.5us"), Nanos(1'500));
  EXPECT_EQ(parse_duration("20ms"), milliseconds(20));
  EXPECT_EQ(parse_duration("20 ms"), milliseconds(20));
  EXPECT_EQ(parse_duration("1s"), milliseconds(1'000));
  EXPECT_EQ(parse_duration("2min"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
  EXPECT_EQ(parse_duration("0us"), Nanos(0));
}

TEST(Octets, DecimalAndBinary) {
  EXPECT_EQ(parse_octets("1400B"), 1400u);
  EXPECT_EQ(parse_octets("64KiB"), 65'536u);
  EXPECT_EQ(parse_octets("1MiB"), 1u << 20);
  EXPECT_EQ(parse_octets("2GiB"), 2ull << 30);
  EXPECT_EQ(parse_octets("1kB"), 1'000u);
  EXPECT_EQ(parse_octets("1.5MB"), 1'500'000u);
  EXPECT_EQ(parse_octets("1GB"), 1'000'000'000u);
  EXPECT_EQ(parse_octets("0.5KiB"), 512u);
}

TEST(Share, ThousandthsAndSmallOnes) {
  EXPECT_EQ(parse_permille("1.5%"), 15u);
  EXPECT_FALSE(parse_permille("0.01%"));
  EXPECT_EQ(parse_billionths("0.01%"), 100'000u);
  EXPECT_EQ(parse_billionths("100%"), 1'000'000'000u);
  EXPECT_FALSE(parse_billionths("0.00000001%"));
  EXPECT_EQ(parse_billionths("2").error().hint, "did you mean \"2%\"?");
}

TEST(Integer, DecimalAndHexadecimal) {
  EXPECT_EQ(parse_integer("0"), 0u);
  EXPECT_EQ(parse_integer("0x1001"), 0x1001u);
  EXPECT_EQ(parse_integer("0XfF"), 255u);
  EXPECT_EQ(parse_integer("007"), 7u);
  EXPECT_EQ(parse_integer("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view bad :
       {"", "-1", "+1", "1.0", "1e3", "0x", "x", "1 ", " 1", "18446744073709551616", "1_0"}) {
    const auto value = parse_integer(bad);
    ASSERT_FALSE(value) << bad;
    EXPECT_EQ(value.error().message, "is not a whole number");
  }
}

struct Wrong {
  std::string_view text;
  std::string message;
  std::string hint;
};

template <typename Parse>
void expect_wrong(Parse parse, std::initializer_list<Wrong> cases) {
  for (const Wrong& wrong : cases) {
    const auto value = parse(wrong.text);
    ASSERT_FALSE(value) << wrong.text;
    EXPECT_EQ(value.error().message, wrong.message) << wrong.text;
    EXPECT_EQ(value.error().hint, wrong.hint) << wrong.text;
  }
}

TEST(Rate, WrongOnesGetTheRightWord) {
  const std::string known = "use bit/s, kbit/s, Mbit/s or Gbit/s";
  const auto unit = [](const std::string& text) {
    return "has the unit \"" + text + "\", which is not known or ambiguous";
  };
  expect_wrong(parse_rate, {{"500", "needs a unit", "did you mean \"500 Mbit/s\"?"},
                            {"500 mbps", unit("mbps"), "did you mean \"500 Mbit/s\"?"},
                            {"1Gb/s", unit("Gb/s"), "did you mean \"1 Gbit/s\"?"},
                            {"1 mbit/s", unit("mbit/s"), "did you mean \"1 Mbit/s\"?"},
                            {"1 parsec", unit("parsec"), known},
                            {"fast", "must be a number with a unit", known},
                            {"-5 Mbit/s", "must be a number with a unit", known},
                            {"", "must be a number with a unit", known},
                            {"1.2.3 Mbit/s", "is not a number", ""},
                            {". Mbit/s", "is not a number", ""},
                            {"123456789012345678901 bit/s", "is not a number", ""},
                            {"0.5 bit/s", "is finer than its smallest unit", ""},
                            {"0.0000000001 Gbit/s", "has too many digits behind the point", ""},
                            {"99999999 Tbit/s", "is too large", ""}});
}

TEST(DurationAndOctets, WrongOnesGetTheRightWord) {
  const auto unit = [](const std::string& text) {
    return "has the unit \"" + text + "\", which is not known or ambiguous";
  };
  expect_wrong(parse_duration, {{"20", "needs a unit", "did you mean \"20ms\"?"},
                                {"20 msec", unit("msec"), "did you mean \"20ms\"?"},
                                {"5 \xc2\xb5s", unit("\xc2\xb5s"), "did you mean \"5us\"?"},
                                {"5m", unit("m"), "did you mean \"5min\"?"},
                                {"300000d", "is too large", ""}});
  expect_wrong(parse_octets, {{"1400", "needs a unit", "did you mean \"1400B\"?"},
                              {"64kb", unit("kb"), "did you mean \"64KiB\"?"},
                              {"1400 bytes", unit("bytes"), "did you mean \"1400B\"?"},
                              {"0.3B", "is finer than its smallest unit", ""}});
}

// What we print as a rate is read as the same rate, to the digit that is shown.
TEST(Rate, PrintedAndReadAgain) {
  EXPECT_EQ(rate_text(500e6), "500 Mbit/s");
  EXPECT_EQ(rate_text(479.3e6), "479.3 Mbit/s");
  EXPECT_EQ(rate_text(1e9), "1 Gbit/s");
  EXPECT_EQ(rate_text(999), "999 bit/s");
  for (std::uint64_t value = 1; value < 1'000'000'000'000; value = value * 3 + 1) {
    const auto again = parse_rate(rate_text(static_cast<double>(value)));
    ASSERT_TRUE(again) << value;
    EXPECT_NEAR(static_cast<double>(*again), static_cast<double>(value), static_cast<double>(value) * 0.051);
  }
}

}  // namespace
}  // namespace levelgate::syntax::quantities_test
