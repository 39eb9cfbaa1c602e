// The Python face of the kernels.
#include <torch/extension.h>

#include "backbone.h"

namespace {

using Shape = std::tuple<int, int, int, int, bool, int>;

std::unique_ptr<seesaw::Backbone> make(const std::vector<Shape>& shapes, int stem_channels,
                                       int head_channels, int size, int batch, double eps,
                                       double momentum, bool mixed) {
  std::vector<seesaw::BlockShape> blocks;
  for (const auto& [in, middle, out, stride, shuffle, shortcut] : shapes) {
    TORCH_CHECK(shortcut >= 0 && shortcut <= static_cast<int>(seesaw::ShortcutKind::kMaxPoolConv),
                "shapes: unknown shortcut ", shortcut);
    blocks.push_back(
        {in, middle, out, stride, shuffle, static_cast<seesaw::ShortcutKind>(shortcut)});
  }
  if (!mixed) {
    return std::make_unique<seesaw::BackboneOf<float>>(blocks, stem_channels, head_channels, size,
                                                       batch, eps, momentum);
  }
#ifdef __AVX512BF16__
  return std::make_unique<seesaw::BackboneOf<seesaw::Bf16>>(blocks, stem_channels, head_channels,
                                                            size, batch, eps, momentum);
#else
  TORCH_CHECK(false, "mixed: this processor does not multiply bfloat16");
#endif
}

// How bfloat16 matrices are multiplied here.
std::string mixed_by() {
#ifdef __AVX512BF16__
  return seesaw::have_tiles() ? "amx" : "avx512_bf16";
#else
  return "";
#endif
}

void forbid_tiles([[maybe_unused]] bool forbidden) {
#ifdef __AVX512BF16__
  seesaw::forbid_tiles(forbidden);
#endif
}

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  py::class_<seesaw::Backbone>(m, "Backbone")
      .def(py::init(&make), py::arg("shapes"), py::arg("stem_channels"), py::arg("head_channels"),
           py::arg("size"), py::arg("batch"), py::arg("eps"), py::arg("momentum"), py::arg("mixed"))
      .def("forward", &seesaw::Backbone::forward, py::call_guard<py::gil_scoped_release>())
      .def("backward", &seesaw::Backbone::backward, py::call_guard<py::gil_scoped_release>());
  m.def("mixed_by", &mixed_by);
  m.def("forbid_tiles", &forbid_tiles, py::arg("forbidden"));
}
