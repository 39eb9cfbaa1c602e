// What the tests of native/face share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "engine/error.h"
#include "face/embed/align.h"
#include "face/picture/pixels.h"

namespace seesaw::test {

/** Noise, the same for the same seed. */
inline Image noise(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  Image image = blank_image(width, height);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(random() >> 24);
  return image;
}

/** A picture without sharp edges, a pattern of its own in each channel. */
inline Image waves(int width, int height) {
  Image image = blank_image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = std::sin(x / (9.0 + c)) * std::cos(y / (11.0 - c));
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(128 + 100 * wave);
      }
    }
  }
  return image;
}

/** The landmarks that `forward` takes exactly to the template. */
inline Landmarks landmarks_for(const Similarity& forward) {
  const Similarity back = forward.inverse();
  Landmarks landmarks;
  for (std::size_t i = 0; i < landmarks.size(); ++i) {
    const Point& to = kArcFaceTemplate[i];
    landmarks[i].x = static_cast<float>(back.a * to.x - back.b * to.y + back.tx);
    landmarks[i].y = static_cast<float>(back.b * to.x + back.a * to.y + back.ty);
  }
  return landmarks;
}

/** Rotation by `degrees` and `scale` about the origin, then a shift. */
inline Similarity turned(double degrees, double scale, double tx, double ty) {
  const double angle = degrees * std::acos(-1.0) / 180;
  return {scale * std::cos(angle), scale * std::sin(angle), tx, ty};
}

/** Expects `body` to throw an Error with that code and argument. */
inline void expect_error(ErrorCode code, const std::string& argument,
                         const std::function<void()>& body) {
  try {
    body();
    ADD_FAILURE() << "nothing was thrown, expected " << code_name(code) << " " << argument;
  } catch (const Error& error) {
    EXPECT_EQ(code_name(error.code()), std::string(code_name(code))) << error.what();
    EXPECT_EQ(error.argument(), argument) << error.what();
  }
}

}  // namespace seesaw::test
