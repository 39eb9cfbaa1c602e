// What each kind of layer may look like: the guard between a file and NCNN, which trusts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/param_file.h"

namespace seesaw {

/** The extents of a blob, outermost first: {c, h, w}, {h, w} or {w}. */
using Shape = std::vector<int>;

/**
 * Checks that every layer is of a known kind, has parameters of that kind only, each in its range,
 * and that `bin` is exactly the weights they ask for: fp32, or fp16 where a block is so tagged.
 * @throws Error ModelInvalid
 */
void check_weights(const ParamFile& file, const std::vector<std::uint8_t>& bin);

/** Checks the same and returns where in `bin` the weights of each layer begin. */
std::vector<std::size_t> weight_offsets(const ParamFile& file,
                                        const std::vector<std::uint8_t>& bin);

/**
 * Computes the shape of every blob from that of the input, checks that each layer can take what it
 * is given, and returns the shapes of `outputs`. The file must have passed check_weights().
 * @throws Error ModelInvalid, or InvalidArgument when the file has no such input or output
 */
std::vector<Shape> infer_shapes(const ParamFile& file, std::string_view input, const Shape& shape,
                                const std::vector<std::string>& outputs);

}  // namespace seesaw
