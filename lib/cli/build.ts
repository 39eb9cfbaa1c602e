import { stat } from 'node:fs/promises'
import { buildAddon } from '../build/addon.js'
import { packageRoot } from '../paths.js'
import { parseGeneral, UsageError } from './arguments.js'
import { print, printJson } from './output.js'

const maxJobs = 1024

export async function build(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, {
    vulkan: { type: 'boolean' },
    clean: { type: 'boolean' },
    jobs: { type: 'string' }
  })
  if (options.positionals.length > 0) throw new UsageError('build takes no further argument')
  const jobs = options.number('jobs')
  if (jobs !== undefined && (!Number.isInteger(jobs) || jobs < 1 || jobs > maxJobs)) {
    throw new UsageError(`--jobs must be a whole number from 1 to ${maxJobs}`)
  }
  const started = performance.now()
  const vulkan = options.flag('vulkan')
  const file = await buildAddon(packageRoot, { vulkan, clean: options.flag('clean'), jobs })
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const { size: bytes } = await stat(file)
  if (options.json) printJson({ file, bytes, vulkan, seconds })
  else print(`Built "${file}" (${(bytes / 1e6).toFixed(1)} MB) in ${seconds} s. It loads.`)
  return 0
}
