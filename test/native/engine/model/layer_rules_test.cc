#include "engine/model/layer_rules.h"

#include <gtest/gtest.h>

#include "../model_text.h"
#include "engine/error.h"
#include "engine/model/param_file.h"

namespace seesaw {
namespace {

using test::Bytes;

/** A network of one layer; blob names are in0.. and out0.. . */
std::string one_layer(const std::string& type, int bottoms, int tops, const std::string& params) {
  std::string lines,
      layer = type + " layer " + std::to_string(bottoms) + " " + std::to_string(tops);
  int count = 1, blobs = tops;
  if (bottoms == 1) lines = "Input in0 0 1 in0\n", layer += " in0", count = 2, blobs += 1;
  if (bottoms > 1) {
    lines = "Input in0 0 1 in0\nSplit split 1 " + std::to_string(bottoms) + " in0";
    for (int i = 0; i < bottoms; ++i) {
      lines += " b" + std::to_string(i);
      layer += " b" + std::to_string(i);
    }
    lines += "\n", count = 3, blobs += 1 + bottoms;
  }
  for (int i = 0; i < tops; ++i) layer += " out" + std::to_string(i);
  return test::description(count, blobs, lines + layer + " " + params + "\n");
}

// ---- weights: how many bytes each kind asks for

struct Weights {
  const char* name;
  std::string layer;
  std::size_t bytes;
};

class LayerWeights : public testing::TestWithParam<Weights> {};

TEST_P(LayerWeights, AreCountedToTheByte) {
  const ParamFile file = parse_param(GetParam().layer);
  const std::size_t bytes = GetParam().bytes;
  EXPECT_NO_THROW(check_weights(file, Bytes(bytes, 0)));
  EXPECT_THROW(check_weights(file, Bytes(bytes + 1, 0)), Error);
  EXPECT_THROW(check_weights(file, Bytes(bytes + 4, 0)), Error);
  if (bytes > 0) {
    EXPECT_THROW(check_weights(file, Bytes(bytes - 1, 0)), Error);
    EXPECT_THROW(check_weights(file, Bytes()), Error);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LayerWeights,
    testing::Values(
        Weights{"Convolution", one_layer("Convolution", 1, 1, "0=4 1=3 6=108"), 4 + 108 * 4},
        Weights{"ConvolutionBias", one_layer("Convolution", 1, 1, "0=4 1=3 5=1 6=108"),
                4 + 108 * 4 + 4 * 4},
        Weights{"Depthwise", one_layer("ConvolutionDepthWise", 1, 1, "0=3 1=3 5=1 6=27 7=3"),
                4 + 27 * 4 + 3 * 4},
        Weights{"Linear", one_layer("InnerProduct", 1, 1, "0=5 1=1 2=60"), 4 + 60 * 4 + 5 * 4},
        Weights{"BatchNorm", one_layer("BatchNorm", 1, 1, "0=3 1=1e-5"), 4 * 3 * 4},
        Weights{"PRelu", one_layer("PReLU", 1, 1, "0=3"), 3 * 4},
        Weights{"Scale", one_layer("Scale", 1, 1, "0=3"), 3 * 4},
        Weights{"ScaleBias", one_layer("Scale", 1, 1, "0=3 1=1"), 6 * 4},
        Weights{"Normalize", one_layer("Normalize", 1, 1, "1=1 3=1"), 4},
        Weights{"MemoryRaw", one_layer("MemoryData", 0, 1, "0=2 1=3 2=4"), 24 * 4},
        Weights{"MemoryTagged", one_layer("MemoryData", 0, 1, "0=5 21=0"), 4 + 5 * 4},
        Weights{"None", one_layer("ReLU", 1, 1, ""), 0}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LayerWeights, HalfPrecisionBlocksArePaddedToFourBytes) {
  const ParamFile file = parse_param(one_layer("InnerProduct", 1, 1, "0=1 1=1 2=3"));
  Bytes bin{0x47, 0x6B, 0x30, 0x01};
  bin.resize(4 + 8 + 4);  // three halves take 6 bytes and 2 more; the bias is fp32
  EXPECT_NO_THROW(check_weights(file, bin));
  bin.resize(4 + 6 + 4);
  EXPECT_THROW(check_weights(file, bin), Error);
}

TEST(LayerWeights, OtherTagsAreRefused) {
  const ParamFile file = parse_param(one_layer("InnerProduct", 1, 1, "0=1 2=4"));
  for (const std::uint32_t tag : {0x000D4B38u, 0x0002C056u, 0x01348B83u, 1u, 0xFFFFFFFFu}) {
    Bytes bin(4 + 16, 0);
    for (int i = 0; i < 4; ++i) bin[i] = static_cast<std::uint8_t>(tag >> (8 * i));
    EXPECT_THROW(check_weights(file, bin), Error) << tag;
  }
}

// ---- shapes

struct Shaped {
  const char* name;
  std::string layer;
  Shape in;
  std::vector<Shape> out;  // empty: refused
};

class LayerShapes : public testing::TestWithParam<Shaped> {};

TEST_P(LayerShapes, FollowFromTheInput) {
  const Shaped& c = GetParam();
  const ParamFile file = parse_param(c.layer);
  if (c.out.empty()) {
    try {
      infer_shapes(file, "in0", c.in, {});
      FAIL() << "it was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
    }
    return;
  }
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < c.out.size(); ++i) outputs.push_back("out" + std::to_string(i));
  EXPECT_EQ(infer_shapes(file, "in0", c.in, outputs), c.out);
}

#define CONV(params) one_layer("Convolution", 1, 1, params)
#define POOL(params) one_layer("Pooling", 1, 1, params)

INSTANTIATE_TEST_SUITE_P(
    Cases, LayerShapes,
    testing::Values(
        Shaped{"ConvSame", CONV("0=4 1=3 4=1 6=108"), {3, 10, 12}, {{4, 10, 12}}},
        Shaped{"ConvStride", CONV("0=4 1=3 3=2 4=1 6=108"), {3, 112, 112}, {{4, 56, 56}}},
        Shaped{"ConvOddStride", CONV("0=4 1=3 3=2 4=1 6=108"), {3, 11, 12}, {{4, 6, 6}}},
        Shaped{"ConvTall", CONV("0=1 1=1 11=5 6=15"), {3, 5, 4}, {{1, 1, 4}}},
        Shaped{"ConvDilated", CONV("0=4 1=3 2=2 6=108"), {3, 10, 10}, {{4, 6, 6}}},
        Shaped{"ConvOneSidePadded",
               CONV("0=4 1=3 4=0 15=1 14=0 16=1 6=108"),
               {3, 10, 10},
               {{4, 9, 9}}},
        Shaped{"ConvOtherChannels", CONV("0=4 1=3 6=108"), {4, 10, 10}, {}},
        Shaped{"ConvTooSmall", CONV("0=4 1=3 6=108"), {3, 2, 10}, {}},
        // A 1 x 1 kernel after a border of 1 is what SqueezeNet has.
        Shaped{"ConvPaddedByItsKernel", CONV("0=4 1=1 4=1 6=12"), {3, 10, 10}, {{4, 12, 12}}},
        Shaped{"ConvPaddedByMore", CONV("0=4 1=1 4=2 6=12"), {3, 10, 10}, {}},
        Shaped{"ConvPaddedByMoreBelow", CONV("0=4 1=3 4=1 16=4 6=108"), {3, 10, 10}, {}},
        Shaped{"ConvDilatedAndPadded", CONV("0=4 1=3 2=6 4=6 6=108"), {3, 20, 20}, {{4, 20, 20}}},
        Shaped{"ConvOfVector", CONV("0=4 1=1 6=12"), {3}, {}},
        Shaped{"Depthwise",
               one_layer("ConvolutionDepthWise", 1, 1, "0=6 1=3 4=1 6=54 7=3"),
               {3, 5, 5},
               {{6, 5, 5}}},
        Shaped{"DepthwiseOther",
               one_layer("ConvolutionDepthWise", 1, 1, "0=6 1=3 4=1 6=54 7=3"),
               {6, 5, 5},
               {}},
        // 1 x 1 becomes 3 x 3, by way of 511 x 511: 64 GB of it.
        Shaped{"DepthwisePaddedByMore",
               one_layer("ConvolutionDepthWise", 1, 1, "0=65536 1=1 3=255 4=255 6=65536 7=65536"),
               {65536, 1, 1},
               {}},
        // 2 x 2 weights, 255 apart: a border of 255 is less than they cover.
        Shaped{
            "DepthwisePadded",
            one_layer("ConvolutionDepthWise", 1, 1, "0=1027 1=2 2=255 3=255 4=255 6=4108 7=1027"),
            {1027, 1, 1},
            {{1027, 2, 2}}},
        Shaped{
            "DepthwisePaddedBeyondMemory",
            one_layer("ConvolutionDepthWise", 1, 1, "0=1028 1=2 2=255 3=255 4=255 6=4112 7=1028"),
            {1028, 1, 1},
            {}},
        Shaped{"ConvUnrolled", CONV("0=1 1=16 4=8 6=256"), {1, 1000, 1000}, {{1, 1001, 1001}}},
        Shaped{"ConvUnrolledBeyondMemory", CONV("0=1 1=17 4=8 6=289"), {1, 1000, 1000}, {}},
        Shaped{"Linear", one_layer("InnerProduct", 1, 1, "0=5 2=60"), {3, 2, 2}, {{5}}},
        Shaped{"LinearRows", one_layer("InnerProduct", 1, 1, "0=5 2=60"), {7, 12}, {{7, 5}}},
        Shaped{"LinearOther", one_layer("InnerProduct", 1, 1, "0=5 2=60"), {13}, {}},
        Shaped{"BatchNormOther", one_layer("BatchNorm", 1, 1, "0=3"), {4, 2, 2}, {}},
        Shaped{"PReluShared", one_layer("PReLU", 1, 1, "0=1"), {4, 2, 2}, {{4, 2, 2}}},
        Shaped{"PReluOther", one_layer("PReLU", 1, 1, "0=3"), {4, 2, 2}, {}},
        Shaped{"Slice",
               one_layer("Slice", 1, 2, "-23300=2,1,-233 1=0"),
               {4, 2, 3},
               {{1, 2, 3}, {3, 2, 3}}},
        Shaped{"SliceShares",
               one_layer("Slice", 1, 3, "-23300=3,-233,-233,-233 1=2"),
               {1, 1, 7},
               {{1, 1, 2}, {1, 1, 2}, {1, 1, 3}}},
        Shaped{"SliceTooMuch", one_layer("Slice", 1, 2, "-23300=2,4,4 1=0"), {7, 1, 1}, {}},
        Shaped{"SliceTooLittle", one_layer("Slice", 1, 2, "-23300=2,2,2 1=0"), {5, 1, 1}, {}},
        Shaped{"SliceNothingLeft", one_layer("Slice", 1, 2, "-23300=2,4,-233 1=0"), {4, 1, 1}, {}},
        Shaped{"SliceNoSuchAxis", one_layer("Slice", 1, 2, "-23300=2,1,1 1=1"), {2}, {}},
        Shaped{"Concat", one_layer("Concat", 2, 1, "0=0"), {3, 2, 2}, {{6, 2, 2}}},
        Shaped{"ConcatLastAxis", one_layer("Concat", 3, 1, "0=-1"), {3, 2, 2}, {{3, 2, 6}}},
        Shaped{"Shuffle", one_layer("ShuffleChannel", 1, 1, "0=2"), {4, 2, 2}, {{4, 2, 2}}},
        Shaped{"ShuffleOdd", one_layer("ShuffleChannel", 1, 1, "0=2"), {5, 2, 2}, {}},
        Shaped{"Flatten", one_layer("Flatten", 1, 1, ""), {3, 4, 5}, {{60}}},
        Shaped{"ReshapeInfer", one_layer("Reshape", 1, 1, "0=1 1=1 2=-1"), {60}, {{60, 1, 1}}},
        Shaped{"ReshapeCopy", one_layer("Reshape", 1, 1, "0=0 1=-1"), {3, 4, 5}, {{12, 5}}},
        Shaped{"ReshapeOther", one_layer("Reshape", 1, 1, "0=7"), {60}, {}},
        Shaped{"ReshapeUneven", one_layer("Reshape", 1, 1, "0=7 1=-1"), {60}, {}},
        Shaped{"ReshapeTwoOpen", one_layer("Reshape", 1, 1, "0=-1 1=-1"), {60}, {}},
        Shaped{"Permute", one_layer("Permute", 1, 1, "0=3"), {2, 3, 4}, {{3, 4, 2}}},
        Shaped{"PermuteRows", one_layer("Permute", 1, 1, "0=1"), {3, 4}, {{4, 3}}},
        Shaped{"PermuteRowsOther", one_layer("Permute", 1, 1, "0=2"), {3, 4}, {}},
        Shaped{"PoolGlobal", POOL("0=1 4=1"), {7, 3, 3}, {{7}}},
        Shaped{"PoolHalf", POOL("0=0 1=2 2=2 5=1"), {7, 5, 4}, {{7, 2, 2}}},
        Shaped{"PoolFull", POOL("0=0 1=2 2=2 5=0"), {7, 5, 4}, {{7, 3, 2}}},
        Shaped{"PoolAdaptive", POOL("0=1 7=1 8=1"), {7, 5, 4}, {{7, 1, 1}}},
        Shaped{"PoolTooSmall", POOL("0=0 1=3 2=1 5=1"), {7, 2, 4}, {}},
        Shaped{"PoolWidePadding", POOL("0=0 1=2 2=1 3=2 5=1"), {7, 5, 5}, {}},
        Shaped{"PoolPadded", POOL("0=0 1=255 2=255 3=254 5=1"), {489, 204, 204}, {{489, 2, 2}}},
        Shaped{"PoolPaddedBeyondMemory", POOL("0=0 1=255 2=255 3=254 5=1"), {490, 204, 204}, {}},
        Shaped{"PoolPaddedForAnIncompleteWindow",
               POOL("0=0 1=255 2=255 3=254 5=0"),
               {489, 204, 204},
               {}},
        Shaped{"Interp", one_layer("Interp", 1, 1, "0=1 1=2.0 2=2.0"), {7, 5, 4}, {{7, 10, 8}}},
        Shaped{"InterpTo", one_layer("Interp", 1, 1, "0=2 3=9 4=8"), {7, 5, 4}, {{7, 9, 8}}},
        Shaped{"InterpVanishes", one_layer("Interp", 1, 1, "0=1 1=0.1 2=0.1"), {7, 5, 4}, {}},
        Shaped{"Crop",
               one_layer("Crop", 1, 1, "-23309=1,1 -23310=1,3 -23311=1,0"),
               {5, 2, 2},
               {{2, 2, 2}}},
        Shaped{"CropToTheEnd",
               one_layer("Crop", 1, 1, "-23309=1,1 -23310=1,2147483647 -23311=1,2"),
               {5, 2, 9},
               {{5, 2, 8}}},
        Shaped{"CropOutside",
               one_layer("Crop", 1, 1, "-23309=1,1 -23310=1,6 -23311=1,0"),
               {5, 2, 2},
               {}},
        Shaped{
            "CropNoSuchAxis", one_layer("Crop", 1, 1, "-23309=1,0 -23310=1,1 -23311=1,1"), {5}, {}},
        Shaped{
            "Mean", one_layer("Reduction", 1, 1, "0=3 1=0 -23303=2,1,2 4=0 5=1"), {5, 2, 2}, {{5}}},
        Shaped{"MeanKeep",
               one_layer("Reduction", 1, 1, "0=3 1=0 -23303=2,1,2 4=1 5=1"),
               {5, 2, 2},
               {{5, 1, 1}}},
        Shaped{"SumAll", one_layer("Reduction", 1, 1, "0=0"), {5, 2, 2}, {{1}}},
        Shaped{"MeanNoSuchAxis",
               one_layer("Reduction", 1, 1, "0=3 1=0 -23303=1,3 5=1"),
               {5, 2, 2},
               {}},
        Shaped{"AddScalar", one_layer("BinaryOp", 1, 1, "0=0 1=1 2=0.5"), {5, 2, 2}, {{5, 2, 2}}},
        Shaped{"AddOneInput", one_layer("BinaryOp", 1, 1, "0=0"), {5, 2, 2}, {}},
        Shaped{"Add", one_layer("BinaryOp", 2, 1, "0=0"), {5, 2, 2}, {{5, 2, 2}}},
        Shaped{"Eltwise", one_layer("Eltwise", 3, 1, "0=1"), {5, 2, 2}, {{5, 2, 2}}},
        Shaped{"EltwiseFactors", one_layer("Eltwise", 3, 1, "0=1 -23301=2,1.0,1.0"), {5, 2, 2}, {}},
        Shaped{"Split", one_layer("Split", 1, 3, ""), {5}, {{5}, {5}, {5}}},
        Shaped{"HugeInput", one_layer("ReLU", 1, 1, ""), {1 << 16, 1 << 16, 1 << 16}, {}},
        Shaped{"EmptyInput", one_layer("ReLU", 1, 1, ""), {0, 2, 2}, {}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LayerShapes, ScaleOfChannelsByAVector) {
  // squeeze and excitation: the pooled vector scales the channels
  const ParamFile file = parse_param(
      test::description(4, 5,
                        "Input in0 0 1 in0\nSplit s 1 2 in0 a b\nPooling p 1 1 b c 0=1 4=1\n"
                        "BinaryOp m 2 1 a c out 0=2\n"));
  const std::vector<Shape> expected{{8, 4, 6}};
  EXPECT_EQ(infer_shapes(file, "in0", {8, 4, 6}, {"out"}), expected);
}

TEST(LayerShapes, AllBlobsTogetherAreBounded) {
  // Each blob has 64 MB: the input, its copies, what was made of one of them.
  const Shape in{16, 1024, 1024};
  for (const int copies : {14, 15}) {
    std::string lines = "Input in0 0 1 in0\nSplit s 1 " + std::to_string(copies) + " in0";
    for (int i = 0; i < copies; ++i) lines += " b" + std::to_string(i);
    const ParamFile file =
        parse_param(test::description(3, copies + 2, lines + "\nReLU r 1 1 b0 out0\n"));
    if (copies == 14) {
      EXPECT_NO_THROW(infer_shapes(file, "in0", in, {"out0"}));
    } else {
      EXPECT_THROW(infer_shapes(file, "in0", in, {"out0"}), Error);
    }
  }
}

TEST(LayerShapes, UnknownInputsAndOutputs) {
  const ParamFile file = parse_param(one_layer("ReLU", 1, 1, ""));
  EXPECT_THROW(infer_shapes(file, "other", {1, 2, 2}, {"out0"}), Error);
  EXPECT_THROW(infer_shapes(file, "in0", {1, 2, 2}, {"other"}), Error);
  EXPECT_THROW(infer_shapes(file, "in0", {1, 2, 2}, {"in0"}), Error) << "it is consumed";
}

// ---- parameters

struct Wrong {
  const char* name;
  std::string layer;
};

class LayerParameters : public testing::TestWithParam<Wrong> {};

TEST_P(LayerParameters, AreRefusedOutOfRange) {
  const ParamFile file = parse_param(GetParam().layer);
  EXPECT_THROW(check_weights(file, Bytes(1 << 16, 0)), Error);
  // It is the parameter that is refused, not the number of weights.
  try {
    check_weights(file, Bytes(1 << 16, 0));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::ModelInvalid);
    EXPECT_EQ(std::string(error.what()).find("bytes"), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LayerParameters,
    testing::Values(
        Wrong{"UnknownKind", one_layer("LSTM", 1, 1, "0=1")},
        Wrong{"UnknownId", one_layer("ReLU", 1, 1, "7=1")},
        Wrong{"ShapeHint", one_layer("ReLU", 1, 1, "-23330=4,3,1,1,1")},
        Wrong{"TooManyBottoms", one_layer("ReLU", 2, 1, "")},
        Wrong{"TooManyTops", one_layer("ReLU", 1, 2, "")},
        Wrong{"ListForNumber", one_layer("PReLU", 1, 1, "-23300=1,3")},
        Wrong{"NumberForList", one_layer("Slice", 1, 1, "0=3")},
        Wrong{"RealForWhole", one_layer("PReLU", 1, 1, "0=3.0")},
        Wrong{"WholeForReal", one_layer("ReLU", 1, 1, "0=1")}, Wrong{"NoOutputs", CONV("1=3 6=27")},
        Wrong{"NoKernel", CONV("0=1 6=27")}, Wrong{"ZeroStride", CONV("0=1 1=3 3=0 6=27")},
        Wrong{"NegativePad", CONV("0=1 1=3 4=-1 6=27")},
        Wrong{"PadLikeTensorFlow", CONV("0=1 1=3 4=-233 6=27")},
        Wrong{"UnevenWeights", CONV("0=1 1=3 6=28")},
        Wrong{"NegativeWeights", CONV("0=1 1=3 6=-27")},
        Wrong{"EightBits", CONV("0=1 1=3 6=27 8=1")},
        Wrong{"DynamicWeights", CONV("0=1 1=3 6=27 19=1")},
        Wrong{"FusedMish", CONV("0=1 1=3 6=27 9=5")},
        Wrong{"FusedUnknown", CONV("0=1 1=3 6=27 9=7")},
        Wrong{"FusedClipWithoutBounds", CONV("0=1 1=3 6=27 9=3")},
        Wrong{"UnevenGroups", one_layer("ConvolutionDepthWise", 1, 1, "0=4 1=1 6=12 7=3")},
        Wrong{"ZeroGroups", one_layer("ShuffleChannel", 1, 1, "0=0")},
        Wrong{"SlicesForOtherTops", one_layer("Slice", 1, 2, "-23300=3,1,1,1")},
        Wrong{"NegativeSlice", one_layer("Slice", 1, 1, "-23300=1,-5")},
        Wrong{"UnknownOperation", one_layer("BinaryOp", 2, 1, "0=99")},
        Wrong{"UnknownUnary", one_layer("UnaryOp", 1, 1, "0=-1")},
        Wrong{"PoolWithoutKernel", POOL("0=0")}, Wrong{"PoolLikeTensorFlow", POOL("0=0 1=2 5=2")},
        Wrong{"AlphaZero", one_layer("HardSwish", 1, 1, "0=0.0")},
        Wrong{"ReshapeNothing", one_layer("Reshape", 1, 1, "")},
        Wrong{"ReshapeWithoutHeight", one_layer("Reshape", 1, 1, "0=1 2=1")},
        Wrong{"ReshapeNegative", one_layer("Reshape", 1, 1, "0=-2")},
        Wrong{"OldSoftmax", one_layer("Softmax", 1, 1, "0=1")},
        Wrong{"OldReduction", one_layer("Reduction", 1, 1, "0=3 1=0 -23303=1,1")},
        Wrong{"MemoryWithoutSize", one_layer("MemoryData", 0, 1, "")},
        Wrong{"MemoryFourAxes", one_layer("MemoryData", 0, 1, "0=1 1=1 11=1 2=1")}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace seesaw
