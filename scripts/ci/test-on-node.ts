// Runs the tests on another Node.js than this one. npm has it; it is kept in the cache.
//
//   tsx scripts/ci/test-on-node.ts 24 [AVA-ARGUMENT…]
//
// Memory that cannot be transferred is one thing that differs: structuredClone copies it on Node.js
// 20 and throws from 21 on, so a test of such memory shows nothing on 20.
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, resolve } from 'node:path'
import { Refusal } from '../../install/say.mjs'
import { nodeBinary, x64Nodes } from '../prebuild/node-binaries.js'

async function main(): Promise<number> {
  const [line = '', ...args] = process.argv.slice(2)
  const known = x64Nodes.map((name) => name.slice(name.indexOf('@') + 1))
  const version = known.find((each) => each.startsWith(`${line}.`))
  if (version === undefined) {
    throw new Refusal(`There is no Node.js ${line || '(no version given)'}: ${known.join(', ')}`)
  }
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new Refusal(`npm has no Node.js for ${process.platform} on ${process.arch}`)
  }
  const node = await nodeBinary(`node-linux-${process.arch}@${version}`)
  console.log(`test-on-node: Node.js ${version}`)
  // Programs that tests start by the name `node` are to be this one too.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  const ava = resolve('node_modules/ava/entrypoints/cli.mjs')
  const { status, error } = spawnSync(node, [ava, ...args], { env, stdio: 'inherit' })
  if (error) throw error
  return status ?? 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(`test-on-node: ${error.message}`)
  process.exitCode = 2
}
