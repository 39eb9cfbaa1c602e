// Takes values off the bytes that a fuzzer gives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace seesaw::fuzz {

/** Reads from the front; past the end everything is zero. */
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  template <typename T>
  T take() {
    T value{};
    const std::size_t given = std::min(sizeof(T), left_);
    if (given > 0) std::memcpy(&value, data_, given);
    data_ += given;
    left_ -= given;
    return value;
  }

  /** A number from `low` to `high`, both included. */
  int between(int low, int high) {
    const auto span = static_cast<std::uint32_t>(high - low) + 1;
    return low + static_cast<int>(take<std::uint32_t>() % span);
  }

  const std::uint8_t* data() const { return data_; }
  std::size_t left() const { return left_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), left_}; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace seesaw::fuzz
