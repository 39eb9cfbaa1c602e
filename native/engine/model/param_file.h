// A strict reader of NCNN's text description of a network.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace seesaw {

/** The value of one parameter: a number, or a list of them. */
struct ParamValue {
  bool list = false;
  bool integral = true;  // every number is written without a point or an exponent
  std::vector<double> numbers;
};

/** One line of the description. */
struct ParamLayer {
  std::string type;
  std::string name;
  std::vector<int> bottoms;  // what it consumes, as indices into ParamFile::blobs
  std::vector<int> tops;     // what it produces
  std::map<int, ParamValue> params;
  int line = 0;  // in the text, from 1
};

struct ParamFile {
  std::vector<ParamLayer> layers;  // each after all that it depends on
  std::vector<std::string> blobs;  // names

  /** The index of a blob, or -1. */
  int find_blob(std::string_view name) const;

  /**
   * The description as NCNN is to read it: the same tokens, one space apart. NCNN gets this text
   * and never the original one, so no byte can mean one thing here and another there.
   */
  std::string text;
};

/** The longest description accepted, in bytes; the deepest network here has 30 KB. */
inline constexpr std::size_t kMaxParamBytes = std::size_t{4} << 20;

/**
 * Reads a description. Every count, name, number and reference is checked: a blob has one
 * producer, which comes before its consumer, and one consumer at most, as NCNN requires (Split
 * makes copies). What the layers mean is the business of layer_rules.
 * @throws Error ModelInvalid, naming the line
 */
ParamFile parse_param(std::string_view text);

}  // namespace seesaw
