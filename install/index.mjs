#!/usr/bin/env node
// Finds or builds a library that the addon is linked with and prints its install prefix.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './build.mjs'
import { libraries } from './library.mjs'
import { say, sentenceOf, speakAs } from './say.mjs'
import { findSystem, kindOfFolder } from './system.mjs'

const help = `usage: node install/index.mjs ensure ncnn|jpeg
         [--source auto|index|upstream|system|FOLDER] [--vulkan] [--cc PATH] [--cxx PATH]
         [--toolchain FILE] [--flags=FLAGS]

Prints the install prefix of a static NCNN, with --vulkan one that can compute on a GPU, or of a
static libjpeg-turbo. FLAGS are added to those of the compiler. SEESAWFACE_NCNN or SEESAWFACE_JPEG is
the default of --source, SEESAWFACE_CACHE the folder of downloads and built libraries,
SEESAWFACE_JOBS the number of compilers that run at once. The system's libjpeg-turbo is looked for
by cmake/jpeg.cmake, not here.
`

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      source: { type: 'string' },
      vulkan: { type: 'boolean' },
      cc: { type: 'string' },
      cxx: { type: 'string' },
      toolchain: { type: 'string' },
      flags: { type: 'string' },
      help: { type: 'boolean' }
    }
  })
  const [command, name, ...more] = positionals
  const library = Object.hasOwn(libraries, name ?? '') ? libraries[name] : undefined
  if (values.help || command !== 'ensure' || !library || more.length > 0) {
    process.stderr.write(help)
    return values.help ? 0 : 2
  }
  speakAs(library.name)
  const source = values.source || process.env[library.variable] || 'auto'
  const wish = {
    vulkan: values.vulkan === true,
    cc: values.cc || process.env.CC,
    cxx: values.cxx || process.env.CXX,
    toolchain: values.toolchain || process.env.CMAKE_TOOLCHAIN_FILE,
    flags: values.flags
  }
  const prefix = await locate(library, source, wish)
  process.stdout.write(`${prefix}\n`)
  return 0
}

async function locate(library, source, wish) {
  if (source === 'system') return findSystem(library)
  if (['auto', 'index', 'upstream'].includes(source)) {
    return ensureBuilt(library, { ...wish, route: source })
  }
  const folder = resolve(source)
  return (await kindOfFolder(library, folder)) === 'prefix'
    ? folder
    : ensureBuilt(library, { ...wish, route: 'folder', folder })
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    say(sentenceOf(error) ?? error.stack ?? String(error))
    process.exitCode = 1
  }
)
