// A detector's output maps filled with any bits: finite faces in range, or an error.
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "face/detect/yunet_heads.h"
#include "input.h"

namespace {

void expect(bool truth) {
  if (!truth) std::abort();
}

bool is_finite(const seesaw::Face& face) {
  float sum = face.box.x + face.box.y + face.box.width + face.box.height + face.score;
  for (const seesaw::Point& point : face.landmarks) sum += point.x + point.y;
  return std::isfinite(sum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seesaw::fuzz::Input input(data, size);
  const int width = input.between(1, 6), height = input.between(1, 6);
  const float threshold = static_cast<float>(input.between(0, 100)) / 100.0f;
  const float iou = static_cast<float>(input.between(0, 100)) / 100.0f;
  const int stride = 1 << input.between(3, 5), most = input.between(1, 40);
  const bool whole_floats = input.take<std::uint8_t>() % 2 == 0;
  const std::size_t plane = static_cast<std::size_t>(width) * height;
  std::vector<float> map(plane * seesaw::kHeadPlanes);
  for (float& number : map) {
    number =
        whole_floats ? input.take<float>() : static_cast<float>(input.take<std::int8_t>()) / 8.0f;
  }
  try {
    std::vector<seesaw::Face> faces;
    seesaw::decode_head({map.data(), plane, width, height, stride}, threshold, faces);
    expect(faces.size() <= plane);
    const std::size_t before = faces.size();
    const std::vector<seesaw::Face> kept = seesaw::suppress(std::move(faces), iou, most);
    expect(kept.size() <= before && kept.size() <= static_cast<std::size_t>(most));
    for (std::size_t i = 0; i < kept.size(); ++i) {
      expect(is_finite(kept[i]) && kept[i].score >= threshold && kept[i].score <= 1.0f);
      expect(i == 0 || kept[i - 1].score >= kept[i].score);
      for (std::size_t k = 0; k < i; ++k) {
        expect(!(seesaw::overlap(kept[k].box, kept[i].box) > iou));
      }
    }
  } catch (const seesaw::Error&) {
    // Refused.
  }
  return 0;
}
