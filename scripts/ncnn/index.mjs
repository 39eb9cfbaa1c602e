#!/usr/bin/env node
// Finds or builds the NCNN that the addon is linked with and prints its install prefix.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './build.mjs'
import { say, sentenceOf } from './say.mjs'
import { findSystem, kindOfFolder } from './system.mjs'

const help = `usage: node scripts/ncnn/index.mjs ensure [--source auto|index|upstream|system|FOLDER]
                                          [--vulkan] [--cc PATH] [--cxx PATH]
                                          [--toolchain FILE] [--flags=FLAGS]

Prints the install prefix of a static NCNN, with --vulkan one that can compute on a GPU. FLAGS are
added to those of the compiler. SEESAWFACE_NCNN is the default of --source, SEESAWFACE_CACHE the
folder of downloads and built libraries, SEESAWFACE_JOBS the number of compilers that run at once.
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
  if (values.help || positionals.length !== 1 || positionals[0] !== 'ensure') {
    process.stderr.write(help)
    return values.help ? 0 : 2
  }
  const source = values.source || process.env.SEESAWFACE_NCNN || 'auto'
  const wish = {
    vulkan: values.vulkan === true,
    cc: values.cc || process.env.CC,
    cxx: values.cxx || process.env.CXX,
    toolchain: values.toolchain || process.env.CMAKE_TOOLCHAIN_FILE,
    flags: values.flags
  }
  const prefix = await locate(source, wish)
  process.stdout.write(`${prefix}\n`)
  return 0
}

async function locate(source, wish) {
  if (source === 'system') return findSystem()
  if (['auto', 'index', 'upstream'].includes(source)) {
    return ensureBuilt({ ...wish, route: source })
  }
  const folder = resolve(source)
  return (await kindOfFolder(folder)) === 'prefix'
    ? folder
    : ensureBuilt({ ...wish, route: 'folder', folder })
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
