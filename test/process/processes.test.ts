// Several processes, and several copies of the package in one.
import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { resolveAddon } from '../../lib/doctor/addon.js'
import { TemporaryFolder } from '../support/models.js'
import { root, run, runModule } from '../support/program.js'

test('processes made by fork and by cluster have engines of their own', async (t) => {
  const script = fileURLToPath(new URL('../support/forked.mjs', import.meta.url))
  const { stdout, ...ended } = await run(process.execPath, [script])
  t.deepEqual(ended, { code: 0, signal: null, stderr: '' })
  t.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    ['fork', 'cluster'].map((kind) => ({ kind, codes: [0, 0] }))
  )
})

test('two copies of the package work in one process, side by side', async (t) => {
  const addon = resolveAddon(root)
  if (addon === undefined) return t.fail('there is no addon')
  await using folder = await TemporaryFolder.make()
  const copy = folder.file('node_modules/seesawface')
  await mkdir(join(copy, 'build/Release'), { recursive: true })
  for (const name of ['dist', 'models', 'package.json']) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  await cp(addon, join(copy, 'build/Release/seesawface.node'))
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const { stdout, ...ended } = await runModule(`
    import { createRequire } from 'node:module'
    import { deepStrictEqual, rejects } from 'node:assert/strict'
    const require = createRequire(process.cwd() + '/')
    const copies = [require('seesawface'), require(${JSON.stringify(copy)})]
    const [one, two] = await Promise.all(copies.map((c) => c.FaceEmbedder.open({ threads: 2 })))
    const crop = Uint8Array.from({ length: 37632 }, (_, i) => (i * 7) % 256)
    const { vector } = await one.embed(crop)
    const work = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).embed(crop))
    for (const other of await Promise.all(work)) deepStrictEqual(other.vector, vector)
    await one.close()
    deepStrictEqual((await two.embed(crop)).vector, vector)
    await rejects(one.embed(crop), copies[0].ClosedError)
    console.log(JSON.stringify({
      addons: Object.keys(require.cache).filter((path) => path.endsWith('seesawface.node')).length,
      classes: new Set(copies.map((c) => c.ClosedError)).size
    }))
    await two.close()`)
  t.deepEqual(ended, { code: 0, signal: null, stderr: '' })
  t.deepEqual(JSON.parse(stdout), { addons: 2, classes: 2 })
})
