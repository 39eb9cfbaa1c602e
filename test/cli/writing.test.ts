// Whatever happens while a file is written, it is the new one or the old one, whole, and nothing
// else is left beside it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type Ended, publishedCli, run } from '../support/program.js'
import { fill, makeReadOnly, mountTest, runOn } from '../support/small-disk.js'
import { makePlace, type Place, removePlace, type Writer } from '../support/writers.js'

const halfway = fileURLToPath(new URL('../support/halfway.cjs', import.meta.url))
const names = ['detect --draw', 'align --out', 'eval --plot', 'eval --write', 'calibrate --write']

let place: Place
test.before(async () => {
  place = await makePlace()
})
test.after.always(() => removePlace(place))

function writer(name: string): Writer {
  const found = place.writers.find((each) => each.name === name)
  if (found === undefined) throw new Error(`there is no writer ${name}`)
  return found
}

const command = (name: string): string[] => [publishedCli, ...writer(name).args]

/** The files of the target with a digest of each. */
async function contents(): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(place.target)).sort()) {
    const bytes = await readFile(join(place.target, name))
    files[name] = createHash('sha256').update(bytes).digest('hex')
  }
  return files
}

function isClear({ code, signal, stderr }: Ended, reason: RegExp): string | undefined {
  if (code !== 2 || signal !== null) return `ended with ${code ?? signal}: ${stderr}`
  if (!reason.test(stderr)) return `does not say why: ${stderr}`
  if (/\n\s+at /.test(stderr)) return `shows a stack: ${stderr}`
  return undefined
}

for (const name of names) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // The signals differ in their names only: each once, and one of them everywhere.
    if (signal !== 'SIGTERM' && name !== 'eval --write') continue
    test.serial(`${signal} half-way through ${name}: the old file stays`, async (t) => {
      const before = await contents()
      const env = { SEESAWFACE_TEST_SIGNAL: signal }
      const ended = await run(process.execPath, ['--require', halfway, ...command(name)], env)
      t.like(ended, { code: null, signal }, ended.stderr)
      t.deepEqual(await contents(), before)
    })
  }

  test.serial(`a file that may not grow so large: ${name}`, async (t) => {
    const before = await contents()
    // In units of 512 bytes; every shell has it, for root as well.
    const limited = ['-c', 'ulimit -f 2 && exec "$0" "$@"', process.execPath, ...command(name)]
    const ended = await run('sh', limited)
    t.is(isClear(ended, /cannot be written: the file would be larger/), undefined)
    t.deepEqual(await contents(), before)
  })
}

test.serial('SIGKILL leaves a file that does no harm and goes with the next writing', async (t) => {
  const before = await contents()
  const env = { SEESAWFACE_TEST_SIGNAL: 'SIGKILL' }
  const ended = await run(process.execPath, ['--require', halfway, ...command('eval --write')], env)
  t.is(ended.signal, 'SIGKILL')
  const { [Object.keys(await contents()).find((file) => !(file in before)) ?? '']: _, ...rest } =
    await contents()
  t.deepEqual(rest, before)
  const left = (await readdir(place.target)).filter((file) => !(file in before))
  t.is(left.length, 1)
  t.regex(left[0] ?? '', /^seesaw-shuffle\.json\.\d+-1\.part$/)
  const models = await run(process.execPath, [publishedCli, 'models', '--model-dir', place.target])
  t.like(models, { code: 0, stderr: '' })

  const old = new Date(Date.now() - 3600_000)
  await utimes(join(place.target, left[0] as string), old, old)
  t.is((await run(process.execPath, command('eval --write'))).code, 0)
  t.deepEqual(Object.keys(await contents()), Object.keys(before))
})

if (process.platform === 'linux') {
  test.serial('a device with no space left is no file to be replaced', async (t) => {
    const link = join(place.target, 'full.svg')
    await symlink('/dev/full', link)
    const args = [...writer('eval --plot').args.slice(0, -1), link]
    const ended = await run(process.execPath, [publishedCli, ...args])
    t.is(isClear(ended, /full\.svg" cannot be written: no space is left/), undefined)
    t.true(spawnSync('test', ['-c', '/dev/full']).status === 0)
    await rm(link)
  })

  test.serial('results that cannot be printed are exit code 2', async (t) => {
    for (const name of ['eval --plot', 'detect --draw']) {
      const script = 'exec "$0" "$@" > /dev/full'
      const { code, stderr } = await run('sh', ['-c', script, process.execPath, ...command(name)])
      t.is(code, 2)
      t.regex(stderr, /results cannot be printed: no space is left/)
    }
  })
}

test.serial('results of which only the beginning finds room are exit code 2', async (t) => {
  const out = place.folder.file('out.txt')
  const script = 'out=$1; shift; ulimit -f 2; exec "$@" > "$out"'
  const args = [out, process.execPath, publishedCli, 'version']
  t.is((await run('sh', ['-c', script, 'sh', ...args])).code, 0, 'these do')
  const long = [out, process.execPath, publishedCli, 'models', '--json']
  const { code, stderr } = await run('sh', ['-c', script, 'sh', ...long])
  t.is(code, 2)
  t.regex(stderr, /results cannot be printed: the file would be larger/)
})

for (const name of names) {
  mountTest(`a disk that is full: ${name}`, async (t) => {
    const ended = await runOn(place.target, fill, [process.execPath, ...command(name)])
    t.is(isClear(ended, /cannot be written: no space is left/), undefined)
  })

  mountTest(`a folder that is read-only: ${name}`, async (t) => {
    const ended = await runOn(place.target, makeReadOnly, [process.execPath, ...command(name)])
    t.is(isClear(ended, /cannot be written: .*read-only/), undefined)
  })
}
