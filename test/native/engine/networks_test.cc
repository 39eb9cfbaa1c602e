// The networks that training/seesaw/networks defines, as pnnx writes them: every kind of layer
// they use is known, their weights are counted to the byte, and their shapes add up.
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/layer_rules.h"
#include "engine/model/param_file.h"
#include "face/detect/search_plan.h"
#include "model_text.h"

namespace seesaw {
namespace {

struct Case {
  const char* network;
  std::size_t fp32_bytes;  // of NAME.bin
  int embedding;
};

// A test's name allows no hyphens.
std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.network;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

class Networks : public testing::TestWithParam<Case> {
 protected:
  static ParamFile description() {
    std::ifstream file(std::string(NETWORKS_FOLDER "/") + GetParam().network + ".param");
    return parse_param(std::string{std::istreambuf_iterator<char>(file), {}});
  }
};

TEST_P(Networks, EmbedAFace) {
  const ParamFile file = description();
  // Zeros are weights in fp32: their tag is zero.
  EXPECT_NO_THROW(check_weights(file, test::Bytes(GetParam().fp32_bytes, 0)));
  const std::vector<Shape> out = infer_shapes(file, "in0", {3, 112, 112}, {"out0"});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0], Shape{GetParam().embedding});
}

TEST_P(Networks, AskForAllOfTheirWeights) {
  const ParamFile file = description();
  EXPECT_THROW(check_weights(file, test::Bytes(GetParam().fp32_bytes - 4, 0)), Error);
  EXPECT_THROW(check_weights(file, test::Bytes(GetParam().fp32_bytes + 4, 0)), Error);
}

TEST(Detector, TakesItsLargestTile) {
  const ParamFile file = parse_param(test::model_file("yunet.param"));
  EXPECT_NO_THROW(
      infer_shapes(file, "in0", {3, kTileSide, kTileSide}, {"head_8", "head_16", "head_32"}));
}

TEST_P(Networks, RefuseAnotherSizeOfPicture) {
  EXPECT_THROW(infer_shapes(description(), "in0", {3, 64, 64}, {"out0"}), Error);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Networks,
    testing::Values(Case{"arcface-r100", 260617376, 512}, Case{"dw-seesaw-v1", 16890260, 512},
                    Case{"dw-seesaw-v2", 16890260, 512}, Case{"mobiface", 10218940, 512},
                    Case{"mobilefacenet-128", 3973576, 128},
                    Case{"mobilefacenet-128-swish", 3943368, 128},
                    Case{"mobilefacenet-512", 4761544, 512},
                    Case{"mobilefacenet-512-swish", 4731336, 512},
                    Case{"seesaw-share", 5440440, 512}, Case{"seesaw-shuffle", 5440440, 512},
                    Case{"seesaw-shuffle-mobi", 11402652, 512}),
    name_of);

}  // namespace
}  // namespace seesaw
