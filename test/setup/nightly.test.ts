// scripts/nightly.sh with programs that only note what they are asked for.
import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import test from 'ava'
import { TemporaryFolder } from '../support/models.js'

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly calls: readonly string[]
}

async function nightly(...parts: readonly string[]): Promise<Outcome> {
  await using folder = await TemporaryFolder.make()
  await mkdir(folder.file('bin'))
  await folder.write('calls', '')
  for (const name of ['sh', 'npm', 'npx']) {
    const note = `#!/bin/bash\necho "${name} $*" >> "${folder.file('calls')}"\necho '3 tests passed'\n`
    await folder.write(`bin/${name}`, note)
    await chmod(folder.file(`bin/${name}`), 0o755)
  }
  const env = { ...process.env, PATH: [folder.file('bin'), process.env.PATH].join(delimiter) }
  return await new Promise((done) => {
    execFile(resolve('scripts/nightly.sh'), parts, { env }, async (error, stdout, stderr) => {
      const calls = (await readFile(folder.file('calls'), 'utf8')).split('\n').filter(Boolean)
      done({ code: error ? Number(error.code) : 0, stdout, stderr, calls })
    })
  })
}

for (const [parts, calls] of [
  [['hostile'], ['npx ava test/photos/hostile-images.test.ts']],
  [
    ['endurance', 'valgrind'],
    ['sh scripts/valgrind.sh', 'npm run endurance -- --out build/endurance --scale 1']
  ]
] as const) {
  test(`nightly ${parts.join(' ')}: these parts alone, and the counts`, async (t) => {
    const outcome = await nightly(...parts)
    t.deepEqual(outcome.calls, calls)
    t.is(outcome.code, 0, outcome.stderr)
    t.regex(outcome.stdout, new RegExp(`\n${3 * parts.length} passed, 0 failed\n$`))
  })
}

for (const parts of [['adress'], ['valgrind', 'fuz'], ['valgrind fuzz'], ['']]) {
  test(`nightly ${JSON.stringify(parts)}: refused before anything is run`, async (t) => {
    const { code, stdout, stderr, calls } = await nightly(...parts)
    t.is(code, 2)
    t.is(stdout, '')
    t.regex(stderr, /^nightly: there is no part '.*' \(known: address threads .* endurance\)\n$/)
    t.deepEqual(calls, [])
  })
}
