// How bench/ talks to its peers; the peers themselves are not installed for tests.
import { readFile } from 'node:fs/promises'
import test from 'ava'
import { startChild, subjectOf } from '../../bench/child.js'
import { compare } from '../../lib/bench/interleave.js'

const node = (script: string) => startChild(process.execPath, ['--input-type=module', '-e', script])

test('a child tells what it is, then answers each line with milliseconds', async (t) => {
  const child = await node(`
    import { createInterface } from 'node:readline'
    console.log(JSON.stringify({ version: '7' }))
    for await (const line of createInterface({ input: process.stdin })) console.log(line.length)`)
  t.is(child.facts.version, '7')
  t.is(await child.time('crop'), 4)
  t.is(await child.time('photo a b.jpg'), 13)
  const rows = await compare(
    [subjectOf('four', child, 'crop'), subjectOf('eight', child, 'eight...')],
    { seconds: 0.01 }
  )
  t.deepEqual(
    rows.map(({ name, median, medianRatio }) => [name, median, medianRatio]),
    [
      ['four', 4, 1],
      ['eight', 8, 2]
    ]
  )
  await child.close()
})

test('a child that fails says why', async (t) => {
  await t.throwsAsync(node(`throw new Error('no such network')`), { message: /no such network/ })
  const child = await node(`console.log('{}'); process.stdin.once('data', () => process.exit(3))`)
  await t.throwsAsync(child.time('crop'), { message: /ended early/ })
  await child.close()
})

test('peers are pinned: exact versions, and a hash for each package of npm', async (t) => {
  const read = (name: string) =>
    readFile(new URL(`../../bench/peers/${name}`, import.meta.url), 'utf8')
  const { dependencies } = JSON.parse(await read('package.json'))
  for (const version of Object.values(dependencies)) t.regex(String(version), /^\d+\.\d+\.\d+$/)
  const { packages } = JSON.parse(await read('package-lock.json'))
  for (const [path, entry] of Object.entries<{ integrity?: string }>(packages)) {
    if (path !== '') t.regex(entry.integrity ?? '', /^sha512-/, path)
  }
  const lines = (await read('requirements.txt')).split('\n')
  for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
    t.regex(line, /^[\w-]+==[\d.]+$/)
  }
})
