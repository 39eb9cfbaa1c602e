// Small files in which the system tells about itself, and the notations used there. They are input
// from outside: lengths and numbers are bounded, and what is not understood counts as absent.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engine/machine/affinity.h"

namespace seesaw {

/** The file's first bytes; nothing when it cannot be read or is not a plain file. */
std::optional<std::string> read_system_file(const std::string& path, std::size_t most = 4096);

/** The whole number that the text is, spaces around it aside, if it is from low to high. */
std::optional<long long> parse_whole(std::string_view text, long long low, long long high);

/** A list of processors such as "0-3,6"; nothing when any part of it is malformed. */
std::optional<CpuSet> parse_cpu_list(std::string_view text);

/** The text without spaces and line ends at either end. */
std::string_view trimmed(std::string_view text);

/** Takes the next line off the text, without its end. */
std::string_view take_line(std::string_view& text);

}  // namespace seesaw
