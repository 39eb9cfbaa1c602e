#include "engine/model/param_file.h"

#include <gtest/gtest.h>

#include <clocale>

#include "../model_text.h"
#include "engine/error.h"

namespace seesaw {
namespace {

using test::description;

TEST(ParamFile, ReadsLayersBlobsAndParameters) {
  const ParamFile file = parse_param(
      "7767517\r\n3 4\r\nInput   in0 0 1 in0\nSplit s\t1 2 in0 a b\n"
      "BinaryOp add 2 1 a b out 0=0 1=-3 2=1.5e-3 -23303=2,7,8 4=1,2 5=9,\n\n");
  ASSERT_EQ(file.layers.size(), 3u);
  EXPECT_EQ(file.blobs, (std::vector<std::string>{"in0", "a", "b", "out"}));
  EXPECT_EQ(file.find_blob("b"), 2);
  EXPECT_EQ(file.find_blob("c"), -1);
  const ParamLayer& add = file.layers[2];
  EXPECT_EQ(add.type, "BinaryOp");
  EXPECT_EQ(add.name, "add");
  EXPECT_EQ(add.line, 5);
  EXPECT_EQ(add.bottoms, (std::vector<int>{1, 2}));
  EXPECT_EQ(add.tops, std::vector<int>{3});
  EXPECT_EQ(add.params.at(1).numbers, std::vector<double>{-3});
  EXPECT_TRUE(add.params.at(1).integral);
  EXPECT_EQ(add.params.at(2).numbers, std::vector<double>{1.5e-3});
  EXPECT_FALSE(add.params.at(2).integral);
  EXPECT_EQ(add.params.at(3).numbers, (std::vector<double>{7, 8}));
  EXPECT_EQ(add.params.at(4).numbers, (std::vector<double>{1, 2}));
  EXPECT_EQ(add.params.at(5).numbers, std::vector<double>{9});
  EXPECT_TRUE(add.params.at(5).list);
}

TEST(ParamFile, HandsNcnnATextOfTheSameTokens) {
  const ParamFile file = parse_param("7767517\n1 1\n  Input \t in0   0 1 in0 0=112  1=112\r\n");
  EXPECT_EQ(file.text, "7767517\n1 1\nInput in0 0 1 in0 0=112 1=112\n");
  EXPECT_EQ(parse_param(file.text).text, file.text);
}

TEST(ParamFile, ReadsNumbersWhereTheLocaleHasACommaInThem) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  const bool comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8") != nullptr &&
                     std::string(std::localeconv()->decimal_point) == ",";
  if (!comma) GTEST_SKIP() << "this system has no locale with a decimal comma";
  const std::string text = description(1, 1, "Input in0 0 1 in0 0=-2.25e-1 1=.5 2=3.");
  const ParamFile file = parse_param(text);
  EXPECT_THROW(parse_param(description(1, 1, "Input in0 0 1 in0 0=1e39")), Error);
  std::setlocale(LC_NUMERIC, before.c_str());
  const auto& params = file.layers[0].params;
  EXPECT_EQ(params.at(0).numbers, std::vector<double>{-0.225});
  EXPECT_EQ(params.at(1).numbers, std::vector<double>{0.5});
  EXPECT_EQ(params.at(2).numbers, std::vector<double>{3});
}

struct Refused {
  const char* name;
  std::string text;
  const char* part;  // of the message
};

class ParamFileRefuses : public testing::TestWithParam<Refused> {};

TEST_P(ParamFileRefuses, WithAReason) {
  try {
    parse_param(GetParam().text);
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
    EXPECT_NE(std::string(error.what()).find(GetParam().part), std::string::npos) << error.what();
  }
}

const std::string kInput = "Input in0 0 1 in0";

INSTANTIATE_TEST_SUITE_P(
    Cases, ParamFileRefuses,
    testing::Values(
        Refused{"Empty", "", "line 1"}, Refused{"OtherMark", "7767518\n1 1\n" + kInput, "7767517"},
        Refused{"MarkAndMore", "7767517 1\n1 1\n" + kInput, "7767517"},
        Refused{"NoCounts", "7767517\n", "line 2"},
        Refused{"OneCount", "7767517\n1\n" + kInput, "number of blobs"},
        Refused{"ThreeCounts", "7767517\n1 1 1\n" + kInput, "two counts"},
        Refused{"NoLayers", "7767517\n0 1\n", "number of layers"},
        Refused{"NegativeCount", "7767517\n-1 1\n", "number of layers"},
        Refused{"HugeCount", "7767517\n1 2147483647\n" + kInput, "number of blobs"},
        Refused{"OverflowingCount", "7767517\n1 99999999999999999999\n" + kInput, "blobs"},
        Refused{"FewerLayers", description(2, 1, kInput + "\n"), "the text ends"},
        Refused{"MoreLayers", description(1, 1, kInput + "\n" + kInput), "more layers"},
        Refused{"FewerBlobs", description(1, 2, kInput), "fewer blobs"},
        Refused{"MoreBlobs", description(1, 1, "Input in0 0 2 a b"), "more blobs"},
        Refused{"EmptyLine", description(1, 1, "\n" + kInput), "layer's type"},
        Refused{"NoTops", description(1, 1, "Input in0 0"), "outputs"},
        Refused{"NegativeBottoms", description(1, 1, "Input in0 -1 1 in0"), "inputs"},
        Refused{"HugeTops", description(1, 1, "Input in0 0 100000 in0"), "outputs"},
        Refused{"MissingTop", description(1, 2, "Input in0 0 2 in0"), "output"},
        Refused{"NoProducer", description(1, 1, "ReLU r 1 1 x y"), "no producer"},
        Refused{"OwnOutput", description(1, 1, "ReLU r 1 1 x x"), "no producer"},
        Refused{"TwoProducers", description(2, 2, kInput + "\nInput b 0 1 in0"), "two producers"},
        Refused{"TwoConsumers", description(3, 3, kInput + "\nReLU a 1 1 in0 a\nReLU b 1 1 in0 b"),
                "twice"},
        Refused{"TwiceInOneLayer", description(2, 2, kInput + "\nEltwise e 2 1 in0 in0 e"),
                "twice"},
        Refused{"ControlCharacter", description(1, 1, "Input in\x01 0 1 in0"), "printable"},
        Refused{"NotAscii", description(1, 1, "Input in\xc3\xa4 0 1 in0"), "printable"},
        Refused{"LongName", description(1, 1, "Input " + std::string(256, 'a') + " 0 1 in0"),
                "255"},
        Refused{"NoEquals", description(1, 1, kInput + " 0"), "id=value"},
        Refused{"NoValue", description(1, 1, kInput + " 0="), "malformed"},
        Refused{"NoId", description(1, 1, kInput + " =1"), "id"},
        Refused{"HighId", description(1, 1, kInput + " 32=1"), "id"},
        Refused{"NegativeId", description(1, 1, kInput + " -1=1"), "id"},
        Refused{"Twice", description(1, 1, kInput + " 0=1 0=1"), "twice"},
        Refused{"TwiceAsList", description(1, 1, kInput + " 0=1 -23300=1,1"), "twice"},
        Refused{"Word", description(1, 1, kInput + " 0=abc"), "malformed"},
        Refused{"Text", description(1, 1, kInput + " 6=\"0w,1h\""), "malformed"},
        Refused{"Hexadecimal", description(1, 1, kInput + " 0=0x10"), "malformed"},
        Refused{"NotANumber", description(1, 1, kInput + " 0=nan"), "malformed"},
        Refused{"Infinity", description(1, 1, kInput + " 0=1e999"), "too large"},
        Refused{"LargeInteger", description(1, 1, kInput + " 0=2147483648"), "too large"},
        Refused{"TwoPoints", description(1, 1, kInput + " 0=1.2.3"), "malformed"},
        Refused{"OpenExponent", description(1, 1, kInput + " 0=1e"), "malformed"},
        Refused{"LongNumber", description(1, 1, kInput + " 0=0." + std::string(70, '0')),
                "malformed"},
        Refused{"ShortList", description(1, 1, kInput + " -23300=3,1,2"), "length"},
        Refused{"LongList", description(1, 1, kInput + " -23300=1,1,2"), "length"},
        Refused{"NegativeLength", description(1, 1, kInput + " -23300=-1"), "length"},
        Refused{"HugeLength", description(1, 1, kInput + " -23300=2000000000,1"), "length"},
        Refused{"EmptyInList", description(1, 1, kInput + " -23300=2,1,,2"), "malformed"},
        Refused{"CommaOnly", description(1, 1, kInput + " 0=,"), "malformed"},
        Refused{"TooLarge", std::string(kMaxParamBytes + 1, ' '), "4 MB"},
        Refused{"ZeroByte", std::string("7767517\n1 1\nInput in0 0 1 in0\0", 31), "printable"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace seesaw
