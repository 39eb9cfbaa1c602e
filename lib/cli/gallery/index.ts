import { UsageError } from '../arguments.js'
import { printHelp } from '../help.js'
import { backup } from './backup.js'
import { check } from './check.js'
import { create } from './create.js'
import { enroll } from './enroll.js'
import { exportPeople } from './export.js'
import { galleryHelp } from './help.js'
import { identify } from './identify.js'
import { importPeople } from './import.js'
import { list } from './list.js'
import { merge } from './merge.js'
import { rekey } from './rekey.js'
import { remove } from './remove.js'
import { rename } from './rename.js'
import { show } from './show.js'
import { upgrade } from './upgrade.js'

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  create,
  enroll,
  import: importPeople,
  identify,
  list,
  show,
  rename,
  merge,
  remove,
  export: exportPeople,
  backup,
  check,
  rekey,
  upgrade
}

export async function gallery([command, ...rest]: readonly string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === '-h') {
    printHelp(galleryHelp)
    return command === undefined ? 2 : 0
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (run === undefined) {
    throw new UsageError(`unknown command "gallery ${command}"; see seesawface help gallery`)
  }
  return run(rest)
}
