#include "engine/openmp.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <utility>

#include "engine/fused/team.h"
#include "platform.h"

#if NCNN_SIMPLEOMP
namespace seesaw {
namespace {

using fused::Team;
using fused::TeamOptions;

/** Where a thread is: in which part of a parallel region of how many. */
struct Place {
  int part = 0;
  int parts = 1;
  bool inside = false;
};

thread_local Place place;
thread_local int asked_threads = 0;  // by __kmpc_push_num_threads, for the next region

/** The calling thread's own team, and what it was made with. */
struct OwnTeam {
  std::unique_ptr<Team> team;
  TeamOptions options;
  std::chrono::microseconds spin = kDefaultSpin;

  /** Null without memory for one. */
  Team* of(int threads) {
    if (team && options.threads >= threads && options.spin == spin) return team.get();
    team.reset();
    options = {threads, spin};
    try {
      team = std::make_unique<Team>(options, 0);
    } catch (const std::bad_alloc&) {
      // An exception must not go through NCNN: its caller does all parts.
    }
    return team.get();
  }
};
thread_local OwnTeam own;

/**
 * Runs every part of a region. A part belongs to nobody: threads take the next one until none is
 * left, so that one that is late, or a system that gives no more threads, costs only its help. A
 * region within a region has one part, as in OpenMP unless it is told otherwise.
 */
template <typename Part>
void run_region(int parts, const Part& part) {
  const Place outer = place;
  if (parts <= 1 || outer.inside) {
    place = {0, 1, true};
    part();
    place = outer;
    return;
  }
  std::atomic<int> next{0};
  const auto take = [&](int) {
    const Place before = place;
    for (int i = next.fetch_add(1); i < parts; i = next.fetch_add(1)) {
      place = {i, parts, true};
      part();
    }
    place = before;
  };
  if (Team* team = own.of(parts)) {
    team->run(std::ref(take));
  } else {
    take(0);
  }
}

/**
 * The share of this thread in a loop from lower to upper, both of them included. A share without
 * any ends before it begins; the first one has some, as nothing is before the lower end's own.
 */
template <typename Index>
void share(std::int32_t* last, Index* lower, Index* upper) {
  const auto start = static_cast<std::uint64_t>(*lower);
  const std::uint64_t total = static_cast<std::uint64_t>(*upper) - start + 1;
  const std::uint64_t parts = place.parts;
  const auto before = [&](std::uint64_t part) { return (total * part + parts - 1) / parts; };
  const std::uint64_t begin = before(place.part);
  const std::uint64_t end = before(place.part + 1);
  *last = begin < end && end == total;
  *lower = static_cast<Index>(start + begin);
  *upper = static_cast<Index>(start + end - 1);
}

// What Clang makes of a parallel region: a function of its thread's number, twice, and of pointers
// to what it uses, which the runtime takes as further arguments.
using Micro = void (*)(std::int32_t*, std::int32_t*, ...);
constexpr std::size_t kMostArguments = 64;
using Arguments = std::array<void*, kMostArguments>;

template <std::size_t>
using Pointer = void*;

template <std::size_t... I>
void call(Micro micro, std::int32_t number, const Arguments& arguments, std::index_sequence<I...>) {
  using Exact = void (*)(std::int32_t*, std::int32_t*, Pointer<I>...);
  reinterpret_cast<Exact>(micro)(&number, &number, arguments[I]...);
}

using Caller = void (*)(Micro, std::int32_t, const Arguments&);

template <std::size_t... Count>
constexpr std::array<Caller, sizeof...(Count)> callers(std::index_sequence<Count...>) {
  return {[](Micro micro, std::int32_t number, const Arguments& arguments) {
    call(micro, number, arguments, std::make_index_sequence<Count>());
  }...};
}

constexpr auto kCallers = callers(std::make_index_sequence<kMostArguments + 1>());

}  // namespace
}  // namespace seesaw

using seesaw::run_region;

// The names are those that compilers call: libgomp's for GCC, libomp's for Clang. NCNN's regions
// use no more of OpenMP than these. Should those of a later NCNN call another, linking the native
// tests stops: with "undefined reference" to it or, where NCNN's own runtime has it, with "multiple
// definition" of the names below, as the linker then takes simpleomp.cpp.o in. The addon, which may
// have undefined names (Node's), is not loaded with one that nobody has: it is linked with -z now.
extern "C" {

int omp_get_thread_num() { return seesaw::place.part; }
int omp_get_num_threads() { return seesaw::place.parts; }
int omp_get_max_threads() { return std::max(1u, std::thread::hardware_concurrency()); }
int omp_get_dynamic() { return 0; }
void omp_set_dynamic(int) {}
void omp_set_num_threads(int) {}
int kmp_get_blocktime() { return 0; }
void kmp_set_blocktime(int) {}

void GOMP_parallel(void (*region)(void*), void* data, unsigned threads, unsigned) {
  run_region(threads == 0 ? omp_get_max_threads() : static_cast<int>(threads),
             [&] { region(data); });
}

std::int32_t __kmpc_global_thread_num(void*) { return seesaw::place.part; }

void __kmpc_push_num_threads(void*, std::int32_t, std::int32_t threads) {
  seesaw::asked_threads = threads;
}

void __kmpc_fork_call(void*, std::int32_t count, seesaw::Micro micro, ...) {
  seesaw::Arguments arguments{};
  va_list list;
  va_start(list, micro);
  for (std::int32_t i = 0; i < count; ++i) arguments.at(i) = va_arg(list, void*);
  va_end(list);
  const int asked = std::exchange(seesaw::asked_threads, 0);
  run_region(asked == 0 ? omp_get_max_threads() : asked,
             [&] { seesaw::kCallers.at(count)(micro, seesaw::place.part, arguments); });
}

void __kmpc_for_static_init_4(void*, std::int32_t, std::int32_t, std::int32_t* last,
                              std::int32_t* lower, std::int32_t* upper, std::int32_t*, std::int32_t,
                              std::int32_t) {
  seesaw::share(last, lower, upper);
}

void __kmpc_for_static_init_4u(void*, std::int32_t, std::int32_t, std::int32_t* last,
                               std::uint32_t* lower, std::uint32_t* upper, std::int32_t*,
                               std::int32_t, std::int32_t) {
  seesaw::share(last, lower, upper);
}

void __kmpc_for_static_init_8(void*, std::int32_t, std::int32_t, std::int32_t* last,
                              std::int64_t* lower, std::int64_t* upper, std::int64_t*, std::int64_t,
                              std::int64_t) {
  seesaw::share(last, lower, upper);
}

void __kmpc_for_static_init_8u(void*, std::int32_t, std::int32_t, std::int32_t* last,
                               std::uint64_t* lower, std::uint64_t* upper, std::int64_t*,
                               std::int64_t, std::int64_t) {
  seesaw::share(last, lower, upper);
}

void __kmpc_for_static_fini(void*, std::int32_t) {}

}  // extern "C"
#endif

namespace seesaw {

void set_openmp_spin([[maybe_unused]] std::chrono::microseconds spin) {
#if NCNN_SIMPLEOMP
  own.spin = spin;
#endif
}

}  // namespace seesaw
