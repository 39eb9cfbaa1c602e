// What the fused kernels compute, written as plainly as can be, in double precision: the tests
// compare every set of kernels with these.
#pragma once

#include "engine/fused/kernels/kernels.h"

namespace seesaw::fused::reference {

double swish(double x);
double sigmoid(double x);

/** Weights as [output][input] in the order of the job's runs. */
struct Weights {
  const float* weight;
  const float* bias;
};

/** `job` without its panels. */
void pointwise(const PointwiseJob& job, const Weights& weights);
void expand_depthwise(const ExpandDepthwiseJob& job, const Weights& weights);
void linear(const LinearJob& job, const Weights& weights);

}  // namespace seesaw::fused::reference
