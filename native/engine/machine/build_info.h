// How this binary was made, for people who look for the cause of a fault.
#pragma once

#include <string>
#include <vector>

namespace seesaw {

/** What NCNN was built with, by its own names: "RUNTIME_CPU", "SIMPLEOMP", "AVX512"… */
std::vector<std::string> ncnn_options();

/** Compiler and C++ library, as in "clang 22.1.8, libc++ 220108". */
std::string compiler();

}  // namespace seesaw
