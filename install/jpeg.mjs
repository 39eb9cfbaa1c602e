// libjpeg-turbo: the one release this project is built and tested with, where it comes from, and how
// it is configured.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { run } from './run.mjs'
import { say } from './say.mjs'

const version = '3.1.2'

const options = {
  CMAKE_BUILD_TYPE: 'Release',
  CMAKE_POSITION_INDEPENDENT_CODE: 'ON',
  CMAKE_INSTALL_LIBDIR: 'lib',
  CMAKE_INSTALL_INCLUDEDIR: 'include',
  ENABLE_SHARED: 'OFF',
  ENABLE_STATIC: 'ON',
  WITH_TURBOJPEG: 'OFF',
  WITH_JAVA: 'OFF',
  WITH_TOOLS: 'OFF',
  WITH_TESTS: 'OFF',
  WITH_ARITH_ENC: 'OFF',
  WITH_ARITH_DEC: 'ON'
}

/** Whether the compiler of that identity makes code for x86, where SIMD is written for NASM. */
export function isX86(identity) {
  return /\s(x86_64|i[3-6]86)-\S*$/.test(identity)
}

/** What the assembler says that it is; undefined when there is none. */
async function assembler() {
  const { code, stdout } = await run(process.env.ASM_NASM || 'nasm', ['--version'])
  return code === 0 ? stdout.trim() : undefined
}

/** What cuts it down to the decoder. */
const decoderOnly = ['decoder-only.cmake', 'decoder-only.c'].map((name) =>
  fileURLToPath(new URL(`jpeg/${name}`, import.meta.url))
)

/** What of the source takes part in a build. */
const parts = ['CMakeLists.txt', 'cmakescripts', 'release', 'simd', 'src']

/** @type {import('./library.mjs').Library} */
export const jpeg = {
  name: 'jpeg',
  title: 'libjpeg-turbo',
  version,
  variable: 'SEESAWFACE_JPEG',
  optional: 'set SEESAWFACE_JPEG=off to do without it',
  // The whole source of libjpeg-turbo lies in this package.
  sdist: {
    name: 'simplejpeg',
    version: '1.9.0',
    file: 'simplejpeg-1.9.0.tar.gz',
    sha256: '5ac7d9489eeb812c2e7ea5c283994a29d9fefdfe5ed7b86c09d485e0dd366689',
    folder: `lib/libjpeg-turbo-${version}`
  },
  upstream:
    'https://github.com/libjpeg-turbo/libjpeg-turbo/releases/download/' +
    `${version}/libjpeg-turbo-${version}.tar.gz`,
  parts,
  // Taken from the source package above. The download of the release's archive could only be tested
  // against a local server.
  tree: 'c9ea816b14cdaa19f083b048e0ebbc1e30e5e88af3147f8babd91702aa014d29',
  prefix: { files: ['include/jpeglib.h'], named: 'include/jpeglib.h' },
  source: 'src/jpeglib.h',

  async plan(_, { identity }) {
    const all = Object.entries(options).map(([k, v]) => `-D${k}=${v}`)
    const x86 = isX86(identity)
    const nasm = x86 ? await assembler() : undefined
    if (x86 && nasm === undefined) {
      say(
        'nasm is not here, so it is built without SIMD, which decodes more slowly ' +
          '(Debian: apt install nasm; Termux: pkg install nasm)'
      )
      all.push('-DWITH_SIMD=OFF')
    } else if (x86) {
      all.push('-DREQUIRE_SIMD=ON')
    }
    return {
      options: all,
      kept: [nasm, ...(await Promise.all(decoderOnly.map((path) => readFile(path, 'utf8'))))].join(
        '\n'
      ),
      parts,
      configure: async () => [`-DCMAKE_PROJECT_libjpeg-turbo_INCLUDE=${decoderOnly[0]}`],
      flags: ['-fvisibility=hidden'],
      components: ['lib', 'include']
    }
  },

  routes: (route) => (route === 'auto' ? ['index', 'upstream'] : [route])
}
