import { inspect } from 'node:util'
import { loadBinding } from '../addon/load.js'
import { surveyVulkan } from '../addon/vulkan.js'
import { machineFields, thisMachine } from '../bench/machine.js'
import { sampleFrame, sampleFrameSize } from '../bench/sample-photo.js'
import { runTune, type Tuned, type TuneReport } from '../bench/tune.js'
import { type Arguments, UsageError } from './arguments.js'
import { colour, print, printFields, printJson, printTable } from './output.js'
import { progressBar } from './progress.js'

const answers = { latency: 'quickest answer', cores: 'most per core' } as const

function tellChoice(heading: string, choices: readonly Tuned[]): void {
  print(colour.bold(heading))
  printFields(
    choices.map(({ aim, code, median, ratio }) => [
      answers[aim],
      `${colour.green(code)}  ${median.toFixed(2)} ms, ${ratio.toFixed(2)} of the default’s`
    ])
  )
  if (choices.some(({ options }) => options.precision !== undefined)) {
    print(colour.dim('  embeddings of one precision are not compared with those of another'))
  }
  print()
}

function tellTrials({ trials }: TuneReport): void {
  printTable(
    ['options', 'computed by', 'threads', 'frame ms', 'ratio', 'spread', 'embedding ms', 'ratio'],
    trials.map(({ options, implementation, threads, frame, crop }) => [
      Object.keys(options).length === 0 ? 'the defaults' : inspect(options),
      implementation,
      String(threads),
      frame.median.toFixed(2),
      frame.ratio.toFixed(3),
      frame.spread.toFixed(3),
      crop.median.toFixed(2),
      crop.ratio.toFixed(3)
    ])
  )
  print(colour.dim('  ratios to the defaults in the same turn; spread: their interquartile range'))
}

/** `seesawface bench --tune`: which options of open() are best on this machine. */
export async function tune(options: Arguments, seconds: number): Promise<number> {
  for (const name of ['threads', 'device', 'svg']) {
    if (options.text(name) !== undefined) throw new UsageError(`bench --tune takes no --${name}`)
  }
  if (options.texts('photo').length > 0) throw new UsageError('bench --tune takes no --photo')
  const addon = loadBinding()
  const bar = progressBar('measuring', 100)
  const machine = await thisMachine()
  const report = await runTune({
    frame: await sampleFrame(),
    machine: {
      ...addon.cpu(),
      defaultThreads: addon.defaultThreads(),
      gpu: surveyVulkan().reason === ''
    },
    seconds,
    model: options.text('model'),
    modelDir: options.text('model-dir'),
    onProgress: (percent) => bar(Math.floor(percent))
  })
  if (options.json) {
    printJson({ machine, seconds, ...report })
    return 0
  }
  const { width, height } = sampleFrameSize
  print(colour.bold(`seesawface ${machine.seesawface}: the best options on this machine`))
  printFields(machineFields(machine))
  print()
  tellChoice(`photos and frames (timed: ${width}×${height}, one face)`, report.frame)
  tellChoice('crops that are aligned already', report.crop)
  tellTrials(report)
  return 0
}
