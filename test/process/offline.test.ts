// Nothing is ever sent anywhere. The whole suite runs with networking denied in CI
// (scripts/ci/offline.sh); here it is shown that the denial works, and that not even a socket is
// opened on the way from photo to decision.
import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

const denial = fileURLToPath(new URL('../support/no-network.mjs', import.meta.url))
const cli = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

interface Outcome {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    )
  })
}

/** Each tries to reach another machine and swallows the error. */
const tries: [what: string, program: string, noted: RegExp][] = [
  ['fetch', `await fetch('http://192.0.2.1/').catch(() => 0)`, /connect 192\.0\.2\.1/],
  [
    'https',
    `import https from 'node:https'
     try { https.get('https://192.0.2.1/').on('error', () => 0) } catch {}`,
    /connect 192\.0\.2\.1/
  ],
  [
    'net',
    `import { connect } from 'node:net'
     try { connect(80, '192.0.2.1').on('error', () => 0) } catch {}`,
    /connect 192\.0\.2\.1/
  ],
  [
    'dns',
    `import { promises } from 'node:dns'
     try { await promises.lookup('example.invalid') } catch {}`,
    /dns\.lookup example\.invalid/
  ],
  [
    'udp',
    `import { createSocket } from 'node:dgram'
     const socket = createSocket('udp4')
     try { socket.send('x', 9, '192.0.2.1') } catch {}
     socket.close()`,
    /udp send 192\.0\.2\.1/
  ]
]

for (const [what, program, noted] of tries) {
  test(`a try by ${what} is denied and noted, caught or not`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const log = folder.file('log')
    const args = [`--import=${denial}`, '--input-type=module', '-e', program]
    await run(process.execPath, args, { SEESAWFACE_NETWORK_LOG: log })
    t.regex(await readFile(log, 'utf8'), noted)
  })
}

test('loopback stays', async (t) => {
  await using folder = await TemporaryFolder.make()
  const log = folder.file('log')
  const program = `import { createServer } from 'node:http'
    const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text())
    server.close()
    process.exit()`
  const args = [`--import=${denial}`, '--input-type=module', '-e', program]
  const { stdout, stderr } = await run(process.execPath, args, { SEESAWFACE_NETWORK_LOG: log })
  t.is(stdout.trim(), 'here', stderr)
  await t.throwsAsync(readFile(log), { code: 'ENOENT' })
})

const strace = spawnSync('strace', ['-V']).error === undefined
const args = ['verify', photo('obama.jpg'), photo('obama2.jpg'), '--json']

test('verify asks the kernel for no network socket', async (t) => {
  if (!strace) return t.pass('there is no strace here')
  await using folder = await TemporaryFolder.make()
  const trace = folder.file('trace')
  const watch = ['-f', '-qq', '-e', 'trace=socket,connect,sendto,sendmsg', '-o', trace]
  const { code, stderr } = await run('strace', [...watch, process.execPath, cli, ...args], {})
  if (/ptrace|not permitted/i.test(stderr)) return t.pass('strace is not permitted here')
  t.is(code, 0, stderr)
  const calls = await readFile(trace, 'utf8')
  t.deepEqual(
    calls.split('\n').filter((line) => /AF_INET|AF_PACKET|sin_addr/.test(line)),
    []
  )
})

test('verify works where there is no network', async (t) => {
  await using folder = await TemporaryFolder.make()
  const log = folder.file('log')
  const env = { SEESAWFACE_NETWORK_LOG: log, NODE_OPTIONS: `--import=${denial}` }
  const { code, stdout } = await run(process.execPath, [cli, ...args], env)
  t.is(code, 0)
  t.true(JSON.parse(stdout).same)
  await t.throwsAsync(readFile(log), { code: 'ENOENT' })
})
