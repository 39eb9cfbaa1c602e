// NCNN starts threads of its own at its first layer, one for each core but the first, and does not
// ask whether the system gave them: work handed to threads that are not there is waited for without
// end. So it is made sure of beforehand.
#pragma once

namespace seesaw {

/**
 * Has NCNN start its threads, if it has not yet. Throws OutOfMemory when the system refuses as
 * many; a later call tries again.
 */
void start_ncnn_threads();

/** Throws OutOfMemory unless the system gives `count` threads at a time, besides those there are.
 */
void try_threads(int count);

}  // namespace seesaw
