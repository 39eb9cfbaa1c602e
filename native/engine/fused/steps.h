// What one thread does at a time: the tasks of a plan, each in its workspace.
#pragma once

#include "engine/fused/kernels/kernels.h"
#include "engine/fused/plan.h"
#include "engine/fused/workspace.h"

namespace seesaw::fused {

class Steps {
 public:
  Steps(const Plan& plan, const Kernels& kernels, Workspace& space)
      : plan_(plan), kernels_(kernels), space_(space) {}

  /** Some channels of an expansion and its depthwise convolution, and their sums. */
  void expand(const Expansion& expansion, int part, const float* in, float* out,
              Scratch& scratch) const;

  /** One row of the shortcut of a block that halves the resolution, written to `out`. */
  void shortcut_row(const PlannedBlock& stage, const float* in, float* out, int row) const;

  /** The gates of a block from its sums: every thread makes them all for itself. */
  void squeeze_excite(const PlannedBlock& stage, Scratch& scratch) const;

  /** Panels of both projections together: the parts of project_panel(). */
  static int panel_count(const PlannedBlock& stage);
  /** All pixels of some output channels: for threads that share the channels. */
  void project_panel(const PlannedBlock& stage, int panel, float* out, Scratch& scratch) const;

  /** All weights of the projections times the gates: comes before project_groups(). */
  void fold_projections(const PlannedBlock& stage, Scratch& scratch) const;
  /** All output channels of some groups of pixels: for threads that share the pixels. */
  void project_groups(const PlannedBlock& stage, int first, int count, float* out,
                      const Scratch& scratch) const;

  void head(int part, const float* in, Scratch& scratch) const;

  /** Parts of embed(). */
  int embed_parts() const;
  void embed(int part) const;

 private:
  PointwiseJob projection_job(const PlannedBlock& stage, const Projection& projection,
                              float* out) const;
  Panel fold(const Projection& projection, const Panel& panel, const Scratch& scratch,
             float* to) const;
  void pool_row(const PlannedBlock& stage, const float* in, int row) const;

  const Plan& plan_;
  const Kernels& kernels_;
  Workspace& space_;
};

}  // namespace seesaw::fused
