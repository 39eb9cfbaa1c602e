import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import test from 'ava'
import { drawFaces } from '../../lib/cli/draw.js'
import { decodeImage } from '../../lib/index.js'
import { command } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

const run = promisify(execFile)
const detect = (...args: string[]) =>
  run(process.execPath, [...command, 'detect', ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error
  )

for (const extension of ['png', 'jpg', 'webp']) {
  test(`detect --draw writes the photo with marks: ${extension}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const out = folder.file(`marked.${extension}`)
    const { code, stdout } = await detect(photo('biden.jpg'), '--draw', out, '--json')
    t.is(code, 0)
    const { box } = JSON.parse(stdout).faces[0]
    const [before, after] = await Promise.all([decodeImage(photo('biden.jpg')), decodeImage(out)])
    t.is(after.width, before.width)
    t.is(after.height, before.height)
    // The middle of the box's left side is the accent's green; the photo's corner is as it was.
    const channels = after.data.length / (after.width * after.height)
    const pixel = (x: number, y: number) => {
      const at = (Math.round(y) * after.width + Math.round(x)) * channels
      return Array.from(after.data.subarray(at, at + 3))
    }
    const [red = 0, green = 0] = pixel(box.x, box.y + box.height / 2)
    t.true(green > red + 60, `${red} ${green}`)
    const corner = Array.from(before.data.subarray(0, 3))
    t.true(pixel(0, 0).every((value, i) => Math.abs(value - (corner[i] as number)) < 25))
  })
}

test('a file that exists is kept unless --force is given', async (t) => {
  await using folder = await TemporaryFolder.make()
  await folder.write('a.png', 'mine')
  const refused = await detect(photo('biden.jpg'), '--draw', folder.file('a.png'))
  t.is(refused.code, 2)
  t.regex(refused.stderr, /already exists; use --force/)
  t.is((await readFile(folder.file('a.png'))).toString(), 'mine')
  t.is((await detect(photo('biden.jpg'), '--draw', folder.file('a.png'), '--force')).code, 0)
})

test('other files than pictures are refused before any work', async (t) => {
  const { code, stderr } = await detect(photo('biden.jpg'), '--draw', 'out.gif')
  t.is(code, 2)
  t.regex(stderr, /must end in \.png/)
})

test('without faces the photo is written as it is', async (t) => {
  await using folder = await TemporaryFolder.make()
  await drawFaces(photo('obama.jpg'), [], folder.file('plain.png'), {})
  const plain = await decodeImage(photo('obama.jpg'))
  const written = await decodeImage(folder.file('plain.png'))
  t.is(written.data[4], plain.data[plain.data.length / (plain.width * plain.height)])
})
