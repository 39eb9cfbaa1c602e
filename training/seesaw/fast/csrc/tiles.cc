#include "tiles.h"

#ifdef __AVX512BF16__

#ifdef __AMX_BF16__
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace seesaw {

namespace {

bool forbidden = false;

bool ask_for_tiles() {
#ifdef __AMX_BF16__
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

bool have_tiles() {
  static const bool granted = ask_for_tiles();
  return granted && !forbidden;
}

void forbid_tiles(bool value) { forbidden = value; }

TileScope::TileScope() : tiles_(have_tiles()) {
#ifdef __AMX_BF16__
  if (!tiles_) return;
  struct alignas(64) {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t bytes[16] = {};
    uint8_t rows[16] = {};
  } shape;
  for (int i = 0; i < 8; ++i) {
    shape.bytes[i] = 64;
    shape.rows[i] = kSide;
  }
  // The intrinsic does not tell the compiler that it reads all of it.
  __asm__ volatile("" : : "r"(&shape) : "memory");
  _tile_loadconfig(&shape);
#endif
}

TileScope::~TileScope() {
#ifdef __AMX_BF16__
  if (tiles_) _tile_release();
#endif
}

namespace {

inline __m512i pairs(const Bf16* upper, const Bf16* lower) {
  const __m512i a = upper ? _mm512_cvtepu16_epi32(load_bits(upper)) : _mm512_setzero_si512();
  if (!lower) return a;
  return _mm512_or_si512(a, _mm512_slli_epi32(_mm512_cvtepu16_epi32(load_bits(lower)), 16));
}

inline void transpose_16(__m512i* r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = 0; j < 4; ++j) {
      t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
      t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
    }
  }
  for (int j = 0; j < 8; ++j) {
    r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
    r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
  }
}

}  // namespace

void transpose(const Bf16* from, int rows, int columns, int count, Bf16* to) {
  for (int r = 0; r < count; r += kDepth) {
    for (int c = 0; c < columns; c += kSide) {
      __m512i block[16];
      for (int i = 0; i < 16; ++i) {
        const int row = r + 2 * i;
        const Bf16* at = from + static_cast<ptrdiff_t>(row) * columns + c;
        block[i] = pairs(row < rows ? at : nullptr, row + 1 < rows ? at + columns : nullptr);
      }
      transpose_16(block);
      for (int i = 0; i < 16; ++i) {
        _mm512_storeu_si512(to + static_cast<ptrdiff_t>(c + i) * count + r, block[i]);
      }
    }
  }
}

}  // namespace seesaw

#endif
