// Small networks for tests, as text and bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace seesaw::test {

using Bytes = std::vector<std::uint8_t>;

/** A description with the right counts before the given layer lines. */
inline std::string description(int layers, int blobs, const std::string& lines) {
  return "7767517\n" + std::to_string(layers) + " " + std::to_string(blobs) + "\n" + lines;
}

/** Numbers as a block of fp32 weights, without a tag. */
inline Bytes raw(const std::vector<float>& numbers) {
  Bytes bytes(numbers.size() * sizeof(float));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/** The same with the tag of an fp32 block before it. */
inline Bytes tagged(const std::vector<float>& numbers) {
  Bytes bytes(4, 0);
  const Bytes block = raw(numbers);
  bytes.insert(bytes.end(), block.begin(), block.end());
  return bytes;
}

/** One after the other. */
inline Bytes join(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/** A file of the models folder. */
inline std::string model_file(const std::string& name) {
  std::ifstream file(std::string(MODELS_FOLDER "/") + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace seesaw::test
