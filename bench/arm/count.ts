// Counts what one embedding executes on 64-bit ARM: instructions, loads, stores and their bytes, of
// any processor that QEMU knows, for machines without an ARM one at hand. Counts are exact and the
// same on every machine; they say nothing of caches, of pipelines, or of time.
//
//   npx tsx bench/arm/count.ts --program FILE [--cpu cortex-a53,cortex-a76] [--out FILE]
//                              NAME=PARAM,BIN[,ncnn|fused]...
//
// PROGRAM is bench/native's, built for aarch64 and linked statically. The plugin (count.c) is
// compiled here, for this machine. Each network is called once and three times; half of the
// difference is one call, without what loading it takes. Needs qemu-user 7 or later and a C compiler.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    program: { type: 'string' },
    cpu: { type: 'string', default: 'cortex-a53,cortex-a76' },
    out: { type: 'string' }
  }
})
if (values.program === undefined || positionals.length === 0) {
  throw new Error('wanted: --program FILE and NAME=PARAM,BIN[,ncnn|fused]...')
}
const program = resolve(values.program)

interface Counts {
  readonly instructions: number
  readonly loads: number
  readonly stores: number
  readonly bytesLoaded: number
  readonly bytesStored: number
}
const kinds = ['instructions', 'loads', 'stores', 'bytesLoaded', 'bytesStored'] as const

function run(command: string, args: readonly string[]): string {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`)
  return stderr
}

const folder = mkdtempSync(join(tmpdir(), 'seesawface-count-'))
try {
  const plugin = join(folder, 'count.so')
  run('cc', ['-O2', '-shared', '-fPIC', '-o', plugin, join(import.meta.dirname, 'count.c')])

  const count = (cpu: string, subject: string, calls: number): Counts => {
    const args = ['-cpu', cpu, '-plugin', `file=${plugin}`, program]
    return JSON.parse(run('qemu-aarch64', [...args, '--calls', String(calls), subject]))
  }

  const results = values.cpu.split(',').map((cpu) => {
    const networks = positionals.map((subject) => {
      const once = count(cpu, subject, 1)
      const thrice = count(cpu, subject, 3)
      const counts = Object.fromEntries(
        kinds.map((kind) => [kind, (thrice[kind] - once[kind]) / 2])
      ) as unknown as Counts
      return { name: subject.slice(0, subject.indexOf('=')), ...counts }
    })
    console.log(`${cpu}: millions in one embedding`)
    console.table(
      Object.fromEntries(
        networks.map(({ name, ...counts }) => [
          name,
          Object.fromEntries(kinds.map((kind) => [kind, Math.round(counts[kind] / 1e4) / 100]))
        ])
      )
    )
    return { cpu, networks }
  })
  if (values.out) writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
