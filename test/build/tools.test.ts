import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import {
  installCommand,
  type MissingTool,
  missingTools,
  thisSystem
} from '../../lib/build/tools.js'

const tool = (name: string, debian: string, termux: string, macos: string): MissingTool => ({
  name,
  reason: '',
  packages: { debian, termux, macos }
})
const compiler = tool('a C++ compiler', 'g++', 'clang ndk-sysroot', '')
const cmake = tool('CMake', 'cmake', 'cmake', 'cmake')

for (const [system, missing, expected] of [
  ['debian', [compiler, cmake], 'sudo apt install g++ cmake'],
  ['termux', [compiler, cmake], 'pkg install clang ndk-sysroot cmake'],
  ['macos', [compiler, cmake], 'xcode-select --install && brew install cmake'],
  ['macos', [compiler], 'xcode-select --install'],
  ['macos', [cmake], 'brew install cmake']
] as const) {
  test(`what installs ${missing.map(({ name }) => name).join(' and ')}: ${system}`, (t) => {
    t.is(installCommand(missing, system), expected)
  })
}

for (const [platform, env, expected] of [
  ['linux', {}, 'debian'],
  ['linux', { TERMUX_VERSION: '0.118' }, 'termux'],
  ['android', {}, 'termux'],
  ['darwin', {}, 'macos']
] as const) {
  test(`system: ${platform} ${JSON.stringify(env)}`, (t) => {
    t.is(thisSystem(platform, env), expected)
  })
}

test.serial('missing and old tools are named, with the reason', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-tools-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const script = async (name: string, prints: string) => {
    await writeFile(join(folder, name), `#!${process.execPath}\nconsole.log('${prints}')\n`)
    await chmod(join(folder, name), 0o755)
  }
  await script('cmake', 'cmake version 3.13.4')
  await script('make', 'GNU Make 4.3')
  const { PATH } = process.env
  process.env.PATH = folder
  t.teardown(() => {
    process.env.PATH = PATH
  })
  const missing = await missingTools({})
  t.deepEqual(
    missing.map(({ name, reason }) => [name, reason]),
    [
      ['a C++ compiler', 'c++ or g++ or clang++ is not in PATH'],
      ['CMake', '"cmake version 3.13.4" is older than 3.19'],
      ['Python 3', 'python3 or python is not in PATH']
    ]
  )
  await script('cmake', 'cmake version 4.1.0')
  await script('c++', 'clang version 14')
  await script('python3', 'Python 3.11.2')
  t.deepEqual(await missingTools({}), [])
  const own = await missingTools({ CXX: 'no-such-compiler' })
  t.deepEqual(
    own.map(({ reason }) => reason),
    ['no-such-compiler is not in PATH']
  )
})

test('a folder in the place of a program counts as missing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-tools-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'compiler'))
  await symlink('nowhere', join(folder, 'dangling'))
  for (const name of ['compiler', 'dangling']) {
    const missing = await missingTools({ CXX: join(folder, name) })
    t.deepEqual(
      missing.map(({ name }) => name),
      ['a C++ compiler'],
      name
    )
  }
})
