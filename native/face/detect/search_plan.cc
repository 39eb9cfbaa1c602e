#include "face/detect/search_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace seesaw {
namespace {

/** Views other than the first stay between these sizes. */
constexpr int kSmallestSide = 64;
/** Enlarging an image costs little up to this size. */
constexpr int kCheapSide = 640;
/** The longest side of a second attempt. */
constexpr int kLargestRetry = 2048;
/** Enlarging by more than this shows nothing new. */
constexpr double kMostEnlarged = 2;
/** A face of that many pixels in a view is found reliably. */
constexpr double kReliableFace = 20;
/** A last view that is larger than the one before by less than this is not worth its cost. */
constexpr double kWorthwhile = 1.25;

/** Half a turn comes last: the network finds most of those faces in the upright image. */
constexpr std::array<int, 3> kTurns{1, 3, 2};

int scaled(int side, double scale) {
  return std::max(1, static_cast<int>(std::lround(side * scale)));
}

struct Size {
  int width;
  int height;
  int longer() const { return std::max(width, height); }
  View view(int side, int turns) const {
    const double scale = double(side) / longer();
    return {scaled(width, scale), scaled(height, scale), turns};
  }
};

/** The lengths of the longer side beyond the first, the next one to look at first. */
std::vector<int> quick_sides(const Size& size, int first) {
  std::vector<int> sides;
  // A face that fills the picture is easier to see in a smaller one.
  if (first / 2 >= kSmallestSide) sides.push_back(first / 2);
  // Small faces: with pixels that the first view left out, or enlarged in a small image.
  const int largest = std::max(size.longer(), kCheapSide);
  const int doubled = std::min({first * 2, largest, kLargestRetry});
  if (doubled > first) sides.push_back(doubled);
  return sides;
}

std::vector<int> thorough_sides(const Size& size, int first, int min_face) {
  std::vector<int> sides;
  if (first / 2 >= kSmallestSide) sides.push_back(first / 2);
  double most = kMostEnlarged;
  if (min_face > 0) most = std::min(most, std::max(1.0, kReliableFace / min_face));
  const auto largest = static_cast<int>(size.longer() * most);
  for (double side = first * 2.0; side / 2 * kWorthwhile <= largest; side *= 2) {
    sides.push_back(std::min(largest, static_cast<int>(side)));
  }
  return sides;
}

/** The plan, as far as the budget goes. */
class Plan {
 public:
  Plan(const Size& size, std::int64_t budget) : size_(size), left_(budget) {}

  void add_always(int side, int turns) { take(size_.view(side, turns)); }

  /** Adds a view if it can be paid for, or else the largest above `at_least` that can. */
  bool add(int side, int turns, double at_least) {
    View view = size_.view(side, turns);
    const std::int64_t cost = view_cost(view.width, view.height);
    if (cost > left_) {
      const double shrink = std::sqrt(double(std::max<std::int64_t>(0, left_)) / double(cost));
      // Sides are rounded up to multiples, which may take some more steps.
      for (int less = int(side * shrink); less >= at_least; less -= kNetworkMultiple) {
        view = size_.view(std::max(1, less), turns);
        if (view_cost(view.width, view.height) <= left_) break;
      }
      if (view_cost(view.width, view.height) > left_) return false;
    }
    take(view);
    return true;
  }

  std::vector<View> views() && { return std::move(views_); }

 private:
  void take(const View& view) {
    left_ -= view_cost(view.width, view.height);
    views_.push_back(view);
  }

  Size size_;
  std::int64_t left_;
  std::vector<View> views_;
};

/** Where the cores of `count` tiles of `length` begin and end on a line of `size`. */
struct Span {
  int start;
  int length;
  int core_start;
  int core_end;
};

std::vector<Span> spans(int size) {
  if (size <= kTileSide) return {{0, size, 0, size}};
  const int step = kTileSide - kTileOverlap;
  const int count = (size - kTileOverlap + step - 1) / step;
  std::vector<Span> all;
  for (int i = 0; i < count; ++i) {
    // Spread evenly: the first begins where the line does, the last ends where it ends.
    const auto start = static_cast<int>(std::int64_t(size - kTileSide) * i / (count - 1));
    all.push_back({start, kTileSide, i == 0 ? 0 : start, size});
  }
  for (std::size_t i = 1; i < all.size(); ++i) {
    // Cores meet in the middle of what two tiles share.
    const int shared = all[i - 1].start + all[i - 1].length - all[i].start;
    all[i].core_start = all[i].start + shared / 2;
    all[i - 1].core_end = all[i].core_start;
  }
  return all;
}

}  // namespace

int padded_side(int side) {
  return (side + kNetworkMultiple - 1) / kNetworkMultiple * kNetworkMultiple;
}

std::int64_t view_cost(int width, int height) {
  return std::int64_t(padded_side(width)) * padded_side(height);
}

std::vector<View> plan_views(int width, int height, const SearchOptions& options) {
  const Size size{width, height};
  const int first = std::min(size.longer(), options.max_side);
  Plan plan(size, options.budget);
  plan.add_always(first, 0);
  if (options.thorough) {
    // The larger a view, the more it costs: what is left of the budget goes to the turned views.
    if (options.turned) {
      for (const int turns : kTurns) plan.add(first, turns, first);
    }
    int before = first;
    for (const int side : thorough_sides(size, first, options.min_face)) {
      const double at_least = side < first ? side : before * kWorthwhile;
      if (!plan.add(side, 0, at_least)) break;
      if (side > first) before = side;
    }
  } else {
    const std::vector<int> sides = quick_sides(size, first);
    for (const int side : sides) plan.add(side, 0, side);
    if (options.turned) {
      for (const int turns : kTurns) plan.add(first, turns, first);
      for (const int turns : kTurns) {
        if (!sides.empty()) plan.add(sides.front(), turns, sides.front());
      }
    }
  }
  return std::move(plan).views();
}

std::vector<Tile> plan_tiles(int width, int height) {
  std::vector<Tile> tiles;
  for (const Span& row : spans(height)) {
    for (const Span& column : spans(width)) {
      tiles.push_back({column.start, row.start, column.length, row.length, column.core_start,
                       row.core_start, column.core_end, row.core_end});
    }
  }
  return tiles;
}

}  // namespace seesaw
