#include "engine/machine/system_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace seesaw {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  const int number_;
};

}  // namespace

std::optional<std::string> read_system_file(const std::string& path, std::size_t most) {
  // Without waiting, should it be a pipe.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about;
  if (file < 0 || ::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  std::string text(most, '\0');
  std::size_t length = 0;
  while (length < most) {
    const ssize_t count = ::read(file, text.data() + length, most - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  text.resize(length);
  return text;
}

std::string_view trimmed(std::string_view text) {
  const char* blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::optional<long long> parse_whole(std::string_view text, long long low, long long high) {
  text = trimmed(text);
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return std::nullopt;
  }
  return value;
}

std::optional<CpuSet> parse_cpu_list(std::string_view text) {
  text = trimmed(text);
  CpuSet set;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t dash = part.find('-');
    const auto first = parse_whole(part.substr(0, dash), 0, kMostCpus - 1);
    if (!first) return std::nullopt;
    auto last = first;
    if (dash != std::string_view::npos)
      last = parse_whole(part.substr(dash + 1), *first, kMostCpus - 1);
    if (!last) return std::nullopt;
    for (long long cpu = *first; cpu <= *last; ++cpu) set.set(static_cast<std::size_t>(cpu));
  }
  return set;
}

}  // namespace seesaw
