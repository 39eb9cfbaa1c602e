// Which core it is, as the processor's identification registers tell.
#pragma once

#include <map>
#include <string_view>

namespace seesaw {

struct CoreModel {
  std::string_view name;  // as "Cortex-A76"
  /**
   * Made to save power: it does about half the work of its larger companions in a clock cycle
   * (capacity-dmips-mhz 485 of 1024 in the device tree of RK3399, 530 in that of RK3588).
   */
  bool efficient = false;
};

/** Nothing known of this core: a null pointer. */
const CoreModel* core_model(long long implementer, long long part);

/** The model of each processor that the text of /proc/cpuinfo tells one of. */
std::map<int, const CoreModel*> core_models(std::string_view cpuinfo);

}  // namespace seesaw
