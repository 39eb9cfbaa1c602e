#include <array>
#include <cmath>

#include "binding/values.h"
#include "engine/error.h"

namespace seesaw::binding {
namespace {

constexpr int kMaxStride = 1 << 20;
constexpr std::array<PixelFormat, 9> kFormats{
    PixelFormat::Rgb,  PixelFormat::Bgr,  PixelFormat::Rgba, PixelFormat::Bgra, PixelFormat::Gray,
    PixelFormat::Nv12, PixelFormat::Nv21, PixelFormat::I420, PixelFormat::Yuyv};

bool given(const Napi::Object& object, const char* key) { return !object.Get(key).IsUndefined(); }

std::size_t offset_from(const Napi::Object& object) {
  const Napi::Value value = object.Get("offset");
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  // No memory reaches further; within this every whole number has a double of its own.
  if (number >= 0 && number <= 0x1p48 && number == std::floor(number)) {
    return static_cast<std::size_t>(number);
  }
  throw Error::invalid_argument("offset", "offset must be a whole number of bytes");
}

void chroma_from(const Napi::Object& object, std::array<Plane, 2>& planes) {
  const Napi::Value value = object.Get("chroma");
  const auto array = value.IsArray() ? value.As<Napi::Array>() : Napi::Array();
  const std::uint32_t count = array.IsEmpty() ? 0 : array.Length();
  if (count < 1 || count > planes.size()) {
    throw Error::invalid_argument("chroma", "chroma must be a list of one or two planes");
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const Napi::Object plane = object_from(array.Get(i), "chroma");
    planes[i] = {offset_from(plane), integer_from(plane, "stride", 1, kMaxStride)};
  }
}

/** The file of a photo whose pixels in the frame are made smaller. */
void photo_from(const Napi::Object& object, Frame& frame, Keep& keep) {
  const Napi::Value value = object.Get("photo");
  if (value.IsUndefined()) return;
  const Napi::Object photo = object_from(value, "photo");
  frame.reduced_by = integer_from(photo, "reducedBy", 2, kLargestJpegStep);
  frame.jpeg.width = integer_from(photo, "width", 1, kMaxImageSide);
  frame.jpeg.height = integer_from(photo, "height", 1, kMaxImageSide);
  const Napi::Uint8Array file = bytes_from(photo.Get("file"), "file");
  frame.jpeg.data = file.Data();
  frame.jpeg.bytes = file.ElementLength();
  keep.push_back(Napi::Persistent(file.As<Napi::Object>()));
}

}  // namespace

Frame frame_from(const Napi::Value& value, Keep& keep) {
  const Napi::Object object = object_from(value, "frame");
  const Napi::Value data_value = object.Get("data");
  Frame frame;
  frame.width = integer_from(object, "width", 1, kMaxImageSide);
  frame.height = integer_from(object, "height", 1, kMaxImageSide);
  frame.stride = integer_from(object, "stride", 1, kMaxStride);
  frame.format = kFormats[word_from(
      object, "format", {"rgb", "bgr", "rgba", "bgra", "gray", "nv12", "nv21", "i420", "yuyv"})];
  if (given(object, "offset")) frame.offset = offset_from(object);
  if (given(object, "chroma")) chroma_from(object, frame.chroma);
  if (given(object, "rotation")) frame.rotation = integer_from(object, "rotation", 0, 270);
  if (given(object, "range")) {
    frame.range =
        word_from(object, "range", {"limited", "full"}) == 0 ? YuvRange::Limited : YuvRange::Full;
  }
  if (given(object, "matrix")) {
    frame.matrix =
        word_from(object, "matrix", {"bt601", "bt709"}) == 0 ? YuvMatrix::Bt601 : YuvMatrix::Bt709;
  }
  // Last, as with models: a property may be a getter that transfers the memory away.
  photo_from(object, frame, keep);
  const Napi::Uint8Array data = bytes_from(data_value, "data");
  frame.data = data.Data();
  frame.bytes = data.ElementLength();
  keep.push_back(Napi::Persistent(data.As<Napi::Object>()));
  return frame;
}

}  // namespace seesaw::binding
