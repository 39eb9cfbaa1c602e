import test from 'ava'
import { flags } from '../../install/ncnn.mjs'
import { cCompilerOf, isArm32 } from '../../install/toolchain.mjs'

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

for (const [identity, arm32] of [
  ['(Debian 12.2.0-14) 12.2.0 arm-linux-gnueabihf', true],
  ['version 22.1.8 arm-unknown-linux-gnueabihf.2.28', true],
  ['version 19.1.7 armv7a-unknown-linux-android24', true],
  ['(Debian 12.2.0-14) 12.2.0 aarch64-linux-gnu', false],
  ['version 22.1.8 x86_64-unknown-linux-gnu.2.28', false],
  ['version 17.0.0 arm64-apple-darwin24.1.0', false],
  ['# linux-arm-glibc: zig\nversion 22.1.8 aarch64-unknown-linux-musl', false]
] as const) {
  test(`${JSON.stringify(identity)} is ARM of 32 bits: ${arm32 ? 'yes' : 'no'}`, (t) => {
    t.is(isArm32(identity), arm32)
  })
}

test('NCNN is built without half precision for ARM of 32 bits, and with it elsewhere', (t) => {
  t.true(flags({ arm32: true }).includes('-DNCNN_ARM82=OFF'))
  t.true(flags().includes('-DNCNN_ARM82=ON'))
})
