import test from 'ava'
import { cCompilerOf } from '../../scripts/ncnn/toolchain.mjs'

// CMake refuses a C++ compiler in the place of a C compiler, and NCNN is configured with both.
const cases: [cxx: string, c: string][] = [
  ['c++', 'cc'],
  ['/usr/bin/c++', '/usr/bin/cc'],
  ['/usr/bin/g++-12', '/usr/bin/gcc-12'],
  ['aarch64-linux-gnu-g++', 'aarch64-linux-gnu-gcc'],
  ['/data/data/com.termux/files/usr/bin/clang++', '/data/data/com.termux/files/usr/bin/clang'],
  ['clang++-14', 'clang-14'],
  ['another', 'cc']
]

for (const [cxx, c] of cases) {
  test(`the C compiler of ${cxx} is ${c}`, (t) => t.is(cCompilerOf(cxx), c))
}
