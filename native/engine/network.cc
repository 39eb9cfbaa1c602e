#include "engine/network.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "datareader.h"
#include "engine/blob_memory.h"
#include "engine/error.h"
#include "engine/fused/int8/kernels.h"
#include "engine/machine/device.h"
#include "engine/machine/gpus.h"
#include "engine/model/layer_rules.h"
#include "engine/model/param_file.h"
#include "engine/openmp.h"
#include "net.h"

namespace seesaw {
namespace {

/** Gives NCNN copies of the weights and never reads past their end. */
class BoundedReader : public ncnn::DataReader {
 public:
  explicit BoundedReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  std::size_t read(void* buffer, std::size_t size) const override {
    const std::size_t given = std::min(size, bytes_.size() - position_);
    std::memcpy(buffer, bytes_.data() + position_, given);
    position_ += given;
    return given;
  }
  bool at_end() const { return position_ == bytes_.size(); }

 private:
  const std::vector<std::uint8_t>& bytes_;
  mutable std::size_t position_ = 0;  // NCNN's interface has read() const
};

ncnn::Option ncnn_options(const NetworkOptions& options) {
  ncnn::Option option;
  option.num_threads = options.threads;
  // Where NCNN comes with an OpenMP that spins (LLVM's; the one that is built in does not).
  using Milliseconds = std::chrono::milliseconds;
  option.openmp_blocktime = static_cast<int>(std::chrono::ceil<Milliseconds>(options.spin).count());
  option.lightmode = true;
  option.use_local_pool_allocator = false;  // see BlobMemory
  option.use_vulkan_compute = options.gpu.has_value();
#if NCNN_VULKAN
  option.vulkan_device_index = options.gpu.value_or(-1);
#endif
  option.use_bf16_storage = false;
  option.use_bf16_packed = false;
  option.use_int8_inference = false;
  const bool half = options.precision == Precision::Fp16;
  option.use_fp16_packed = half;
  option.use_fp16_storage = half;
  // Weights and activations in half precision, sums in fp32: with sums in half precision too the
  // embedding of a Seesaw net turns by up to 6.6 degrees (cosine 0.9933), with these by 0.05.
  option.use_fp16_arithmetic = false;
  option.use_fp16_uniform = false;
  option.use_cooperative_matrix = half;
  return option;
}

/**
 * Why the CPU does not load what has passed every check. NCNN does not say so, but next to no model
 * is refused then, and what it needs of memory may be: that much is asked for once more, with a
 * margin for what the attempt has given back.
 */
Error refusal(std::size_t weight_bytes, const char* what) {
  constexpr std::size_t kMargin = std::size_t{16} << 20;
  // The weights are held as they are stored or as fp32, and rearranged layer by layer.
  ncnn::Mat memory;
  memory.create(static_cast<int>((2 * weight_bytes + kMargin) / 16), std::size_t{16});
  if (memory.empty()) return Error(ErrorCode::OutOfMemory, "no memory to load the network");
  return Error(ErrorCode::ModelInvalid, what);
}

/** NCNN takes another GPU, or the CPU, by itself when the one asked for cannot be opened. */
bool computes_on([[maybe_unused]] const ncnn::Net& net, [[maybe_unused]] int gpu) {
#if NCNN_VULKAN
  return net.opt.use_vulkan_compute && net.vulkan_device()->info.device_index() == gpu;
#else
  return false;
#endif
}

}  // namespace

void NetworkOptions::check() const {
  if (threads < 1 || threads > 256) {
    throw Error::invalid_argument("threads", "threads must be between 1 and 256");
  }
  // What a GPU can do is asked of it when it is chosen.
  if (precision == Precision::Fp16 && !gpu && !supports_fp16()) {
    throw Error(ErrorCode::PrecisionUnsupported,
                "this processor has no half precision arithmetic that the kernels use");
  }
  if (precision == Precision::Int8 && !fused::int8::best_kernels()) {
    throw Error(ErrorCode::PrecisionUnsupported,
                "this processor has no dot products of bytes that the kernels use");
  }
}

struct Network::State {
  ParamFile file;
  BlobMemory memory;  // ends after the net does
  ncnn::Net net;
  Precision precision = Precision::Fp32;
  std::chrono::microseconds spin{};  // of the threads of NCNN's team
  bool on_gpu = false;
  std::optional<GpuTenancy> tenancy;  // ends before the net does

