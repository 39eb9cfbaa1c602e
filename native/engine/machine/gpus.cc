#include "engine/machine/gpus.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "engine/executor.h"
#include "platform.h"

#if NCNN_VULKAN
#include <dlfcn.h>
#include <gpu.h>
#endif

namespace seesaw {

const char* kind_name(GpuKind kind) noexcept {
  switch (kind) {
    case GpuKind::Discrete:
      return "discrete";
    case GpuKind::Integrated:
      return "integrated";
    case GpuKind::Virtual:
      return "virtual";
    case GpuKind::Software:
      return "software";
    case GpuKind::Other:
      break;
  }
  return "other";
}

struct GpuTenancy::List {
  std::mutex mutex;
  std::set<const GpuTenancy*> tenants;
};

const std::shared_ptr<GpuTenancy::List>& GpuTenancy::list() {
  static const std::shared_ptr<List> shared = std::make_shared<List>();
  return shared;
}

GpuTenancy::GpuTenancy(std::function<void()> release)
    : list_(list()), release_(std::move(release)) {
  const std::lock_guard<std::mutex> lock(list_->mutex);
  list_->tenants.insert(this);
}

GpuTenancy::~GpuTenancy() {
  const std::lock_guard<std::mutex> lock(list_->mutex);
  list_->tenants.erase(this);
}

void GpuTenancy::release_all() {
  const std::shared_ptr<List> all = list();
  const std::lock_guard<std::mutex> lock(all->mutex);
  for (const GpuTenancy* each : all->tenants) each->release_();
}

/**
 * The process's Vulkan instance. NCNN has exit() destroy it, by a handler that
 * create_gpu_instance() registers. This object is complete only after that and therefore goes
 * before it: it stops what computes and takes what is left off the GPU.
 */
class GpuRoom {
 public:
  GpuRoom() {
    // Both go after this object.
    GpuTenancy::list();
    Executor::watch_exit();
    look();
  }
  ~GpuRoom() {
    Executor::stop_all();
    GpuTenancy::release_all();
  }
  GpuRoom(const GpuRoom&) = delete;
  GpuRoom& operator=(const GpuRoom&) = delete;

  const GpuSurvey& survey() const { return survey_; }

 private:
  void look();

  GpuSurvey survey_;
};

#if NCNN_VULKAN
namespace {

GpuKind kind_of(const ncnn::GpuInfo& info) {
  switch (info.type()) {
    case 0:
      return GpuKind::Discrete;
    case 1:
      return GpuKind::Integrated;
    case 2:
      return GpuKind::Virtual;
    case 3:
      return GpuKind::Software;
    default:
      return GpuKind::Other;
  }
}

Gpu describe(int index) {
  const ncnn::GpuInfo& info = ncnn::get_gpu_info(index);
  const std::uint32_t version = info.api_version();
  Gpu gpu;
  gpu.index = index;
  gpu.name = info.device_name();
  gpu.kind = kind_of(info);
  gpu.vulkan = std::to_string(VK_VERSION_MAJOR(version)) + "." +
               std::to_string(VK_VERSION_MINOR(version)) + "." +
               std::to_string(VK_VERSION_PATCH(version));
  const VkPhysicalDeviceDriverPropertiesKHR& driver = info.queryDriverProperties();
  gpu.driver = driver.driverName;
  if (driver.driverInfo[0] != '\0') gpu.driver += std::string(" ") + driver.driverInfo;
  gpu.fp16 = info.support_fp16_storage();
  return gpu;
}

bool has_loader() {
  for (const char* name : {"libvulkan.so.1", "libvulkan.so"}) {
    if (void* library = dlopen(name, RTLD_LOCAL | RTLD_LAZY)) {
      dlclose(library);
      return true;
    }
  }
  return false;
}

}  // namespace

void GpuRoom::look() {
  survey_.built_in = true;
  const bool created = ncnn::create_gpu_instance() == 0;
  survey_.loader = created || has_loader();
  if (!created) return;
  for (int i = 0; i < ncnn::get_gpu_count(); ++i) survey_.gpus.push_back(describe(i));
}
#else
void GpuRoom::look() {}
#endif

const GpuSurvey& survey_gpus() {
  static const GpuRoom room;
  return room.survey();
}

GpuChoice choose_gpu(const GpuSurvey& survey, bool allow_software) {
  if (!survey.built_in) return {{}, "this build of the addon has no Vulkan"};
  if (!survey.loader) return {{}, "this machine has no Vulkan loader (libvulkan.so.1)"};
  if (survey.gpus.empty()) return {{}, "Vulkan finds no driver for a GPU"};
  // The kinds are declared in the order of preference; of two alike the first is taken.
  const auto best = std::min_element(survey.gpus.begin(), survey.gpus.end(),
                                     [](const Gpu& a, const Gpu& b) { return a.kind < b.kind; });
  if (best->kind == GpuKind::Software && !allow_software) {
    return {{},
            "the only Vulkan driver, " + best->name +
                ", computes on the CPU, which seesawface "
                "does faster without it"};
  }
  return {*best, ""};
}

}  // namespace seesaw
