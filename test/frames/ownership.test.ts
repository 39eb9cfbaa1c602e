// Electron, and every V8 with a memory cage, refuses buffers whose memory V8 has not allocated
// itself (https://www.electronjs.org/blog/v8-memory-cage): whatever the addon returns is V8's own.
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { resolveAddon } from '../../lib/doctor/addon.js'
import { FaceEmbedder, FaceRecognizer } from '../../lib/index.js'
import { crop, photo, pixels } from '../support/fixtures.js'
import { root } from '../support/program.js'

test('the addon does not even import what makes external buffers', async (t) => {
  const addon = resolveAddon(root)
  if (addon === undefined) return t.fail('there is no addon')
  // Names of imported functions are plain text in an ELF or Mach-O file.
  const text = (await readFile(addon)).toString('latin1')
  const names: string[] = text.match(/napi_create_\w+/g) ?? []
  t.true(names.includes('napi_create_arraybuffer'), 'this is how they would be seen')
  t.deepEqual(
    names.filter((name) => /external/.test(name)),
    []
  )
})

test.serial('results are counted by V8’s own allocator, and can be given away', async (t) => {
  const bytes = await crop('obama.png')
  await using embedder = await FaceEmbedder.open({ threads: 1, queueLimit: 100 })
  const kept = [await embedder.embed(bytes)]
  // External memory is not in this figure. What else of this process is collected meanwhile lowers
  // it, so that one try may miss; of memory that V8 did not allocate none would ever be counted.
  let counted = 0
  for (let tries = 0; tries < 5 && counted <= 100 * 512 * 4 * 0.9; tries++) {
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 100; i++) kept.push(await embedder.embed(bytes))
    counted = process.memoryUsage().arrayBuffers - before
  }
  t.true(counted > 100 * 512 * 4 * 0.9, `${counted} bytes for 100 embeddings`)

  await using faces = await FaceRecognizer.open({ threads: 1 })
  const { data, width, height } = await pixels('obama.jpg')
  const frame = { data, width, height, format: 'rgb' } as const
  const [face] = await faces.detect(frame)
  if (face === undefined) return t.fail('there is a face')
  const results = {
    embedding: (await faces.embed(photo('obama.jpg'))).vector,
    crop: await faces.align(frame, face.landmarks)
  }
  for (const [what, array] of Object.entries(results)) {
    const { byteLength } = array
    const moved = structuredClone(array, { transfer: [array.buffer as ArrayBuffer] })
    t.is(moved.byteLength, byteLength, what)
    t.is(array.byteLength, 0, what)
  }
})
