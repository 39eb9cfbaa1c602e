// What one thread does at a time where pointwise convolutions are of bytes: see fused::Steps.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/fused/int8/kernels.h"
#include "engine/fused/int8/plan.h"
#include "engine/fused/plan.h"
#include "engine/fused/workspace.h"

namespace seesaw::fused::int8 {

/** What a thread has for itself. */
struct Local {
  Levels levels;
  Buffer factors;                   // of each channel
  std::vector<std::uint8_t> bytes;  // pixels of the middle
};

class Steps {
 public:
  /** @param stages quantised from `plan` */
  Steps(const Plan& plan, std::vector<QuantisedBlock> stages, const Int8Kernels& kernels,
        Workspace& space);

  // A block's input becomes bytes, row by row. Every thread finds the levels for itself first.
  void find_input_levels(int stage, const float* in, Local& local) const;
  void quantise_row(int stage, int row, const float* in, const Local& local);

  /** Comes after all rows; see fused::Steps. */
  void expand(int stage, int part, float* out, fused::Scratch& scratch);

  // The middle times its gates becomes bytes: those of each thread's own pixels.
  void find_middle_levels(int stage, const fused::Scratch& scratch, Local& local) const;
  void quantise_middle(int stage, int first_group, int groups, Local& local) const;

  /** Panels of both projections together: the parts of project_panel(). */
  int panel_count(int stage) const;
  /** All pixels, which are to be bytes, of some output channels. */
  void project_panel(int stage, int panel, float* out, const Local& local) const;
  /** All output channels of the groups that have become bytes last. */
  void project_groups(int stage, int first, int count, float* out, const Local& local) const;

  Local make_local() const;

 private:
  PointwiseJob projection_job(int stage, int which, float* out, const Local& local) const;

  const Plan& plan_;
  const std::vector<QuantisedBlock> stages_;
  const Int8Kernels& kernels_;
  Workspace& space_;
  std::vector<std::uint8_t> input_;
  Levels input_levels_;
  Buffer peaks_;  // of the middle's channels
};

}  // namespace seesaw::fused::int8
