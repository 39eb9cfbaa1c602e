// How much time on processors a container may use.
#pragma once

#include <string>

namespace seesaw {

/**
 * The tightest limit that a control group of this process (version 1 or 2) sets, in processors: 1.5
 * for one and a half. 0 where there is none.
 *
 * @param root what stands before /proc and /sys; empty for those of this machine
 */
double cpu_quota(const std::string& root = "");

}  // namespace seesaw
