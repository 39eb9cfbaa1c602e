// Where the input of a block comes from: x = norm(raw), then swish or the addition of a residual.
#pragma once

#include "norm.h"

namespace seesaw {

template <class Number>
struct Source {
  const Number* raw = nullptr;
  const Norm* norm = nullptr;
  const Number* residual = nullptr;
  bool activate = false;
};

}  // namespace seesaw
