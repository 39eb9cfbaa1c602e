// What the machine offers, as far as it matters for inference.
#pragma once

#include <string>
#include <vector>

namespace seesaw {

/** The instruction sets that the kernels can use, by their usual names. */
std::vector<std::string> cpu_features();

/**
 * The default number of threads for one inference: one. On two cores with nothing else to do a
 * second one takes an embedding by fused kernels from 1.66 ms to 0.90, a detection from 7.2 to 6.7;
 * two engines at work at once lose by it, 835 embeddings a second against 775, 165 detections
 * against 140. A server wants the latter, a door the former: 'auto' is for it to ask for.
 */
inline constexpr int kDefaultThreads = 1;

/** Whether half precision arithmetic exists here and the kernels use it. */
bool supports_fp16();

/** NCNN's version, as in "1.0.20261020". */
std::string ncnn_version();

}  // namespace seesaw
