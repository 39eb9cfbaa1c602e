// A board's /proc and /sys, unpacked from a file of test/fixtures/boards to a temporary folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace seesaw::test {

class BoardTree {
 public:
  /** Empty: for files that a test writes itself. */
  BoardTree() {
    std::string name =
        (std::filesystem::temp_directory_path() / "seesawface-board-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    root_ = name;
  }

  /**
   * A line of the file is "PATH: LINE", a line of that file; or "PATH!", a file that cannot be read
   * (a folder is in its place: tests may run as root, who reads everything).
   */
  explicit BoardTree(const std::string& board) : BoardTree() {
    std::ifstream file(std::string(BOARDS_FOLDER) + "/" + board + ".txt");
    if (!file) throw std::runtime_error("no board " + board);
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.front() == '#') continue;
      if (line.back() == '!') {
        std::filesystem::create_directories(root_ / line.substr(1, line.size() - 2));
        continue;
      }
      const std::size_t colon = line.find(':');
      const std::string text = colon + 2 < line.size() ? line.substr(colon + 2) : "";
      add(line.substr(0, colon), text + "\n");
    }
  }
  ~BoardTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  BoardTree(const BoardTree&) = delete;
  BoardTree& operator=(const BoardTree&) = delete;

  std::string root() const { return root_.string(); }

  void add(const std::string& path, const std::string& text) {
    const auto place = root_ / path.substr(1);
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place, std::ios::app | std::ios::binary) << text;
  }
  /** Puts the text in place of what is there. */
  void replace(const std::string& path, const std::string& text) {
    std::filesystem::remove_all(root_ / path.substr(1));
    add(path, text);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace seesaw::test
