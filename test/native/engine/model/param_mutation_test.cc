// Broken model files of every kind: an error or a result, never a crash. Run it with the
// sanitizers to see what a crash would miss.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "../model_text.h"
#include "engine/error.h"
#include "engine/model/layer_rules.h"
#include "engine/model/param_file.h"
#include "engine/network.h"

namespace seesaw {
namespace {

using test::Bytes;

/** Small, but with every kind of layer that a network here has. */
const char* const kParam =
    "7767517\n17 19\n"
    "Input in0 0 1 in0\n"
    "Convolution conv 1 1 in0 a 0=8 1=3 3=2 4=1 5=1 6=216 9=1\n"
    "Slice slice 1 2 a b c -23300=2,2,-233 1=0\n"
    "Convolution left 1 1 b d 0=4 1=1 6=8\n"
    "Convolution right 1 1 c e 0=4 1=1 5=1 6=24\n"
    "Concat cat 2 1 d e f 0=0\n"
    "ShuffleChannel shuffle 1 1 f g 0=2\n"
    "ConvolutionDepthWise dw 1 1 g h 0=8 1=3 4=1 5=1 6=72 7=8\n"
    "Swish swish 1 1 h i\n"
    "Split split 1 2 i j k\n"
    "Pooling pool 1 1 j l 0=1 4=1\n"
    "InnerProduct fc 1 1 l m 0=8 1=1 2=64 9=4\n"
    "Reshape shape 1 1 m n 0=1 1=1 2=8\n"
    "BinaryOp scale 2 1 k n o 0=2\n"
    "PReLU prelu 1 1 o p 0=8\n"
    "Flatten flat 1 1 p q\n"
    "InnerProduct out 1 1 q out0 0=4 1=1 2=1152\n";

Bytes weights() {
  Bytes bin;
  const auto block = [&bin](int count, bool tag) {
    std::vector<float> numbers(count);
    for (int i = 0; i < count; ++i) numbers[i] = 0.1f * std::cos(static_cast<float>(i));
    bin = test::join(bin, tag ? test::tagged(numbers) : test::raw(numbers));
  };
  block(216, true), block(8, false);
  block(8, true);
  block(24, true), block(4, false);
  block(72, true), block(8, false);
  block(64, true), block(8, false);
  block(8, false);
  block(1152, true), block(4, false);
  return bin;
}

ncnn::Mat input() {
  ncnn::Mat in(11, 11, 3);
  in.fill(0.5f);
  return in;
}

enum class Outcome { Refused, Ran };

Outcome attempt(const std::string& param, const Bytes& bin, int threads = 1) {
  try {
    const Network network(param, bin, {threads, Precision::Fp32});
    network.run("in0", input(), {"out0"});
    return Outcome::Ran;
  } catch (const Error&) {
    return Outcome::Refused;
  }
}

TEST(BrokenModel, TheWholeOneRuns) {
  const Network network(kParam, weights(), {});
  EXPECT_EQ(network.run("in0", input(), {"out0"}).front().w, 4);
}

TEST(BrokenModel, EveryTruncationOfTheDescription) {
  const std::string whole = kParam;
  const Bytes bin = weights();
  // Without the last line break it is still whole.
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    const std::string part = whole.substr(0, length);
    // The last number may lose digits, which the count of the weights shows.
    ASSERT_EQ(attempt(part, bin), Outcome::Refused) << "at " << length;
  }
}

TEST(BrokenModel, EveryTruncationOfTheWeights) {
  const Bytes whole = weights();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    ASSERT_EQ(attempt(kParam, Bytes(whole.begin(), whole.begin() + length)), Outcome::Refused);
  }
  ASSERT_EQ(attempt(kParam, test::join(whole, Bytes(4, 0))), Outcome::Refused);
}

TEST(BrokenModel, FlippedBitsInTheWeights) {
  const Bytes whole = weights();
  int ran = 0;
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    Bytes bin = whole;
    bin[at] ^= static_cast<std::uint8_t>(1u << (at % 8));
    ran += attempt(kParam, bin) == Outcome::Ran;
  }
  EXPECT_GT(ran, 0);  // another number is another network; only the tags are structure
}

/** One random change: a byte, a number, a token or a line. */
std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return random() % n; };
  static const char* const numbers[] = {"0",  "1",     "-1",          "2",          "3",   "7",
                                        "8",  "65536", "2147483647",  "-233",       "-2",  "1.0",
                                        "16", "255",   "-2147483648", "4294967296", "nan", ""};
  std::vector<std::size_t> digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9') digits.push_back(i);
  }
  const std::size_t at = below(text.size());
  switch (below(6)) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:  // a digit
      text[digits[below(digits.size())]] = static_cast<char>('0' + below(10));
      break;
    case 2: {  // a whole number
      const std::size_t start = digits[below(digits.size())];
      const std::size_t end = std::min(text.find_first_not_of("0123456789", start), text.size());
      text.replace(start, end - start, numbers[below(std::size(numbers))]);
      break;
    }
    case 3:
      text.erase(at, 1 + below(8));
      break;
    case 4:
      text.insert(at, text.substr(below(text.size()), 1 + below(12)));
      break;
    default: {  // the ends of two lines are exchanged
      const std::size_t a = text.find('=', at), b = text.find('=', below(text.size()));
      if (a < text.size() && b < text.size()) {
        const std::string end = text.substr(b, text.find('\n', b) - b);
        text.replace(a, text.find('\n', a) - a, end);
      }
    }
  }
  return text;
}

TEST(BrokenModel, TenThousandMutations) {
  const Bytes bin = weights();
  std::mt19937 random(20261124);
  int ran = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string text = kParam;
    const int changes = 1 + i % 3;
    for (int k = 0; k < changes; ++k) text = mutate(text, random);
    ran += attempt(text, bin) == Outcome::Ran;
  }
  // Names may change freely, so some still run; most must not.
  EXPECT_GT(ran, 0);
  EXPECT_LT(ran, 5000);
}

/** Mutations whose weights fit: NCNN gets to see the network. */
TEST(BrokenModel, MutationsWithFittingWeights) {
  std::mt19937 random(7);
  int ran = 0, seen = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = mutate(kParam, random);
    Bytes bin(1 << 16, 0);
    try {
      check_weights(parse_param(text), bin);
    } catch (const Error& error) {
      // "the description asks for N": the file is good but for the size
      const std::string message = error.what();
      const std::size_t at = message.find("asks for ");
      if (at == std::string::npos) continue;
      bin.resize(std::stoul(message.substr(at + 9)));
    }
    ++seen;
    ran += attempt(text, bin, 1 + i % 2) == Outcome::Ran;
  }
  EXPECT_GT(seen, 500);
  EXPECT_LT(ran, seen);
}

}  // namespace
}  // namespace seesaw
