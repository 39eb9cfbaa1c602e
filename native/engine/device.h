// What the machine offers, as far as it matters for inference.
#pragma once

#include <string>
#include <vector>

namespace seesaw {

/** The instruction sets that the kernels can use, by their usual names. */
std::vector<std::string> cpu_features();

/**
 * The default number of threads for one inference: one. A second one may help a fused Seesaw
 * network where a core is free for it (`npm run bench` tells), but not where the cores are busy,
 * and neither the detector nor networks that NCNN computes: with hundreds of layers of a few
 * microseconds, handing out the work costs more than it saves. It is for the user to ask for.
 */
inline constexpr int kDefaultThreads = 1;

/** Whether half precision arithmetic exists here and the kernels use it. */
bool supports_fp16();

/** NCNN's version, as in "1.0.20261020". */
std::string ncnn_version();

}  // namespace seesaw
