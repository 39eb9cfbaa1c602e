// Uneven 1x1 convolutions whose matrices are kept in bfloat16, in the blocks that tiles.h
// multiplies.
#pragma once

#include <vector>

#include "tiles.h"

#ifdef __AVX512BF16__

namespace seesaw {

// A matrix of which whole blocks are zero: those are neither stored nor multiplied.
class Packed {
 public:
  // Columns [column, column + 16 count) from the depths that begin at `depth`.
  struct Group {
    int column, count;
    std::vector<int> depth;
    size_t at;
  };

  Packed() = default;
  // `needs(k, n)`: whether column n depends on depth k. Both sizes are multiples of 32 and 16.
  template <class Needs>
  Packed(int depths, int columns, const Needs& needs) {
    std::vector<std::vector<int>> wanted(columns / kSide);
    for (int n = 0; n < columns; ++n) {
      auto& list = wanted[n / kSide];
      for (int k = 0; k < depths; ++k) {
        const int block = k / kDepth * kDepth;
        if (!needs(k, n)) continue;
        const auto place = std::lower_bound(list.begin(), list.end(), block);
        if (place == list.end() || *place != block) list.insert(place, block);
      }
    }
    size_t total = 0;
    for (size_t i = 0; i < wanted.size();) {
      const int count = i + 1 < wanted.size() && wanted[i] == wanted[i + 1] ? 2 : 1;
      groups_.push_back({static_cast<int>(i) * kSide, count, wanted[i], total});
      total += wanted[i].size() * count * kBlock;
      i += count;
    }
    data_.resize(total);
  }

  // `get(k, n)`: the entry.
  template <class Get>
  void fill(const Get& get) {
    float row[kPairSide];
    for (const Group& g : groups_) {
      Bf16* to = data_.data() + g.at;
      for (const int depth : g.depth) {
        for (int side = 0; side < g.count; ++side) {
          for (int k = 0; k < kDepth; k += 2, to += kPairSide) {
            for (int n = 0; n < kSide; ++n) {
              const int column = g.column + side * kSide + n;
              row[2 * n] = get(depth + k, column);
              row[2 * n + 1] = get(depth + k + 1, column);
            }
            store_pair(to, load(row), load(row + kSide));
          }
        }
      }
    }
  }

  // result = left * matrix for `rows` rows, in pieces: finish(first row, rows, first column, blocks
  // of columns, sums), the sums being rows of 32. Of `left`, rows up to the next multiple of 16 are
  // read, whatever they hold.
  template <class Finish>
  void multiply(const TileScope& scope, int rows, const Bf16* left, ptrdiff_t left_row,
                const Finish& finish) const {
    alignas(64) float sums[kPairSide * kPairSide];
    for (const Group& g : groups_) {
      const int depths = static_cast<int>(g.depth.size());
      const Bf16* right = data_.data() + g.at;
      const auto at = [&](int k) { return g.depth[k]; };
      for (int first = 0; first < rows; first += kPairSide) {
        const int here = std::min(rows - first, kPairSide);
        multiply_blocks<false>(scope.tiles(), here > kSide ? 2 : 1, g.count,
                               left + first * left_row, left_row, at, depths, right, kPairSide,
                               g.count * kBlock, kBlock, sums, kPairSide);
        finish(first, here, g.column, g.count, static_cast<const float*>(sums));
      }
    }
  }

 private:
  std::vector<Group> groups_;
  std::vector<Bf16> data_;
};

// The gradient of a matrix, [input][output], made in pieces of up to 32 x 32 where it is not zero.
class PackedGradient {
 public:
  struct Piece {
    int row, rows, column, columns;  // rows and columns in blocks of 16
    size_t at;
  };

  PackedGradient() = default;
  template <class Needs>
  PackedGradient(int inputs, int outputs, const Needs& needs) : outputs_(outputs) {
    const auto any = [&](int row, int column) {
      for (int k = row; k < row + kSide; ++k) {
        for (int n = column; n < column + kSide; ++n) {
          if (needs(k, n)) return true;
        }
      }
      return false;
    };
    for (int row = 0; row < inputs; row += kPairSide) {
      for (int column = 0; column < outputs; column += kPairSide) {
        bool in_row[2] = {}, in_column[2] = {};
        for (int i = 0; i < 2; ++i) {
          for (int j = 0; j < 2; ++j) {
            const int r = row + i * kSide, c = column + j * kSide;
            if (r >= inputs || c >= outputs || !any(r, c)) continue;
            in_row[i] = in_column[j] = true;
          }
        }
        const int rows = in_row[0] + in_row[1], columns = in_column[0] + in_column[1];
        if (!rows) continue;
        pieces_.push_back({row + (in_row[0] ? 0 : kSide), rows, column + (in_column[0] ? 0 : kSide),
                           columns, size_});
        size_ += static_cast<size_t>(rows) * columns * kSide * kSide;
      }
    }
  }
  size_t size() const { return size_; }

  // gradient += inputs' * outputs over `count` rows, a multiple of 32: of the inputs transposed, of
  // the outputs in pairs.
  void add(const TileScope& scope, const Bf16* inputs_transposed, const Bf16* output_pairs,
           int count, float* gradient) const {
    const auto at = [](int k) { return k * kDepth; };
    for (const Piece& p : pieces_) {
      multiply_blocks<true>(scope.tiles(), p.rows, p.columns,
                            inputs_transposed + static_cast<ptrdiff_t>(p.row) * count, count, at,
                            count / kDepth, output_pairs + 2 * p.column, 2 * outputs_,
                            static_cast<ptrdiff_t>(kDepth) * outputs_, kPairSide, gradient + p.at,
                            p.columns * kSide);
    }
  }

  // put(input, output, value) for everything that was computed.
  template <class Put>
  void unload(const float* gradient, const Put& put) const {
    for (const Piece& p : pieces_) {
      const float* from = gradient + p.at;
      for (int k = 0; k < p.rows * kSide; ++k) {
        for (int n = 0; n < p.columns * kSide; ++n) put(p.row + k, p.column + n, *from++);
      }
    }
  }

 private:
  int outputs_ = 0;
  std::vector<Piece> pieces_;
  size_t size_ = 0;
};

// One or two 1x1 convolutions side by side, as `Pointwise`, with inputs in any order.
class MixedPointwise {
 public:
  int in_channels = 0, out_channels = 0;

  void add_range(int depth, int width);
  // column[k] is the module's column for input channel k. To be called once, after the ranges.
  void arrange(const std::vector<int>& column);
  void set_weights(const std::vector<const float*>& weights, const std::vector<int>& column);
  size_t gradient_size() const { return gradient_.size(); }
  // From the sum of the chunks' gradients to the module's, one pointer a range.
  void unload(const float* gradient, const std::vector<int>& column,
              const std::vector<float*>& out) const;

  const Packed& forward() const { return forward_; }
  const Packed& backward() const { return backward_; }
  const PackedGradient& gradient() const { return gradient_; }

 private:
  struct Span {
    int in, depth, out, width;
  };
  std::vector<Span> spans_;
  std::vector<int> span_of_input_, span_of_output_;
  Packed forward_, backward_;
  PackedGradient gradient_;
};

}  // namespace seesaw

#endif
