// The OpenMP runtime under NCNN: each thread that runs networks has a team of its own.
//
// NCNN's own small runtime (NCNN_SIMPLEOMP), whose place this takes when the program is linked, has
// one team for the whole process. There the cores that one engine keeps to would be those of all
// others, every piece of work is a sleep and a waking, and threads outlive the engines.
#pragma once

#include <chrono>

namespace seesaw {

/**
 * How long the threads of the calling thread's team wait for work before they sleep, from its next
 * parallel region on. Without effect where NCNN was built with another runtime.
 */
void set_openmp_spin(std::chrono::microseconds spin);

}  // namespace seesaw
