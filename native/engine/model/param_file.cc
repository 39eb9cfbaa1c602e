#include "engine/model/param_file.h"

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_map>
#include <utility>

#include "engine/error.h"

namespace seesaw {
namespace {

constexpr int kMagic = 7767517;
constexpr int kMaxLayers = 8192;
constexpr int kMaxBlobs = 16384;
constexpr int kMaxLinks = 256;     // inputs or outputs of a layer
constexpr int kMaxParamId = 31;    // NCNN_MAX_PARAM_COUNT is 32
constexpr int kListBase = -23300;  // id -23300-k: parameter k is a list, its length comes first
constexpr std::size_t kMaxList = 4096;
constexpr std::size_t kMaxName = 255;  // NCNN's buffers hold 256
constexpr std::size_t kMaxNumber = 64;

[[noreturn]] void fail(int line, const std::string& what) {
  throw Error(ErrorCode::ModelInvalid,
              "network description, line " + std::to_string(line) + ": " + what);
}

/** The tokens of one line. */
class Tokens {
 public:
  Tokens(std::string_view text, int line) : text_(text), line_(line) {}

  bool end() {
    const std::size_t start = text_.find_first_not_of(" \t");
    text_.remove_prefix(start == std::string_view::npos ? text_.size() : start);
    return text_.empty();
  }
  std::string_view next(const char* what) {
    if (end()) fail(line_, std::string("the line ends where ") + what + " should be");
    const std::size_t length = std::min(text_.find_first_of(" \t"), text_.size());
    const std::string_view token = text_.substr(0, length);
    text_.remove_prefix(length);
    return token;
  }
  int line() const { return line_; }

