import { stat } from 'node:fs/promises'
import { loadBinding } from '../addon/load.js'
import { type BarGroup, barChart } from '../bench/chart.js'
import { inFlight } from '../bench/embedding.js'
import { machineFields } from '../bench/machine.js'
import { stages } from '../bench/photos.js'
import { type BenchReport, type ModelReport, runBench } from '../bench/run.js'
import { sampleFrameSize } from '../bench/sample-photo.js'
import { type StartFigures, startHere } from '../bench/start.js'
import { writeWhole } from '../files/whole-file.js'
import { type Arguments, openOptions, parseGeneral, UsageError } from './arguments.js'
import { runApart, runBareNode } from './child-process.js'
import { colour, print, printFields, printJson, printTable } from './output.js'
import { progressBar } from './progress.js'
import { tune } from './tune.js'

const ms = (value: number): string => value.toFixed(value < 100 ? 2 : 0)
const megabytes = (bytes: number | null): string =>
  bytes === null ? 'not there' : `${(bytes / 1e6).toFixed(1)} MB`

function threadsOf(options: Arguments): number[] {
  const text = options.text('threads')
  if (text === undefined) return loadBinding().cpu().cores > 1 ? [1, 2] : [1]
  const numbers = text.split(',').map(Number)
  if (numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= 64)) {
    return [...new Set(numbers)]
  }
  throw new UsageError(`--threads must be numbers from 1 to 64, such as 1,2, not "${text}"`)
}

function secondsOf(options: Arguments, fallback: number): number {
  const seconds = options.number('seconds') ?? fallback
  if (seconds > 0 && seconds <= 600) return seconds
  throw new UsageError(`--seconds must be a number up to 600, not "${seconds}"`)
}

async function photosOf(options: Arguments): Promise<readonly string[]> {
  const photos = options.texts('photo')
  if (photos.length > 2) throw new UsageError('--photo can be given at most twice')
  for (const photo of photos) {
    // The library's own message comes minutes later.
    await stat(photo).catch((error: Error) => {
      throw new UsageError(`the photo "${photo}" cannot be read: ${error.message}`)
    })
  }
  return photos
}

/** The beginnings in processes of their own; a bare one tells what Node.js takes by itself. */
async function startApart(
  model: string,
  frameFile: string,
  modelDir: string | undefined
): Promise<StartFigures & { bareRss: number }> {
  const args = ['bench', `--start=${frameFile}`, `--model=${model}`]
  if (modelDir !== undefined) args.push(`--model-dir=${modelDir}`)
  const begun = await runApart(args)
  const bare = await runBareNode('console.log(process.memoryUsage.rss())')
  try {
    const figures: StartFigures = JSON.parse(begun?.output ?? '')
    return { ...figures, bareRss: Number(bare?.output) }
  } catch (cause) {
    const fate = begun?.signal ? ` (${begun.signal})` : ''
    throw new Error(`A separate process cannot open "${model}"${fate}: see seesawface doctor`, {
      cause
    })
  }
}

function tellModel({ model, start, embedding, perSecond }: ModelReport): void {
  print(colour.bold(`${model}: one embedding, milliseconds`))
  printTable(
    ['threads', 'computed by', 'median', 'minimum', 'of the first'],
    embedding.flatMap(({ threads, rows }) =>
      rows.map(({ name, median, min, medianRatio }) => [
        String(threads),
        name,
        ms(median),
        ms(min),
        medianRatio.toFixed(3)
      ])
    )
  )
  printFields([
    ...perSecond.map(({ threads, inFlight: rates }): [string, string] => [
      `a second, ${threads === 1 ? '1 thread' : `${threads} threads`}`,
      inFlight.map((count) => `${rates[count].toFixed(0)} (${count} in flight)`).join(', ')
    ]),
    ['opened in', `${ms(start.load)} ms, first embedding ${ms(start.first)} ms after`],
    ['memory', `${megabytes(start.rss - start.bareRss)} more than Node.js alone, detector included`]
  ])
  print()
}

function tell(report: BenchReport): void {
  const { machine, models, detection, verify, photos, sizes } = report
  print(colour.bold(`seesawface ${machine.seesawface}`))
  printFields(machineFields(machine))
  print()
  for (const model of models) tellModel(model)
  const { width, height } = sampleFrameSize
  print(colour.bold(`faces of a frame of ${width}×${height}, milliseconds`))
  printTable(
    ['threads', 'median', 'minimum'],
    detection.map(({ threads, median, min }) => [String(threads), ms(median), ms(min)])
  )
  print()
  print(colour.bold(`verify two photos (${photos.join('; ')}), milliseconds`))
  printTable(
    ['threads', ...stages, 'one by one', 'verify()', 'minimum'],
    verify.map(({ threads, stages: spent, sequential, verify: whole }) => [
      String(threads),
      ...stages.map((stage) => ms(spent[stage])),
      ms(sequential),
      ms(whole.median),
      ms(whole.min)
    ])
  )
  print()
  print(colour.bold('on disk'))
  printFields([
    ['code', megabytes(sizes.code)],
    ['addon', megabytes(sizes.addon)],
    ['models', megabytes(sizes.models)],
    ['decoder', megabytes(sizes.decoder)]
  ])
}

function chart({ machine, date, models, detection, verify }: BenchReport): string {
  const groups: BarGroup[] = models.map(({ model, embedding }) => ({
    title: `${model}: one embedding`,
    bars: embedding.flatMap(({ threads, rows }) =>
      rows.map(({ name, median, min }) => ({ name: `${name}, ${threads} thr.`, median, min }))
    )
  }))
  groups.push({
    title: 'photos',
    bars: [
      ...detection.map(({ threads, median, min }) => ({
        name: `detect(), ${threads} thr.`,
        median,
        min
      })),
      ...verify.map(({ threads, verify: whole }) => ({
        name: `verify(), ${threads} thr.`,
        ...whole
      }))
    ]
  })
  const facts = machineFields(machine).map(([, value]) => value)
  return barChart(`seesawface bench, ${date}`, facts, groups)
}

export async function bench(args: readonly string[]): Promise<number> {
  const options = parseGeneral(args, {
    model: { type: 'string' },
    threads: { type: 'string' },
    device: { type: 'string' },
    seconds: { type: 'string' },
    photo: { type: 'string', multiple: true },
    svg: { type: 'string' },
    tune: { type: 'boolean' },
    start: { type: 'string' }
  })
  if (options.positionals.length > 0) throw new UsageError('bench takes no further argument')
  const frameFile = options.text('start')
  if (frameFile !== undefined) {
    printJson(await startHere(openOptions(options), frameFile))
    return 0
  }
  if (options.flag('tune')) return tune(options, secondsOf(options, 1.5))
  const svg = options.text('svg')
  if (svg !== undefined && !svg.endsWith('.svg'))
    throw new UsageError('--svg must name a .svg file')
  const device = options.text('device')
  if (device !== undefined && device !== 'vulkan') {
    throw new UsageError(`bench only accepts --device vulkan, not "${device}"`)
  }
  const modelDir = options.text('model-dir')
  let bar: ((done: number) => void) | undefined
  const report = await runBench({
    model: options.text('model'),
    modelDir,
    threads: threadsOf(options),
    seconds: secondsOf(options, 2),
    gpu: device === 'vulkan',
    photos: await photosOf(options),
    start: (model, frameFile) => startApart(model, frameFile, modelDir),
    onProgress: (done, total) => {
      bar ??= progressBar('measuring', total)
      bar(done)
    }
  })
  if (options.json) printJson(report)
  else tell(report)
  if (svg !== undefined) await writeWhole(svg, chart(report))
  return 0
}
