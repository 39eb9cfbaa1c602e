// scripts/setup.sh on systems that only pretend to be there: which packages it asks for, of whom.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import test from 'ava'
import { TemporaryFolder } from '../support/models.js'

const setup = resolve('scripts/setup.sh')
const note = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'
const yes = '#!/bin/sh\nexit 0\n'
const no = '#!/bin/sh\nexit 1\n'

interface Outcome {
  readonly code: number
  readonly stderr: string
  readonly calls: string[]
}

/** Runs setup.sh where only these programs are found, besides a few of the system's own. */
async function run(
  programs: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = []
): Promise<Outcome> {
  await using folder = await TemporaryFolder.make()
  const bin = folder.file('bin')
  await mkdir(bin)
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  for (const name of ['sh', 'dirname', 'basename', 'env']) {
    const where = (process.env.PATH ?? '').split(delimiter).map((entry) => join(entry, name))
    const found = where.find((path) => existsSync(path))
    if (found) await symlink(found, join(bin, name))
  }
  const calls = folder.file('calls')
  await writeFile(calls, '')
  return await new Promise((done) => {
    const everything = { PATH: bin, CALLS: calls, ...env }
    execFile('/bin/sh', [setup, ...args], { env: everything }, async (error, _, stderr) => {
      const lines = (await readFile(calls, 'utf8')).split('\n').filter(Boolean)
      done({ code: error ? Number(error.code) : 0, stderr, calls: lines })
    })
  })
}

const node = `#!/bin/sh\nexec ${process.execPath} "$@"\n`
const npmCi = 'npm ci --foreground-scripts --no-audit --no-fund'
const bareTermux = { node, npm: note, pkg: note }
const fullTermux = {
  ...bareTermux,
  'c++': yes,
  cmake: yes,
  ninja: yes,
  python3: yes,
  git: yes,
  ffmpeg: yes,
  'clang-format': yes
}

test('Termux, fresh: its own packages by pkg, static libc++ with them, then npm', async (t) => {
  const { code, calls, stderr } = await run(bareTermux, {
    TERMUX_VERSION: '0.118.3',
    PREFIX: '/nowhere'
  })
  t.is(code, 0, stderr)
  t.deepEqual(calls, ['pkg install -y clang cmake ninja python ndk-sysroot python-pip', npmCi])
})

test('Termux with everything: nothing is installed but npm packages', async (t) => {
  await using prefix = await TemporaryFolder.make()
  for (const file of ['lib/libc++_static.a', 'include/gtest/gtest.h']) {
    await mkdir(join(prefix.path, file, '..'), { recursive: true })
    await prefix.write(file, '')
  }
  const env = { TERMUX_VERSION: '0.118.3', PREFIX: prefix.path }
  const { code, calls } = await run(fullTermux, env, ['--tests'])
  t.is(code, 0)
  t.deepEqual(calls, [npmCi])
})

test('Termux --tests: GoogleTest and the formatter', async (t) => {
  const { calls } = await run(
    { ...bareTermux },
    { TERMUX_VERSION: '0.118.3', PREFIX: '/nowhere' },
    ['--tests']
  )
  t.regex(calls[0] ?? '', /^pkg install -y .*\bgit ffmpeg clang googletest$/)
})

test('Termux has apt-get too, and it is left alone', async (t) => {
  const { code, calls } = await run(
    { ...bareTermux, 'apt-get': note },
    { TERMUX_VERSION: '0.118.3', PREFIX: '/nowhere' }
  )
  t.is(code, 0)
  t.false(calls.some((call) => call.startsWith('apt-get')))
})

test('binaries for other machines are not built on Termux', async (t) => {
  const env = { TERMUX_VERSION: '0.118.3', PREFIX: '/nowhere' }
  const { code, stderr, calls } = await run(bareTermux, env, ['--prebuilds'])
  t.is(code, 1)
  t.regex(stderr, /--prebuilds needs Debian/)
  t.deepEqual(calls, [])
})

test('Debian: apt-get as root', async (t) => {
  const id = '#!/bin/sh\necho 0\n'
  const { code, calls } = await run({ node, npm: note, 'apt-get': note, id, python3: no }, {})
  t.is(code, 0)
  t.is(calls[0], 'apt-get update -q')
  t.regex(calls[1] ?? '', /^apt-get install -y -q .* g\+\+ cmake ninja-build python3-pip/)
  t.is(calls.at(-1), npmCi)
})

test('Debian without root or sudo: the command to run', async (t) => {
  const id = '#!/bin/sh\necho 1000\n'
  const { code, stderr, calls } = await run({ node, npm: note, 'apt-get': note, id }, {})
  t.is(code, 1)
  t.regex(stderr, /as root: apt-get install g\+\+ cmake/)
  t.deepEqual(calls, [])
})

test('another system: the names of what is missing', async (t) => {
  const { code, stderr } = await run({ node, npm: note }, {})
  t.is(code, 1)
  t.regex(stderr, /your package manager.*g\+\+ cmake ninja-build python3/)
})

for (const [version, code] of [
  ['18.20.0', 1],
  ['20.16.0', 1],
  ['20.17.0', 0],
  ['21.7.0', 1],
  ['22.8.0', 1],
  ['22.9.0', 0],
  ['26.0.0', 0]
] as const) {
  test(`Node.js ${version} is ${code === 0 ? 'taken' : 'refused'}`, async (t) => {
    // The real Node.js, told another version.
    const older = `#!/bin/sh
[ "$1" = --version ] && { echo v${version}; exit; }
exec ${process.execPath} -e "Object.defineProperty(process.versions, 'node', { value: '${version}' })
$2"\n`
    const outcome = await run({ ...fullTermux, node: older }, { TERMUX_VERSION: '1', PREFIX: '/' })
    t.is(outcome.code, code)
    if (code === 1) t.regex(outcome.stderr, new RegExp(`this is v${version}`))
  })
}
