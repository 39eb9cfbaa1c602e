// The GPUs that Vulkan shows, where NCNN was built with it, and what lives on them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace seesaw {

enum class GpuKind { Discrete, Integrated, Virtual, Other, Software };

/** A kind by the name that people see: "discrete" and so on. */
const char* kind_name(GpuKind kind) noexcept;

struct Gpu {
  int index = 0;  // NCNN's
  std::string name;
  GpuKind kind = GpuKind::Other;
  std::string vulkan;  // version of the interface, as in "1.3.230"
  std::string driver;  // as the driver calls itself; may be empty
  bool fp16 = false;   // keeps half precision
};

struct GpuSurvey {
  bool built_in = false;  // NCNN was built with Vulkan
  bool loader = false;    // the system has Vulkan's loader, or a driver that needs none
  std::vector<Gpu> gpus;
};

/**
 * What is there. The first call makes the process's one Vulkan instance, which lasts until the
 * process ends; with some drivers that takes a good part of a second.
 */
const GpuSurvey& survey_gpus();

struct GpuChoice {
  std::optional<Gpu> gpu;
  std::string reason;  // why there is none
};

/**
 * The GPU to compute on: discrete before integrated before virtual before any other. A software
 * driver is none: it computes on the CPU, which our own kernels do better. Tests may allow it.
 */
GpuChoice choose_gpu(const GpuSurvey& survey, bool allow_software);

/**
 * Says that something lives on a GPU. exit() calls `release` for those that are left by then, once
 * all executors have stopped and before Vulkan's instance goes.
 */
class GpuTenancy {
 public:
  explicit GpuTenancy(std::function<void()> release);
  ~GpuTenancy();
  GpuTenancy(const GpuTenancy&) = delete;
  GpuTenancy& operator=(const GpuTenancy&) = delete;

 private:
  struct List;
  friend class GpuRoom;

  static const std::shared_ptr<List>& list();
  static void release_all();

  const std::shared_ptr<List> list_;
  const std::function<void()> release_;
};

}  // namespace seesaw
