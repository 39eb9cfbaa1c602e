#include "engine/stages.h"

#include "engine/error.h"

namespace seesaw {

void Stages::enter(Stage stage) {
  finish();
  if (stopped()) throw Error(ErrorCode::Aborted, "the work was aborted");
  now_ = stage;
}

void Stages::finish() noexcept {
  const Clock::time_point now = Clock::now();
  spent_[static_cast<std::size_t>(now_)] += now - since_;
  since_ = now;
}

double Stages::milliseconds(Stage stage) const noexcept {
  return std::chrono::duration<double, std::milli>(spent_[static_cast<std::size_t>(stage)]).count();
}

}  // namespace seesaw
