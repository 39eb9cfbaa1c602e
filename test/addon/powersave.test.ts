import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { loadBinding } from '../../lib/addon/load.js'
import type { NativeEngine, NativeEngineOptions, Powersave } from '../../lib/addon/types.js'
import { FaceEmbedder } from '../../lib/index.js'
import { loadEmbedderModel } from '../../lib/models/load.js'
import { TemporaryFolder } from '../support/models.js'

/** The processors of each thread of this process, as lists such as `0-3`. */
async function threads(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const id of await readdir('/proc/self/task')) {
    // A thread may end in between.
    const status = await readFile(`/proc/self/task/${id}/status`, 'utf8').catch(() => '')
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1]
    if (list !== undefined) found.set(id, list)
  }
  return found
}

/** Those of threads that were not there before. */
function since(before: Map<string, string>, now: Map<string, string>): string[] {
  return [...now].filter(([id]) => !before.has(id)).map(([, list]) => list)
}

function numbers(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/** Two processors that this process may use. */
async function twoProcessors(): Promise<[number, number] | undefined> {
  const [a, b] = numbers((await threads()).get(String(process.pid)) ?? '')
  return a === undefined || b === undefined ? undefined : [a, b]
}

/** A machine of these cores, by their capacities. */
async function machine(capacities: Readonly<Record<number, number>>): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.make()
  const cpus = folder.file('sys/devices/system/cpu')
  await mkdir(cpus, { recursive: true })
  await writeFile(join(cpus, 'online'), `${Object.keys(capacities).join(',')}\n`)
  for (const [cpu, capacity] of Object.entries(capacities)) {
    await mkdir(join(cpus, `cpu${cpu}`))
    await writeFile(join(cpus, `cpu${cpu}`, 'cpu_capacity'), `${capacity}\n`)
  }
  return folder
}

const base = { queueLimit: 4, precision: 'fp32', implementation: 'auto', threads: 2 } as const

/** Opens an engine, has it embed with the network given, and lets `look` at the threads. */
async function withEngine(
  options: Partial<NativeEngineOptions>,
  look: (native: NativeEngine) => Promise<void>
): Promise<void> {
  const native = new (loadBinding().Engine)({ ...base, ...options })
  try {
    const { manifest, files } = await loadEmbedderModel()
    const { input, output } = manifest
    const network = {
      channels: input.channels,
      mean: input.mean,
      norm: input.norm,
      inputBlob: input.blob,
      outputBlob: output.blob,
      embeddingSize: output.size
    }
    await native.loadEmbedder(files, network, { device: 'cpu', allowSoftware: false })
    for (let i = 0; i < 3; ++i) await native.embedAligned(new Uint8Array(112 * 112 * 3), 'rgb')
    await look(native)
  } finally {
    await native.close()
  }
}

test.serial('an engine keeps to the cores asked for, its team and nobody else', async (t) => {
  const two = await twoProcessors()
  if (two === undefined) return t.pass('this machine has a single processor')
  const [little, big] = two
  const all = numbers((await threads()).get(String(process.pid)) ?? '')
  await using folder = await machine({ [little]: 400, [big]: 1024 })
  const cases: { powersave: Powersave; expected: number | undefined }[] = [
    { powersave: 'little', expected: little },
    { powersave: 'big', expected: big },
    { powersave: 'off', expected: undefined }
  ]
  for (const implementation of ['auto', 'ncnn'] as const) {
    for (const { powersave, expected } of cases) {
      const before = await threads()
      const options = { powersave, implementation, systemRoot: folder.path }
      await withEngine(options, async (native) => {
        const now = await threads()
        const ours = since(before, now)
        const what = `${implementation}, ${powersave}`
        t.is(native.powersave, powersave, what)
        t.is(native.threads, 2)
        t.is(ours.length, 2, what)
        const used = new Set(ours.flatMap(numbers))
        t.deepEqual(used, expected === undefined ? new Set(all) : new Set([expected]), what)
        for (const [id, list] of before) t.is(now.get(id) ?? list, list, what)
      })
    }
  }
})

test.serial('two engines side by side keep apart', async (t) => {
  const two = await twoProcessors()
  if (two === undefined) return t.pass('this machine has a single processor')
  const [little, big] = two
  await using folder = await machine({ [little]: 400, [big]: 1024 })
  const options = { implementation: 'ncnn', systemRoot: folder.path } as const
  const before = await threads()
  await withEngine({ ...options, powersave: 'little' }, async () => {
    const first = await threads()
    await withEngine({ ...options, powersave: 'big' }, async () => {
      const both = await threads()
      t.deepEqual(since(before, first), [String(little), String(little)])
      t.deepEqual(since(first, both), [String(big), String(big)])
    })
  })
})

test.serial('threads: as many as there are good cores', async (t) => {
  const two = await twoProcessors()
  if (two === undefined) return t.pass('this machine has a single processor')
  const [a, b] = two
  const cases: [Record<number, number>, Powersave, number][] = [
    [{ [a]: 1024, [b]: 1024 }, 'off', 2],
    [{ [a]: 400, [b]: 1024 }, 'off', 1],
    [{ [a]: 400, [b]: 1024 }, 'little', 1],
    [{ [a]: 1024, [b]: 1024 }, 'big', 2]
  ]
  for (const [capacities, powersave, expected] of cases) {
    await using folder = await machine(capacities)
    const native = new (loadBinding().Engine)({
      ...base,
      threads: 0,
      powersave,
      systemRoot: folder.path
    })
    t.is(native.threads, expected, `${JSON.stringify(capacities)} ${powersave}`)
    await native.close()
  }
})

test.serial('what cannot be kept to is told', async (t) => {
  const [a = 0, b = 1] = (await twoProcessors()) ?? []
  const cases: [string, Record<number, number>][] = [
    ['cores of a kind', { [a]: 1024, [b]: 1024 }],
    // The system refuses: there are no such processors.
    ['a refusal', { 900: 400, 901: 1024 }]
  ]
  for (const [what, capacities] of cases) {
    await using folder = await machine(capacities)
    const before = await threads()
    const options = { powersave: 'little', systemRoot: folder.path } as const
    await withEngine(options, async (native) => {
      t.is(native.powersave, 'off', what)
      const used = new Set(since(before, await threads()).flatMap(numbers))
      t.is(used.size, numbers(before.get(String(process.pid)) ?? '').length, what)
    })
  }
})

test.serial('by the public classes', async (t) => {
  await using auto = await FaceEmbedder.open({ threads: 'auto', powersave: 'little' })
  t.is(auto.threads, loadBinding().cpu().autoThreads)
  t.true(['off', 'little'].includes(auto.powersave))
  await using plain = await FaceEmbedder.open()
  t.is(plain.threads, loadBinding().defaultThreads())
  t.is(plain.powersave, 'off')
})
