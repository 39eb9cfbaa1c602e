import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)

test('worker threads embed, close, leave, exit and are terminated without harm', async (t) => {
  const script = fileURLToPath(new URL('../support/workers.mjs', import.meta.url))
  const { stdout, stderr } = await run(process.execPath, [script], { timeout: 120_000 })
  t.is(stderr, '')
  const rounds = stdout.trim().split('\n')
  t.deepEqual(
    rounds.map((line) => JSON.parse(line)),
    ['close', 'leave open', 'exit at work', 'wait to be terminated'].map((end) => ({
      end,
      workers: 8
    }))
  )
})
