// Times networks on this machine, one call of each in turn, so that what else the machine does
// disturbs all alike.
//
//   seesawface_bench [--threads N] [--seconds S | --serve | --calls N]
//   NAME=PARAM,BIN[,ncnn|fused|int8|KERNELS]...
//
// prints JSON: per network the median and the minimum in milliseconds, and the median and minimum
// of its ratio to the first one, each ratio taken within one turn; also the cosine of
// its embedding of a picture of waves to that of the first. `floor` is a pass that copies as
// many bytes as the first network's weights have in fp32; `peakGmacs` the multiply-adds of fp32 per
// second that one core reaches when nothing but sums in registers is computed.
//
// With --serve it prints a line about itself, then times one call of the first network for each
// line it reads and answers with milliseconds: so that another program can take turns with it.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/fused/backbone.h"
#include "engine/model/layer_rules.h"
#include "engine/network.h"
#include "face/embed/embedder.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Subject {
  std::string name;
  std::function<std::vector<float>()> call;
  std::vector<double> times;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

seesaw::Image picture() {
  seesaw::Image image{112, 112, {}};
  image.bgr.resize(112 * 112 * 3);
  for (std::size_t i = 0; i < image.bgr.size(); ++i) {
    image.bgr[i] = static_cast<std::uint8_t>(127 + 100 * std::sin(i * 0.013));
  }
  return image;
}

Subject subject(const std::string& argument, int threads) {
  const std::size_t equals = argument.find('=');
  if (equals == std::string::npos) throw std::runtime_error("NAME=PARAM,BIN is wanted");
  const std::vector<std::string> parts = parts_of(argument.substr(equals + 1));
  if (parts.size() < 2) throw std::runtime_error("NAME=PARAM,BIN is wanted");
  const std::string param = read_file(parts[0]), bytes = read_file(parts[1]);
  const std::vector<std::uint8_t> bin(bytes.begin(), bytes.end());
  const std::string how = parts.size() > 2 ? parts[2] : "ncnn";
  seesaw::EmbedderInput input;
  input.input_blob = "in0";
  input.output_blob = "out0";
  Subject made{argument.substr(0, equals), {}, {}};
  const auto image = std::make_shared<seesaw::Image>(picture());
  if (how == "ncnn") {
    const auto embedder = std::make_shared<seesaw::Embedder>(
        param, bin,
        seesaw::NetworkOptions{threads, seesaw::Precision::Fp32, seesaw::Implementation::Ncnn},
        input);
    made.call = [embedder, image] { return embedder->embed(*image); };
    return made;
  }
  const auto* int8 = how == "int8" ? seesaw::fused::int8::best_kernels() : nullptr;
  for (auto k = seesaw::fused::int8::usable_kernels(); *k; ++k) {
    if (how == (*k)->name) int8 = *k;
  }
  const seesaw::fused::Kernels* kernels = seesaw::fused::best_kernels();
  for (auto k = seesaw::fused::usable_kernels(); *k && how != "fused"; ++k) {
    if (how == (*k)->name) kernels = *k;
  }
  const auto net = seesaw::fused::match(seesaw::parse_param(param), bin);
  if (!net || !kernels) throw std::runtime_error(made.name + " cannot run by fused kernels");
  const seesaw::fused::PixelInput pixels;
  const seesaw::fused::TeamOptions team{threads};
  using seesaw::fused::Backbone;
  const auto backbone = int8 ? std::make_shared<Backbone>(*net, pixels, *int8, team)
                             : std::make_shared<Backbone>(*net, pixels, *kernels, team);
  made.call = [backbone, image] { return backbone->run(image->bgr.data()); };
  return made;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    ab += double(a[i]) * b[i], aa += double(a[i]) * a[i], bb += double(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

/** 28 sums of 16 numbers: the shape of the best inner loop, without its loads. */
double peak_gmacs() {
  typedef float Vec __attribute__((vector_size(64)));
  Vec sums[28] = {}, a = {}, b = {};
  for (int i = 0; i < 16; ++i) a[i] = 1.0f, b[i] = 1e-9f;
  constexpr int kRounds = 20000;
  double best = 0;
  for (int turn = 0; turn < 50; ++turn) {
    const auto start = Clock::now();
    for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 28
      for (int i = 0; i < 28; ++i) sums[i] += a * b;
#if defined(__x86_64__)
      __asm__ __volatile__("" : "+x"(a), "+x"(b));
#else
      __asm__ __volatile__("" : "+m"(a), "+m"(b));
#endif
    }
    best = std::max(best, 28.0 * 16 * kRounds / seconds_since(start) / 1e9);
  }
  float all = 0;
  for (const Vec& sum : sums) all += sum[0];
  volatile float kept = all;
  (void)kept;
  return best;
}

}  // namespace

