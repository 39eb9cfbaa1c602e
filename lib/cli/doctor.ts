import { coresLine } from '../doctor/cores.js'
import { examine } from '../doctor/examine.js'
import type { ModelReport, Report } from '../doctor/report.js'
import type { VulkanReport } from '../doctor/vulkan.js'
import { parseGeneral, UsageError } from './arguments.js'
import { runApart } from './child-process.js'
import { colour, print, printFields, printJson } from './output.js'

interface Trial {
  readonly report?: Report
  readonly crashedBy?: string
}

/**
 * The examination in a process of its own, which an illegal instruction may end without ending us.
 * Empty when that process could not be started or said nothing of use.
 */
async function examineApart(
  modelDir: string | undefined,
  vulkanCrashedBy?: string
): Promise<Trial> {
  const args = ['doctor', '--here', '--json']
  if (modelDir !== undefined) args.push(`--model-dir=${modelDir}`)
  if (vulkanCrashedBy !== undefined) args.push(`--vulkan-crashed-by=${vulkanCrashedBy}`)
  const trial = await runApart(args)
  if (trial === undefined) return {}
  if (trial.signal !== null) return { crashedBy: trial.signal }
  try {
    return { report: JSON.parse(trial.output) }
  } catch {
    return {}
  }
}

function modelLine({ verified, loads, implementation, selfTest }: ModelReport): string {
  if (!verified) return colour.red('damaged')
  const parts = ['files verified']
  if (loads === false) parts.push(colour.red('cannot be run'))
  if (loads === true) parts.push(implementation ? `runs (${implementation})` : 'runs')
  switch (selfTest?.state) {
    case 'passed':
    case 'failed': {
      const figure = `self-test cosine ${selfTest.cosine.toFixed(6)}`
      parts.push(selfTest.state === 'passed' ? figure : colour.red(figure))
      break
    }
    case 'nothing-stored':
      parts.push('no self-test in its manifest')
      break
    case 'stored-for-other-weights':
      parts.push('the self-test in its manifest is for other weights')
      break
  }
  return parts.join(', ')
}

function vulkanFields({ available, reason, remedy, devices }: VulkanReport): [string, string][] {
  const fields: [string, string][] = [
    ['Vulkan', `${available ? 'usable' : 'not usable'}: ${reason}`]
  ]
  if (remedy !== undefined) fields.push(['  to have it', remedy])
  for (const { name, kind, vulkan, driver, fp16, chosen } of devices) {
    const facts = [kind, `Vulkan ${vulkan}`, driver, fp16 ? 'fp16' : 'no fp16'].filter(Boolean)
    fields.push([chosen ? '  chosen' : '  not used', `${name}: ${facts.join(', ')}`])
  }
  return fields
}

function missing(folders: readonly string[]): string {
  return colour.red(`core types are a guess: ${folders.join(' and ')} cannot be read`)
}

function show(report: Report): void {
  const { node, addon, native, decoder, models } = report
  const system = [
    `${node.platform}-${node.arch}`,
    ...(node.platform === 'linux' ? [node.libc] : [])
  ]
  print(colour.bold(`seesawface ${report.version}`))
  const fields: [string, string][] = [
    ['Node', `${node.version}, N-API ${node.napi}, ${system.join(', ')}`],
    ['addon', addon.file ?? colour.red('none')]
  ]
  for (const { file, chosen, reason } of addon.candidates) {
    fields.push([chosen ? '  chosen' : '  not used', `${file}: ${reason}`])
  }
  if (native) {
    const { cpu, ncnn } = native
    const guess = report.unreadable.length > 0 ? `; ${missing(report.unreadable)}` : ''
    fields.push(
      ['  made with', native.compiler],
      ['NCNN', `${ncnn.version}: ${ncnn.options.join(' ')}`],
      ['processor', coresLine(cpu) + guess],
      ['  extensions', cpu.features.join(' ') || 'none that are used'],
      ['threads', `${native.threads} per inference; 'auto' means ${cpu.autoThreads}`]
    )
  }
  fields.push(
    ...vulkanFields(report.vulkan),
    [
      'decoder',
      decoder.available
        ? `@napi-rs/image ${decoder.version ?? '(unknown version)'}${native?.jpeg ? `, for JPEGs ${native.jpeg}` : ''}`
        : colour.red('missing')
    ],
    ['models', report.modelDir]
  )
  for (const model of models) {
    fields.push([`  ${model.name}`, `${model.version ?? ''} ${modelLine(model)}`.trim()])
  }
  for (const { file, reason } of report.leftOut) fields.push([`  ${file}`, `skipped: ${reason}`])
  printFields(fields)
  print()
  for (const { code, problem, remedy } of report.problems) {
    print(`${colour.red(code)}  ${problem}`)
    print(`  ${remedy}`)
  }
  if (report.ok) print(colour.green('Everything works.'))
}

export async function doctor(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, {
    here: { type: 'boolean' },
    'vulkan-crashed-by': { type: 'string' }
  })
  if (options.positionals.length > 0) throw new UsageError('doctor takes no further argument')
  const modelDir = options.text('model-dir')
  const where = modelDir === undefined ? {} : { modelDir }
  const vulkanCrashedBy = options.text('vulkan-crashed-by')
  const given = { ...where, ...(vulkanCrashedBy && { vulkanCrashedBy }) }
  const { report: found, crashedBy } = options.flag('here') ? {} : await examineApart(modelDir)
  // A GPU's driver runs in our process: without it all may be well.
  const again = crashedBy === undefined ? undefined : await examineApart(modelDir, crashedBy)
  const report =
    found ?? again?.report ?? (await examine({ ...given, ...(crashedBy && { crashedBy }) }))
  if (options.json) printJson(report)
  else show(report)
  return report.ok ? 0 : 1
}