 private:
  std::string_view text_;
  int line_;
};

/** The lines of the text; empty ones at the end do not count. */
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  Tokens next(const char* what) {
    if (text_.empty()) fail(line_ + 1, std::string("the text ends where ") + what + " should be");
    ++line_;
    const std::size_t length = std::min(text_.find('\n'), text_.size());
    std::string_view line = text_.substr(0, length);
    text_.remove_prefix(std::min(length + 1, text_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return Tokens(line, line_);
  }
  void expect_end() {
    if (text_.find_first_not_of(" \t\r\n") != std::string_view::npos) {
      fail(line_ + 1, "more layers than the header declares");
    }
  }

 private:
  std::string_view text_;
  int line_ = 0;
};

int whole(std::string_view token, int low, int high, int line, const char* what) {
  int value = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    fail(line, std::string(what) + " must be a whole number between " + std::to_string(low) +
                   " and " + std::to_string(high));
  }
  return value;
}

std::string name(std::string_view token, int line, const char* what) {
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (token.size() > kMaxName || !printable) {
    fail(line, std::string(what) + " must have at most 255 printable ASCII characters");
  }
  return std::string(token);
}

/**
 * The value of a well-formed decimal number, infinite when it is too large. strtod wants the point
 * as the process's locale has it; a stream with a locale of its own would add a quarter of a
 * megabyte of the C++ library to a binary, and not every library has from_chars for it.
 */
double decimal(std::string_view token) {
  std::string text(token);
  const std::size_t point = text.find('.');
  if (point != std::string::npos) text.replace(point, 1, std::localeconv()->decimal_point);
  return std::strtod(text.c_str(), nullptr);
}

/** Reads a decimal number, whole or with point and exponent, into `value`. */
void number(std::string_view token, int line, ParamValue& value) {
  std::string_view rest = token;
  const auto digits = [&rest] {
    const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(count);
    return count;
  };
  const auto one_of = [&rest](std::string_view set) {
    const bool found = !rest.empty() && set.find(rest.front()) != std::string_view::npos;
    if (found) rest.remove_prefix(1);
    return found;
  };
  one_of("+-");
  std::size_t count = digits();
  bool integral = true;
  if (one_of(".")) {
    integral = false;
    count += digits();
  }
  bool good = count > 0;
  if (good && one_of("eE")) {
    integral = false;
    one_of("+-");
    good = digits() > 0;
  }
  if (!good || !rest.empty() || token.size() > kMaxNumber) fail(line, "a number is malformed");

  const double parsed = decimal(token);
  const double limit = integral ? double{std::numeric_limits<int>::max()}
                                : double{std::numeric_limits<float>::max()};
  if (!(std::fabs(parsed) <= limit)) fail(line, "a number is too large");
  value.integral = value.integral && integral;
  value.numbers.push_back(parsed);
}

ParamValue list_of(std::string_view text, int line) {
  ParamValue value;
  value.list = true;
  while (!text.empty()) {
    if (value.numbers.size() == kMaxList) fail(line, "a list is too long");
    const std::size_t length = std::min(text.find(','), text.size());
    number(text.substr(0, length), line, value);
    if (length + 1 == text.size()) break;  // a comma at the end: a list of one number
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return value;
}

/** Reads "id=value" and puts it into the layer. */
void parameter(std::string_view token, ParamLayer& layer) {
  const int line = layer.line;
  const std::size_t equals = token.find('=');
  if (equals == std::string_view::npos) fail(line, "a parameter must have the form id=value");
  int id = whole(token.substr(0, equals), kListBase - kMaxParamId, kMaxParamId, line,
                 "a parameter's id");
  std::string_view text = token.substr(equals + 1);
  ParamValue value;
  if (id <= kListBase) {
    id = kListBase - id;
    const std::size_t comma = std::min(text.find(','), text.size());
    const int length =
        whole(text.substr(0, comma), 0, static_cast<int>(kMaxList), line, "a list's length");
    text.remove_prefix(std::min(comma + 1, text.size()));
    value = list_of(text, line);
    if (static_cast<int>(value.numbers.size()) != length || (length && text.back() == ',')) {
      fail(line, "a list does not have the length it declares");
    }
  } else if (id < 0) {
    fail(line, "a parameter's id is negative");
  } else if (text.find(',') != std::string_view::npos) {
    value = list_of(text, line);
  } else {
    number(text, line, value);
  }
  if (!layer.params.emplace(id, std::move(value)).second) fail(line, "a parameter is given twice");
}

/** Blob names seen so far, and what is known of each blob. */
struct Blobs {
  std::vector<std::string>& names;
  std::unordered_map<std::string, int> index;
  std::vector<bool> consumed;
  std::size_t limit;

  int consume(std::string_view token, int line) {
    const auto found = index.find(name(token, line, "a blob's name"));
    if (found == index.end()) fail(line, "blob " + std::string(token) + " has no producer yet");
    if (consumed[found->second]) {
      fail(line, "blob " + found->first + " is consumed twice; Split makes copies");
    }
    consumed[found->second] = true;
    return found->second;
  }
  int produce(std::string_view token, int line) {
    const int position = static_cast<int>(names.size());
    if (names.size() == limit) fail(line, "more blobs than the header announces");
    const auto [place, fresh] = index.emplace(name(token, line, "a blob's name"), position);
    if (!fresh) fail(line, "blob " + place->first + " has two producers");
    names.push_back(place->first);
    consumed.push_back(false);
    return position;
  }
};

}  // namespace

int ParamFile::find_blob(std::string_view name) const {
  const auto found = std::find(blobs.begin(), blobs.end(), name);
  return found == blobs.end() ? -1 : static_cast<int>(found - blobs.begin());
}

ParamFile parse_param(std::string_view text) {
  if (text.size() > kMaxParamBytes) {
    throw Error(ErrorCode::ModelInvalid, "the network description is larger than 4 MB");
  }
  ParamFile file;
  Lines lines(text);
  const auto add = [&file](std::string_view token, char after) {
    file.text.append(token);
    file.text.push_back(after);
  };

  Tokens magic = lines.next("the format's mark");
  if (magic.next("the format's mark") != std::to_string(kMagic) || !magic.end()) {
    fail(1, "this is not a network description of NCNN (no 7767517)");
  }
  add(std::to_string(kMagic), '\n');

  Tokens counts = lines.next("the counts");
  const int layer_count =
      whole(counts.next("the number of layers"), 1, kMaxLayers, 2, "the number of layers");
  const int blob_count =
      whole(counts.next("the number of blobs"), 1, kMaxBlobs, 2, "the number of blobs");
  if (!counts.end()) fail(2, "more than two counts");
  add(std::to_string(layer_count), ' ');
  add(std::to_string(blob_count), '\n');

  Blobs blobs{file.blobs, {}, {}, static_cast<std::size_t>(blob_count)};
  for (int i = 0; i < layer_count; ++i) {
    Tokens tokens = lines.next("a layer");
    ParamLayer layer;
    layer.line = tokens.line();
    const auto take = [&](const char* what) {
      const std::string_view token = tokens.next(what);
      add(token, ' ');
      return token;
    };
    layer.type = name(take("a layer's type"), layer.line, "a layer's type");
    layer.name = name(take("a layer's name"), layer.line, "a layer's name");
    const int bottoms =
        whole(take("the number of inputs"), 0, kMaxLinks, layer.line, "the number of inputs");
    const int tops =
        whole(take("the number of outputs"), 0, kMaxLinks, layer.line, "the number of outputs");
    for (int j = 0; j < bottoms; ++j) {
      layer.bottoms.push_back(blobs.consume(take("an input"), layer.line));
    }
    for (int j = 0; j < tops; ++j) {
      layer.tops.push_back(blobs.produce(take("an output"), layer.line));
    }
    while (!tokens.end()) parameter(take("a parameter"), layer);
    file.text.back() = '\n';
    file.layers.push_back(std::move(layer));
  }
  lines.expect_end();
  if (static_cast<int>(file.blobs.size()) != blob_count) {
    fail(2, "fewer blobs than the header announces");
  }
  return file;
}

}  // namespace seesaw
