// The pointwise convolutions of the fused kernels in eight-bit integers: sums of four products of
// bytes at a time, by instructions that newer processors have (VNNI, the dot product of ARMv8.2).
//
// A feature map in bytes has one scale and one zero for all of it: number = scale (byte - zero).
// Weights have a scale for each output channel. Sums are exact integers, the same on every
// processor; all between two pointwise convolutions is fp32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/fused/kernels/kernels.h"

namespace seesaw::fused::int8 {

/** What the bytes of a map stand for. */
struct Levels {
  float scale = 1;
  int zero = 0;  // 0 ... 255
};

/** The levels of numbers from low to high, of which zero is always one. */
Levels levels_between(float low, float high);

/** Weights of neighbouring output channels: see fused::Panel. */
struct Panel {
  int vectors = 1;
  int column = 0;                       // the first output channel, counted from the job's first
  const std::int8_t* weight = nullptr;  // [inputs / 4][vectors * lanes][4]
  const std::int32_t* total = nullptr;  // [vectors * lanes]: of each output's weights
  const float* scale = nullptr;         // [vectors * lanes]
  const float* bias = nullptr;          // [vectors * lanes]
};

/**
 * A convolution of bytes, those that `quantise` of the same kernels has written, in runs of a
 * length that is a multiple of four.
 */
struct PointwiseJob : PointwiseJobOf<std::uint8_t, Panel> {
  Levels levels;
};

/** The convolution is of bytes, the depthwise one of floats. */
struct ExpandDepthwiseJob : ExpandDepthwiseJobOf<std::uint8_t, Panel> {
  Levels levels;
  float* peaks = nullptr;  // [channels]: set to the maxima over all pixels, or zero
};

/** Pixels of `channels` numbers each, without gaps, times a factor for each channel, as bytes. */
struct QuantiseJob {
  const float* in = nullptr;
  int pixels = 0, channels = 0;    // channels: a multiple of 16
  const float* factors = nullptr;  // [channels]: whatever belongs to them divided by the scale
  int zero = 0;
  std::uint8_t* out = nullptr;
};

struct Int8Kernels {
  const char* name;
  /** What computes all that is not in here, with vectors of the same length. */
  const Kernels* floats;
  /** What a byte is stored less than what it is: 128 where the processor's bytes have a sign. */
  int stored_less;
  void (*pointwise)(const PointwiseJob&);
  void (*expand_depthwise)(const ExpandDepthwiseJob&);
  /** byte = round(in factor) + zero, halves to even, within 0 ... 255. */
  void (*quantise)(const QuantiseJob&);
  /** Lowers `low` and raises `high` to the least and the greatest of `count`, a multiple of 16. */
  void (*range)(const float* in, std::size_t count, float& low, float& high);
};

/** The best for this processor, or null where it cannot multiply bytes faster than floats. */
const Int8Kernels* best_kernels();

/** Those that this processor can run, best first, ended by a null. */
const Int8Kernels* const* usable_kernels();

}  // namespace seesaw::fused::int8
