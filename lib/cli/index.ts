#!/usr/bin/env node
import { align } from './align.js'
import { UsageError } from './arguments.js'
import { bench } from './bench.js'
import { build } from './build.js'
import { calibrate } from './calibrate.js'
import { convert } from './convert.js'
import { detect } from './detect.js'
import { doctor } from './doctor.js'
import { embed } from './embed.js'
import { evaluation } from './eval.js'
import { gallery } from './gallery/index.js'
import { helpText, printHelp } from './help.js'
import { models } from './models.js'
import { complain, printJson, stdoutFailed } from './output.js'
import { errorJson } from './photos.js'
import { verify } from './verify.js'
import { version } from './version.js'
import { watch } from './watch.js'

type Command = (args: readonly string[]) => Promise<number>

const commands: Readonly<Record<string, Command>> = {
  verify,
  embed,
  detect,
  align,
  eval: evaluation,
  calibrate,
  models,
  convert,
  doctor,
  bench,
  build,
  gallery,
  watch,
  version,
  help
}

async function help([command]: readonly string[]): Promise<number> {
  const text = helpText(command)
  if (text === undefined) throw new UsageError(`unknown command "${command}"`)
  printHelp(text)
  return 0
}

/** Splits off the command; --help and --version may stand in its place or after it. */
function choose(args: readonly string[]): { run: Command; rest: readonly string[] } {
  const [first, ...rest] = args
  if (first === undefined || first === '--help' || first === '-h') return { run: help, rest: [] }
  if (first === '--version' || first === '-v') return { run: version, rest }
  const run = Object.hasOwn(commands, first) ? commands[first] : undefined
  if (run === undefined) throw new UsageError(`unknown command "${first}"`)
  const end = rest.indexOf('--')
  const options = end < 0 ? rest : rest.slice(0, end)
  const wantsHelp = run !== help && (options.includes('--help') || options.includes('-h'))
  return wantsHelp ? { run: help, rest: helpText(first) ? [first] : [] } : { run, rest }
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { run, rest } = choose(args)
    return await run(rest)
  } catch (error) {
    if (args.includes('--json')) printJson({ error: errorJson(error) })
    if (error instanceof UsageError) {
      complain(`${error.message}. Run \`seesawface help\` for usage.`)
    } else {
      complain(error instanceof Error ? error.message : String(error))
    }
    return 2
  }
}

// Node.js calls its SQLite experimental at each start; galleries are tested with it.
const [printWarning] = process.listeners('warning')
process.removeAllListeners('warning').on('warning', (warning) => {
  const known = warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')
  if (!known) printWarning?.call(process, warning)
})

process.stdout.on('error', stdoutFailed)
main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode
})