int main(int argc, char** argv) try {
  int threads = 1;
  double seconds = 5;
  bool serve = false;
  int calls = -1;
  std::vector<Subject> subjects;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--threads" && i + 1 < arguments.size()) {
      threads = std::stoi(arguments[++i]);
    } else if (arguments[i] == "--seconds" && i + 1 < arguments.size()) {
      seconds = std::stod(arguments[++i]);
    } else if (arguments[i] == "--serve") {
      serve = true;
    } else if (arguments[i] == "--calls" && i + 1 < arguments.size()) {
      calls = std::stoi(arguments[++i]);
    } else {
      subjects.push_back(subject(arguments[i], threads));
    }
  }
  if (subjects.empty()) throw std::runtime_error("no network is named");
  for (int i = 0; i < calls; ++i) subjects[0].call();
  if (calls >= 0) return 0;
  if (serve) {
    std::printf("{\"threads\":%d}\n", threads);
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
      // Caches, clocks and threads are up then, as lib/bench/interleave.ts has it.
      const auto waking = Clock::now();
      do subjects[0].call();
      while (seconds_since(waking) < 0.005);
      const auto begin = Clock::now();
      subjects[0].call();
      std::printf("%.5f\n", seconds_since(begin) * 1e3);
      std::fflush(stdout);
    }
    return 0;
  }
  const std::size_t bytes =
      read_file(parts_of(std::string(arguments.back()).substr(arguments.back().find('=') + 1))[1])
          .size() *
      2;
  const auto from = std::make_shared<std::vector<char>>(bytes, 1);
  const auto to = std::make_shared<std::vector<char>>(bytes);
  subjects.push_back({"floor",
                      [from, to] {
                        std::memcpy(to->data(), from->data(), from->size());
                        __asm__ __volatile__("" ::"r"(to->data()) : "memory");
                        return std::vector<float>();
                      },
                      {}});
  for (Subject& s : subjects) {
    for (int i = 0; i < 10; ++i) s.call();
  }
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    for (Subject& s : subjects) {
      s.call();  // its weights back into the cache
      const auto begin = Clock::now();
      s.call();
      s.times.push_back(seconds_since(begin) * 1e3);
    }
  }
  std::printf("{\"threads\":%d,\"turns\":%zu,\"peakGmacs\":%.1f,\"results\":[", threads,
              subjects[0].times.size(), peak_gmacs());
  const char* comma = "";
  for (const Subject& s : subjects) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < s.times.size(); ++i) {
      ratios.push_back(s.times[i] / subjects[0].times[i]);
    }
    const double least = *std::min_element(s.times.begin(), s.times.end());
    const double first = *std::min_element(subjects[0].times.begin(), subjects[0].times.end());
    std::printf(
        "%s\n{\"name\":\"%s\",\"median\":%.4f,\"min\":%.4f,\"medianRatio\":%.4f,"
        "\"minRatio\":%.4f,\"cosine\":%.8f}",
        comma, s.name.c_str(), median(s.times), least, median(ratios), least / first,
        cosine(subjects[0].call(), s.call()));
    comma = ",";
  }
  std::puts("]}");
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seesawface_bench: %s\n", error.what());
  return 2;
}
