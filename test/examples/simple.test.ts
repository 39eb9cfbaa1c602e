// examples/, run as people run them: on the package as built.
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import test from 'ava'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

interface Outcome {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function example(name: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [`examples/${name}`, ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout: stdout.trim(), stderr })
    )
  })
}

test('verify.mjs: same, different, no face, wrong use', async (t) => {
  const same = await example('verify.mjs', photo('obama.jpg'), photo('obama2.jpg'))
  t.like(same, { code: 0, stderr: '' })
  t.regex(same.stdout, /^same person: 0\.\d{3}\n\(at least 0\.\d{3}/)
  const different = await example('verify.mjs', photo('obama.jpg'), photo('biden.jpg'))
  t.is(different.code, 1)
  t.regex(different.stdout, /^different people/)
  t.is((await example('verify.mjs', photo('obama.jpg'))).code, 2)
})

test('gallery.mjs: people are added, found again and erased', async (t) => {
  await using folder = await TemporaryFolder.make()
  const file = folder.file('people.gallery')
  t.deepEqual(await example('gallery.mjs', file, 'who', photo('obama.jpg')), {
    code: 1,
    stdout: 'an empty gallery',
    stderr: ''
  })
  for (const [name, picture] of [
    ['Barack', 'obama.jpg'],
    ['Joe', 'biden.jpg']
  ] as const) {
    t.like(await example('gallery.mjs', file, 'add', name, photo(picture)), { code: 0 })
  }
  t.is((await stat(file)).mode & 0o077, 0, 'nobody else may read it')
  const found = await example('gallery.mjs', file, 'who', photo('obama2.jpg'))
  t.is(found.code, 0)
  t.regex(found.stdout, /^Barack \(similarity 0\.\d{3}, threshold 0\.\d{3}\)$/)
  t.like(await example('gallery.mjs', file, 'forget', 'Barack'), { code: 0 })
  t.is((await example('gallery.mjs', file, 'who', photo('obama2.jpg'))).code, 1)
  t.is((await example('gallery.mjs', file, 'sing', photo('obama.jpg'))).code, 2)
})
