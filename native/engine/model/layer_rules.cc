#include "engine/model/layer_rules.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "engine/error.h"
#include "engine/model/layer_kind.h"

namespace seesaw {
namespace {

using Kinds = std::unordered_map<std::string, const LayerKind*>;

Kinds all_kinds() {
  Kinds kinds;
  for (const auto& some : {weighted_kinds, value_kinds, order_kinds, sampling_kinds}) {
    for (const LayerKind& kind : some()) kinds.emplace(kind.type, &kind);
  }
  return kinds;
}

/** Made when the library is loaded, so that exit() destroys it after it stopped the executors. */
const Kinds kKinds = all_kinds();

const LayerKind* find_kind(const std::string& type) {
  const auto found = kKinds.find(type);
  return found == kKinds.end() ? nullptr : found->second;
}

void check_form(const LayerKind& kind, const ParamLayer& layer, const LayerParams& params) {
  const int bottoms = static_cast<int>(layer.bottoms.size());
  const int tops = static_cast<int>(layer.tops.size());
  params.require(bottoms >= kind.min_bottoms && bottoms <= kind.max_bottoms,
                 "the number of inputs is wrong");
  params.require(tops >= kind.min_tops && tops <= kind.max_tops, "the number of outputs is wrong");
  for (const auto& [id, value] : layer.params) {
    if (std::find(kind.ids.begin(), kind.ids.end(), id) == kind.ids.end()) {
      params.fail("parameter " + std::to_string(id) + " is not supported");
    }
  }
}

/**
 * Bounds the extents of a blob, and what all blobs hold together. NCNN frees a blob after its last
 * use, but in which order it runs the layers is its own affair.
 */
void check_extents(const LayerParams& params, const Shape& shape, std::int64_t& total) {
  // A vector may be long, as a flattened picture is; the axes of others are bounded.
  for (const int extent : shape) {
    params.require(extent > 0 && (shape.size() == 1 || extent <= kMaxExtent),
                   "a blob's extent is out of range");
  }
  params.require(volume(shape) <= kMaxVolume, "a blob is too large");
  total += volume(shape);
  params.require(total <= kMaxVolume, "the blobs up to here are too large together");
}

}  // namespace

void check_weights(const ParamFile& file, const std::vector<std::uint8_t>& bin) {
  weight_offsets(file, bin);
}

std::vector<std::size_t> weight_offsets(const ParamFile& file,
                                        const std::vector<std::uint8_t>& bin) {
  std::vector<std::size_t> offsets;
  offsets.reserve(file.layers.size());
  WeightCursor cursor(bin);
  for (const ParamLayer& layer : file.layers) {
    const LayerParams params(layer);
    const LayerKind* kind = find_kind(layer.type);
    if (!kind) params.fail("this kind of layer is not supported");
    check_form(*kind, layer, params);
    offsets.push_back(cursor.position());
    kind->weights(params, cursor);
  }
  if (cursor.position() != bin.size()) {
    throw Error(ErrorCode::ModelInvalid, "the weights have " + std::to_string(bin.size()) +
                                             " bytes, the description asks for " +
                                             std::to_string(cursor.position()));
  }
  return offsets;
}

std::vector<Shape> infer_shapes(const ParamFile& file, std::string_view input, const Shape& shape,
                                const std::vector<std::string>& outputs) {
  std::vector<Shape> shapes(file.blobs.size());
  std::vector<bool> consumed(file.blobs.size(), false);
  bool found = false;
  std::int64_t total = 0;
  for (const ParamLayer& layer : file.layers) {
    const LayerParams params(layer);
    if (layer.type == "Input") {
      params.require(file.blobs[layer.tops[0]] == input, "this input is not fed");
      check_extents(params, shape, total);
      shapes[layer.tops[0]] = shape;
      found = true;
      continue;
    }
    std::vector<Shape> given;
    for (const int blob : layer.bottoms) {
      given.push_back(shapes[blob]);
      consumed[blob] = true;
    }
    const LayerKind& kind = *find_kind(layer.type);
    std::vector<Shape> made = kind.shapes(params, given);
    for (std::size_t i = 0; i < made.size(); ++i) {
      check_extents(params, made[i], total);
      shapes[layer.tops[i]] = std::move(made[i]);
    }
    // A workspace is free again when its layer is done.
    const std::int64_t workspace = kind.workspace ? kind.workspace(params, given) : 0;
    params.require(total + workspace <= kMaxVolume,
                   "the layer's workspace and the blobs up to here are too large together");
  }
  if (!found) {
    throw Error::invalid_argument("input", "the network has no input " + std::string(input));
  }
  std::vector<Shape> results;
  for (const std::string& output : outputs) {
    const int blob = file.find_blob(output);
    // A blob that another layer consumes is gone by the time it could be handed out.
    if (blob < 0 || consumed[blob]) {
      throw Error::invalid_argument("output", "the network has no output " + output);
    }
    results.push_back(shapes[blob]);
  }
  return results;
}

}  // namespace seesaw
