// A Vulkan driver with a fault: Mesa's software driver, named by FAULTY_DRIVER, behind calls of our
// own. It says that it is a discrete GPU. FAULT is what is wrong with it:
//
//   none         nothing
//   lost         every submission fails, as when a GPU has hung
//   lost later   submissions fail from the 30th on
//   wrong        every 97th piece of work is left out
//   slow         a submission takes 6 s
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using Function = void (*)();
using GetProcAddr = Function (*)(void* instance, const char* name);
using Submit = int (*)(void* queue, std::uint32_t count, const void* submits, std::uint64_t fence);
using Dispatch = void (*)(void* commands, std::uint32_t x, std::uint32_t y, std::uint32_t z);
using Properties = void (*)(void* device, void* properties);

constexpr int kDeviceLost = -4;         // VK_ERROR_DEVICE_LOST
constexpr std::uint32_t kDiscrete = 2;  // VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU

GetProcAddr real_proc_addr;
Submit real_submit;
Dispatch real_dispatch;
Properties real_properties;

bool fault(const char* name) {
  const char* given = std::getenv("FAULT");
  return given && std::string(given) == name;
}

int submit(void* queue, std::uint32_t count, const void* submits, std::uint64_t fence) {
  static std::atomic<int> calls{0};
  const int call = ++calls;
  if (fault("lost") || (fault("lost later") && call >= 30)) return kDeviceLost;
  if (fault("slow")) sleep(6);
  return real_submit(queue, count, submits, fence);
}

void dispatch(void* commands, std::uint32_t x, std::uint32_t y, std::uint32_t z) {
  static std::atomic<int> calls{0};
  if (++calls % 97 == 0 && fault("wrong")) return;
  real_dispatch(commands, x, y, z);
}

void properties(void* device, void* properties) {
  real_properties(device, properties);
  // The fifth field of VkPhysicalDeviceProperties, after four of the same size.
  static_cast<std::uint32_t*>(properties)[4] = kDiscrete;
}

void* driver() {
  static void* const library = dlopen(std::getenv("FAULTY_DRIVER"), RTLD_NOW | RTLD_LOCAL);
  return library;
}

template <typename T>
Function replaced(T& real, Function found, T ours) {
  real = reinterpret_cast<T>(found);
  return reinterpret_cast<Function>(ours);
}

}  // namespace

extern "C" int vk_icdNegotiateLoaderICDInterfaceVersion(std::uint32_t* version) {
  using Negotiate = int (*)(std::uint32_t*);
  return reinterpret_cast<Negotiate>(dlsym(driver(), __func__))(version);
}

extern "C" Function vk_icdGetInstanceProcAddr(void* instance, const char* name) {
  real_proc_addr = reinterpret_cast<GetProcAddr>(dlsym(driver(), __func__));
  const Function found = real_proc_addr(instance, name);
  const std::string wanted = name;
  if (wanted == "vkQueueSubmit") return replaced(real_submit, found, submit);
  if (wanted == "vkCmdDispatch") return replaced(real_dispatch, found, dispatch);
  if (wanted == "vkGetPhysicalDeviceProperties")
    return replaced(real_properties, found, properties);
  return found;
}