  /** Checks that all shapes go together; the same question twice in a row is answered once. */
  void check(const std::string& input, const ncnn::Mat& in,
             const std::vector<std::string>& outputs) {
    if (in.dims != 3 || in.elempack != 1 || in.elemsize != 4) {
      throw Error::invalid_argument("input", "a network takes unpacked fp32 of three axes");
    }
    Question question{input, {in.c, in.h, in.w}, outputs};
    const std::lock_guard<std::mutex> lock(mutex);
    if (question == answered) return;
    infer_shapes(file, input, std::get<1>(question), outputs);
    answered = std::move(question);
  }

 private:
  using Question = std::tuple<std::string, Shape, std::vector<std::string>>;
  std::mutex mutex;
  Question answered;
};

Network::Network(std::string param_text, std::vector<std::uint8_t> bin,
                 const NetworkOptions& options)
    : state_(std::make_unique<State>()) {
  options.check();
  state_->file = parse_param(param_text);
  check_weights(state_->file, bin);

  state_->precision = options.precision;
  state_->spin = options.spin;
  state_->on_gpu = options.gpu.has_value();
  ncnn::Net& net = state_->net;
  net.opt = ncnn_options(options);
  if (state_->on_gpu) state_->tenancy.emplace([&net] { net.clear(); });
  const unsigned char* text = reinterpret_cast<const unsigned char*>(state_->file.text.c_str());
  if (net.load_param(ncnn::DataReaderFromMemory(text)) != 0) {
    throw refusal(bin.size(), "NCNN refuses the network description");
  }
  if (options.gpu && !computes_on(net, *options.gpu)) {
    throw Error(ErrorCode::DeviceUnavailable, "it cannot be opened");
  }
  const BoundedReader reader(bin);
  if (net.load_model(reader) != 0 || !reader.at_end()) {
    // What the CPU can load was checked above; what a GPU's driver takes was not.
    throw state_->on_gpu ? Error(ErrorCode::DeviceUnavailable, "it does not take the network")
                         : refusal(bin.size(), "NCNN refuses the weights");
  }
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

Precision Network::precision() const { return state_->precision; }

ncnn::Allocator* Network::memory() const { return &state_->memory; }

std::vector<ncnn::Mat> Network::run(const char* input, ncnn::Mat in,
                                    const std::vector<std::string>& outputs) const {
  state_->check(input, in, outputs);
  set_openmp_spin(state_->spin);
  struct Trim {
    BlobMemory& memory;
    ~Trim() { memory.trim_seldom(); }
  };
  const Trim last{state_->memory};
  ncnn::Extractor extractor = state_->net.create_extractor();
  if (!state_->on_gpu) {
    extractor.set_blob_allocator(&state_->memory);
    extractor.set_workspace_allocator(&state_->memory);
  }
  if (extractor.input(input, in) != 0) {
    throw Error(ErrorCode::Internal, std::string("NCNN refuses the input ") + input);
  }
  in.release();
  std::vector<ncnn::Mat> results;
  results.reserve(outputs.size());
  for (const std::string& output : outputs) {
    ncnn::Mat result;
    const int failed = extractor.extract(output.c_str(), result);
    if (state_->on_gpu && (failed != 0 || result.empty())) {
      throw Error(ErrorCode::DeviceUnavailable,
                  "the GPU could not compute " + output + " (" + std::to_string(failed) + ")");
    }
    // NCNN answers -100 when an allocation failed.
    if (failed == -100) throw Error(ErrorCode::OutOfMemory, "no memory to run the network");
    if (failed != 0 || result.empty()) {
      throw Error(ErrorCode::Internal,
                  "NCNN could not compute " + output + " (" + std::to_string(failed) + ")");
    }
    // A blob is handed out unpacked and in fp32, but may refer to memory of the extractor's pool.
    results.push_back(result.clone());
  }
  return results;
}

}  // namespace seesaw
