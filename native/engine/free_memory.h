// Memory that has been freed, but that the C library keeps.
#pragma once

namespace seesaw {

/** Gives it back to the system, where the C library can: after work that takes much and is rare. */
void return_free_memory();

/** The same, at most every five seconds: after work that takes much and may be frequent. */
void return_free_memory_seldom();

}  // namespace seesaw
