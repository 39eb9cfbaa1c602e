#include "face/picture/jpeg.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

// After <cstdio>, which it needs.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "engine/error.h"

namespace seesaw {
namespace {

/**
 * Scans of a progressive file. Encoders write about ten; each costs time as the whole picture does,
 * whatever little is in it (libjpeg-turbo's security advisory LJT-01-004).
 */
constexpr int kMostScans = 64;

/** Decoded beside a part and dropped: chroma there is interpolated without its neighbours. */
constexpr int kMargin = 8;

struct Failure : jpeg_error_mgr {
  std::jmp_buf back;
  bool ran_out = false;  // of data, amid a scan
};

[[noreturn]] void fail(j_common_ptr info) {
  std::longjmp(static_cast<Failure*>(info->err)->back, 1);
}

/**
 * Warnings are of damaged data, which is filled up. JWRN_HIT_MARKER says that a scan had too little
 * of it; JWRN_JPEG_EOF says only that the decoder has looked further than the file goes.
 */
void note_missing(j_common_ptr info, int level) {
  auto* failure = static_cast<Failure*>(info->err);
  if (level < 0 && failure->msg_code == JWRN_HIT_MARKER) failure->ran_out = true;
}

void limit_scans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMostScans) {
    ERREXIT(info, JERR_BAD_PROGRESSION);
  }
}

/** Memory of the library's goes with it, also when a constructor that holds it fails. */
struct Handle {
  jpeg_decompress_struct info{};
  Handle() = default;
  ~Handle() { jpeg_destroy_decompress(&info); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

class Decoder {
 public:
  Decoder(const std::uint8_t* data, std::size_t bytes) {
    info().err = jpeg_std_error(&failure_);
    failure_.error_exit = fail;
    failure_.emit_message = note_missing;
    progress_.progress_monitor = limit_scans;
    run([&] {
      jpeg_create_decompress(&info());
      info().progress = &progress_;
      jpeg_mem_src(&info(), data, static_cast<unsigned long>(bytes));  // NOLINT: its type
      jpeg_read_header(&info(), TRUE);
    });
  }

  jpeg_decompress_struct& info() { return handle_.info; }

  bool is_ours() {
    const J_COLOR_SPACE colours = info().jpeg_color_space;
    const bool three = info().num_components == 3 && (colours == JCS_YCbCr || colours == JCS_RGB);
    const bool one = info().num_components == 1 && colours == JCS_GRAYSCALE;
    return (three || one) && info().data_precision == 8;
  }

  /** Whether all scans of the picture have come, and each with all of its data. */
  bool had_all_data() {
    // Arithmetic coding leaves zeros at the end out: there is no telling.
    if (failure_.ran_out || info().arith_code) return false;
    for (int i = 0; i < info().num_components; ++i) {
      if (info().comp_info[i].quant_table == nullptr) return false;  // no scan of it
      if (!info().progressive_mode) continue;
      for (int k = 0; k < DCTSIZE2; ++k) {
        if (info().coef_bits[i][k] != 0) return false;  // not to the last bit
      }
    }
    return true;
  }

  void decode(int step, const Area& part, J_COLOR_SPACE colours, std::uint8_t* out) {
    info().scale_num = 1;
    info().scale_denom = static_cast<unsigned>(step);
    info().out_color_space = colours;
    run([&] { jpeg_start_decompress(&info()); });
    const auto whole_width = static_cast<int>(info().output_width);
    const auto width = static_cast<std::size_t>(part.width) * info().output_components;
    JDIMENSION start = 0;
    const bool cropped = part.width < whole_width;
    if (cropped) {
      start = static_cast<JDIMENSION>(std::max(0, part.x - kMargin));
      const int end = std::min(part.x + part.width + kMargin, whole_width);
      JDIMENSION across = static_cast<JDIMENSION>(end) - start;
      run([&] { jpeg_crop_scanline(&info(), &start, &across); });
    }
    std::vector<std::uint8_t> line(
        cropped ? std::size_t(info().output_width) * info().output_components : 0);
    const std::size_t offset = (std::size_t(part.x) - start) * info().output_components;
    run([&] {
      if (part.y > 0) jpeg_skip_scanlines(&info(), static_cast<JDIMENSION>(part.y));
      for (int y = 0; y < part.height; ++y, out += width) {
        JSAMPROW row = cropped ? line.data() : out;
        jpeg_read_scanlines(&info(), &row, 1);
        if (cropped) std::memcpy(out, line.data() + offset, width);
      }
    });
  }

 private:
  /**
   * Runs calls of the library, which on failure leave it by longjmp(): nothing in `calls` may have
   * a destructor.
   */
  template <typename Calls>
  void run(const Calls& calls) {
    if (setjmp(failure_.back) == 0) {
      calls();
      return;
    }
    if (failure_.msg_code == JERR_OUT_OF_MEMORY) {
      throw Error(ErrorCode::OutOfMemory, "no memory to decode a JPEG");
    }
    char message[JMSG_LENGTH_MAX];
    failure_.format_message(reinterpret_cast<j_common_ptr>(&info()), message);
    throw Error(ErrorCode::ImageDecode, message);
  }

  Failure failure_{};
  jpeg_progress_mgr progress_{};
  Handle handle_;
};

}  // namespace

#define SEESAW_TEXT_OF(value) #value
#define SEESAW_TEXT(value) SEESAW_TEXT_OF(value)

const char* jpeg_library() { return "libjpeg-turbo " SEESAW_TEXT(LIBJPEG_TURBO_VERSION); }

std::optional<JpegHeader> read_jpeg_header(const std::uint8_t* data, std::size_t bytes) {
  Decoder decoder(data, bytes);
  if (!decoder.is_ours()) return std::nullopt;
  const jpeg_decompress_struct& info = decoder.info();
  return JpegHeader{static_cast<int>(info.image_width), static_cast<int>(info.image_height),
                    info.num_components == 1};
}

bool decode_jpeg(const JpegFile& file, int step, const Area& part, JpegPixels pixels,
                 std::uint8_t* out) {
  Decoder decoder(file.data, file.bytes);
  const jpeg_decompress_struct& info = decoder.info();
  if (!decoder.is_ours() || static_cast<int>(info.image_width) != file.width ||
      static_cast<int>(info.image_height) != file.height) {
    throw Error(ErrorCode::ImageDecode, "the JPEG is not the one its header told of");
  }
  const int width = reduced(file.width, step), height = reduced(file.height, step);
  const bool is_step = step == 1 || step == 2 || step == 4 || step == kLargestJpegStep;
  if (!is_step || part.x < 0 || part.y < 0 || part.width < 1 || part.height < 1 ||
      part.x > width - part.width || part.y > height - part.height) {
    throw Error(ErrorCode::Internal, "a part that is not inside of its JPEG");
  }
  const J_COLOR_SPACE colours = pixels == JpegPixels::Gray  ? JCS_GRAYSCALE
                                : pixels == JpegPixels::Rgb ? JCS_EXT_RGB
                                                            : JCS_EXT_BGR;
  decoder.decode(step, part, colours, out);
  return decoder.had_all_data();
}

}  // namespace seesaw
