// The overall quality: a logistic function of the aspects. Coefficients and how they were found
// are in quality_model.cc.
#pragma once

namespace seesaw {

struct Quality;

double overall_quality(const Quality& quality);

}  // namespace seesaw
