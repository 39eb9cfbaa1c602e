// Which views of an image a detector looks at: sizes, quarter turns and tiles. A plan depends on
// nothing but the image's size and the options, so a search is bounded in work, not in time, and
// finds the same faces whenever it runs.
#pragma once

#include <cstdint>
#include <vector>

namespace seesaw {

struct SearchOptions {
  int max_side = 640;     // the longer side of the first view
  bool thorough = false;  // look at all views and merge, not only until a face is found
  bool turned = true;     // look also at the image turned by 90, 270 and 180 degrees
  int min_face = 0;       // sides of faces in pixels of the image that are worth enlarging for
  std::int64_t budget = 4'000'000;  // pixels of all views together; the first view always counts
};

/** A part of a view that the network sees at once. It answers for faces centred in its core. */
struct Tile {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int core_left = 0;  // the core is from left and top up to, not including, right and bottom
  int core_top = 0;
  int core_right = 0;
  int core_bottom = 0;
};

/** The image resized to width x height, then turned clockwise by `turns` quarters. */
struct View {
  int width = 0;
  int height = 0;
  int turns = 0;
};

/** The network halves its input five times: sides of its input are multiples of this. */
inline constexpr int kNetworkMultiple = 32;
/** Larger views are cut into tiles, so that memory stays bounded. */
inline constexpr int kTileSide = 1280;
/** Neighbouring tiles share this much, so that faces up to this size are whole in one of them. */
inline constexpr int kTileOverlap = 160;

int padded_side(int side);

/** What the network computes on for a view of that size, in pixels. */
std::int64_t view_cost(int width, int height);

/**
 * The views in the order in which to look at them: the first one at `max_side`, a smaller one (for
 * faces that fill the picture), larger ones (for small faces), then turned ones.
 */
std::vector<View> plan_views(int width, int height, const SearchOptions& options);

/** The tiles of a view, whose cores cover it without overlap; a single one for most views. */
std::vector<Tile> plan_tiles(int width, int height);

}  // namespace seesaw
